"""How devices are heard, on the radio pages."""

from django.urls import reverse
from tests.fixtures.radio import EVRY_VALVE

from maillage.kernel import clock
from maillage.lorawan.health.models import DeviceHealth, Hearing
from maillage.lorawan.models import Gateway


def page(client, name, *args):
    response = client.get(reverse(f"lorawan:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_a_devices_page_tells_its_rhythm_its_losses_and_its_margin(equipped):
    DeviceHealth.objects.create(
        device_id=EVRY_VALVE, learned_period_s=600, heard_frames=90, lost_frames=30, margin_db=1.5
    )
    text = page(equipped.client("technician"), "device", EVRY_VALVE)
    for words in ("toutes les 10 min (appris de ses réceptions)", "beaucoup se perdent", "mal entendu"):
        assert words in text


def test_a_gateways_page_names_whom_it_hears(equipped):
    gateway = Gateway.objects.unscoped("test").first()
    heard = {"frames": 12, "rssi_dbm": -110, "snr_db": -8, "last_at": clock.now(), "counted_at": clock.now()}
    Hearing.objects.create(gateway_eui=gateway.pk, device_id=EVRY_VALVE, **heard)
    text = page(equipped.client("operator"), "gateway", gateway.pk)
    assert "Un appareil entendu depuis 24 heures" in text
    assert reverse("lorawan:device", args=[EVRY_VALVE]) in text


def test_a_rhythm_is_declared_and_taken_back(equipped):
    client, address = equipped.client("technician"), reverse("lorawan:declare_period", args=[EVRY_VALVE])
    client.post(address, {"minutes": "90"})
    assert "toutes les 90 min (déclaré)" in page(client, "device", EVRY_VALVE)
    client.post(address, {"minutes": ""})
    assert DeviceHealth.objects.get().declared_period_s is None
    assert "de 60 secondes" in client.post(address, {"minutes": "zéro"}, follow=True).content.decode()


def test_only_who_configures_declares(equipped):
    assert equipped.client("mayor").post(reverse("lorawan:declare_period", args=[EVRY_VALVE])).status_code == 403
