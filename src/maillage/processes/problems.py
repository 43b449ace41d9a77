"""What keeps Maillage from starting, said to the person at the terminal."""

from maillage.kernel.errors import MaillageError, Unavailable


class CannotStart(Unavailable):
    """A part will not start. ``sentence`` says what happened, on what, and what to do."""

    def __init__(self, code: str, sentence: str, **facts: str | float | None) -> None:
        super().__init__(code, **facts)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


_SENTENCES = {
    "environment-not-a-switch": "{variable} is '{value}'; it must be {expected}.",
    "environment-not-a-kek": "{source} must hold keys of {expected_digits} hexadecimal digits, such as those that"
    " 'openssl rand -hex 32' makes.",
    "lorawan.kek_unknown": "The keys in the database are wrapped by a key-encryption key that is not here (its id is"
    " {kek}): give it back in MAILLAGE_KEK, or in the file 'kek' of the data folder.",
    "environment-not-a-port": "{variable} is '{value}'; it must be a port, {expected}.",
    "environment-not-two-files": "{variable} is '{value}'; it must be two existing files by a comma: {expected}.",
    "environment-not-a-region": "{variable} is '{value}'; it must be a LoRaWAN region: {expected}.",
    "environment-not-a-number-of-shards": "{variable} is '{value}'; it must be a power of two: {expected}.",
    "data-folder-unusable": "The data folder {folder} cannot be used: {reason}. Choose another with {change}.",
    "option-out-of-range": "{option} is {value}; it must be from {minimum} to {maximum}.",
    "agent-settings-missing": "The settings {file} cannot be read: {reason}.",
    "agent-settings-unfit": "The settings {file} cannot be used: {reason}.",
    "simulator.no_fleet": "There is no fleet to play: {file} is missing. `maillage demo` writes it.",
    "simulator.bad_station": "The station files in {folder} cannot be used: {problem}.",
    "simulator.bad_fleet": "The fleet file {file} cannot be played: {problem}.",
}


def sentence_of(error: MaillageError) -> str:
    """What to say at the terminal about ``error``."""
    if isinstance(error, CannotStart) or error.code not in _SENTENCES:
        return str(error)
    return _SENTENCES[error.code].format(**error.facts)
