"""What the network server reads: everything at start, single devices and downlinks when a change is announced."""

import logging
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow

from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.keys import KEK_UNKNOWN, KeyRing, Purpose
from maillage.lorawan.mac_exchange.state import INITIAL, MacState
from maillage.lorawan.server.downlinks import DownlinkChange, DownlinkState, WaitingDownlink
from maillage.lorawan.server.registry import DeviceState, GatewayState, SessionState
from maillage.lorawan.server.rows import LoggedDownlink, LoggedUplink, PingRow
from maillage.lorawan.server.sessions import AnyCrypto, StoredKeys, crypto_of
from maillage.lorawan.server.sharding import ALONE, HOME_OF_DEV_EUI_SQL, Shard

log = logging.getLogger(__name__)

_GATEWAYS: LiteralString = """
SELECT eui, organisation_id, last_seen_at, uplink_count, crc_error_count, downlink_count, downlink_failure_count,
       round_trip_ms, gps_time_at,
       (SELECT array_agg(CASE WHEN revoked_at IS NULL THEN serial ELSE '' END) FROM lorawan_gatewaycertificate
        WHERE gateway_id = eui)
FROM lorawan_gateway ORDER BY eui
"""

_DEVICE_COLUMNS: LiteralString = """
SELECT device.dev_eui, device.organisation_id, device.join_eui, device.app_key, device.model_key, device.join_nonce,
       device.last_dev_nonce, coalesce(device.last_gateways[1], ''), device.nwk_key, device.last_rj_count1,
       device.counters_relaxed,
       session.dev_addr, session.nwk_s_key, session.app_s_key, session.s_nwk_s_int_key, session.nwk_s_enc_key,
       session.f_cnt_up, session.f_cnt_down, session.rx1_delay_s, session.a_f_cnt_down, session.conf_f_cnt_down,
       session.last_rj_count0,
       session.data_rate, session.tx_power, session.nb_trans, session.channel_mask, session.rx1_dr_offset,
       session.rx2_data_rate, session.rx2_frequency_hz, session.max_data_rate, session.max_tx_power,
       session.mac_pending, session.mac_attempts, session.mac_quiet_until_f_cnt, session.status_due_at,
       session.mac_settling, session.mac_taught, session.mac_refused,
       offered.dev_addr, offered.nwk_s_key, offered.app_s_key, offered.s_nwk_s_int_key, offered.nwk_s_enc_key,
       offered.rx1_delay_s, offered.rx1_dr_offset, offered.rx2_data_rate, offered.keeps_radio
FROM lorawan_device AS device
LEFT JOIN lorawan_session AS session ON session.device_id = device.dev_eui
LEFT JOIN lorawan_pendingsession AS offered ON offered.device_id = device.dev_eui
WHERE device.decommissioned_at IS NULL
"""
_DEVICE_TYPES = [
    *("varchar", "int8", "varchar", "bytea", "varchar", "int4", "int4", "varchar", "bytea", "int4", "bool"),
    *("int8", "bytea", "bytea", "bytea", "bytea", "int8", "int8", "int2", "int8", "int8", "int4"),
    # mac_exchange.state, in its order
    *("int2", "int2", "int2", "int8", "int2", "int2", "int8", "int2", "int2", "bytea", "int2", "int8", "timestamptz"),
    *("int8", "bytea", "bytea"),
    *("int8", "bytea", "bytea", "bytea", "bytea", "int2", "int2", "int2", "bool"),
]
_SESSION_AT, _MAC_AT, _OFFER_AT = 11, 22, 38
_SESSION_PURPOSES = (Purpose.NWK_S_KEY, Purpose.APP_S_KEY, Purpose.S_NWK_S_INT_KEY, Purpose.NWK_S_ENC_KEY)

_DOWNLINKS: LiteralString = """
SELECT id::text, reference, device_id, data, f_port, payload, confirmed, expires_at, state, attempts, f_cnt_down,
       gateway_eui, sent_at
FROM lorawan_downlink
WHERE (state = 'queued' OR (state = 'sent' AND confirmed AND ended_at IS NULL))
"""

