"""The mail backend of an installation that has no mail server: it says so instead of losing messages."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from maillage.command.notifications.http import Undelivered


class NoMailServer(BaseEmailBackend):
    """Refuses every message with the cause ``mail_not_set_up``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Never sends. Raises ``Undelivered``."""
        raise Undelivered("mail_not_set_up", f"{len(email_messages)}", is_final=True)
