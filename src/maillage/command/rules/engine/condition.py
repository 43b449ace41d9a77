"""Conditions in CEL, the Common Expression Language: checked for types when written, bounded when evaluated.

A variable is the alias of a datastream (a ``double``) or of a group of them (a ``list(double)`` of the members that are
fresh). The engine stops an expression after 10,000 iterations: a condition that runs away is a fault, never a hang.
Source: the CEL specification (cel-spec, langdef).
"""

import re
from collections.abc import Mapping, Sequence

from cel_expr_python import cel

from maillage.kernel.errors import Invalid

LONGEST = 1000
ALIAS = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
RESERVED = frozenset(
    {
        "as",
        "bool",
        "break",
        "const",
        "continue",
        "double",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "int",
        "let",
        "list",
        "loop",
        "map",
        "namespace",
        "null",
        "package",
        "return",
        "size",
        "string",
        "true",
        "type",
        "uint",
        "var",
        "void",
        "while",
    }
)
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"no matching overload for '([^']*)' applied to '\(([^)]*)\)'")

Values = Mapping[str, float | Sequence[float]]


class ConditionFault(Exception):  # noqa: N818 - the verdict on an evaluation, named for what it is
    """The condition could not be evaluated: ``runaway`` or ``evaluation``; ``detail`` in the engine's words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Condition:
    """A checked condition, ready to be evaluated any number of times."""

    __slots__ = ("_expression", "text")

    def __init__(self, text: str, expression: cel.Expression) -> None:
        self.text = text
        self._expression = expression

    def holds(self, values: Values) -> bool:
        """The verdict on these values, one for each variable. Raises ``ConditionFault``."""
        try:
            found = self._expression.eval(data=values)
        except RuntimeError as problem:
            raise _fault(str(problem)) from problem
        if found.type() == cel.Type.BOOL:
            return bool(found.value())
        raise _fault(str(found.value()))


def compiled(text: str, groups: Mapping[str, bool]) -> Condition:
    """The condition ``text`` over the variables of ``groups`` (alias → whether it is a group).

    Raises ``Invalid`` that names line, column and what to change: ``condition_*``.
    """
    _check_shape(text, groups)
    number, numbers = cel.Type.DOUBLE, cel.Type.List(cel.Type.DOUBLE)
    environment = cel.NewEnv(variables={alias: numbers if group else number for alias, group in groups.items()})
    try:
        expression = environment.compile(text)
    except RuntimeError as problem:
        raise _explained(str(problem), groups) from problem
    if expression.return_type() != cel.Type.BOOL:
        raise Invalid("condition_not_a_question", type=expression.return_type().name().lower())
    return Condition(text, expression)


def _fault(said: str) -> ConditionFault:
    return ConditionFault("runaway" if "budget exceeded" in said else "evaluation", said[:200])


def _check_shape(text: str, groups: Mapping[str, bool]) -> None:
    if not text.strip():
        raise Invalid("condition_empty")
    if len(text) > LONGEST:
        raise Invalid("condition_too_long", longest=LONGEST)
    if "\0" in text:
        raise Invalid("condition_syntax", line=1, column=text.index("\0") + 1, detail="NUL")
    for alias in groups:
        if not ALIAS.match(alias) or alias in RESERVED:
            raise Invalid("alias_unfit", alias=alias)


def _explained(problem: str, groups: Mapping[str, bool]) -> Invalid:
    """What the engine's first complaint means to who wrote the condition."""
    place = _PLACE.search(problem)
    if place is None:
        return Invalid("condition_too_deep") if "recursion" in problem else Invalid("condition_unfit", detail=problem)
    line, column, said = int(place[1]), int(place[2]), place[3].removesuffix(" [INVALID_ARGUMENT]")
    undeclared, overload = _UNDECLARED.search(said), _OVERLOAD.search(said)
    if undeclared:
        known = ", ".join(sorted(groups))
        return Invalid("condition_unknown_name", line=line, column=column, name=undeclared[1], known=known)
    if overload is None:
        return Invalid("condition_syntax", line=line, column=column, detail=said[:120])
    operator, kinds = overload[1].strip("_").replace("_", " "), overload[2]
    if set(kinds.split(", ")) == {"double", "int"}:
        return Invalid("condition_whole_number", line=line, column=column)
    return Invalid("condition_types", line=line, column=column, operator=operator, types=kinds)
