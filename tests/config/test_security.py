"""What every response says to the browser, and which cookies travel where."""

import importlib

import pytest
from django.test import Client

from maillage.config import settings as chosen

EXPECTED = [
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
]


@pytest.mark.parametrize(
    "address", ["/login/", "/nowhere/", "/journal/", "/api/v1/me", "/api/v1/docs", "/api/v1/nowhere"]
)
def test_every_response_carries_the_security_headers(db, address):
    response = Client().get(address)
    policy = response["Content-Security-Policy"]
    assert all(directive in policy for directive in EXPECTED)
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


@pytest.fixture
def settings_of(monkeypatch):
    def read(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return importlib.reload(chosen)

    yield read
    monkeypatch.undo()
    importlib.reload(chosen)


@pytest.mark.parametrize(("https", "debug", "secure"), [("1", "0", True), ("0", "0", False), ("1", "1", False)])
def test_cookies_are_secure_behind_https_and_usable_on_plain_http(settings_of, https, debug, secure):
    settings = settings_of(MAILLAGE_HTTPS=https, MAILLAGE_DEBUG=debug)
    cookies = (settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.LANGUAGE_COOKIE_SECURE)
    assert set(cookies) == {secure}
    assert bool(settings.SECURE_PROXY_SSL_HEADER) is secure
    assert bool(settings.SECURE_HSTS_SECONDS) is secure


def test_cookies_are_out_of_reach_of_scripts():
    assert chosen.SESSION_COOKIE_HTTPONLY
    assert chosen.CSRF_COOKIE_HTTPONLY
