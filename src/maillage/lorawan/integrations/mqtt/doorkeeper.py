"""Lets MQTT clients in, and shows them out when their token is revoked or expires.

The broker asks about everyone who connects; the client's password is a token of an application. Who is inside is asked
of the broker itself, whose list names each connection by its token: nothing has to be remembered here, and a restart
forgets nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as BusError

from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Unavailable
from maillage.lorawan.integrations.mqtt.access import admit, client_id_prefix, read_knock, turn_away
from maillage.lorawan.integrations.mqtt.nkeys import AccountKey

REQUESTS = "$SYS.REQ.USER.AUTH"
_CONNECTIONS = "$SYS.REQ.SERVER.PING.CONNZ"
_KICK = "$SYS.REQ.SERVER.{}.KICK"
_TOKEN = "token:"  # noqa: S105 - how connections are named
_LIVES_S = 30 * 24 * 3600
_ANSWER_S = 5.0
_LIST_AT_ONCE = 1_000
_LOG = logging.getLogger(__name__)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Pass:
    """What a live token opens; ``seconds_left`` None when it does not expire."""

    token_id: int
    application_id: str
    seconds_left: float | None


class Doorkeeper:
    """``passes`` looks a clear-text token up; ``live`` says which of these token ids still open something."""

    def __init__(
        self,
        key: AccountKey,
        passes: Callable[[str], Awaitable[Pass | None]],
        live: Callable[[Sequence[int]], Awaitable[frozenset[int]]],
    ) -> None:
        self._key = key
        self._passes = passes
        self._live = live

    async def keep(self, door: Client) -> None:
        """Answer whoever knocks, from now on."""

        async def answer(message: Msg) -> None:
            response = await self.answer(message.data)
            if response is not None:
                await message.respond(response)

        await door.subscribe(REQUESTS, cb=_aside(answer))
        await door.flush()

    async def answer(self, request: bytes) -> bytes | None:
        """The verdict on one request; None when nobody can tell now, and the broker refuses by itself."""
        now_s = int(clock.now().timestamp())
        try:
            knock = read_knock(request)
            found = await self._passes(knock.password) if knock.is_mqtt else None
        except Invalid as problem:
            _LOG.warning("a request of the MQTT broker cannot be read: %s", problem)
            return None
        except Unavailable as problem:
            _LOG.warning("nobody is let in while the database is away: %s", problem)
            return None
        if found is None:
            return turn_away(self._key, knock, now_s, "unknown or revoked token")
        prefix = client_id_prefix(found.application_id)
        if not knock.client_id.startswith(prefix):
            _LOG.info("client %r of %s refused", knock.client_id, found.application_id)
            return turn_away(self._key, knock, now_s, f"the client identifier must begin with {prefix}")
        lives_s = _LIVES_S if found.seconds_left is None else max(1, min(int(found.seconds_left), _LIVES_S))
        return admit(self._key, knock, found.application_id, f"{_TOKEN}{found.token_id}", now_s, lives_s)

    async def show_out(self, caretaker: Client) -> int:
        """End the connections whose tokens open nothing any more; returns how many."""
        inside = await _inside(caretaker)
        live = await self._live(sorted({token_id for _server, _number, token_id in inside}))
        ended = [each for each in inside if each[2] not in live]
        for server_id, number, _token_id in ended:
            await _asked(caretaker, _KICK.format(server_id), {"cid": number})
        return len(ended)


async def _inside(caretaker: Client) -> list[tuple[str, int, int]]:
    """(server, connection, token) of every customer's connection."""
    found: list[tuple[str, int, int]] = []
    total = 1
    while len(found) < total:
        page = await _page(caretaker, len(found))
        mine = [_connection(page["server"], each) for each in page["data"].get("connections") or []]
        found += [each for each in mine if each is not None]
        total = int(page["data"].get("total", 0)) if len(mine) == _LIST_AT_ONCE else 0
    return found


async def _page(caretaker: Client, offset: int) -> dict[str, Any]:
    return await _asked(caretaker, _CONNECTIONS, {"auth": True, "limit": _LIST_AT_ONCE, "offset": offset})


async def _asked(caretaker: Client, subject: str, question: dict[str, object]) -> dict[str, Any]:
    """The broker obeys only who waits for its answer."""
    try:
        reply = await caretaker.request(subject, _ENCODER.encode(question), timeout=_ANSWER_S)
    except (TimeoutError, BusError) as error:
        raise Unavailable("lorawan.mqtt-away", reason=str(error)) from error
    return msgspec.json.decode(reply.data, type=dict[str, Any])


def _connection(server: dict[str, Any], connection: dict[str, Any]) -> tuple[str, int, int] | None:
    label = str(connection.get("authorized_user", ""))
    number = label.removeprefix(_TOKEN)
    if label == number or not number.isdecimal():
        return None
    return str(server["id"]), int(connection["cid"]), int(number)


def _aside(answer: Callable[[Msg], Awaitable[None]]) -> Callable[[Msg], Awaitable[None]]:
    """One slow answer does not make the others wait."""
    under_way: set[asyncio.Task[None]] = set()

    async def begin(message: Msg) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(_said(answer, message))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    return begin


async def _said(answer: Callable[[Msg], Awaitable[None]], message: Msg) -> None:
    try:
        await answer(message)
    except BusError as problem:
        _LOG.warning("an answer to the MQTT broker was lost: %r", problem)
