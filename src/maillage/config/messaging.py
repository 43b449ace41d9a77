"""How messages leave the installation: its mail server, its SMS gateway, the key of its Web Push messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from maillage.kernel.errors import Invalid

DEFAULT_SMS_TEMPLATE = '{"to": "{to}", "text": "{text}"}'
_TLS_PORT = 465
_PORTS = {"smtp": 587, "smtps": _TLS_PORT}


@dataclass(frozen=True, slots=True)
class MailServer:
    """``starttls`` and ``tls`` exclude each other; neither: in clear, for a server on the same machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    starttls: bool
    tls: bool


@dataclass(frozen=True, slots=True)
class Messaging:
    """``site_url`` is what people type to reach the site: messages lead back to it. ``mail`` None: no mail server."""

    site_url: str
    mail: MailServer | None
    sender: str
    sms_url: str
    sms_template: str
    sms_authorization: str = field(repr=False)
    private_hooks: bool
    vapid_key: Path

    @property
    def contact(self) -> str:
        """Whom a push service would ask (RFC 8292, section 2.1)."""
        return f"mailto:{self.sender}"


def messaging(environ: Mapping[str, str], vapid_key: Path, *, private_hooks: bool) -> Messaging:
    """The choices in ``environ``. Raises ``Invalid`` for a mail server that cannot be one."""
    return Messaging(
        site_url=(environ.get("MAILLAGE_URL", "") or "http://localhost:8000").rstrip("/"),
        mail=_mail_server(environ.get("MAILLAGE_SMTP", "")),
        sender=environ.get("MAILLAGE_MAIL_FROM", "") or "maillage@localhost",
        sms_url=environ.get("MAILLAGE_SMS_URL", ""),
        sms_template=environ.get("MAILLAGE_SMS_BODY", "") or DEFAULT_SMS_TEMPLATE,
        sms_authorization=environ.get("MAILLAGE_SMS_AUTHORIZATION", ""),
        private_hooks=private_hooks,
        vapid_key=vapid_key,
    )


def _mail_server(url: str) -> MailServer | None:
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        raise Invalid(
            "environment-not-a-mail-server", variable="MAILLAGE_SMTP", expected="smtp://user:password@host:587"
        )
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and parts.query != "plain",
        tls=parts.scheme == "smtps",
    )
