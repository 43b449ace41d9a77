"""A file of devices: bytes → lines → the good rows and, for each bad one, every reason. Pure.

Accepted: UTF-8 with or without a byte order mark, else Windows-1252; separated by semicolons, commas or tabs; quoted as
in RFC 4180; the columns in any order, named in French or English. What cannot be read as a whole raises ``Invalid``.
"""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from maillage.kernel.errors import Invalid
from maillage.lorawan import new_device
from maillage.lorawan.new_device import AbpSession, NewDevice

MAX_BYTES = 5_000_000
MAX_ROWS = 20_000
SHOWN_CHARACTERS = 60
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "dev_eui": ("deveui",),
    "join_eui": ("joineui", "appeui"),
    "app_key": ("appkey",),
    "model": ("model", "modele"),
    "name": ("name", "nom"),
    "commune": ("commune", "insee"),
}
"""Each column and the headings that mean it, once case, accents and punctuation are gone."""
OPTIONAL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "owner_token": ("ownertoken", "jetonproprietaire"),
    "nwk_key": ("nwkkey",),
    "dev_addr": ("devaddr",),
    "nwk_s_key": ("nwkskey", "fnwksintkey"),
    "app_s_key": ("appskey",),
    "s_nwk_s_int_key": ("snwksintkey",),
    "nwk_s_enc_key": ("nwksenckey",),
    "f_cnt_up": ("fcntup",),
    "f_cnt_down": ("fcntdown",),
    "relaxed": ("relaxed", "compteurlibre"),
}
"""Columns that a file may leave out. A row with a DevAddr is an ABP device."""

_OTAA_COLUMNS = ("join_eui", "app_key")
_ABP_COLUMNS = tuple(OPTIONAL_COLUMNS)[2:]

_ALL_COLUMNS = {**COLUMNS, **OPTIONAL_COLUMNS}
_BY_HEADING = {heading: column for column, headings in _ALL_COLUMNS.items() for heading in headings}
_DELIMITERS = ";,\t"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WIDE_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A row as written. ``number`` is that of its first line in the file, the heading being line 1.

    ``faults`` are those found in reading it: its cells then serve only to find it again.
    """

    number: int
    cells: Mapping[str, str] = field(repr=False)
    has_more_cells: bool = False
    faults: tuple["Fault", ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, and the headings that mean nothing to us."""

    lines: tuple[Line, ...]
    ignored_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the file is judged against. Keys of ``models`` and ``communes`` are folded (:func:`folded`)."""

    models: Mapping[str, str]
    communes: Mapping[str, int]
    registered: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one column of a row (``column`` empty: with the row). Words are in ``labels``."""

    column: str
    code: str
    facts: Mapping[str, str | float | None]


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that can be registered."""

    line: int
    device: NewDevice


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot, with every reason. ``dev_eui`` and ``name`` are as typed, cut, to find the row again."""

    line: int
    dev_eui: str
    name: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every row of the file is in one of the two, in the file's order."""

    good: tuple[GoodRow, ...]
    bad: tuple[BadRow, ...]


