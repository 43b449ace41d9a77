"""The addresses of the radio pages."""

from django.urls import include, path

from maillage.lorawan import (
    certificate_pages,
    device_pages,
    frame_pages,
    import_pages,
    key_pages,
    model_pages,
    pages,
    refusal_pages,
    scan_pages,
)
from maillage.lorawan.claims import pages as claim_pages
from maillage.lorawan.health.pages import declare_period

app_name = "lorawan"

urlpatterns = [
    path("", pages.home, name="home"),
    path("map.json", pages.home_map, name="home_map"),
    path("gateways/", pages.gateways, name="gateways"),
    path("gateways/map.json", pages.gateways_map, name="gateways_map"),
    path("gateways/live/", pages.gateways_live, name="gateways_live"),
    path("gateways/new/", pages.register_gateway, name="register_gateway"),
    path("gateways/<slug:eui>/", pages.gateway, name="gateway"),
    path("gateways/<slug:eui>/change/", pages.change_gateway, name="change_gateway"),
    path("gateways/<slug:eui>/certificates/issue/", certificate_pages.issue, name="issue_certificate"),
    path("gateways/<slug:eui>/certificates/renew/", certificate_pages.renew, name="renew_certificate"),
    path("gateways/<slug:eui>/certificates/<slug:serial>/revoke/", certificate_pages.revoke, name="revoke_certificate"),
    path("devices/", device_pages.devices, name="devices"),
    path("devices/new/", device_pages.register_device, name="register_device"),
    path("devices/new/abp/", device_pages.register_abp_device, name="register_abp_device"),
    path("devices/import/", import_pages.upload, name="import"),
    path("devices/import/<uuid:import_id>/", import_pages.preview, name="import_preview"),
    path("devices/import/<uuid:import_id>/confirm/", import_pages.confirm, name="import_confirm"),
    path("devices/import/<uuid:import_id>/discard/", import_pages.discard, name="import_discard"),
    path("devices/scan/", scan_pages.scan, name="scan"),
    path("devices/claim/", claim_pages.claim, name="claim"),
    path("devices/<slug:dev_eui>/", device_pages.device, name="device"),
    path("devices/<slug:dev_eui>/state/", device_pages.device_state, name="device_state"),
    path("devices/<slug:dev_eui>/frames/", device_pages.new_frames, name="new_frames"),
    path("devices/<slug:dev_eui>/live/", device_pages.device_live, name="device_live"),
    path("devices/<slug:dev_eui>/decommission/", device_pages.decommission_device, name="decommission_device"),
    path("devices/<slug:dev_eui>/rhythm/", declare_period, name="declare_period"),
    path("devices/<slug:dev_eui>/key/", key_pages.show_key, name="show_key"),
    path("applications/", include("maillage.lorawan.integrations.urls")),
    path("frames/", frame_pages.frames, name="frames"),
    path("frames/live/", frame_pages.frames_live, name="frames_live"),
    path("models/", model_pages.models, name="models"),
    path("refusals/", refusal_pages.refusals, name="refusals"),
]
