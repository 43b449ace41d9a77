"""Reads of the certificates of gateways, scoped by the actor."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Max

from maillage.identity.actor import Actor
from maillage.kernel.errors import NotFound
from maillage.lorawan.gateways.authority import EXPIRY_WARNING
from maillage.lorawan.models import Gateway, GatewayCertificate
from maillage.lorawan.queries import gateways


def certificates(gateway: Gateway, limit: int = 20) -> Sequence[GatewayCertificate]:
    """Those of a gateway already in hand, the newest first."""
    return list(GatewayCertificate.objects.filter(gateway=gateway)[:limit])


def certificate(gateway: Gateway, serial: str) -> GatewayCertificate:
    """One of them; ``NotFound`` when it is another gateway's."""
    found = GatewayCertificate.objects.filter(gateway=gateway, pk=serial).first()
    if found is None:
        raise NotFound("lorawan.certificate_unknown", serial=serial)
    return found


def expiring(actor: Actor, now: datetime) -> Mapping[Gateway, datetime]:
    """The gateways that ``actor`` sees whose last valid certificate expires soon, and when; the first to go first."""
    valid = GatewayCertificate.objects.filter(revoked_at=None, gateway__in=gateways(actor).values("pk"))
    latest = valid.order_by().values("gateway_id").annotate(at=Max("not_after")).filter(at__lte=now + EXPIRY_WARNING)
    soon = {row["gateway_id"]: row["at"] for row in latest}
    found = gateways(actor).filter(pk__in=soon)
    return dict(sorted(((one, soon[one.pk]) for one in found), key=lambda pair: pair[1]))
