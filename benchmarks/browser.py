"""A logged-in user without a browser: pages, the API, and live streams (server-sent events) over plain HTTP."""

import asyncio
import http.cookiejar
import json
import re
import urllib.request
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode, urlsplit

from benchmarks.fixture import LOGIN, PASSWORD
from benchmarks.installation import BenchmarkError

_EVENT_NAME = re.compile(rb"^event: (\S+)$", re.MULTILINE)


class Browser:
    """Cookies are kept; forms and the API get the CSRF token of the cookie, as a page's own script would send it."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def log_in(self) -> None:
        """As the measured territory's only user. ``BenchmarkError`` when refused."""
        self._opener.open(f"{self._site}/login/").close()
        form = {"username": LOGIN, "password": PASSWORD, "csrfmiddlewaretoken": self._cookie("csrftoken")}
        self._opener.open(f"{self._site}/login/", urlencode(form).encode()).close()
        if not self._cookie("sessionid"):
            raise BenchmarkError("the log-in was refused")

    def post(self, path: str, content: Mapping[str, object]) -> dict[str, object]:
        """One write through the API: the answer, when it is a success."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._cookie("csrftoken")}
        request = urllib.request.Request(f"{self._site}{path}", json.dumps(content).encode(), headers)  # noqa: S310
        with self._opener.open(request) as answer:
            return cast("dict[str, object]", json.load(answer))

    async def follow(self, path: str, told: Callable[[str], None], is_open: asyncio.Event) -> None:
        """Read a live stream until cancelled; ``told`` gets the name of each event, ``is_open`` is set by the first."""
        address = urlsplit(self._site)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        cookies = "; ".join(f"{one.name}={one.value}" for one in self._jar)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookies}\r\n\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if int(head.split()[1]) != HTTPStatus.OK:
                raise BenchmarkError(f"{path}: {head.splitlines()[0].decode()}")
            while length := int(await reader.readline(), 16):
                text = await reader.readexactly(length + 2)
                is_open.set()
                for name in _EVENT_NAME.findall(text):
                    told(name.decode())
        finally:
            writer.close()

    def _cookie(self, name: str) -> str:
        return next((one.value or "" for one in self._jar if one.name == name), "")
