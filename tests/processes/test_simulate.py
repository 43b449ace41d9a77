import pytest

from maillage.kernel.errors import Invalid
from maillage.processes.problems import sentence_of
from maillage.processes.simulate import main


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MAILLAGE_DATA", str(tmp_path))
    return tmp_path


def test_without_a_fleet_the_simulator_says_which_file_is_missing(data_folder):
    with pytest.raises(Invalid) as refusal:
        main([])
    assert str(data_folder / "simulator" / "fleet.json") in sentence_of(refusal.value)


@pytest.mark.parametrize("arguments", [["--loss", "1.5"], ["--relay-period", "1"]])
def test_an_option_out_of_range_is_refused_with_its_range(data_folder, arguments):
    with pytest.raises(Invalid) as refusal:
        main(arguments)
    assert arguments[0] in sentence_of(refusal.value)
