"""From the network's events to what open pages are told. Pure; ``config.live`` plugs it between the bus and the hub.

======================================  =======================================================================
topic                                   data
======================================  =======================================================================
``frames.<dev_eui>``                    one ``FrameEvent``; every one of them counts
``frames``                              an empty object when there are new frames, for who sees every tenant
``frames.of.<organisation id>``         the same, for who sees that organisation
``gateways``                            live values of one gateway, for who sees every tenant
``gateways.<organisation id>``          the same, for who sees that organisation
======================================  =======================================================================

Live values have the keys ``gateway.<eui>.`` + ``state``, ``seen``, ``uplinks``, ``crc_errors``, ``downlinks``,
``failures``, ``round_trip`` once it was measured.
"""

import msgspec

from maillage.identity.actor import Actor
from maillage.lorawan.events import FrameBatch, FrameEvent, GatewayBatch, GatewayEvent
from maillage.web.live import LiveMessage

GATEWAYS = "gateways"
FRAMES = "frames"


def frames_topic(dev_eui: str) -> str:
    """The topic of one device's frame log."""
    return f"frames.{dev_eui}"


def log_topics(actor: Actor) -> list[str]:
    """The topics that tell ``actor`` that the log of frames it may see has grown."""
    if actor.visible_organisation_ids is None:
        return [FRAMES]
    return [_log_topic(organisation_id) for organisation_id in sorted(actor.visible_organisation_ids)]


def gateway_topics(actor: Actor) -> list[str]:
    """The topics that tell ``actor`` of the gateways that it may see, and of no other."""
    if actor.visible_organisation_ids is None:
        return [GATEWAYS]
    return [_tenant_topic(organisation_id) for organisation_id in sorted(actor.visible_organisation_ids)]


def frame_messages(batch: FrameBatch) -> list[LiveMessage]:
    """One message a frame, in order; then one for each log that has grown, of which a page needs only the last."""
    grown = [FRAMES, *(_log_topic(one) for one in sorted({frame.organisation_id for frame in batch.frames}))]
    return [_frame_message(frame) for frame in batch.frames] + [LiveMessage(topic, "{}", "new") for topic in grown]


def _log_topic(organisation_id: int) -> str:
    return f"{FRAMES}.of.{organisation_id}"


def gateway_messages(batch: GatewayBatch) -> list[LiveMessage]:
    """Two messages a gateway; a page needs only the last of each gateway."""
    return [
        LiveMessage(topic, _gateway_values(gateway), gateway.eui)
        for gateway in batch.gateways
        for topic in (GATEWAYS, _tenant_topic(gateway.organisation_id))
    ]


def _tenant_topic(organisation_id: int) -> str:
    return f"{GATEWAYS}.{organisation_id}"


def _frame_message(frame: FrameEvent) -> LiveMessage:
    return LiveMessage(frames_topic(frame.dev_eui), msgspec.json.encode(frame).decode())


def _gateway_values(gateway: GatewayEvent) -> str:
    counts = {
        "uplinks": gateway.uplink_count,
        "crc_errors": gateway.crc_error_count,
        "downlinks": gateway.downlink_count,
        "failures": gateway.downlink_failure_count,
    }
    seen: dict[str, object] = {"at": gateway.last_seen_at}
    values = {name: {"value": count, "decimals": 0} | seen for name, count in counts.items()}
    if gateway.round_trip_ms is not None:
        values["round_trip"] = {"value": gateway.round_trip_ms, "decimals": 0, "unit": "ms"} | seen
    values |= {"seen": seen, "state": {"state": "ok"} | seen}
    return msgspec.json.encode({f"gateway.{gateway.eui}.{name}": value for name, value in values.items()}).decode()
