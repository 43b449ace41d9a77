"""An open event stream as a Django response."""

from django.http import StreamingHttpResponse

from maillage.web.live import Hub, Subscription

_HUB = Hub()


def event_stream_response(subscription: Subscription) -> StreamingHttpResponse:
    """Serves ``subscription`` until the client leaves. Needs ASGI; proxies are told neither to buffer nor to cache."""
    return StreamingHttpResponse(
        subscription.frames(),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


def hub() -> Hub:
    """The one hub of this process: pages subscribe to it, ``config.live`` feeds it."""
    return _HUB
