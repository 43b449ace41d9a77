"""REST: applications and what goes in and out of them. ``webhook_api`` has the webhooks."""

import json
import uuid
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema, Status

from maillage.identity.authentication import SessionAuth
from maillage.identity.idempotency import answer_is_secret
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.lorawan import new_device
from maillage.lorawan.integrations import actions, queries, webhook_api
from maillage.lorawan.integrations.actions import Quotas
from maillage.lorawan.integrations.authentication import ANYBODY, PEOPLE, reach
from maillage.lorawan.integrations.commands import command
from maillage.lorawan.integrations.models import Application, ApplicationToken, Event
from maillage.lorawan.integrations.schemas import (
    ApplicationDetailOut,
    ApplicationDeviceOut,
    ApplicationIn,
    ApplicationOut,
    AppTokenIn,
    AppTokenOut,
    AttachIn,
    DownlinkIn,
    DownlinkOut,
    EventOut,
    NewAppTokenOut,
    QuotasIn,
    UseOut,
)
from maillage.lorawan.integrations.stream import event_stream, read_event_id
from maillage.lorawan.models import Device
from maillage.lorawan.new_device import NewDevice
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

if TYPE_CHECKING:
    from collections.abc import Callable

router = Router(tags=["applications"])
router.add_router("", webhook_api.router)


class EventQuery(Schema):
    """From a place in the log; ``types`` empty for every type."""

    after: int = Field(0, ge=0, description="The id of the last event already known; 0 for all that are kept.")
    types: list[str] = Field([], max_length=10)
    limit: int = Field(100, ge=1, le=500)


class StreamQuery(Schema):
    """``after`` is for clients that cannot send ``Last-Event-ID``; without either, what comes from now on."""

    after: int | None = Field(None, ge=0)
    types: list[str] = Field([], max_length=10)


@router.get("/applications", auth=PEOPLE, response=list[ApplicationOut], summary="Applications")
def applications(request: HttpRequest) -> list[Application]:
    """Those that the actor sees, by name."""
    return list(queries.applications(actor_of(request)))


@router.post("/applications", auth=PEOPLE, response={201: ApplicationOut}, summary="Create an application")
def create_application(request: HttpRequest, given: ApplicationIn) -> Status[Application]:
    """Only who runs the platform."""
    actor = actor_of(request)
    return Status(201, actions.create_application(actor, given.organisation_id, given.name, _quotas(given)))


@router.get(
    "/applications/{uuid:application_id}", auth=ANYBODY, response=ApplicationDetailOut, summary="An application"
)
def application(request: HttpRequest, application_id: uuid.UUID) -> ApplicationDetailOut:
    """With its quotas and today's use."""
    _actor, found = reach(request, application_id)
    use = UseOut.from_orm(queries.use_of(found, clock.now()))
    return ApplicationDetailOut(**ApplicationOut.from_orm(found).dict(), use=use)


@router.put(
    "/applications/{uuid:application_id}/quotas", auth=PEOPLE, response=ApplicationOut, summary="Set its quotas"
)
def set_quotas(request: HttpRequest, application_id: uuid.UUID, given: QuotasIn) -> Application:
    """Only who runs the platform."""
    return actions.set_quotas(actor_of(request), application_id, _quotas(given))


@router.post("/applications/{uuid:application_id}/close", auth=PEOPLE, response=ApplicationOut, summary="Close it")
def close_application(request: HttpRequest, application_id: uuid.UUID) -> Application:
    """Its tokens open nothing, its devices hand nothing over. Only who runs the platform."""
    return actions.close_application(actor_of(request), application_id)


@router.get(
    "/applications/{uuid:application_id}/devices",
    auth=ANYBODY,
    response=CursorPage[ApplicationDeviceOut],
    summary="Its devices",
)
def devices(
    request: HttpRequest, application_id: uuid.UUID, query: Query[PageQuery]
) -> CursorPage[ApplicationDeviceOut]:
    """By name, then DevEUI."""
    _actor, found = reach(request, application_id)
    after: tuple[str, str] | None = None
    if query.cursor:
        name, dev_eui = after_cursor(query.cursor, str, str)
        after = (name, dev_eui)
    rows = queries.device_page(found, after, query.limit + 1)
    page, next_cursor = one_more(rows, query.limit, lambda device: [device.name, device.pk])
    return CursorPage[ApplicationDeviceOut](items=[_device_out(each) for each in page], next_cursor=next_cursor)


@router.post(
    "/applications/{uuid:application_id}/devices",
    auth=PEOPLE,
    response={201: ApplicationDeviceOut},
    summary="Attach a device, or register one",
)
def attach_device(request: HttpRequest, application_id: uuid.UUID, given: AttachIn) -> Status[ApplicationDeviceOut]:
    """Its events go to the application from now on."""
    actor, found = reach(request, application_id)
    dev_eui = new_device.read_dev_eui(given.dev_eui)
    if given.app_key is None:
        actions.attach_device(actor, application_id, dev_eui)
    else:
        new = NewDevice(
            dev_eui,
            new_device.read_join_eui(given.join_eui or ""),
            new_device.read_app_key(given.app_key),
            given.model or "",
            new_device.read_name(given.name or ""),
            found.organisation_id,
            nwk_key=new_device.read_optional_key(given.nwk_key),
        )
        actions.register_device(actor, application_id, new)
    return Status(201, _device_out(queries.device_of(found, dev_eui)))


