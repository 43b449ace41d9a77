"""How the API knows an application: a token of its own, which opens that application and nothing else."""

import uuid

from django.http import HttpRequest
from ninja.security import HttpBearer

from maillage.identity.actor import Actor
from maillage.identity.authentication import SessionAuth, TokenAuth
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import NotFound
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.models import Application
from maillage.lorawan.integrations.queries import Credential


class ApplicationTokenAuth(HttpBearer):
    """``Authorization: Bearer mlg_…``, a token that an application's page has given."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        """Who acts by it; nobody for any other token."""
        now = clock.now()
        found = queries.credential(token, now)
        if found is None:
            return None
        actor = queries.actor_of(found)
        actions.note_token_use(actor, found.token, now)
        request.application_credential = found  # type: ignore[attr-defined]
        return actor


PEOPLE = [TokenAuth(), SessionAuth()]
ANYBODY = [TokenAuth(), ApplicationTokenAuth(), SessionAuth()]
"""People, and the application's own programs."""


def reach(request: HttpRequest, application_id: uuid.UUID) -> tuple[Actor, Application]:
    """Who asks, and the application that they may see. Raises ``NotFound`` for any other."""
    found: Credential | None = getattr(request, "application_credential", None)
    if found is None:
        actor = actor_of(request)
        return actor, queries.application(actor, application_id)
    if found.application.pk != application_id:
        raise NotFound("lorawan.application_unknown")
    return queries.actor_of(found), found.application
