"""The tree of errors a person can act on.

::

    MaillageError
    ├── Invalid       the input is wrong; the facts name the field and what to change
    ├── Refused       the actor may not, or an interlock forbids it
    ├── NotFound      no such thing, or not visible to this actor (never told apart)
    ├── Conflict      it clashes with something that exists already
    └── Unavailable   a peer we need does not answer; trying later may help

``code`` is stable and machine-readable; ``facts`` fill the sentence. A page or the API turns them into words once
(``maillage.web.problems``): RFC 9457 ``type`` is ``code``.
"""


class MaillageError(Exception):
    """Base of every error meant for a person. ``facts`` are JSON-serialisable."""

    def __init__(self, code: str, **facts: str | float | None) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class Invalid(MaillageError):  # noqa: N818 - reads as the verdict it is
    """The input must change before it can be accepted."""


class Refused(MaillageError):  # noqa: N818
    """The actor may not do this, or a safety rule forbids it."""


class NotFound(MaillageError):  # noqa: N818
    """It does not exist for this actor."""


class Conflict(MaillageError):  # noqa: N818
    """It clashes with what is already there."""


class Unavailable(MaillageError):  # noqa: N818
    """A peer does not answer; nothing was changed."""
