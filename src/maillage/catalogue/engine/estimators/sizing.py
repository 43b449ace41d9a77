"""What an estimator asks and answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from maillage.kernel.errors import Invalid

Answers = Mapping[str, int]
_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A whole number between two bounds. ``unit`` is a code of ``labels.UNITS``."""

    code: str
    default: int
    lowest: int
    highest: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A quantity nobody has counted yet: at least, most likely, at most."""

    low: int
    likely: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.likely <= self.high:
            raise Invalid("range_unfit", low=self.low, likely=self.likely, high=self.high)


def exactly(count: int) -> Range:
    """A quantity that is known."""
    return Range(count, count, count)


def between(low: int, likely: int, high: int) -> Range:
    """A range whose bounds make room for the likely value."""
    return Range(min(low, likely), likely, max(likely, high))


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that the estimate rests on; shown with it."""

    code: str
    value: int
    unit: str = ""


class Bill(StrEnum):
    """What becomes of today's bill: replaced by the offering's, or reduced by a share."""

    REPLACED = "replaced"
    REDUCED = "reduced"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Sizing:
    """``level`` names the pack of a family (``basic``…), "" where there is one; ``needs`` is by unit of price terms."""

    level: str
    needs: Mapping[str, Range]


@dataclass(frozen=True, slots=True)
class Estimator:
    """``bill`` says how the answer ``bill_year`` (euros a year) compares; ``saved_percent`` is low, likely, high."""

    code: str
    questions: tuple[Question, ...]
    assumptions: tuple[Assumption, ...]
    size: Callable[[Answers], Sizing]
    bill: Bill = Bill.NONE
    saved_percent: Range = Range(0, 0, 0)

    def sizing(self, answers: Answers) -> Sizing:
        """Raises ``Invalid`` naming the question whose answer is missing or out of bounds."""
        for question in self.questions:
            answer = answers.get(question.code)
            if answer is None or not question.lowest <= answer <= question.highest:
                raise Invalid(
                    "answer_out_of_bounds", question=question.code, lowest=question.lowest, highest=question.highest
                )
        return self.size(answers)

    def defaults(self) -> dict[str, int]:
        """An answer to each question, to begin with."""
        return {question.code: question.default for question in self.questions}


BILL_YEAR = Question("bill_year", 0, 0, 10_000_000, "eur_year")


def ceil_div(count: int, each: int) -> int:
    """How many lots of ``each`` hold ``count``."""
    return -(-count // each)


def percent(count: int, share_percent: int) -> int:
    """``share_percent`` % of ``count``, rounded up."""
    return ceil_div(count * share_percent, _HUNDRED)
