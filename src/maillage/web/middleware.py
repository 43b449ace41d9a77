"""Turns the errors meant for people into answers, whatever view raised them."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from maillage.kernel.errors import MaillageError
from maillage.web import problems

GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class ProblemMiddleware:
    """``process_exception`` only: it adds nothing to a request that goes well, in sync and async stacks alike."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answers a ``MaillageError`` and what the database cannot hold; leaves other exceptions to Django."""
        if isinstance(exception, DataError):
            return problems.response(request, problems.value_unfit())
        if isinstance(exception, MaillageError):
            return problems.response(request, exception)
        return None
