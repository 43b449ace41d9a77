"""Published frames, read once; the LoRaWAN network's tables."""

import json
from pathlib import Path

import pytest
from tests.fixtures.server_process import lorawan_conninfo

__all__ = ["lorawan_conninfo"]
_VECTORS = Path(__file__).parents[1] / "vectors" / "lorawan"


@pytest.fixture(scope="session")
def vectors():
    return json.loads((_VECTORS / "frames.json").read_text())


@pytest.fixture(scope="session")
def vectors_1_1():
    return json.loads((_VECTORS / "frames_1_1.json").read_text())


@pytest.fixture(scope="session")
def class_b_vectors():
    return json.loads((_VECTORS / "class_b.json").read_text())
