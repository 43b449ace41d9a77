"""What keeps Maillage from starting, said to the person at the terminal."""

from maillage.kernel.errors import Unavailable


class CannotStart(Unavailable):
    """A part will not start. ``sentence`` says what happened, on what, and what to do."""

    def __init__(self, code: str, sentence: str, **facts: str | float | None) -> None:
        super().__init__(code, **facts)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence
