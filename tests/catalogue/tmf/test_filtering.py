"""TMF630's filters on plain documents."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.catalogue.tmf.filtering import MOST, parse, project, select
from maillage.kernel.errors import Invalid

A = {"id": "a", "href": "/a", "name": "Alpha", "isRoot": True, "price": {"unit": "EUR", "value": Decimal("9.50")}}
B = {"id": "b", "href": "/b", "name": "Beta", "isRoot": False, "category": [{"id": "x"}, {"id": "y"}]}
C = {"id": "c", "href": "/c", "name": "Gamma", "price": {"unit": "EUR", "value": Decimal(100)}}


def ids(*query):
    return [one["id"] for one in select([A, B, C], parse(query)).documents]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ((("name", "Alpha"),), ["a"]),
        ((("name", "Alpha,Gamma"),), ["a", "c"]),
        ((("name", "alpha"),), []),
        ((("isRoot", "true"),), ["a"]),
        ((("category.id", "y"),), ["b"]),
        ((("price.value.gt", "9.5"),), ["c"]),
        ((("price.value.lte", "100"),), ["a", "c"]),
        ((("name.ne", "Beta"),), ["a", "c"]),
        ((("nothing", "here"),), []),
        ((("price.unit", "EUR"), ("name", "Gamma")), ["c"]),
        ((("sort", "-name"),), ["c", "b", "a"]),
        ((("offset", "1"), ("limit", "1")), ["b"]),
        ((("limit", "0"),), []),
    ],
)
def test_a_list_is_filtered_sorted_and_cut_as_the_address_says(query, found):
    assert ids(*query) == found


def test_fields_keep_the_identity():
    assert project(A, ("name",)) == {"id": "a", "href": "/a", "name": "Alpha"}
    assert project(A, ("none",)) == {"id": "a", "href": "/a"}
    assert project(A, None) == A


@pytest.mark.parametrize("query", [("limit", "-1"), ("offset", "x"), ("name.regex", "(a+)+$")])
def test_what_cannot_be_read_is_refused(query):
    with pytest.raises(Invalid):
        parse([query])


@given(st.integers(0, 3000), st.integers(0, 3000) | st.none(), st.integers(0, 1500))
def test_the_total_is_what_there_is_whatever_part_is_given(offset, limit, count):
    query = [("offset", str(offset))] + ([("limit", str(limit))] if limit is not None else [])
    answer = select([{"id": str(i)} for i in range(count)], parse(query))
    assert answer.total == count
    most = MOST if limit is None else min(MOST, limit)
    assert len(answer.documents) == max(0, min(most, count - offset))
