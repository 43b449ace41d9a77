"""TMF630 on plain documents: attribute filters, ``fields``, ``sort``, ``offset`` and ``limit``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from operator import ge, gt, le, lt
from typing import Any

from maillage.kernel.errors import Invalid

Document = Mapping[str, Any]
MOST = 1_000
_ALWAYS = ("id", "href")
_CONTROLS = frozenset({"fields", "sort", "offset", "limit"})
_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


@dataclass(frozen=True, slots=True)
class Condition:
    """``path`` has one of ``values`` by ``operator``: ``eq``, ``ne`` or an ordering."""

    path: tuple[str, ...]
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list was asked for. ``limit`` None: as many as are given at most."""

    conditions: tuple[Condition, ...] = ()
    fields: tuple[str, ...] | None = None
    sort: tuple[str, ...] = ()
    offset: int = 0
    limit: int | None = None

    @property
    def most(self) -> int:
        """How many are given at most."""
        return MOST if self.limit is None else min(MOST, self.limit)


@dataclass(frozen=True, slots=True)
class Answer:
    """A part of ``total`` documents."""

    documents: Sequence[Document]
    total: int

    @property
    def is_whole(self) -> bool:
        """Nothing was left out."""
        return len(self.documents) == self.total


def parse(query: Sequence[tuple[str, str]]) -> Wanted:
    """From the address: pairs as they stand there. Raises ``Invalid`` for what cannot be read."""
    given = dict(query)
    conditions = tuple(_condition(name, value) for name, value in query if name not in _CONTROLS)
    fields = tuple(_words(given["fields"])) if given.get("fields") else None
    limit = _whole(given["limit"], "limit") if "limit" in given else None
    return Wanted(
        conditions, fields, tuple(_words(given.get("sort", ""))), _whole(given.get("offset", "0"), "offset"), limit
    )


def select(documents: Sequence[Document], wanted: Wanted) -> Answer:
    """Those that match, in order, cut to the part that was asked for, with the fields that were."""
    found = [one for one in documents if all(_holds(one, condition) for condition in wanted.conditions)]
    for field in reversed(wanted.sort):
        found = _sorted(found, _path(field.lstrip("+-")), is_reverse=field.startswith("-"))
    part = found[wanted.offset : wanted.offset + wanted.most]
    return Answer([project(one, wanted.fields) for one in part], len(found))


def _sorted(documents: Sequence[Document], path: Sequence[str], *, is_reverse: bool) -> list[Document]:
    return sorted(documents, key=lambda one: _first(one, path), reverse=is_reverse)


def project(document: Document, fields: Sequence[str] | None) -> Document:
    """Only the first-level ``fields``, always with ``id`` and ``href``; everything without ``fields``."""
    if fields is None:
        return document
    return {name: value for name, value in document.items() if name in _ALWAYS or name in fields}


def _condition(name: str, value: str) -> Condition:
    path, operator = _path(name), "eq"
    if path[-1] in {*_ORDERINGS, "eq", "ne"} and len(path) > 1:
        path, operator = path[:-1], path[-1]
    if path[-1] == "regex":
        raise Invalid("tmf_filter_unsupported", filter=name)
    return Condition(path, operator, tuple(_words(value)) or ("",))


def _holds(document: Document, condition: Condition) -> bool:
    found = [_text(value) for value in _values(document, condition.path)]
    if condition.operator == "eq":
        return any(value in condition.values for value in found)
    if condition.operator == "ne":
        return not any(value in condition.values for value in found)
    order = _ORDERINGS[condition.operator]
    return any(order(*_comparable(value, limit)) for value in found for limit in condition.values)


def _comparable(value: str, limit: str) -> tuple[Any, Any]:
    try:
        return Decimal(value), Decimal(limit)
    except InvalidOperation:
        return value, limit


def _values(value: object, path: Sequence[str]) -> Iterator[object]:
    """Every value at ``path``: lists are looked into."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _values(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values(value[path[0]], path[1:])


def _first(document: Document, path: Sequence[str]) -> str:
    return min((_text(value) for value in _values(document, path)), default="")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - what an offset can be
        raise Invalid("tmf_number_unreadable", parameter=what, text=text[:20])
    return int(text)
