"""The addresses of notifications."""

from django.urls import path

from maillage.command.notifications import pages

urlpatterns = [
    path("me/notifications/", pages.notifications, name="notifications"),
    path("me/notifications/push/", pages.subscribe, name="push-subscribe"),
    path("me/notifications/push/<int:subscription_id>/remove/", pages.unsubscribe, name="push-remove"),
    path("me/notifications/worker.js", pages.worker, name="push-worker"),
    path("hooks/add/", pages.add_hook, name="hook-add"),
    path("hooks/<int:hook_id>/remove/", pages.remove_hook, name="hook-remove"),
]