_ENDED_DOWNLINKS: LiteralString = """
SELECT id::text FROM lorawan_downlink
WHERE id = ANY(%s::uuid[]) AND state NOT IN ('queued', 'sent')
"""

# Published again at start: those of the last minute in which the network did anything before it stopped.
_RECENT_CHANGES: LiteralString = """
SELECT id::text, reference, device_id, state, coalesce(ended_at, sent_at, created_at), cause, detail, attempts,
       f_cnt_down, gateway_eui, sent_at, ended_at
FROM lorawan_downlink
WHERE coalesce(ended_at, sent_at) > (SELECT max(coalesce(ended_at, sent_at)) FROM lorawan_downlink) - %s
ORDER BY coalesce(ended_at, sent_at), id
"""

_SENT_SINCE: LiteralString = """
SELECT at, receptions -> 0 ->> 'eui', frequency_hz, data_rate, length(phy_payload)
FROM lorawan_frame WHERE direction = 'down' AND at > %s ORDER BY at
"""

_UPLINKS_AFTER: LiteralString = """
SELECT id, at, dev_eui, organisation_id, f_cnt, f_port, payload, receptions::text, decoded IS NOT NULL
FROM lorawan_frame WHERE id > %s AND direction = 'up' AND dev_addr %% %s = %s ORDER BY id LIMIT %s
"""


