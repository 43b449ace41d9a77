"""An open event stream as a Django response."""

from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.http import StreamingHttpResponse

from maillage.web.live import Hub, Subscription

_HUB = Hub()


def event_stream_response(subscription: Subscription, is_allowed: Callable[[], bool]) -> StreamingHttpResponse:
    """Serves ``subscription`` until the client leaves. Needs ASGI; proxies are told neither to buffer nor to cache.

    Called by a synchronous view, in the thread that read the database: what it read is read, and the stream, which
    lasts as long as the page is open, keeps none of the few connections there are. ``is_allowed`` may read it again;
    when it says no, the stream ends.
    """
    if not connection.in_atomic_block:
        connection.close()

    async def ask() -> bool:
        return await sync_to_async(_answer, thread_sensitive=False)(is_allowed)

    return StreamingHttpResponse(
        subscription.frames(ask),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


def hub() -> Hub:
    """The one hub of this process: pages subscribe to it, ``config.live`` feeds it."""
    return _HUB


def _answer(is_allowed: Callable[[], bool]) -> bool:
    """Without the database nobody can tell: the page will ask for its stream again."""
    try:
        return is_allowed()
    except OperationalError:
        return False
    finally:
        connection.close()
