"""A file of devices: what is accepted, and the reason given for what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.lorawan.device_csv import (
    COLUMNS,
    MAX_BYTES,
    MAX_ROWS,
    Known,
    dev_euis,
    folded,
    judge,
    read_sheet,
)
from maillage.lorawan.labels import SENTENCES

HEADING = "dev_eui;join_eui;app_key;modele;nom;commune"
GOOD = "70B3D52DD3000001;70B3D57ED0000000;000102030405060708090A0B0C0D0E0F;mclimate-vicki;Classe 1;Évry"
KNOWN = Known(
    models={"mclimatevicki": "mclimate-vicki"},
    communes={"evry": 7, "91228": 7},
    registered=frozenset({"70b3d52dd30000ff"}),
)


def file_of(*rows, heading=HEADING):
    return "\n".join([heading, *rows, ""]).encode("utf-8", "replace")


def verdict_of(*rows, heading=HEADING):
    return judge(read_sheet(file_of(*rows, heading=heading)), KNOWN)


def row(**changes):
    cells = dict(zip(COLUMNS, GOOD.split(";"), strict=True)) | changes
    return ";".join(cells.values())


def faults(**changes):
    (bad,) = verdict_of(row(**changes)).bad
    return [(fault.column, fault.code) for fault in bad.faults]


def test_a_good_row_becomes_a_device_to_register():
    (good,) = verdict_of(GOOD).good
    assert good.line == 2
    assert (good.device.dev_eui, good.device.join_eui) == ("70b3d52dd3000001", "70b3d57ed0000000")
    assert good.device.app_key == bytes(range(16))
    assert (good.device.model_key, good.device.name, good.device.organisation_id) == ("mclimate-vicki", "Classe 1", 7)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(encoding, separator, line_end):
    text = line_end.join([HEADING, GOOD, ""]).replace(";", separator)
    verdict = judge(read_sheet(text.encode(encoding)), KNOWN)
    assert [good.device.name for good in verdict.good] == ["Classe 1"]


def test_columns_come_in_any_order_under_either_language_and_others_are_named_as_ignored():
    sheet = read_sheet("Commune,Étage,Name,Model,AppEUI,App Key,Dev-EUI\n91228,2,A,mclimate-vicki,,,\n".encode())
    assert sheet.ignored_columns == ("Étage",)
    assert sheet.lines[0].cells["commune"] == "91228"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"dev_eui": "70B3D52DD30000"}, ("dev_eui", "lorawan.eui.wrong_length")),
        ({"dev_eui": "7,0B3D5E+15"}, ("dev_eui", "lorawan.eui.not_hexadecimal")),
        ({"dev_eui": "0000000000000000"}, ("dev_eui", "lorawan.eui.blank")),
        ({"dev_eui": "70-B3-D5-2D-D3-00-00-FF"}, ("dev_eui", "device_csv.already_registered")),
        ({"dev_eui": " "}, ("dev_eui", "device_csv.missing_value")),
        ({"join_eui": "zz"}, ("join_eui", "lorawan.eui.not_hexadecimal")),
        ({"app_key": "0001"}, ("app_key", "lorawan.key.wrong_length")),
        ({"app_key": "0" * 32}, ("app_key", "lorawan.key.blank")),
        ({"model": "toaster"}, ("model", "device_csv.unknown_model")),
        ({"name": ""}, ("name", "lorawan.name.missing")),
        ({"name": "n" * 151}, ("name", "lorawan.name.too_long")),
        ({"commune": "Paris"}, ("commune", "device_csv.unknown_commune")),
        ({"commune": "Évry;surplus"}, ("", "device_csv.more_cells_than_headings")),
    ],
)
def test_each_fault_of_a_row_has_its_own_reason(changes, found):
    assert faults(**changes) == [found]


def test_every_fault_of_a_row_is_named():
    assert [column for column, _code in faults(dev_eui="x", app_key="y", model="z")] == ["dev_eui", "app_key", "model"]


def test_a_device_twice_in_the_file_is_told_where_it_was_first():
    verdict = verdict_of(GOOD, row(name="Classe 2"))
    assert [good.line for good in verdict.good] == [2]
    (fault,) = verdict.bad[0].faults
    assert (fault.code, fault.facts) == ("device_csv.twice_in_file", {"line": 2})


def test_line_numbers_are_those_of_the_file_whatever_quotes_hold():
    verdict = verdict_of(row(name='"Classe\n1"'), "", row(dev_eui="x"))
    assert [good.line for good in verdict.good] == [2]
    assert [bad.line for bad in verdict.bad] == [5]


def test_no_key_reaches_a_fault_or_a_repr():
    key = "000102030405060708090A0B0C0D0E0FFF"
    sheet = read_sheet(file_of(row(app_key=key)))
    assert key not in repr(sheet)
    assert key not in repr(judge(sheet, KNOWN))
    assert repr(bytes(range(16)))[2:20] not in repr(verdict_of(GOOD))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "device_csv.empty"),
        (b" \r\n \n", "device_csv.empty"),
        (b"\xef\xbb\xbf", "device_csv.empty"),
        (HEADING.encode(), "device_csv.no_rows"),
        (b"x" * (MAX_BYTES + 1), "device_csv.too_large"),
        (b"PK\x03\x04workbook", "device_csv.workbook"),
        (GOOD.encode("utf-16"), "device_csv.not_text"),
        (b"dev_eui\x00", "device_csv.not_text"),
        (b"dev_eui\x81\xff", "device_csv.not_text"),
        (b"dev_eui;nom\n1;2\n", "device_csv.missing_columns"),
        (file_of(GOOD, heading=HEADING.replace("nom", "dev_eui;nom")), "device_csv.column_twice"),
        (file_of('a;"b'), "device_csv.quoting"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused_as_a_whole(content, code):
    with pytest.raises(Invalid) as refusal:
        read_sheet(content)
    assert refusal.value.code == code


def test_too_many_rows_are_refused_and_exactly_as_many_are_read():
    assert len(read_sheet(file_of(*["a"] * MAX_ROWS)).lines) == MAX_ROWS
    with pytest.raises(Invalid, match="too_many_rows"):
        read_sheet(file_of(*["a"] * (MAX_ROWS + 1)))


def test_the_readable_euis_are_those_to_look_up():
    assert dev_euis(read_sheet(file_of(GOOD, row(dev_eui="x")))) == {"70b3d52dd3000001"}


def test_names_are_found_whatever_their_accents_and_punctuation():
    assert folded("  ÉVRY - Courcouronnes ") == folded("evry-courcouronnes")


def outcome_of(content):
    """The sheet with its verdict, or the code of the refusal."""
    try:
        sheet = read_sheet(content)
    except Invalid as refusal:
        return refusal.code
    return sheet, judge(sheet, KNOWN)


def is_explained(outcome):
    """A refusal has its sentence, and so has each fault; every line is good or bad."""
    if isinstance(outcome, str):
        return outcome in SENTENCES
    sheet, verdict = outcome
    numbers = sorted([good.line for good in verdict.good] + [bad.line for bad in verdict.bad])
    reasons = [[fault.code in SENTENCES for fault in bad.faults] for bad in verdict.bad]
    return numbers == [line.number for line in sheet.lines] and all(found and all(found) for found in reasons)


@given(st.binary(max_size=400))
def test_random_bytes_are_judged_or_refused_with_a_sentence(content):
    assert is_explained(outcome_of(content))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=8), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_random_rows_under_a_good_heading_are_each_good_or_bad(rows, encoding):
    assert is_explained(outcome_of("\n".join([HEADING, *rows]).encode(encoding, "replace")))


@given(st.dictionaries(st.sampled_from(list(COLUMNS)), st.text(max_size=60)))
def test_a_mutated_good_row_is_good_or_says_why_not(changes):
    assert is_explained(outcome_of(file_of(row(**changes))))