class Reader:
    """One connection, opened when it is needed. Raises ``Unavailable`` when the database does not answer."""

    def __init__(self, conninfo: str, keys: KeyRing, shard: Shard = ALONE) -> None:
        self._conninfo = conninfo
        self._shard = shard
        self._keys = keys
        self._connection: AsyncConnection[TupleRow] | None = None

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def gateways(self) -> list[GatewayState]:
        return [_gateway(row) for row in await self._rows(_GATEWAYS)]

    async def devices(self) -> list[DeviceState]:
        """Every device in service, with its session; streamed, 100,000 in about two seconds.

        A device whose keys are damaged is left out and named in the log. Raises ``Conflict`` (``lorawan.kek_unknown``)
        when a key-encryption key is missing: without it the network would look empty.
        """
        connection = await self._connect()
        found: list[DeviceState] = []
        try:
            async with connection.cursor().copy(
                f"COPY ({_DEVICE_COLUMNS}{self._ours}) TO STDOUT (FORMAT BINARY)"
            ) as copy:
                copy.set_types(_DEVICE_TYPES)
                async for row in copy.rows():
                    device = self._device(row)
                    if device is not None:
                        found.append(device)
        except OperationalError as error:
            raise Unavailable("lorawan.database-away", reason=str(error)) from error
        return found

    async def devices_named(self, dev_euis: Sequence[str]) -> list[DeviceState]:
        """Those of them that are in service, in no order."""
        ours = self._ours.replace("%", "%%")
        rows = await self._rows(f"{_DEVICE_COLUMNS}{ours} AND device.dev_eui = ANY(%s)", (list(dev_euis),))
        return [device for row in rows if (device := self._device(row)) is not None]

    async def open_downlinks(self, dev_euis: Sequence[str] | None = None) -> list[WaitingDownlink]:
        """Those still to be sent or acknowledged, oldest first; of some devices, or of all."""
        if dev_euis is None:
            rows = await self._rows(_DOWNLINKS + " ORDER BY created_at, id")
        else:
            query = _DOWNLINKS + " AND device_id = ANY(%s) ORDER BY created_at, id"
            rows = await self._rows(query, (list(dev_euis),))
        return [_downlink(row) for row in rows]

    async def ended_downlinks(self, ids: Sequence[str]) -> set[str]:
        """Those of ``ids`` of which nothing may come any more."""
        return {row[0] for row in await self._rows(_ENDED_DOWNLINKS, (list(ids),))}

    async def recent_changes(self) -> list[DownlinkChange]:
        rows = await self._rows(_RECENT_CHANGES, (timedelta(minutes=1),))
        return [_change(row) for row in rows]

    async def ping_slots(self) -> list[PingRow]:
        """Sessions that have asked for ping slots, those of devices that have joined anew since included."""
        query: LiteralString = "SELECT device_id, dev_addr, periodicity, active FROM lorawan_pingslots"
        return [PingRow(*row) for row in await self._rows(query)]

    async def publication_cursor(self) -> int:
        """Where the shard's owner left off; where the furthest behind did when the log was divided differently."""
        parameters = (self._shard.index, self._shard.count)
        rows = await self._rows(
            "SELECT frame_id FROM lorawan_publicationcursor WHERE shard = %s AND of = %s", parameters
        ) or await self._rows("SELECT coalesce(min(frame_id), 0) FROM lorawan_publicationcursor")
        return int(rows[0][0])

    async def sent_since(self, then: datetime) -> list[LoggedDownlink]:
        """What the gateways were told to transmit, oldest first."""
        return [LoggedDownlink(*row) for row in await self._rows(_SENT_SINCE, (then,))]

    async def uplinks_after(self, frame_id: int, limit: int) -> list[LoggedUplink]:
        rows = await self._rows(_UPLINKS_AFTER, (frame_id, self._shard.count, self._shard.index, limit))
        return [_logged(row) for row in rows]

    @property
    def _ours(self) -> LiteralString:
        """Devices whose data or whose joins come to this shard."""
        if self._shard.count == 1:
            return ""
        home = HOME_OF_DEV_EUI_SQL.format(count=self._shard.count)
        return f" AND (session.dev_addr % {self._shard.count} = {self._shard.index} OR {home} = {self._shard.index})"

    def _device(self, row: TupleRow) -> DeviceState | None:
        try:
            return _device(row, self._keys, self._shard)
        except Conflict as error:
            if error.code == KEK_UNKNOWN:
                raise
            log.error("The keys of device %s cannot be read, it is left out: %s", row[0], error)  # noqa: TRY400
            return None

    async def _connect(self) -> AsyncConnection[TupleRow]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await AsyncConnection.connect(
                    self._conninfo, autocommit=True, application_name="maillage lorawan reader", connect_timeout=5
                )
        except OperationalError as error:
            raise Unavailable("lorawan.database-away", reason=str(error)) from error
        return self._connection

    async def _rows(self, query: LiteralString, parameters: Sequence[object] = ()) -> list[TupleRow]:
        connection = await self._connect()
        try:
            cursor = await connection.execute(query, parameters)
            return await cursor.fetchall()
        except OperationalError as error:
            await connection.close()
            raise Unavailable("lorawan.database-away", reason=str(error)) from error


def _device(row: TupleRow, keys: KeyRing, shard: Shard) -> DeviceState:
    dev_eui, organisation_id, join_eui, app_key, model_key = row[:5]
    join_nonce, last_dev_nonce, gateway_eui, nwk_key, last_rj_count1, is_relaxed = row[5:_SESSION_AT]
    device = DeviceState(
        *(dev_eui, organisation_id, join_eui, _opened(app_key, dev_eui, Purpose.APP_KEY, keys), sys.intern(model_key)),
        *(join_nonce, last_dev_nonce, gateway_eui),
        nwk_key=_opened(nwk_key, dev_eui, Purpose.NWK_KEY, keys),
        last_rj_count1=last_rj_count1,
        is_relaxed=is_relaxed,
    )
    if row[_SESSION_AT] is not None and not shard.has_address(row[_SESSION_AT]):
        device.is_guest = True
    elif row[_SESSION_AT] is not None:
        device.session = _session(device, row, keys)
    if row[_OFFER_AT] is not None:
        device.pending = _offered(device, row[_OFFER_AT:], keys)
    return device


