"""What every page is given; computed only when the page draws it."""

from functools import partial

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from maillage.web.navigation import links


def page(request: HttpRequest) -> dict[str, object]:
    """Context processor. ``navigation``: the list of ``NavLink`` of this request."""
    return {"navigation": SimpleLazyObject(partial(links, request))}
