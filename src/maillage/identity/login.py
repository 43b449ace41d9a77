"""What the log-in throttle (django-axes) asks of us: whose failures to count, and what to say when it locks."""

import math
from collections.abc import Mapping

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def attempted_account(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """The account that a log-in names, whatever the case: changing capitals gives no new attempts."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return typed.strip().lower()


def locked_out(
    request: HttpRequest, _original: HttpResponse | None, _credentials: Mapping[str, str] | None
) -> HttpResponse:
    """429, how long to wait, and nothing on whether the account exists."""
    wait = get_cool_off(request)
    wait_s = math.ceil(wait.total_seconds()) if wait else 0
    page = render(request, "identity/locked_out.html", {"wait_minutes": math.ceil(wait_s / 60)}, status=429)
    page["Retry-After"] = str(wait_s)
    return page
