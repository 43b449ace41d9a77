"""The house's own certificate authority: it signs for gateways and for the server that they connect to. Pure.

X.509 after RFC 5280, keys on P-256: Station's TLS library (mbed TLS) knows the curve, and files stay small. A gateway
is named by its certificate's common name, its EUI in 16 lower-case hexadecimal digits.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

GATEWAY_VALID_FOR = timedelta(days=730)
EXPIRY_WARNING = timedelta(days=60)
_AUTHORITY_VALID_FOR = timedelta(days=7305)
_SERVER_VALID_FOR = timedelta(days=397)
_CLOCK_SKEW = timedelta(hours=1)
_AUTHORITY_NAME = "Maillage LoRaWAN"
_SERVER_NAME = "Maillage LNS"
_DER, _PEM = Encoding.DER, Encoding.PEM
_ONLY_SIGNATURES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
_ONLY_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and its certificate. ``serial`` in lower-case hexadecimal without leading zeros."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def serial(self) -> str:
        return f"{self.certificate.serial_number:x}"

    @property
    def not_after(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(_DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(_PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(_DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def pem(self) -> bytes:
        """Key and certificate in one file."""
        return self.key_pem + self.certificate_pem


def new_authority(now: datetime) -> Credential:
    """A root that may sign end certificates only."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(_AUTHORITY_NAME)
    builder = _builder(name, name, key, now, now + _AUTHORITY_VALID_FOR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_ONLY_CERTIFICATES, critical=True)
    return Credential(key, builder.sign(key, hashes.SHA256()))


def issue_gateway(authority: Credential, eui: str, now: datetime) -> Credential:
    """What a gateway proves its EUI with."""
    return _issue(authority, eui, now, now + GATEWAY_VALID_FOR, ExtendedKeyUsageOID.CLIENT_AUTH, ())


def issue_server(authority: Credential, hosts: Sequence[str], now: datetime) -> Credential:
    """What the server proves itself with, under any of ``hosts``: names or addresses."""
    return _issue(authority, _SERVER_NAME, now, now + _SERVER_VALID_FOR, ExtendedKeyUsageOID.SERVER_AUTH, hosts)


def hosts_of(credential: Credential) -> frozenset[str]:
    """The names and addresses of a server's certificate."""
    found = credential.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    names = found.get_values_for_type(x509.DNSName)
    return frozenset(names) | {str(address) for address in found.get_values_for_type(x509.IPAddress)}


def read_credential(pem: bytes) -> Credential:
    """Key and certificate of one file; ``ValueError`` when it holds something else."""
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key on an elliptic curve")  # noqa: TRY004 - the file's content, not a caller's type
    return Credential(key, x509.load_pem_x509_certificate(pem))


def expires_soon(not_after: datetime, now: datetime) -> bool:
    """Time to replace it."""
    return not_after - now <= EXPIRY_WARNING


def bare_host(host: str) -> str:
    """``[::1]`` as an address is written in a certificate."""
    return host.removeprefix("[").removesuffix("]")


def _issue(
    authority: Credential, name: str, now: datetime, until: datetime, usage: x509.ObjectIdentifier, hosts: Sequence[str]
) -> Credential:
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(until, authority.not_after)
    builder = _builder(_name(name), authority.certificate.subject, key, now, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_ONLY_SIGNATURES, critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    return Credential(key, builder.sign(authority.key, hashes.SHA256()))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _CLOCK_SKEW).not_valid_after(until)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(bare_host(host)))
    except ValueError:
        return x509.DNSName(host)
