"""``Idempotency-Key`` on the API's writes: the same request sent twice acts once.

Source: the IETF draft *The Idempotency-Key HTTP Header Field* (draft-ietf-httpapi-idempotency-key-header).
"""

import hashlib
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from maillage.identity import actions
from maillage.identity.actions import Answer
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_or_none
from maillage.kernel.errors import Invalid, MaillageError
from maillage.web import problems

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LONGEST = 255

View = Callable[..., HttpResponseBase]


def answer_is_secret(request: HttpRequest) -> None:
    """Called by an operation whose answer must not be stored: a repetition then gets a conflict, not the answer."""
    request.answer_is_secret = True  # type: ignore[attr-defined]


def idempotent(view: View) -> View:
    """Decorates a synchronous operation as a whole, authentication and validation included."""

    @wraps(view)
    def once(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        actor = actor_or_none(request)
        if request.method not in _WRITES or HEADER not in request.headers or actor is None:
            return view(request, *args, **kwargs)
        try:
            return _once(actor, request, lambda: view(request, *args, **kwargs))
        except MaillageError as error:
            return problems.json_response(error)

    return once


def _once(actor: Actor, request: HttpRequest, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    fresh: list[HttpResponse] = []

    def operation() -> Answer:
        response = run()
        if not isinstance(response, HttpResponse):
            raise TypeError("an idempotent write answers in one piece")
        fresh.append(response)
        is_secret = getattr(request, "answer_is_secret", False)
        return Answer(response.status_code, None if is_secret else response.content)

    answer = actions.run_once(actor, _key(request), _digest(request), operation)
    if fresh:
        return fresh[0]
    content_type = "application/json; charset=utf-8"
    return HttpResponse(answer.body or b"", status=answer.status, content_type=content_type, headers={REPLAYED: "true"})


def _key(request: HttpRequest) -> str:
    key = request.headers[HEADER]
    if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
        raise Invalid("idempotency_key_unfit")
    return key


def _digest(request: HttpRequest) -> bytes:
    """What makes two requests the same: method, address with its query, body."""
    heading = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(heading + request.body).digest()
