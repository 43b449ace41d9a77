"""Sends what waits to the API, oldest first."""

import http.client
import logging
from collections.abc import Sequence
from http import HTTPStatus
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import msgspec

from maillage.telemetry.agent.store import Buffer, Waiting

MOST_AT_ONCE = 2_000
_TIMEOUT_S = 20.0
_LOG = logging.getLogger(__name__)


class Sender:
    """To one server, as the owner of a token."""

    def __init__(self, server: str, token: str, buffer: Buffer) -> None:
        self._address = server.rstrip("/") + "/api/v1/observations"
        self._token = token
        self._buffer = buffer

    def send(self) -> int:
        """Send until nothing waits or the server is away; returns how many values it took. Sending twice is harmless.

        A value that the server calls bad would be bad for ever: it is told and forgotten. While the server refuses
        *us* (a revoked token), everything waits.
        """
        sent = 0
        while batch := self._buffer.oldest(MOST_AT_ONCE):
            answer = self._post(batch)
            if answer is None:
                break
            for refused in answer.refused:
                _LOG.error("datastream %d: %s", batch[refused.index].datastream_id, refused.detail)
            self._buffer.forget(batch[-1].number)
            sent += len(batch) - len(answer.refused)
        return sent

    def _post(self, batch: Sequence[Waiting]) -> "Answer | None":
        rows = [{"datastream_id": one.datastream_id, "at": one.at, "value": one.value} for one in batch]
        body = msgspec.json.encode({"observations": rows, "source": "modbus"})
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = Request(self._address, body, headers, method="POST")  # noqa: S310 - the operator's own address
        try:
            with urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
                return msgspec.json.decode(response.read(), type=Answer)
        except HTTPError as problem:
            _LOG.error("the server refuses what is sent: %s %s", problem.code, _reason(problem))
        except (URLError, OSError, http.client.HTTPException, msgspec.MsgspecError) as problem:
            _LOG.warning("the server does not answer, values wait: %s", problem)
        return None


class Refused(msgspec.Struct, frozen=True):
    index: int
    detail: str


class Answer(msgspec.Struct, frozen=True):
    """What the API answers (``PushedOut``)."""

    refused: list[Refused]


def _reason(problem: HTTPError) -> str:
    if problem.code == HTTPStatus.UNAUTHORIZED:
        return "is the token still valid?"
    return problem.read(500).decode(errors="replace")
