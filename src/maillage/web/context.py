"""What every page is given; computed only when the page draws it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from maillage.web.navigation import Navigation, links


def page(request: HttpRequest) -> dict[str, object]:
    """Context processor. ``navigation``: the ``Navigation`` of this request."""
    return {"navigation": SimpleLazyObject(lambda: Navigation(links(request)))}