def folded(text: str) -> str:
    """Lower case, without accents, spaces or punctuation, so that « Évry-Courcouronnes » is found however typed."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def read_sheet(content: bytes) -> Sheet:
    """The rows of the file. Raises ``Invalid`` when it is not such a file, is empty, too large or lacks columns."""
    text = _text(content)
    delimiter = _delimiter(text)
    rows = _numbered(text, delimiter)
    heading = next(rows, None)
    if heading is None:
        raise Invalid("device_csv.empty")
    columns = _columns(heading[1])
    lines = tuple(_lines(rows, columns))
    if not lines:
        raise Invalid("device_csv.no_rows")
    unknown = (cell.strip() for cell, column in zip(heading[1], columns, strict=True) if not column)
    return Sheet(lines, tuple(_shown(cell) for cell in unknown if cell))


def dev_euis(sheet: Sheet) -> frozenset[str]:
    """The readable DevEUIs of the file, to look up which are registered already."""
    found = (_try(new_device.read_dev_eui, line.cells["dev_eui"]) for line in sheet.lines)
    return frozenset(eui for eui in found if isinstance(eui, str))


def judge(sheet: Sheet, known: Known) -> Verdict:
    """Good and bad rows. Of a DevEUI that comes twice, the first row stands and the others say where it was."""
    good: list[GoodRow] = []
    bad: list[BadRow] = []
    first_line: dict[str, int] = {}
    for line in sheet.lines:
        outcome = _judge_line(line, known, first_line)
        if isinstance(outcome, NewDevice):
            good.append(GoodRow(line.number, outcome))
        else:
            shown = [_shown(line.cells[column]) for column in ("dev_eui", "name")]
            bad.append(BadRow(line.number, shown[0], shown[1], tuple(outcome)))
    return Verdict(tuple(good), tuple(bad))


def _judge_line(line: Line, known: Known, first_line: dict[str, int]) -> NewDevice | list[Fault]:
    faults: list[Fault] = list(line.faults)
    if faults:
        return faults
    if line.has_more_cells:
        faults.append(Fault("", "device_csv.more_cells_than_headings", {}))

    def read(column: str, reader: Callable[[str], T]) -> T | None:
        outcome = _try(reader, line.cells[column])
        if isinstance(outcome, Invalid):
            faults.append(Fault(column, outcome.code, outcome.facts))
            return None
        return outcome

    dev_eui = read("dev_eui", lambda text: _fresh_eui(text, known, first_line, line.number))
    is_abp = bool(line.cells["dev_addr"].strip())
    activation = _abp(read) if is_abp else _otaa(read)
    model_key = read("model", lambda text: _looked_up(text, known.models, "device_csv.unknown_model"))
    name = read("name", new_device.read_name)
    owner_token = read("owner_token", new_device.read_owner_token)
    organisation_id = read("commune", lambda text: _looked_up(text, known.communes, "device_csv.unknown_commune"))
    faults.extend(_misplaced(line, is_abp=is_abp))
    if (
        faults
        or activation is None
        or dev_eui is None
        or model_key is None
        or name is None
        or organisation_id is None
        or owner_token is None
    ):
        return faults
    join_eui, app_key, nwk_key, abp = activation
    return NewDevice(dev_eui, join_eui, app_key, model_key, name, organisation_id, owner_token, nwk_key, abp)


class _Read(Protocol):
    """A cell read by its reader; None once its fault is noted."""

    def __call__(self, column: str, reader: Callable[[str], T], /) -> T | None: ...


_Activation = tuple[str, bytes, bytes, AbpSession | None]


def _otaa(read: _Read) -> _Activation | None:
    join_eui = read("join_eui", lambda text: new_device.read_join_eui(_required(text)))
    app_key = read("app_key", lambda text: new_device.read_app_key(_required(text)))
    nwk_key = read("nwk_key", new_device.read_optional_key)
    return None if join_eui is None or app_key is None or nwk_key is None else (join_eui, app_key, nwk_key, None)


def _abp(read: _Read) -> _Activation | None:
    dev_addr = read("dev_addr", new_device.read_dev_addr)
    nwk_s_key = read("nwk_s_key", lambda text: new_device.read_app_key(_required(text)))
    app_s_key = read("app_s_key", lambda text: new_device.read_app_key(_required(text)))
    s_int = read("s_nwk_s_int_key", new_device.read_optional_key)
    enc = read("nwk_s_enc_key", lambda text: _both(s_int, new_device.read_optional_key(text)))
    up, down = read("f_cnt_up", new_device.read_f_cnt), read("f_cnt_down", new_device.read_f_cnt)
    is_relaxed = read("relaxed", new_device.read_yes)
    if dev_addr is None or nwk_s_key is None or app_s_key is None or s_int is None or enc is None:
        return None
    if up is None or down is None or is_relaxed is None:
        return None
    return "", b"", b"", AbpSession(dev_addr, nwk_s_key, app_s_key, s_int, enc, up, down, is_relaxed)


def _both(s_nwk_s_int_key: bytes | None, nwk_s_enc_key: bytes) -> bytes:
    if s_nwk_s_int_key is not None and bool(s_nwk_s_int_key) != bool(nwk_s_enc_key):
        raise Invalid("lorawan.abp_keys_of_1_1")
    return nwk_s_enc_key


def _misplaced(line: Line, *, is_abp: bool) -> list[Fault]:
    """What belongs to the other kind of activation: nothing of it is dropped silently."""
    columns, code = (
        ((*_OTAA_COLUMNS, "nwk_key"), "device_csv.not_of_abp") if is_abp else (_ABP_COLUMNS, "device_csv.not_of_otaa")
    )
    return [Fault(column, code, {}) for column in columns if line.cells[column].strip()]


def _fresh_eui(text: str, known: Known, first_line: dict[str, int], number: int) -> str:
    eui = new_device.read_dev_eui(_required(text))
    if eui in known.registered:
        raise Invalid("device_csv.already_registered")
    before = first_line.setdefault(eui, number)
    if before != number:
        raise Invalid("device_csv.twice_in_file", line=before)
    return eui


def _looked_up(text: str, known: Mapping[str, T], code: str) -> T:
    found = known.get(folded(_required(text)))
    if found is None:
        raise Invalid(code, given=_shown(text))
    return found


def _required(text: str) -> str:
    if not text.strip():
        raise Invalid("device_csv.missing_value")
    return text


def _try(reader: Callable[[str], T], text: str) -> T | Invalid:
    try:
        return reader(text)
    except Invalid as error:
        return error


def _text(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise Invalid("device_csv.too_large", most_megabytes=MAX_BYTES // 1_000_000)
    if not content.strip():
        raise Invalid("device_csv.empty")
    if content.startswith(_WORKBOOKS):
        raise Invalid("device_csv.workbook")
    if content.startswith(_WIDE_ENCODINGS) or b"\0" in content:
        raise Invalid("device_csv.not_text")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("device_csv.not_text")


def _delimiter(text: str) -> str:
    """The one that splits the heading into most of the columns we know; a file of one column has none."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda delimiter: sum(folded(cell) in _BY_HEADING for cell in heading.split(delimiter)))


