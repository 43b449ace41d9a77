"""How the parts of the integrations tell each other that something has changed.

``NOTIFY_INTEGRATIONS`` is sent inside the transaction that changes an application, its tokens or its webhooks; its
payload is the application's id. ``LIVE_EVENTS`` is core NATS, from the process that writes the log to the web process:
the ids of the applications that have new events. Both may be lost: whoever listens also looks now and then.
"""

import msgspec

NOTIFY_INTEGRATIONS = "lorawan_integrations"
LIVE_EVENTS = "live.applications"


class LiveEvents(msgspec.Struct, frozen=True):
    """These applications have new events in their logs."""

    applications: list[str]


def events_topic(application_id: object) -> str:
    """The topic of the web process's hub on which new events are announced."""
    return f"application.{application_id}"
