"""Certificates of gateways: issued once, renewed, revoked, by those who may, with their trace and their warnings."""

import io
import zipfile
from datetime import timedelta

import pytest
from cryptography import x509
from django.urls import reverse
from tests.fixtures.radio import MAST, NOW, SCHOOL_ROOF

from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Conflict, NotFound, Refused
from maillage.lorawan.gateways import actions
from maillage.lorawan.gateways import queries as certificates
from maillage.lorawan.models import GatewayCertificate


@pytest.fixture(autouse=True)
def authority_folder(settings, tmp_path):
    settings.AUTHORITY_FOLDER = tmp_path / "authority"


def valid():
    return set(GatewayCertificate.objects.filter(revoked_at=None).values_list("pk", flat=True))


def use(serial):
    GatewayCertificate.objects.filter(pk=serial).update(first_used_at=NOW)


def test_a_certificate_names_its_gateway_and_leaves_its_trace_but_no_key(equipped):
    made = actions.issue_certificate(equipped.actor("operator"), MAST)
    assert made.credential.certificate.subject.rfc4514_string() == f"CN={MAST}"
    row = GatewayCertificate.objects.get()
    assert (row.pk, row.gateway_id, row.issued_at) == (made.credential.serial, MAST, NOW)
    entry = JournalEntry.objects.get(action="lorawan.certificate_issued")
    assert (entry.object_id, entry.facts) == (MAST, {"serial": row.pk})


def test_a_second_certificate_leaves_the_one_in_use_and_replaces_the_one_that_was_never_used(equipped):
    operator = equipped.actor("operator")
    first = actions.issue_certificate(operator, MAST).credential.serial
    use(first)
    second = actions.issue_certificate(operator, MAST).credential.serial
    third = actions.issue_certificate(operator, MAST).credential.serial
    assert valid() == {first, third}
    assert second != third


@pytest.mark.parametrize("name", ["technician", "mayor"])
def test_only_who_runs_the_network_gives_certificates(equipped, name):
    with pytest.raises((Refused, NotFound)):
        actions.issue_certificate(equipped.actor(name), MAST)
    assert not GatewayCertificate.objects.exists()


def test_a_renewal_is_asked_only_of_a_gateway_that_uses_a_certificate(equipped):
    operator = equipped.actor("operator")
    with pytest.raises(Conflict):
        actions.renew_by_cups(operator, MAST)
    serial = actions.issue_certificate(operator, MAST).credential.serial
    with pytest.raises(Conflict):
        actions.renew_by_cups(operator, MAST)
    use(serial)
    actions.renew_by_cups(operator, MAST)
    assert GatewayCertificate.objects.get().renewal_asked_at == NOW


def test_a_certificate_is_revoked_once_and_only_on_its_own_gateway(equipped):
    operator = equipped.actor("operator")
    serial = actions.issue_certificate(operator, MAST).credential.serial
    with pytest.raises(NotFound):
        actions.revoke_certificate(operator, SCHOOL_ROOF, serial)
    actions.revoke_certificate(operator, MAST, serial)
    assert valid() == set()
    with pytest.raises(NotFound):
        actions.revoke_certificate(operator, MAST, serial)


def test_the_operator_is_warned_of_the_gateways_whose_last_certificate_expires_soon(equipped):
    operator = equipped.actor("operator")
    for eui in (MAST, SCHOOL_ROOF):
        actions.issue_certificate(operator, eui)
    soon = NOW + timedelta(days=30)
    GatewayCertificate.objects.filter(gateway_id=MAST).update(not_after=soon)
    assert {gateway.pk: at for gateway, at in certificates.expiring(operator, NOW).items()} == {MAST: soon}
    client = equipped.client("operator")
    assert "Des certificats expirent bientôt" in client.get(reverse("lorawan:gateways")).content.decode()
    assert "Son certificat expire bientôt." in client.get(reverse("lorawan:gateway", args=[MAST])).content.decode()


def test_the_page_hands_out_the_files_of_a_station_and_says_where_they_go(equipped):
    client = equipped.client("operator")
    answer = client.post(reverse("lorawan:issue_certificate", args=[MAST]), headers={"host": "localhost:8000"})
    assert "no-store" in answer["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {f"{server}.{part}" for server in ("tc", "cups") for part in ("uri", "trust", "crt", "key")}
    assert files["tc.uri"] == b"wss://localhost:3001\n"
    assert files["cups.uri"] == b"https://localhost:3002\n"
    trust, made = (x509.load_pem_x509_certificate(files[name]) for name in ("tc.trust", "tc.crt"))
    made.verify_directly_issued_by(trust)
    assert b"PRIVATE KEY" in files["tc.key"]
    page = client.get(reverse("lorawan:gateway", args=[MAST])).content.decode()
    assert "À copier sur la passerelle" in page
    assert "tc.trust" in page
    assert "Pas encore utilisé" in page


def test_the_pages_ask_before_they_revoke_and_say_why_they_do_not_renew(equipped):
    client = equipped.client("operator")
    serial = actions.issue_certificate(equipped.actor("operator"), MAST).credential.serial
    renewal = client.post(reverse("lorawan:renew_certificate", args=[MAST]), follow=True)
    assert "n’emploie aucun certificat" in renewal.content.decode()
    address = reverse("lorawan:revoke_certificate", args=[MAST, serial])
    assert "Révoquer ce certificat ?" in client.post(address).content.decode()
    assert valid() == {serial}
    assert client.post(address, {"confirmed": "1"}).status_code == 302
    assert valid() == set()


@pytest.mark.parametrize("name", ["issue_certificate", "renew_certificate"])
def test_a_technician_does_not_learn_that_the_gateway_exists(equipped, name):
    assert equipped.client("technician").post(reverse(f"lorawan:{name}", args=[MAST])).status_code == 404