def _numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, with the number of their first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Invalid("device_csv.quoting", line=number) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _columns(heading: list[str]) -> list[str]:
    """The column that each heading means, empty for none. Raises ``Invalid`` for one missing or given twice."""
    columns = [_BY_HEADING.get(folded(cell), "") for cell in heading]
    needed = [column for column in COLUMNS if "dev_addr" not in columns or column not in _OTAA_COLUMNS]
    missing = [column for column in needed if column not in columns]
    if missing:
        raise Invalid("device_csv.missing_columns", columns=", ".join(missing))
    twice = [column for column in _ALL_COLUMNS if columns.count(column) > 1]
    if twice:
        raise Invalid("device_csv.column_twice", columns=", ".join(twice))
    return columns


def _lines(rows: Iterable[tuple[int, list[str]]], columns: list[str]) -> Iterator[Line]:
    for count, (number, cells) in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise Invalid("device_csv.too_many_rows", most=MAX_ROWS)
        given = dict(zip(columns, cells, strict=False))
        more = any(cell.strip() for cell in cells[len(columns) :])
        yield Line(number, {column: given.get(column, "") for column in _ALL_COLUMNS}, more)


def _shown(text: str) -> str:
    """Cut, printable: it may hold anything at all."""
    plain = "".join(character if character.isprintable() else "·" for character in text.strip()[: SHOWN_CHARACTERS + 1])
    return plain if len(plain) <= SHOWN_CHARACTERS else plain[: SHOWN_CHARACTERS - 1] + "…"
