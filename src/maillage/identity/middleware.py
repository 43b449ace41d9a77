"""Who is asking: sets ``request.actor`` from the session or the bearer token, and the person's language."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from maillage.identity import actions, queries
from maillage.identity.actor import Actor
from maillage.identity.models import Membership
from maillage.kernel import clock
from maillage.kernel.errors import Refused
from maillage.web.problems import API_PREFIXES

CHOSEN_MEMBERSHIP = "membership_id"
_BEARER = "bearer "


def actor_of(request: HttpRequest) -> Actor:
    """Who asks. Raises ``Refused`` for somebody not logged in, or who no longer acts for any organisation."""
    actor = actor_or_none(request)
    if actor is None:
        raise Refused("no_membership" if request.user.is_authenticated else "not_logged_in")
    return actor


def actor_or_none(request: HttpRequest) -> Actor | None:
    """Who asks, if anybody is known."""
    actor: Actor | None = getattr(request, "actor", None)
    return actor


def membership_of(request: HttpRequest) -> Membership | None:
    """The membership that the actor of this request acts by."""
    membership: Membership | None = getattr(request, "membership", None)
    return membership


def still_acts(request: HttpRequest) -> Callable[[], bool]:
    """Whether who asks by a session would still be the same actor, seeing the same: for what outlives its request."""
    actor, session_key = actor_of(request), request.session.session_key
    store = import_module(settings.SESSION_ENGINE).SessionStore

    def ask() -> bool:
        later = HttpRequest()
        later.session = store(session_key)
        later.user = get_user(later)
        membership = _by_session(later)
        return membership is not None and queries.actor_of(membership) == actor

    return ask


class ActorMiddleware(MiddlewareMixin):
    """After Django's session and authentication. Mandates are read afresh at each request: a revocation acts at once.

    For programs (``API_PREFIXES``), an ``Authorization`` header decides alone: a bad token is nobody,
    even beside a good session.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Sets ``request.actor`` (an ``Actor`` or None) and ``request.membership``."""
        by_header = request.path.startswith(API_PREFIXES) and "Authorization" in request.headers
        membership = _by_token(request) if by_header else _by_session(request)
        request.membership = membership  # type: ignore[attr-defined]
        request.actor = queries.actor_of(membership) if membership else None  # type: ignore[attr-defined]
        if membership:
            translation.activate(membership.user.language)
            request.LANGUAGE_CODE = translation.get_language() or membership.user.language


class PagesNeedLogin(LoginRequiredMiddleware):
    """Every page needs a log-in unless its view says otherwise; the API answers for itself (401, no redirection)."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """The log-in page instead of the view; as a whole page also when htmx asked for a part of one."""
        if request.path.startswith(API_PREFIXES):
            return None
        response: HttpResponseBase | None = super().process_view(request, view_func, view_args, view_kwargs)
        if response is not None and request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": response["Location"]})
        return response


def _by_session(request: HttpRequest) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    memberships = queries.memberships_of(request.user.pk)
    chosen = request.session.get(CHOSEN_MEMBERSHIP)
    return next((m for m in memberships if m.pk == chosen), memberships[0] if memberships else None)


def _by_token(request: HttpRequest) -> Membership | None:
    header = request.headers["Authorization"]
    if not header.lower().startswith(_BEARER):
        return None
    now = clock.now()
    token = queries.live_token(header[len(_BEARER) :].strip(), now)
    if token is None:
        return None
    actions.note_token_use(queries.actor_of(token.membership), token, now)
    request.user = token.membership.user
    return token.membership
