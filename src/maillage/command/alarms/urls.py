"""The addresses of alarms, rosters and works."""

from django.urls import path

from maillage.command.alarms import pages
from maillage.command.alarms.rosters import pages as roster_pages

urlpatterns = [
    path("alarms/", pages.alarms, name="alarms"),
    path("alarms/list/", pages.alarm_list, name="alarm-list"),
    path("alarms/live/", pages.alarms_live, name="alarms-live"),
    path("alarms/<int:alarm_id>/", pages.alarm, name="alarm"),
    path("alarms/<int:alarm_id>/acknowledge/", pages.acknowledge, name="alarm-acknowledge"),
    path("alarms/<int:alarm_id>/assign/", pages.assign, name="alarm-assign"),
    path("alarms/<int:alarm_id>/comment/", pages.comment, name="alarm-comment"),
    path("alarms/<int:alarm_id>/close/", pages.close, name="alarm-close"),
    path("on-call/", roster_pages.rosters, name="rosters"),
    path("on-call/add/", roster_pages.add, name="roster-add"),
    path("on-call/<int:roster_id>/shift/", roster_pages.add_shift, name="roster-shift"),
    path("on-call/<int:roster_id>/remove/", roster_pages.remove, name="roster-remove"),
    path("on-call/<int:roster_id>/shifts/<int:shift_id>/remove/", roster_pages.remove_shift, name="shift-remove"),
    path("on-call/works/", roster_pages.announce, name="works-add"),
    path("on-call/works/<int:maintenance_id>/end/", roster_pages.end_works, name="works-end"),
]
