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
from maillage.lorawan.fuota import pages as firmware_pages
from maillage.lorawan.health.pages import declare_period
from maillage.lorawan.multicast import pages as group_pages

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
    path("groups/", group_pages.groups, name="groups"),
    path("groups/<int:group_id>/", group_pages.group, name="group"),
    path("groups/<int:group_id>/members/", group_pages.add_members, name="add_members"),
    path("groups/<int:group_id>/members/<slug:dev_eui>/remove/", group_pages.remove_member, name="remove_member"),
    path("groups/<int:group_id>/session/", group_pages.open_session, name="open_session"),
    path("groups/<int:group_id>/messages/", group_pages.send_message, name="send_message"),
    path("groups/<int:group_id>/close/", group_pages.close, name="close_group"),
    path("firmware/", firmware_pages.firmware, name="firmware"),
    path("firmware/campaigns/new/", firmware_pages.start, name="start_campaign"),
    path("firmware/campaigns/<uuid:campaign_id>/", firmware_pages.campaign, name="campaign"),
    path("firmware/campaigns/<uuid:campaign_id>/stop/", firmware_pages.stop, name="stop_campaign"),
    path("applications/", include("maillage.lorawan.integrations.urls")),
    path("frames/", frame_pages.frames, name="frames"),
    path("frames/live/", frame_pages.frames_live, name="frames_live"),
    path("models/", model_pages.models, name="models"),
    path("refusals/", refusal_pages.refusals, name="refusals"),
]
