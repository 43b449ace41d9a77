"""The addresses of the applications' pages, under ``radio/applications/``."""

from django.urls import path

from maillage.lorawan.integrations import pages, webhook_pages

_ONE = "<uuid:application_id>/"
_HOOK = "<uuid:application_id>/webhooks/<uuid:webhook_id>/"

urlpatterns = [
    path("", pages.applications, name="applications"),
    path("new/", pages.create, name="create_application"),
    path(_ONE, pages.application, name="application"),
    path(_ONE + "quotas/", pages.set_quotas, name="application_quotas"),
    path(_ONE + "close/", pages.close, name="close_application"),
    path(_ONE + "devices/", pages.devices, name="application_devices"),
    path(_ONE + "devices/attach/", pages.attach, name="attach_device"),
    path(_ONE + "devices/register/", pages.register, name="register_own_device"),
    path(_ONE + "devices/<slug:dev_eui>/detach/", pages.detach, name="detach_device"),
    path(_ONE + "tokens/", pages.tokens, name="application_tokens"),
    path(_ONE + "tokens/create/", pages.create_token, name="create_application_token"),
    path(_ONE + "tokens/<int:token_id>/revoke/", pages.revoke_token, name="revoke_application_token"),
    path(_ONE + "integrations/", webhook_pages.integrations, name="application_integrations"),
    path(_ONE + "webhooks/create/", webhook_pages.create, name="create_webhook"),
    path(_HOOK, webhook_pages.webhook, name="webhook"),
    path(_HOOK + "change/", webhook_pages.change, name="change_webhook"),
    path(_HOOK + "replay/", webhook_pages.replay, name="replay_webhook"),
    path(_HOOK + "send-again/", webhook_pages.send_again, name="send_again"),
    path(_HOOK + "drop/", webhook_pages.drop, name="drop_dead_letters"),
]
