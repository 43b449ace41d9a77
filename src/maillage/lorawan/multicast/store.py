"""What the driver of groups reads and writes. One connection, opened when it is needed; one transaction a group."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow

from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.events import NOTIFY_DOWNLINK
from maillage.lorawan.fuota.values import Campaign, CampaignState, Receiver, ReceiverStep
from maillage.lorawan.keys import KeyRing, Purpose
from maillage.lorawan.multicast.values import Ask, Group, Member, MemberStep, QueuedMessage

_GROUPS: LiteralString = """
SELECT id, organisation_id, mc_addr, mc_key, device_class, frequency_hz, data_rate, periodicity, f_cnt,
       session_starts_at, session_ends_at
FROM lorawan_multicastgroup AS one
WHERE closed_at IS NULL AND (
    session_starts_at > %(now)s
    OR EXISTS (SELECT 1 FROM lorawan_firmwarecampaign WHERE group_id = one.id AND ended_at IS NULL)
    OR EXISTS (SELECT 1 FROM lorawan_multicastmessage WHERE group_id = one.id AND state = 'queued')
    OR EXISTS (SELECT 1 FROM lorawan_multicastmember WHERE group_id = one.id AND step IN ('clock', 'group')))
ORDER BY id
"""
_MEMBERS: LiteralString = """
SELECT member.group_id, member.device_id, member.slot, member.step, member.cause, member.asked, member.attempts,
       member.asked_at, member.session_at, coalesce(downlink.state = 'queued', false), downlink.sent_at
FROM lorawan_multicastmember AS member
JOIN lorawan_device AS device ON device.dev_eui = member.device_id AND device.decommissioned_at IS NULL
LEFT JOIN lorawan_downlink AS downlink ON downlink.id = member.downlink
WHERE member.group_id = ANY(%s) ORDER BY member.id
"""
_CAMPAIGNS: LiteralString = """
SELECT group_id, id, state, ''::bytea, fragment_bytes, data_fragments, next_fragment, last_fragment, round,
       session_cnt, lead_s, until, cause, image_id
FROM lorawan_firmwarecampaign WHERE group_id = ANY(%s) AND ended_at IS NULL
"""
_RECEIVERS: LiteralString = """
SELECT campaign_id, device_id, step, cause, received, missing, checked_round
FROM lorawan_campaignreceiver WHERE campaign_id = ANY(%s) ORDER BY id
"""
_MESSAGES: LiteralString = """
SELECT group_id, id, f_port, payload, expires_at FROM lorawan_multicastmessage
WHERE group_id = ANY(%s) AND state = 'queued' ORDER BY created_at, id
"""
_RECEPTIONS: LiteralString = """
SELECT device.dev_eui, copy ->> 'eui', max((copy ->> 'snr_db')::float8)
FROM unnest(%s::varchar[]) AS device (dev_eui),
     LATERAL (SELECT receptions FROM lorawan_frame
              WHERE dev_eui = device.dev_eui AND direction = 'up' ORDER BY id DESC LIMIT 5) AS frame,
     LATERAL jsonb_array_elements(frame.receptions) AS copy
GROUP BY 1, 2
"""
_ASK: LiteralString = """
INSERT INTO lorawan_downlink (id, device_id, reference, f_port, payload, confirmed, state, cause, detail, created_at,
                              expires_at, attempts, gateway_eui)
VALUES (%(id)s, %(dev_eui)s, '', %(f_port)s, %(payload)s, false, 'queued', '', '', %(now)s, %(expires_at)s, 0, '')
"""
_CARRIED: LiteralString = "UPDATE lorawan_multicastmember SET downlink = %s WHERE group_id = %s AND device_id = %s"
_MEMBER: LiteralString = """
UPDATE lorawan_multicastmember
SET step = %s, cause = %s, asked = %s, attempts = %s, asked_at = %s, session_at = %s
WHERE group_id = %s AND device_id = %s
"""
_RECEIVER: LiteralString = """
UPDATE lorawan_campaignreceiver
SET step = %(step)s, cause = %(cause)s, received = %(received)s, missing = %(missing)s,
    checked_round = %(checked_round)s, ended_at = CASE WHEN %(has_ended)s THEN coalesce(ended_at, %(now)s) END
WHERE campaign_id = %(campaign)s AND device_id = %(dev_eui)s
"""
# A campaign that a person has stopped meanwhile stays stopped.
_CAMPAIGN: LiteralString = """
UPDATE lorawan_firmwarecampaign
SET state = %(state)s, cause = %(cause)s, next_fragment = %(next)s, last_fragment = %(last)s, round = %(round)s,
    until = %(until)s, ended_at = CASE WHEN %(has_ended)s THEN %(now)s::timestamptz END
