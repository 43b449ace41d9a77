"""Keeps a hostile codec from slowing the others.

The rule: a codec that goes beyond its limits (time, memory, stack) gets one strike, one whose worker process
had to be killed gets two; with three strikes within a minute its model is in quarantine for five minutes. In
quarantine its inputs are answered at once, untried, as ``quarantined``. A codec that merely throws or answers
nonsense costs the others nothing and gets no strike.
"""

from collections import deque
from dataclasses import dataclass, field

from maillage.lorawan.codecs.values import LIMIT_CODES

KILLED = "killed"


@dataclass(frozen=True, slots=True)
class QuarantineRule:
    """Strikes until quarantine, the window they count in, and how long it lasts."""

    strikes: int = 3
    strikes_when_killed: int = 2
    window_s: float = 60.0
    duration_s: float = 300.0


@dataclass(slots=True)
class Quarantine:
    """The strikes of every model. Times are readings of one monotonic clock, in seconds."""

    rule: QuarantineRule = field(default_factory=QuarantineRule)
    _strikes: dict[str, deque[float]] = field(default_factory=dict)
    _until_s: dict[str, float] = field(default_factory=dict)

    def remaining_s(self, model_key: str, now_s: float) -> float:
        """How long the model stays in quarantine; 0 when it is not."""
        return max(0.0, self._until_s.get(model_key, now_s) - now_s)

    def note(self, model_key: str, code: str, now_s: float) -> None:
        """Count the failure ``code`` of the model, and put it in quarantine where the rule says so."""
        weight = self.rule.strikes_when_killed if code == KILLED else int(code in LIMIT_CODES)
        if weight == 0:
            return
        strikes = self._strikes.setdefault(model_key, deque())
        strikes.extend([now_s] * weight)
        while strikes and strikes[0] < now_s - self.rule.window_s:
            strikes.popleft()
        if len(strikes) >= self.rule.strikes:
            self._until_s[model_key] = now_s + self.rule.duration_s
            strikes.clear()
