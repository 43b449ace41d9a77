"""Real peers: a mail server and an HTTP server on this machine; the towns."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from tests.fixtures.things import brunoy, evry

__all__ = ["brunoy", "evry"]


class Mailbox:
    """Takes every message, but for the recipients it refuses."""

    def __init__(self):
        self.received = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if address.startswith("unknown"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class AnyPort(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    """A mail server, and Django set up for it."""
    box = Mailbox()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield box
    controller.stop()


@dataclass
class Program:
    """What was posted, and what is answered."""

    url: str
    status: int = 200
    requests: list = field(default_factory=list)


@pytest.fixture
def program(settings) -> Iterator[Program]:
    """A program outside; webhooks into private networks are allowed, as it is on this machine."""
    found = Program("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.requests.append((self.path, dict(self.headers), body))
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(json.dumps({"said": found.status}).encode())

        def log_message(self, *_args):
            """The tests tell what happened."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.MESSAGING = replace(django_settings.MESSAGING, private_hooks=True)
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
