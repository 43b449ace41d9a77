"""The command post's addresses."""

from django.urls import include, path

from maillage.command import (
    bulk_pages,
    command_pages,
    curve_pages,
    pages,
    schedule_pages,
    site_pages,
    special_pages,
)

app_name = "command"

urlpatterns = [
    path("", pages.home, name="home"),
    path("communes/", pages.communes, name="communes"),
    path("communes/map/", pages.communes_map, name="communes-map"),
    path("communes/<str:insee>/", pages.commune, name="commune"),
    path("communes/<str:insee>/overview/", pages.commune_overview, name="commune-overview"),
    path("communes/<str:insee>/map/", pages.commune_map, name="commune-map"),
    path("communes/<str:insee>/live/", pages.commune_live, name="commune-live"),
    path("sites/<int:site_id>/", site_pages.site, name="site"),
    path("sites/<int:site_id>/live/", site_pages.site_live, name="site-live"),
    path("sites/<int:site_id>/values/", site_pages.site_snapshot, name="site-values"),
    path("sites/<int:site_id>/series/", curve_pages.series, name="series"),
    path("sites/<int:site_id>/series/table/", curve_pages.table, name="series-table"),
    path("sites/<int:site_id>/series/csv/", curve_pages.download, name="series-csv"),
    path("sites/<int:site_id>/places/<slug:key>/", site_pages.place, name="place"),
    path("sites/<int:site_id>/places/<slug:key>/state/", site_pages.card, name="state"),
    path("sites/<int:site_id>/places/<slug:key>/life/", site_pages.life, name="life"),
    path("sites/<int:site_id>/places/<slug:key>/history/", site_pages.history, name="history"),
    path("sites/<int:site_id>/places/<slug:key>/ask/", command_pages.ask, name="ask"),
    path("commands/<uuid:command_id>/undo/", command_pages.undo, name="undo"),
    path("commands/<uuid:command_id>/approve/", command_pages.approve, name="approve"),
    path("commands/<uuid:command_id>/decline/", command_pages.decline, name="decline"),
    path("communes/<str:insee>/many/", bulk_pages.many, name="many"),
    path("batches/<uuid:batch_id>/", bulk_pages.batch_page, name="batch"),
    path("batches/<uuid:batch_id>/results/", bulk_pages.batch_results, name="batch-results"),
    path("batches/<uuid:batch_id>/live/", bulk_pages.batch_live, name="batch-live"),
    path("communes/<str:insee>/two-persons/", bulk_pages.rules, name="rules"),
    path("communes/<str:insee>/two-persons/add/", bulk_pages.add_rule, name="rule-add"),
    path("two-persons/<int:rule_id>/remove/", bulk_pages.remove_rule, name="rule-remove"),
    path("sites/<int:site_id>/exceptions/add/", special_pages.add_special, name="special-add"),
    path("exceptions/<int:period_id>/cancel/", special_pages.cancel_special, name="special-cancel"),
    path("sites/<int:site_id>/hours/", special_pages.openings, name="openings"),
    path("hours/<int:opening_id>/remove/", special_pages.remove_hours, name="opening-remove"),
    path("things/<int:thing_id>/schedule/add/", schedule_pages.add, name="schedule-add"),
    path("schedule/<int:entry_id>/", schedule_pages.change, name="schedule-change"),
    path("schedule/<int:entry_id>/switch/", schedule_pages.switch, name="schedule-switch"),
    path("schedule/<int:entry_id>/remove/", schedule_pages.remove, name="schedule-remove"),
    path("", include("maillage.command.alarms.urls")),
    path("", include("maillage.command.rules.urls")),
    path("", include("maillage.command.notifications.urls")),
]
