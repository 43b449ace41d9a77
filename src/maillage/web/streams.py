"""An open event stream as a Django response."""

from django.db import connection
from django.http import StreamingHttpResponse

from maillage.web.live import Hub, Subscription

_HUB = Hub()


def event_stream_response(subscription: Subscription) -> StreamingHttpResponse:
    """Serves ``subscription`` until the client leaves. Needs ASGI; proxies are told neither to buffer nor to cache.

    Called by a synchronous view, in the thread that read the database: what it read is read, and the stream, which
    lasts as long as the page is open, keeps none of the few connections there are.
    """
    if not connection.in_atomic_block:
        connection.close()
    return StreamingHttpResponse(
        subscription.frames(),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


def hub() -> Hub:
    """The one hub of this process: pages subscribe to it, ``config.live`` feeds it."""
    return _HUB
