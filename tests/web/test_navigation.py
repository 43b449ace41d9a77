from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from maillage.web import navigation

pytestmark = pytest.mark.usefixtures("kit")


def request_for(path, *, logged_in=False):
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(is_authenticated=logged_in)
    return request


def test_items_stand_in_their_declared_order():
    assert [link.label for link in navigation.links(request_for("/"))] == ["Composants", "Carte"]


def test_an_item_is_shown_only_to_whom_it_concerns():
    labels = [link.label for link in navigation.links(request_for("/", logged_in=True))]
    assert labels == ["Composants", "Carte", "Réglages"]


@pytest.mark.parametrize(("path", "current"), [("/map/site/", ["Carte"]), ("/_kit/", ["Composants"]), ("/mapping", [])])
def test_the_section_of_the_page_is_current(path, current):
    assert [link.label for link in navigation.links(request_for(path)) if link.current] == current


def entries(count, *, in_menu=False):
    return [navigation.NavLink(f"{number}", f"/{number}/", "home", False, in_menu) for number in range(count)]


def test_a_phone_keeps_behind_plus_what_does_not_fit_under_the_thumb():
    assert navigation.Navigation(entries(5)).overflow == []
    assert [link.label for link in navigation.Navigation(entries(6)).overflow] == ["4", "5"]


def test_what_is_rarely_used_stands_in_the_person_s_menu():
    own = entries(1, in_menu=True)
    assert navigation.Navigation([*entries(3), *own]).bar == entries(3)
    assert navigation.Navigation([*entries(3), *own]).menu == own


def test_a_visitor_without_user_sees_what_everyone_sees():
    assert len(navigation.links(RequestFactory().get("/"))) == 2
