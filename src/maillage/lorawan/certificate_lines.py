"""What a gateway's page says of LoRa Basics Station: its certificates in words, the addresses to give it."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from maillage.kernel import clock
from maillage.lorawan.gateways import queries as certificates
from maillage.lorawan.gateways.authority import bare_host, expires_soon
from maillage.lorawan.models import Gateway, GatewayCertificate


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """A certificate as the gateway's page tells it."""

    certificate: GatewayCertificate
    state: str
    words: str
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class StationCard:
    """What a gateway's page says of Basics Station. ``warning`` empty: nothing expires soon."""

    lines: list[CertificateLine]
    lns_uri: str
    cups_uri: str
    warning: str
    may_renew: bool


def station_card(request: HttpRequest, gateway: Gateway) -> StationCard:
    """The certificates of a gateway that the actor may see, and the addresses to give it."""
    now, found = clock.now(), certificates.certificates(gateway)
    valid = [one for one in found if one.revoked_at is None]
    latest = max((one.not_after for one in valid), default=None)
    warning = ""
    if latest is not None and expires_soon(latest, now):
        warning = _("Son certificat a expiré.") if latest <= now else _("Son certificat expire bientôt.")
    return StationCard(
        [_line(one) for one in found],
        station_uri(request, "wss", 0),
        station_uri(request, "https", 1),
        warning,
        any(one.first_used_at is not None and one.not_after > now for one in valid),
    )


def station_uri(request: HttpRequest, scheme: str, offset: int) -> str:
    """The address of this very site, on the port ``offset`` after the first one of stations."""
    host = request.get_host()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host
    written = f"[{bare_host(name)}]" if ":" in name else name
    return f"{scheme}://{written}:{settings.STATION_PORT + offset}"


def _line(found: GatewayCertificate) -> CertificateLine:
    if found.revoked_at is not None:
        return CertificateLine(found, "ended", _("Révoqué ou remplacé"), may_revoke=False)
    if found.not_after <= clock.now():
        return CertificateLine(found, "failed", _("Expiré"), may_revoke=False)
    words = _("En service") if found.first_used_at is not None else _("Pas encore utilisé")
    return CertificateLine(found, "valid", words, may_revoke=True)