@router.delete(
    "/applications/{uuid:application_id}/devices/{dev_eui}",
    auth=PEOPLE,
    response={204: None},
    summary="Detach a device",
)
def detach_device(request: HttpRequest, application_id: uuid.UUID, dev_eui: str) -> Status[None]:
    """Its events go nowhere from now on."""
    actions.detach_device(actor_of(request), application_id, dev_eui)
    return Status(204, None)


@router.post(
    "/applications/{uuid:application_id}/devices/{dev_eui}/downlinks",
    auth=ANYBODY,
    response={201: DownlinkOut},
    summary="Send a message to a device",
)
def enqueue(request: HttpRequest, application_id: uuid.UUID, dev_eui: str, given: DownlinkIn) -> Status[DownlinkOut]:
    """It is sent with the device's next uplink, or at once to a device of class C. Events tell what becomes of it."""
    actor, _found = reach(request, application_id)
    wanted = command(
        dev_eui.lower(), given.fPort, given.data, given.object, confirmed=given.confirmed, id_text=given.id
    )
    queued = actions.enqueue_downlink(actor, application_id, wanted)
    return Status(201, DownlinkOut(id=queued.pk, state=queued.state, expires_at=queued.expires_at))


@router.get("/applications/{uuid:application_id}/events", auth=ANYBODY, response=list[EventOut], summary="Its events")
def events(request: HttpRequest, application_id: uuid.UUID, query: Query[EventQuery]) -> list[EventOut]:
    """Of the last 7 days, oldest first, after a place in the log."""
    _actor, found = reach(request, application_id)
    rows = queries.events_after(found.pk, query.after, query.types, query.limit)
    return [_event_out(row) for row in rows]


@router.get("/applications/{uuid:application_id}/events/stream", auth=ANYBODY, summary="Its events as they come")
def stream(request: HttpRequest, application_id: uuid.UUID, query: Query[StreamQuery]) -> HttpResponseBase:
    """Server-sent events; ``Last-Event-ID`` goes on after that event. A token that is revoked ends the stream."""
    _actor, found = reach(request, application_id)
    given = request.headers.get("Last-Event-ID", "")
    after = read_event_id(given) if given else query.after
    start = queries.last_event_id() if after is None else after
    return event_stream(found.pk, start, query.types, _still_open(request, application_id))


@router.get("/applications/{uuid:application_id}/tokens", auth=PEOPLE, response=list[AppTokenOut], summary="Its tokens")
def tokens(request: HttpRequest, application_id: uuid.UUID) -> list[ApplicationToken]:
    """Revoked ones left out."""
    _actor, found = reach(request, application_id)
    return list(queries.tokens_of(found))


@router.post(
    "/applications/{uuid:application_id}/tokens",
    auth=SessionAuth(),
    response={201: NewAppTokenOut},
    summary="Create a token of the application",
)
def create_token(request: HttpRequest, application_id: uuid.UUID, given: AppTokenIn) -> Status[NewAppTokenOut]:
    """Only from a log-in session: a stolen token must not be able to outlive its revocation through another one."""
    answer_is_secret(request)
    token, clear_text = actions.create_token(actor_of(request), application_id, given.name, given.expires_at)
    return Status(201, NewAppTokenOut(**AppTokenOut.from_orm(token).dict(), token=clear_text))


@router.delete(
    "/applications/{uuid:application_id}/tokens/{int:token_id}", auth=PEOPLE, response={204: None}, summary="Revoke it"
)
def revoke_token(request: HttpRequest, application_id: uuid.UUID, token_id: int) -> Status[None]:
    """It opens nothing from now on, and what is connected by it is cut off."""
    actions.revoke_token(actor_of(request), application_id, token_id)
    return Status(204, None)


def _still_open(request: HttpRequest, application_id: uuid.UUID) -> "Callable[[], bool]":
    """Whether who asks would still see the application, asked again while the stream lasts."""
    found: queries.Credential | None = getattr(request, "application_credential", None)
    if found is not None:
        token_id = found.token.pk
        return lambda: token_id in queries.live_token_ids([token_id], clock.now())
    actor = actor_of(request)
    return lambda: queries.still_sees(actor, application_id)


def _quotas(given: QuotasIn) -> Quotas:
    return Quotas(given.max_devices, given.max_uplinks_a_day, given.max_downlinks_a_day)


def _device_out(device: Device) -> ApplicationDeviceOut:
    return ApplicationDeviceOut(
        dev_eui=device.pk,
        join_eui=device.join_eui,
        name=device.name,
        model=device.model_key,
        last_seen_at=device.last_seen_at,
        last_rssi_dbm=device.last_rssi_dbm,
        last_snr_db=device.last_snr_db,
    )


def _event_out(event: Event) -> EventOut:
    return EventOut(id=event.pk, at=event.at, type=event.type, dev_eui=event.dev_eui, body=json.loads(event.body))
