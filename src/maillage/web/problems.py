"""Typed errors become words once, here: a sentence, an HTTP status, a page, an alert or RFC 9457 JSON.

Codes that have no sentence still get one, by kind. Capabilities bring theirs through ``MAILLAGE_SENTENCES``: dotted
paths of ``Mapping[code, lazy msgid]``, with ``%(fact)s`` placeholders.
"""

from collections import ChainMap
from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import defaults

from maillage.kernel.errors import Conflict, Invalid, MaillageError, NotFound, Refused, Unavailable
from maillage.web.formats import number, unit_label

T = TypeVar("T")
API_PREFIXES = ("/api/", "/tmf-api/")

Sentences = Mapping[str, str | Promise]

STATUSES: Mapping[type[MaillageError], int] = {
    Invalid: 422,
    Refused: 403,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
}
TITLES: Mapping[type[MaillageError], Promise] = {
    Invalid: _("La demande est à corriger"),
    Refused: _("Ce n’est pas permis"),
    NotFound: _("Introuvable"),
    Conflict: _("Cela existe déjà ou a changé entre-temps"),
    Unavailable: _("Momentanément indisponible"),
}
_BY_KIND: Mapping[type[MaillageError], Promise] = {
    Invalid: _("Une des valeurs n’est pas acceptée. Corrigez-la puis recommencez."),
    Refused: _("Vous n’avez pas le droit de faire cela, ou une règle de sécurité l’interdit."),
    NotFound: _("Cet élément n’existe pas, ou il ne vous est pas accessible."),
    Conflict: _("Cette demande contredit ce qui est déjà enregistré. Rechargez la page puis recommencez."),
    Unavailable: _("Un service dont nous avons besoin ne répond pas. Rien n’a été modifié : réessayez bientôt."),
}


class _Facts(dict[str, object]):
    """The facts as people read them. A sentence that names a fact it was not given must not hide the error itself."""

    def __missing__(self, _name: str) -> str:
        return "—"

    def __getitem__(self, name: str) -> object:
        fact = super().__getitem__(name)
        if name == "unit":
            return unit_label(str(fact))
        return number(fact) if isinstance(fact, float) else fact


_SERVER_ERROR = _(
    "L’incident est enregistré et sera examiné. Réessayez dans un instant ; si cela persiste, prévenez l’assistance."
)


def sentence(error: MaillageError) -> str:
    """What happened and what to do, in the active language."""
    template = all_sentences().get(error.code)
    if template is None:
        return str(_kind(error, _BY_KIND))
    words = gettext(template) if isinstance(template, str) else str(template)
    return words % _Facts(error.facts)


def status(error: MaillageError) -> int:
    """The HTTP status of this kind of error."""
    return _kind(error, STATUSES)


def as_problem(error: MaillageError) -> dict[str, object]:
    """RFC 9457 members. ``type`` is the stable code, ``facts`` an extension member."""
    return {
        "type": f"urn:maillage:problem:{error.code}",
        "title": str(_kind(error, TITLES)),
        "status": status(error),
        "detail": sentence(error),
        "code": error.code,
        "facts": error.facts,
    }


def json_response(error: MaillageError) -> JsonResponse:
    """The problem as ``application/problem+json``."""
    return JsonResponse(as_problem(error), status=status(error), content_type="application/problem+json")


def html_response(request: HttpRequest, error: MaillageError) -> HttpResponse:
    """The problem as a page, or as an alert put into ``#messages`` when htmx asked for a fragment."""
    words = {"title": _kind(error, TITLES), "detail": sentence(error), "status": status(error)}
    if request.headers.get("HX-Request") != "true":
        return render(request, "web/problem.html", words, status=status(error))
    response = render(request, "web/problem_alert.html", words, status=status(error))
    response["HX-Retarget"] = "#messages"
    response["HX-Reswap"] = "innerHTML"
    return response


def value_unfit() -> Invalid:
    """A value came through that no column can hold, such as a text with a NUL character."""
    return Invalid("value_unfit")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: an error nobody foresaw, in the shape that the client reads. The log has the rest."""
    if not request.path.startswith(API_PREFIXES):
        return defaults.server_error(request)
    members = {
        "type": "urn:maillage:problem:internal_server_error",
        "title": str(_("Une erreur est survenue")),
        "status": 500,
        "detail": str(_SERVER_ERROR),
        "code": "internal_server_error",
    }
    return JsonResponse(members, status=500, content_type="application/problem+json")


def response(request: HttpRequest, error: MaillageError) -> HttpResponse:
    """JSON for programs (``API_PREFIXES``) or for a client that prefers it, else HTML."""
    wants_json = request.path.startswith(API_PREFIXES) or not request.accepts("text/html")
    return json_response(error) if wants_json else html_response(request, error)


@cache
def all_sentences() -> Mapping[str, str | Promise]:
    mappings: list[Sentences] = [import_string(path) for path in getattr(settings, "MAILLAGE_SENTENCES", [])]
    return ChainMap(*(dict(mapping) for mapping in mappings))


def _kind(error: MaillageError, table: Mapping[type[MaillageError], T]) -> T:
    """The entry of the error's class, or of the nearest parent that has one; a bare error is read as invalid."""
    found = next((table[kind] for kind in type(error).__mro__ if kind in table), None)
    return table[Invalid] if found is None else found
