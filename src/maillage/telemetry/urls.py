"""The addresses of the pages of measures."""

from django.urls import path

from maillage.telemetry import pages

app_name = "telemetry"

urlpatterns = [
    path("", pages.home, name="home"),
    path("install/", pages.install, name="install"),
    path("import/", pages.upload, name="import"),
    path("import/<int:import_id>/", pages.preview, name="import-preview"),
    path("import/<int:import_id>/confirm/", pages.confirm, name="import-confirm"),
    path("import/<int:import_id>/discard/", pages.discard, name="import-discard"),
    path("datastreams/<int:datastream_id>/", pages.datastream, name="datastream"),
]
