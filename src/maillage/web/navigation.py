"""The main navigation: each capability declares its items, ``config`` lists them in ``MAILLAGE_NAVIGATION``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string

PHONE_SLOTS = 5
"""How many entries fit side by side under a thumb, *Plus* included."""


def everyone(_request: HttpRequest) -> bool:
    """Visible to all, logged in or not."""
    return True


def logged_in(request: HttpRequest) -> bool:
    """Visible once logged in."""
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry. ``url_name`` is reversed without arguments; ``visible`` decides for the request's user.

    ``in_menu``: it stands in the menu under the person's name instead of the bar, which is for the daily work.
    """

    label: str | Promise
    url_name: str
    icon: str
    order: int = 100
    visible: Callable[[HttpRequest], bool] = logged_in
    in_menu: bool = False


@dataclass(frozen=True, slots=True)
class NavLink:
    """An entry ready to draw."""

    label: str
    url: str
    icon: str
    current: bool
    in_menu: bool = False


@dataclass(frozen=True, slots=True)
class Navigation:
    """What a page draws: the bar, and the menu under the person's name."""

    links: Sequence[NavLink]

    @property
    def bar(self) -> Sequence[NavLink]:
        """Every entry of the bar, for wide screens."""
        return [link for link in self.links if not link.in_menu]

    @property
    def menu(self) -> Sequence[NavLink]:
        """The entries of the person's own menu."""
        return [link for link in self.links if link.in_menu]

    @property
    def overflow(self) -> Sequence[NavLink]:
        """What a phone keeps behind *Plus*: nothing when all fit, else all but the first ones."""
        return self.bar[PHONE_SLOTS - 1 :] if len(self.bar) > PHONE_SLOTS else []


def declared_items() -> list[NavItem]:
    """Every declared item, in order. Settings name sequences of ``NavItem`` by dotted path."""
    sequences: list[Sequence[NavItem]] = [import_string(path) for path in getattr(settings, "MAILLAGE_NAVIGATION", [])]
    return sorted((item for items in sequences for item in items), key=lambda item: item.order)


def links(request: HttpRequest) -> list[NavLink]:
    """The entries this request may see; the one whose address is the longest prefix of the page's is current."""
    items = [(item, reverse(item.url_name)) for item in declared_items() if item.visible(request)]
    matching = [url for _, url in items if _is_under(request.path, url)]
    current = max(matching, key=len, default=None)
    return [NavLink(str(item.label), url, item.icon, url == current, item.in_menu) for item, url in items]


def _is_under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url if url.endswith("/") else f"{url}/"))
