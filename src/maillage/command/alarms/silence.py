"""What is silent becomes alarms; what is heard again, or explained by something else, ends them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.command.alarms import queries
from maillage.command.alarms.actions import Cause, clear_alarm, raise_alarm, update_facts
from maillage.command.alarms.engine.silence import (
    DEVICE,
    GATEWAY,
    GATEWAY_SILENT_AFTER,
    NETWORK,
    Device,
    Findings,
    Found,
    Gateway,
    Key,
    examine,
)
from maillage.command.alarms.models import Alarm
from maillage.identity.actor import Actor
from maillage.lorawan.device_models import PERIODS_OF_SILENCE
from maillage.lorawan.health import queries as health
from maillage.telemetry import queries as telemetry

CODES = (DEVICE, GATEWAY, NETWORK)
REST = timedelta(minutes=30)
REMEMBERED = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class _Where:
    site_id: int | None
    thing_id: int | None


_NOWHERE = _Where(None, None)


def look_for_silence(actor: Actor, now: datetime, watching_since: datetime) -> Findings:
    """Raises and ends the alarms of silence, as of ``now``; nothing was heard before ``watching_since``."""
    devices, gateways = _devices(actor, now), _gateways(actor)
    known = queries.open_of_keys(actor, CODES)
    back_since = _back_since(actor, gateways, now) | _back_now(known.values(), gateways, now)
    found = examine(devices, gateways, back_since, watching_since, now)
    new = {key: cause for key, cause in found.wanted.items() if key not in known}
    seen = {one.dev_eui: one.last_seen_at for one in devices}
    places = _places(actor, (cause.dev_eui for cause in new.values() if cause.dev_eui))
    for key in sorted(new):
        if not _was_closed(actor, key, seen.get(new[key].dev_eui, new[key].since)):
            raise_alarm(actor, _cause(key, new[key], places, now))
    _keep_up(actor, known, found, now)
    return found


def _keep_up(actor: Actor, known: Mapping[Key, Alarm], found: Findings, now: datetime) -> None:
    for key, alarm in sorted(known.items(), key=lambda item: item[0]):
        wanted = found.wanted.get(key)
        if wanted is not None:
            facts = _facts(wanted)
            if facts != alarm.facts:
                update_facts(actor, alarm.pk, facts)
        elif key not in found.undecided:
            clear_alarm(actor, *key, now, explained_by=found.explained.get(key, ""))


def _was_closed(actor: Actor, key: Key, heard_at: datetime) -> bool:
    """A person has closed it since the last sign of life: it rings again only once that has come."""
    organisation_id, name = key
    closed = queries.alarms(actor).filter(organisation_id=organisation_id, key=name, state=Alarm.State.CLOSED)
    return closed.filter(ended_at__gt=heard_at).exists()


def _back_since(actor: Actor, gateways: Iterable[Gateway], now: datetime) -> dict[str, datetime]:
    """When each gateway was heard again, if it had been silent lately."""
    since = now - REMEMBERED
    everything = queries.ended_since(actor, NETWORK, since).get("")
    back = dict(queries.ended_since(actor, GATEWAY, since))
    if everything is not None:
        back |= {one.eui: max(everything, back.get(one.eui, everything)) for one in gateways}
    return back


def _back_now(known: Iterable[Alarm], gateways: Iterable[Gateway], now: datetime) -> dict[str, datetime]:
    """The gateways heard again since the last look, whose alarm this look ends."""
    heard = {one.eui for one in gateways if now - one.last_seen_at <= GATEWAY_SILENT_AFTER}
    if any(alarm.code == NETWORK for alarm in known) and heard:
        return dict.fromkeys(heard, now)
    return {alarm.gateway_eui: now for alarm in known if alarm.code == GATEWAY and alarm.gateway_eui in heard}


def _devices(actor: Actor, now: datetime) -> list[Device]:
    return [
        Device(
            one.dev_eui,
            one.organisation_id,
            one.name,
            one.last_seen_at,
            PERIODS_OF_SILENCE * one.rhythm,
            one.gateways,
        )
        for one in health.silent_devices(actor, now)
    ]


def _gateways(actor: Actor) -> list[Gateway]:
    return [
        Gateway(one.pk, one.organisation_id, one.name, one.last_seen_at)
        for one in health.gateways_heard(actor)
        if one.last_seen_at is not None
    ]


def _places(actor: Actor, dev_euis: Iterable[str]) -> dict[str, _Where]:
    things = telemetry.things(actor).filter(device_id__in=list(dev_euis))
    return {thing.device_id: _Where(thing.site_id, thing.pk) for thing in things if thing.device_id}


def _cause(key: Key, found: Found, places: Mapping[str, _Where], now: datetime) -> Cause:
    where = places.get(found.dev_eui, _NOWHERE)
    return Cause(
        organisation_id=key[0],
        key=key[1],
        code=found.code,
        label=found.label,
        severity=found.severity,
        at=now,
        facts=_facts(found),
        site_id=where.site_id,
        thing_id=where.thing_id,
        gateway_eui=found.gateway_eui,
        rest=REST,
    )


def _facts(found: Found) -> dict[str, object]:
    if found.code == DEVICE:
        return {"rhythm_min": round(found.rhythm.total_seconds() / 60), "dev_eui": found.dev_eui}
    return {"count": found.explains}
