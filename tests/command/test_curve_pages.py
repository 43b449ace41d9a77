"""What a spreadsheet makes of a curve's file."""

from datetime import timedelta

import pytest

from maillage.command.curve_pages import _decimal, _heading
from maillage.command.curves import Curve


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@x", "\t=1"])
def test_a_place_named_like_a_formula_is_a_text(name):
    curve = Curve(name, "air_temperature", "Cel", 1, is_state=False, gap=timedelta(hours=1), points=[], live="")
    assert _heading(curve).startswith(f"'{name}")


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, ""), (19.5, "19,5"), (-3.0, "-3"), (1234567.1234, "1234567,123"), (1e6, "1000000"), (0.0004, "0")],
)
def test_a_value_is_written_in_full(value, written):
    assert _decimal(value) == written