WHERE id = %(id)s AND ended_at IS NULL
"""
_SESSION: LiteralString = "UPDATE lorawan_multicastgroup SET session_starts_at = %s, session_ends_at = %s WHERE id = %s"
# Only the driver that read this counter may take it: never twice, whoever else believes to own the shard.
_TAKE_F_CNT: LiteralString = "UPDATE lorawan_multicastgroup SET f_cnt = f_cnt + 1 WHERE id = %s AND f_cnt = %s"
_MESSAGE_SENT: LiteralString = """
UPDATE lorawan_multicastmessage SET state = 'sent', f_cnt = %s, copies = %s, sent_at = %s, ended_at = %s
WHERE id = %s AND state = 'queued'
"""
_MESSAGE_ENDED: LiteralString = """
UPDATE lorawan_multicastmessage SET state = %s, cause = %s, ended_at = %s WHERE id = %s AND state = 'queued'
"""
_COPY_FAILED: LiteralString = """
UPDATE lorawan_multicastmessage
SET copies_failed = copies_failed + 1, cause = %(cause)s,
    state = CASE WHEN copies_failed + 1 >= copies THEN 'failed' ELSE state END
WHERE id = %(id)s AND state = 'sent'
"""
_WATCHED: LiteralString = """
SELECT DISTINCT device_id FROM lorawan_multicastmember AS member
JOIN lorawan_multicastgroup AS one ON one.id = member.group_id AND one.closed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A group with everything that is to be carried on."""

    group: Group
    members: tuple[Member, ...]
    campaign: Campaign | None
    image_id: UUID | None
    receivers: tuple[Receiver, ...]
    messages: tuple[QueuedMessage, ...]


@dataclass(slots=True)
class Outcome:
    """What one step of a group writes, all of it or nothing."""

    group: Group
    now: datetime
    members: list[Member]
    receivers: list[Receiver]
    asks: list[tuple[str, UUID, Ask, datetime]]
    campaign: Campaign | None = None
    session: tuple[datetime, datetime] | None = None
    takes_f_cnt: bool = False
    sent: tuple[UUID, int] | None = None
    ended: tuple[tuple[UUID, str, str], ...] = ()


class GroupStore:
    """Raises ``Unavailable`` when the database does not answer."""

    def __init__(self, conninfo: str, keys: KeyRing) -> None:
        self._conninfo = conninfo
        self._keys = keys
        self._connection: AsyncConnection[TupleRow] | None = None

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def watched(self) -> set[str]:
        """Members of open groups."""
        return {row[0] for row in await self._rows(_WATCHED, ())}

    async def load(self, now: datetime) -> list[Work]:
        """Groups in which something is to be done."""
        groups = [self._group(row) for row in await self._rows(_GROUPS, {"now": now})]
        if not groups:
            return []
        ids = [group.id for group in groups]
        members = await self._rows(_MEMBERS, (ids,))
        campaigns = {row[0]: row for row in await self._rows(_CAMPAIGNS, (ids,))}
        receivers = await self._rows(_RECEIVERS, ([row[1] for row in campaigns.values()],))
        messages = await self._rows(_MESSAGES, (ids,))
        return [_work(group, members, campaigns.get(group.id), receivers, messages) for group in groups]

    async def block(self, image_id: UUID) -> bytes:
        (row,) = await self._rows("SELECT content FROM lorawan_firmwareimage WHERE id = %s", (image_id,))
        return bytes(row[0])

    async def heard_by(self, dev_euis: Sequence[str]) -> dict[str, dict[str, float]]:
        """Per device, the best SNR of each gateway in its last uplinks."""
        found: dict[str, dict[str, float]] = {}
        for dev_eui, gateway_eui, snr_db in await self._rows(_RECEPTIONS, (list(dev_euis),)):
            found.setdefault(dev_eui, {})[gateway_eui] = snr_db
        return found

    async def save(self, outcome: Outcome) -> None:
        """``Conflict`` (``lorawan.multicast_counter``) when another driver was faster; nothing is written then."""
        group, now = outcome.group, outcome.now
        async with self._transaction() as connection:
            if outcome.takes_f_cnt:
                cursor = await connection.execute(_TAKE_F_CNT, (group.id, group.f_cnt))
                if cursor.rowcount != 1:
                    raise Conflict("lorawan.multicast_counter", group=group.id)
            if outcome.session is not None:
                await connection.execute(_SESSION, (*outcome.session, group.id))
            await _save_members(connection, outcome)
            await _save_campaign(connection, outcome)
            if outcome.sent is not None:
                message_id, copies = outcome.sent
                await connection.execute(_MESSAGE_SENT, (group.f_cnt, copies, now, now, message_id))
            for message_id, state, cause in outcome.ended:
                await connection.execute(_MESSAGE_ENDED, (state, cause, now, message_id))

    async def copies_failed(self, fates: Iterable[tuple[str, str]]) -> None:
        """Message ids and causes."""
        async with self._transaction() as connection:
            for message_id, cause in fates:
                await connection.execute(_COPY_FAILED, {"id": message_id, "cause": cause})

    def _group(self, row: TupleRow) -> Group:
        group_id, organisation_id, mc_addr, wrapped, *others = row
        key = self._keys.unwrap(bytes(wrapped), f"{mc_addr:08x}", Purpose.MC_KEY)
        return Group(group_id, organisation_id, mc_addr, key, *others)

    async def _rows(self, query: LiteralString, parameters: Sequence[object] | Mapping[str, object]) -> list[TupleRow]:
        async with self._transaction() as connection:
            cursor = await connection.execute(query, parameters)
            return await cursor.fetchall()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await AsyncConnection.connect(
                    self._conninfo, autocommit=True, application_name="maillage multicast", connect_timeout=5
                )
            async with self._connection.transaction():
                yield self._connection
        except OperationalError as error:
            raise Unavailable("lorawan.database-away", reason=str(error)) from error


async def _save_members(connection: AsyncConnection[TupleRow], outcome: Outcome) -> None:
    group_id, now = outcome.group.id, outcome.now
    for one in outcome.members:
        facts = one.step, one.cause, one.asked, one.attempts, one.asked_at, one.session_at
        await connection.execute(_MEMBER, (*facts, group_id, one.dev_eui))
    for dev_eui, downlink_id, ask, expires_at in outcome.asks:
        facts_of = {"id": downlink_id, "dev_eui": dev_eui, "f_port": ask.f_port, "payload": ask.payload}
        await connection.execute(_ASK, {**facts_of, "now": now, "expires_at": expires_at})
        await connection.execute(_CARRIED, (downlink_id, group_id, dev_eui))
        await connection.execute("SELECT pg_notify(%s, %s)", (NOTIFY_DOWNLINK, dev_eui))


async def _save_campaign(connection: AsyncConnection[TupleRow], outcome: Outcome) -> None:
    campaign, now = outcome.campaign, outcome.now
    if campaign is None:
        return
    for one in outcome.receivers:
        facts = {"step": one.step, "cause": one.cause, "received": one.received, "missing": one.missing}
        facts |= {"checked_round": one.checked_round, "has_ended": one.has_ended, "now": now}
        await connection.execute(_RECEIVER, {**facts, "campaign": campaign.id, "dev_eui": one.dev_eui})
    facts_of = {"state": campaign.state, "cause": campaign.cause, "next": campaign.next_fragment}
    facts_of |= {"last": campaign.last_fragment, "round": campaign.round, "until": campaign.until}
    await connection.execute(_CAMPAIGN, {**facts_of, "has_ended": campaign.has_ended, "now": now, "id": campaign.id})


def _work(
    group: Group,
    members: list[TupleRow],
    campaign: TupleRow | None,
    receivers: list[TupleRow],
    messages: list[TupleRow],
) -> Work:
    mine = None if campaign is None else _campaign(campaign)
    return Work(
        group,
        tuple(_member(row) for row in members if row[0] == group.id),
        mine,
        None if campaign is None else campaign[-1],
        tuple(_receiver(row) for row in receivers if mine is not None and row[0] == mine.id),
        tuple(QueuedMessage(row[1], row[2], bytes(row[3]), row[4]) for row in messages if row[0] == group.id),
    )


def _member(row: TupleRow) -> Member:
    _, dev_eui, slot, step, *others = row
    cause, asked, attempts, asked_at, session_at, is_waiting, sent_at = others
    return Member(dev_eui, slot, MemberStep(step), cause, asked, attempts, asked_at, session_at, is_waiting, sent_at)


def _campaign(row: TupleRow) -> Campaign:
    _, campaign_id, state, block, *others, _image = row
    return Campaign(campaign_id, CampaignState(state), bytes(block), *others)


def _receiver(row: TupleRow) -> Receiver:
    _, dev_eui, step, *others = row
    return Receiver(dev_eui, ReceiverStep(step), *others)
