"""How the API knows who asks: a bearer token, or the page's own session with its CSRF token. Both give one actor."""

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_or_none


class TokenAuth(HttpBearer):
    """``Authorization: Bearer mlg_…``; ``ActorMiddleware`` has looked the token up."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:  # noqa: ARG002 - ninja's signature
        """The actor of the token."""
        return actor_or_none(request)


class SessionAuth(APIKeyCookie):
    """The log-in session of a browser, with ``X-CSRFToken`` on writes."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Nobody is told about CSRF who is not logged in, or who meant to show a token."""
        if "Authorization" in request.headers or actor_or_none(request) is None:
            return None
        actor: Actor | None = super().__call__(request)
        return actor

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002 - ninja's signature
        """The actor of the session."""
        return actor_or_none(request)
