"""The REST API at ``/api/v1/``: every capability's router, one way to authenticate, one shape of error.

After a change, write its document again: ``make openapi``, or
``django-admin export_openapi_schema --api maillage.config.api.api --indent 2 --sorted --output docs/openapi.json``.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import TypeVar, cast

from django.conf import settings
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from maillage.identity.authentication import SessionAuth, TokenAuth
from maillage.identity.idempotency import HEADER, idempotent
from maillage.kernel.errors import MaillageError
from maillage.web import problems

Fault = TypeVar("Fault", bound=Exception)
DESCRIPTION = f"""\
Every answer concerns only what your role shows you. Errors are problem details (RFC 9457). Lists are paged by cursor.
Send writes with an `{HEADER}` header: the same request sent again within 24 hours gets the first answer again and
acts once; the same key with another request is refused."""


def build() -> NinjaAPI:
    """A new API with the routers that ``MAILLAGE_ROUTERS`` names. Its documentation page is served from here alone."""
    api = NinjaAPI(
        title="Maillage",
        version="1",
        description=DESCRIPTION,
        urls_namespace="api",
        auth=[TokenAuth(), SessionAuth()],
    )
    api.add_decorator(idempotent, mode="view")
    routers: Sequence[tuple[str, str]] = settings.MAILLAGE_ROUTERS
    for prefix, path in routers:
        api.add_router(prefix, import_string(path))
    _answer(api, MaillageError, lambda _request, error: problems.json_response(error))
    _answer(api, DataError, lambda _request, _error: problems.json_response(problems.value_unfit()))
    _answer(api, ValidationError, _invalid)
    _answer(api, HttpError, _http_error)
    _answer(api, Http404, partial(_problem, status=HTTPStatus.NOT_FOUND))
    return api


def _answer(api: NinjaAPI, kind: type[Fault], handler: Callable[[HttpRequest, Fault], HttpResponse]) -> None:
    """Ninja types its handlers as if they were given classes; they are given instances."""
    api.add_exception_handler(kind, cast("Callable[[HttpRequest, Fault | type[Fault]], HttpResponse]", handler))


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Each fault with its place: ``["body", "name"]`` in the order of the document. What was sent is not echoed."""
    faults = [{"location": list(fault["loc"]), "detail": fault["msg"]} for fault in error.errors]
    return _problem(request, error, HTTPStatus.UNPROCESSABLE_ENTITY, errors=faults)


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    response = _problem(request, error, HTTPStatus(error.status_code), detail=error.message)
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Maillage"'
    return response


def _problem(_request: HttpRequest, _error: object, status: HTTPStatus, **more: object) -> HttpResponse:
    """Problem details of an error that HTTP itself names; ``more`` are extension members."""
    code = status.phrase.lower().replace(" ", "_")
    members: dict[str, object] = {
        "type": f"urn:maillage:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": status.description or status.phrase,
        "code": code,
    }
    return JsonResponse(members | more, status=status, content_type="application/problem+json")


api = build()