def _session(device: DeviceState, row: TupleRow, keys: KeyRing) -> SessionState:
    dev_addr, *wrapped = row[_SESSION_AT : _SESSION_AT + 5]
    f_cnt_up, f_cnt_down, rx1_delay_s, a_f_cnt_down, conf_f_cnt, last_rj_count0 = row[_SESSION_AT + 5 : _MAC_AT]
    session = SessionState(
        *(device, dev_addr, _crypto(wrapped, device.dev_eui, keys), f_cnt_up, f_cnt_down, rx1_delay_s),
        mac=_mac(row[_MAC_AT:_OFFER_AT]),
    )
    session.a_f_cnt_down, session.conf_f_cnt, session.last_rj_count0 = a_f_cnt_down, conf_f_cnt, last_rj_count0
    return session


def _offered(device: DeviceState, values: TupleRow, keys: KeyRing) -> SessionState:
    """A session whose first uplink has not come: its radio is that of the one before when the device keeps it."""
    dev_addr, *wrapped, rx1_delay_s, rx1_dr_offset, rx2_data_rate, keeps_radio = values
    mac = MacState(rx1_dr_offset=rx1_dr_offset, rx2_data_rate=rx2_data_rate)
    if keeps_radio and device.session is not None:
        mac = device.session.mac
    return SessionState(device, dev_addr, _crypto(wrapped, device.dev_eui, keys), -1, 0, rx1_delay_s, mac=mac)


def _crypto(wrapped: Sequence[bytes | None], dev_eui: str, keys: KeyRing) -> AnyCrypto:
    pairs = zip(wrapped, _SESSION_PURPOSES, strict=True)
    nwk_s_key, app_s_key, *others = [_opened(one, dev_eui, purpose, keys) for one, purpose in pairs]
    return crypto_of(StoredKeys(nwk_s_key, app_s_key, *(one or None for one in others)).keys())


def _opened(wrapped: bytes | None, dev_eui: str, purpose: Purpose, keys: KeyRing) -> bytes:
    """Empty for a key that is not there."""
    return b"" if wrapped is None else keys.unwrap(bytes(wrapped), dev_eui, purpose)


def _mac(values: TupleRow) -> MacState:
    """``bytea`` comes as bytes from a copy and from a cursor. Most sessions that are quiet share one value."""
    found = MacState(*values)
    return INITIAL if found == INITIAL else found


def _downlink(row: TupleRow) -> WaitingDownlink:
    return WaitingDownlink(
        id=row[0],
        reference=row[1],
        dev_eui=row[2],
        data=row[3],
        f_port=row[4],
        payload=None if row[5] is None else bytes(row[5]),
        confirmed=row[6],
        expires_at=row[7],
        state=DownlinkState(row[8]),
        attempts=row[9],
        f_cnt_down=row[10],
        gateway_eui=row[11],
        sent_at=row[12],
    )


def _change(row: TupleRow) -> DownlinkChange:
    downlink_id, reference, dev_eui, state, *others = row
    return DownlinkChange(downlink_id, reference, dev_eui, DownlinkState(state), *others)


def _logged(row: TupleRow) -> LoggedUplink:
    frame_id, at, dev_eui, organisation_id, f_cnt, f_port, payload, receptions, is_decoded = row
    clear = None if payload is None else bytes(payload)
    return LoggedUplink(frame_id, at, dev_eui, organisation_id, f_cnt, f_port, clear, receptions.encode(), is_decoded)


def _gateway(row: TupleRow) -> GatewayState:
    *facts, round_trip_ms, gps_time_at, serials = row
    # A revoked certificate leaves an empty name: the gateway has been enrolled, and nothing lets it in by that one.
    gateway = GatewayState(*facts)
    gateway.gps_time_at = gps_time_at
    if round_trip_ms is not None:  # as after a first measurement: what it varied by is learnt anew
        gateway.round_trip_s, gateway.round_trip_deviation_s = round_trip_ms / 1000, round_trip_ms / 2000
    gateway.certificates = None if serials is None else frozenset(filter(None, serials))
    return gateway
