"""Which addresses a webhook may be sent to: an outside party chooses them, and our machine stands inside. Pure.

Judged twice: the text when it is saved, and each resolved address when it is connected to (a name may change its mind).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from maillage.kernel.errors import Invalid
from maillage.lorawan.integrations.models import URL_CHARACTERS

_PORT_MAX = 65535
_TRANSLATED = "64:ff9b::"
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal")


def check_url(text: str, *, private_allowed: bool) -> str:
    """The address, stripped. Raises ``Invalid`` for what is no http(s) address of the public network.

    Without ``private_allowed`` only https is taken: what travels is a customer's data.
    """
    url = text.strip()
    if not url or len(url) > URL_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise Invalid("lorawan.webhook_url_unreadable", longest=URL_CHARACTERS)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid("lorawan.webhook_url_unreadable", longest=URL_CHARACTERS) from error
    if parts.scheme not in {"http", "https"} or not host or port == 0 or (port or 1) > _PORT_MAX:
        raise Invalid("lorawan.webhook_url_unreadable", longest=URL_CHARACTERS)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Invalid("lorawan.webhook_url_secrets")
    if private_allowed:
        return url
    if parts.scheme != "https":
        raise Invalid("lorawan.webhook_url_not_https")
    if _is_local_name(host) or not _literal_is_public(host):
        raise Invalid("lorawan.webhook_url_private", host=host)
    return url


def is_public(address: str) -> bool:
    """Whether a resolved IP address is one of the public network: neither private, nor local, nor of a special use."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _translated(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address behind a NAT64 gateway (RFC 6052), which is_global does not look into."""
    return IPv4Address(int(ip) & 0xFFFFFFFF) if (int(ip) >> 32) == (int(IPv6Address(_TRANSLATED)) >> 32) else None


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == _LOCAL_NAMES[0] or name.endswith(_LOCAL_NAMES[1:])


def _literal_is_public(host: str) -> bool:
    """True for a name: what it stands for is judged when it is connected to."""
    try:
        ip_address(host)
    except ValueError:
        return True
    return is_public(host)
