"""The e-mails that carry a link. They leave in a thread: an answer that waited for them would tell of accounts."""

import logging
import threading

from django.conf import settings
from django.core.mail import EmailMessage

THREAD_NAME = "mail"
_LOG = logging.getLogger(__name__)


def is_set_up() -> bool:
    """Whether the installation has a mail server."""
    return settings.MESSAGING.mail is not None


def send_soon(address: str, subject: str, body: str) -> None:
    """Send in a thread of its own, if there is a mail server; a failure is told in the log, without the link."""
    if is_set_up():
        mail = EmailMessage(subject, body, to=[address], headers={"Auto-Submitted": "auto-generated"})
        threading.Thread(target=_send, args=(mail,), name=THREAD_NAME).start()


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except OSError:  # smtplib's errors are
        _LOG.exception("an e-mail with a link did not leave")
