"""Published frames, read once."""

import json
from pathlib import Path

import pytest

_VECTORS = Path(__file__).parents[1] / "vectors" / "lorawan" / "frames.json"


@pytest.fixture(scope="session")
def vectors():
    return json.loads(_VECTORS.read_text())
