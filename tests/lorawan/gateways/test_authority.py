"""The certificate authority and the folder that keeps it."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from maillage.kernel.errors import Unavailable
from maillage.lorawan.gateways.authority import (
    EXPIRY_WARNING,
    GATEWAY_VALID_FOR,
    expires_soon,
    hosts_of,
    issue_gateway,
    issue_server,
    new_authority,
    read_credential,
)
from maillage.lorawan.gateways.authority_folder import AuthorityFolder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EUI = "aa555a0000000001"
HOSTS = ("localhost", "127.0.0.1", "[::1]")


def usage(credential):
    return list(credential.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_a_gateway_is_named_by_its_eui_and_may_only_be_a_client():
    authority = new_authority(NOW)
    made = issue_gateway(authority, EUI, NOW)
    made.certificate.verify_directly_issued_by(authority.certificate)
    assert made.certificate.subject.rfc4514_string() == f"CN={EUI}"
    assert usage(made) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert made.not_after == NOW + GATEWAY_VALID_FOR


def test_a_server_answers_to_its_names_and_addresses():
    made = issue_server(new_authority(NOW), HOSTS, NOW)
    assert hosts_of(made) == {"localhost", "127.0.0.1", "::1"}
    assert usage(made) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_nothing_outlives_its_authority():
    authority = new_authority(NOW)
    late = authority.not_after - timedelta(days=1)
    assert issue_gateway(authority, EUI, late).not_after == authority.not_after


def test_a_credential_survives_its_file():
    made = new_authority(NOW)
    assert read_credential(made.pem).pem == made.pem


def test_serials_are_never_the_same():
    authority = new_authority(NOW)
    assert len({issue_gateway(authority, EUI, NOW).serial for _ in range(20)}) == 20


def test_a_certificate_expires_soon_from_sixty_days_before():
    assert not expires_soon(NOW + EXPIRY_WARNING + timedelta(seconds=1), NOW)
    assert expires_soon(NOW + EXPIRY_WARNING, NOW)
    assert expires_soon(NOW - timedelta(days=1), NOW)


def test_the_authority_is_made_once_and_only_its_owner_reads_it(tmp_path):
    folder = AuthorityFolder(tmp_path / "authority")
    assert folder.authority(NOW).serial == AuthorityFolder(folder.path).authority(NOW).serial
    folder.server_context(HOSTS, NOW)
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert {file.name for file in folder.path.iterdir()} == {"authority.pem", "server.pem", "trust.pem"}


def test_the_server_certificate_is_kept_until_it_is_near_its_end_or_its_names_change(tmp_path):
    folder = AuthorityFolder(tmp_path)
    first = folder.server_file(HOSTS, NOW).read_bytes()
    assert folder.server_file(HOSTS, NOW + timedelta(days=300)).read_bytes() == first
    renewed = folder.server_file(HOSTS, NOW + timedelta(days=340)).read_bytes()
    assert renewed != first
    assert folder.server_file((*HOSTS, "lns.example.org"), NOW + timedelta(days=340)).read_bytes() != renewed


def test_a_damaged_server_file_is_made_again(tmp_path):
    folder = AuthorityFolder(tmp_path)
    folder.server_file(HOSTS, NOW).write_bytes(b"damaged")
    assert hosts_of(read_credential(folder.server_file(HOSTS, NOW).read_bytes()))


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable) as refusal:
        AuthorityFolder(tmp_path / "file").authority(NOW)
    assert refusal.value.facts["folder"] == str(tmp_path / "file")


def test_a_damaged_authority_is_not_replaced_by_another(tmp_path):
    (tmp_path / "authority.pem").write_bytes(b"damaged")
    with pytest.raises(Unavailable):
        AuthorityFolder(tmp_path).authority(NOW)
