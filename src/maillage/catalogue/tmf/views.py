"""The HTTP side of TMF620: reading is public, writing takes a bearer token of the operating body.

Errors have TMF630's shape. Lists carry ``X-Total-Count`` and ``X-Result-Count``; a part of one is 206.
"""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from json import JSONDecodeError, loads
from typing import Any

import msgspec
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from maillage.catalogue import shelf
from maillage.catalogue.policies import may_edit
from maillage.catalogue.tmf import actions, documents, filtering, queries
from maillage.catalogue.tmf.documents import Document
from maillage.catalogue.tmf.filtering import Wanted
from maillage.catalogue.tmf.intake import require_document
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_or_none
from maillage.kernel.errors import Invalid, MaillageError, NotFound, Refused
from maillage.web import problems

RESOURCES = ("catalog", "category", "productOffering", "productOfferingPrice", "productSpecification")
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_LONGEST_BODY = 1_000_000


def _tmf(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Errors in TMF630's shape."""

    def answer(request: HttpRequest, **named: str) -> HttpResponse:
        try:
            return view(request, **named)
        except MaillageError as error:
            return _error(error)
        except DataError:
            return _error(problems.value_unfit())

    return csrf_exempt(answer)


@_tmf
def collection(request: HttpRequest, resource: str) -> HttpResponse:
    """GET a list, POST a new resource."""
    if request.method in {"GET", "HEAD"}:
        return _list(request, resource)
    if request.method != "POST":
        return _not_allowed("GET", "HEAD", "POST")
    actor = _writer(request)
    code = actions.create(actor, resource, _body(request))
    document = _document(resource, code, editing=True)
    return _json(document, HTTPStatus.CREATED, {"Location": document["href"]})


@_tmf
def item(request: HttpRequest, resource: str, code: str) -> HttpResponse:
    """GET, PATCH or DELETE one resource."""
    if request.method in {"GET", "HEAD"}:
        wanted = filtering.parse([(k, v) for k, v in _pairs(request) if k == "fields"])
        document = _document(resource, code, editing=may_edit(actor_or_none(request)))
        return _json(filtering.project(document, wanted.fields))
    if request.method == "PATCH":
        actions.change(_writer(request), resource, code, _body(request))
        return _json(_document(resource, code, editing=True))
    if request.method == "DELETE":
        actions.remove(_writer(request), resource, code)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return _not_allowed("GET", "HEAD", "PATCH", "DELETE")


def _list(request: HttpRequest, resource: str) -> HttpResponse:
    wanted = filtering.parse(_pairs(request))
    found = _select(resource, wanted, editing=may_edit(actor_or_none(request)))
    headers = {"X-Total-Count": str(found.total), "X-Result-Count": str(len(found.documents))}
    status = HTTPStatus.OK if found.is_whole or wanted.limit == 0 else HTTPStatus.PARTIAL_CONTENT
    return _json(found.documents, status, headers)


def _select(resource: str, wanted: Wanted, *, editing: bool) -> filtering.Answer:
    """The database narrows by id and name, and cuts a list that nothing else filters or sorts."""
    rows, write = _source(resource, editing=editing)
    is_offering = resource == actions.OFFERING
    columns = {("id",): "offering__code" if is_offering else "code", ("name",): "name"}
    left = []
    for condition in wanted.conditions:
        if condition.path in columns and condition.operator == "eq":
            rows = rows.filter(**{f"{columns[condition.path]}__in": condition.values})
        else:
            left.append(condition)
    if left or wanted.sort:
        return filtering.select([write(row) for row in rows], replace(wanted, conditions=tuple(left)))
    part = rows[wanted.offset : wanted.offset + wanted.most]
    return filtering.Answer([filtering.project(write(row), wanted.fields) for row in part], rows.count())


def _document(resource: str, code: str, *, editing: bool) -> Document:
    rows, write = _source(resource, editing=editing)
    column = "offering__code" if resource == actions.OFFERING else "code"
    row = rows.filter(**{column: code}).first()
    if row is None:
        raise NotFound("tmf_resource_unknown", resource=resource, item=code)
    return write(row)


def _source(resource: str, *, editing: bool) -> tuple[QuerySet[Any], Callable[[Any], Document]]:
    on = shelf.today()
    if resource == actions.OFFERING:
        return queries.offerings(on, editing=editing), documents.offering
    if resource == "productOfferingPrice":
        return queries.prices(on, editing=editing), documents.price
    if resource == "productSpecification":
        return queries.specifications(), documents.specification
    if resource == "category":
        return queries.categories(), documents.category
    return queries.catalogs(), documents.catalog


def _writer(request: HttpRequest) -> Actor:
    """Who writes, by a token: a browser's session alone does not, so that no other site can make it write."""
    actor = actor_or_none(request)
    if actor is None or "Authorization" not in request.headers:
        raise Refused("tmf_token_needed")
    return actor


def _body(request: HttpRequest) -> Any:  # noqa: ANN401 - any JSON
    if len(request.body) > _LONGEST_BODY:
        raise Invalid("tmf_not_an_object")
    try:
        return require_document(loads(request.body))
    except (JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("tmf_not_json") from error


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name, values in request.GET.lists() for value in values]


def _json(body: object, status: HTTPStatus = HTTPStatus.OK, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(_ENCODER.encode(body), status=status, content_type="application/json", headers=headers)


def _error(error: MaillageError) -> HttpResponse:
    status = HTTPStatus(problems.status(error))
    if error.code == "tmf_token_needed":
        status = HTTPStatus.UNAUTHORIZED
    elif isinstance(error, Invalid):
        status = HTTPStatus.BAD_REQUEST
    body = {
        "code": error.code,
        "reason": status.phrase,
        "message": problems.sentence(error),
        "status": str(status.value),
        "@type": "Error",
    }
    headers = {"WWW-Authenticate": 'Bearer realm="Maillage"'} if status is HTTPStatus.UNAUTHORIZED else None
    return _json(body, status, headers)


def _not_allowed(*methods: str) -> HttpResponse:
    status = HTTPStatus.METHOD_NOT_ALLOWED
    body = {"code": "method_not_allowed", "reason": status.phrase, "message": status.description, "status": "405"}
    return _json(body, status, {"Allow": ", ".join(methods)})
