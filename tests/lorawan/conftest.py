"""Published frames, read once; the LoRaWAN network's tables."""

import json
from pathlib import Path

import pytest
from tests.fixtures.server_process import lorawan_conninfo

__all__ = ["lorawan_conninfo"]
_VECTORS = Path(__file__).parents[1] / "vectors" / "lorawan" / "frames.json"


@pytest.fixture(scope="session")
def vectors():
    return json.loads(_VECTORS.read_text())
