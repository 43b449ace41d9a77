"""Scanned labels → the same lines as a file of devices has, to be judged by the same rules. Pure.

One label a line. After the code, separated by semicolons or tabs, may stand the AppKey and the name: TR005 has neither.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from maillage.kernel.errors import Invalid
from maillage.lorawan.device_csv import COLUMNS, MAX_ROWS, OPTIONAL_COLUMNS, Fault, Line, Sheet
from maillage.lorawan.qr import DeviceTag, parse_tag

MAX_CHARACTERS = 5_000_000
_SEPARATOR = re.compile(r"[;\t]")
_CELLS = 3


@dataclass(frozen=True, slots=True)
class ScanDefaults:
    """What the labels do not say.

    ``models`` are the known models by ProfileID; ``model`` is for the others. ``key_in_proprietary`` says that the
    maker has put the AppKey into the proprietary field.
    """

    commune: str
    model: str
    name: str
    models: Mapping[str, str]
    key_in_proprietary: bool = False


def read_codes(text: str, defaults: ScanDefaults) -> Sheet:
    """A line for each code. Raises ``Invalid`` when there is none, or too many."""
    if len(text) > MAX_CHARACTERS:
        raise Invalid("device_csv.too_large", most_megabytes=MAX_CHARACTERS // 1_000_000)
    written = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not written:
        raise Invalid("lorawan.qr.none")
    if len(written) > MAX_ROWS:
        raise Invalid("device_csv.too_many_rows", most=MAX_ROWS)
    return Sheet(tuple(_line(number, line, defaults) for number, line in written), ())


def _line(number: int, text: str, defaults: ScanDefaults) -> Line:
    cells = [cell.strip() for cell in _SEPARATOR.split(text)]
    code, key, name = (cells + [""] * _CELLS)[:_CELLS]
    blank = dict.fromkeys((*COLUMNS, *OPTIONAL_COLUMNS), "")
    try:
        tag = parse_tag(code)
    except Invalid as error:
        fault = Fault("", error.code, error.facts)
        return Line(number, blank | {"dev_eui": code, "name": name}, faults=(fault,))
    return Line(number, blank | _cells(tag, key, name, defaults), any(cells[_CELLS:]))


def _cells(tag: DeviceTag, key: str, name: str, defaults: ScanDefaults) -> dict[str, str]:
    return {
        "dev_eui": tag.dev_eui,
        "join_eui": tag.join_eui,
        "app_key": key or (tag.proprietary if defaults.key_in_proprietary else ""),
        "model": defaults.models.get(tag.profile_id, defaults.model),
        "name": name or f"{defaults.name} {tag.serial_number or tag.dev_eui.upper()}".strip(),
        "commune": defaults.commune,
        "owner_token": tag.owner_token,
    }
