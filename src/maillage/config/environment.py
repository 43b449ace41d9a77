"""What an installation may choose from outside, read once. Nothing else in the project reads the environment.

====================== ================================================== ================================
variable               meaning                                            when unset
====================== ================================================== ================================
MAILLAGE_DATA          folder of everything the installation creates      ``var/data`` in the project
MAILLAGE_DATABASE      PostgreSQL to use: a URL or ``key=value`` pairs    a private cluster, in that folder
MAILLAGE_NATS_URL      NATS server to use: ``nats://token@host:port``     a private server, in that folder
MAILLAGE_SECRET_KEY    Django's secret key                                made once, kept in that folder
MAILLAGE_KEK           what wraps the devices' keys in the database: 64      made once, kept in that folder
                       hexadecimal digits; several by commas, the first
                       one wraps (see ``maillage manage rewrap_keys``)
MAILLAGE_DEBUG         ``1``: errors in full; never on a public machine   ``0``
MAILLAGE_HTTPS         ``1``: people reach the site by https, through   ``0``
                       a proxy that sets X-Forwarded-Proto itself
MAILLAGE_HOSTS         host names the site answers to, by commas          ``localhost,127.0.0.1,[::1]``
MAILLAGE_LORAWAN_PORT  UDP port on which gateways are heard               ``1700``
MAILLAGE_REGION        LoRaWAN band plan: ``EU868``, ``IN865``,           ``EU868``
                       ``US915``, ``AU915``, ``AS923``, ``AS923-2`` to
                       ``AS923-4``; ``US915/1`` to ``US915/8`` (and
                       ``AU915``) for gateways of eight channels
MAILLAGE_SHARDS        1: the network server is one process; 2, 4, 8…:   ``1``
                       one process hears the gateways and as many hold
                       the sessions, each a part of them
MAILLAGE_STATION_PORT  TCP port of LoRa Basics Station over TLS; CUPS is   ``3001``
                       the next one, the one after it is without TLS
MAILLAGE_STATION_PLAIN ``1``: the port without TLS is open to other        ``0``
                       machines, too (a proxy that speaks TLS)
MAILLAGE_CUSTOMER_MQTT_HOST  address on which the customers' MQTT broker  ``127.0.0.1``
                       listens; open it with TLS alone, or behind a
                       proxy that speaks it: tokens travel there
MAILLAGE_CUSTOMER_MQTT_PORT  its TCP port                                 first free of 1883-1893
MAILLAGE_CUSTOMER_MQTT_TLS   files of its certificate and key, by a comma without TLS
MAILLAGE_MQTT_PORT     TCP port on which machines publish values by MQTT  not open
                       (only with the private NATS server)
MAILLAGE_URL           how people reach the site; messages lead there     ``http://localhost:8000``
MAILLAGE_SMTP          mail server: ``smtp://user:password@host:587``     no e-mail is sent
                       (STARTTLS; ``?plain`` without), or ``smtps://``
MAILLAGE_MAIL_FROM     sender of e-mails, contact of push messages        ``maillage@localhost``
MAILLAGE_SMS_URL       SMS gateway that takes a JSON POST                 no SMS is sent
MAILLAGE_SMS_BODY      its JSON body, with ``{to}`` and ``{text}``        ``{"to": "{to}", "text": "{text}"}``
MAILLAGE_SMS_AUTHORIZATION  its ``Authorization`` header                  none
MAILLAGE_PRIVATE_HOOKS ``1``: webhooks may lead into private networks     ``0``
====================== ================================================== ================================
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from maillage.config.data_folder import DataFolder, data_folder, kek_kept_in, secret_kept_in, socket_folder
from maillage.config.messaging import Messaging, messaging
from maillage.kernel.errors import Invalid, Unavailable
from maillage.lorawan.regions.catalogue import DEFAULT_REGION, REGIONS, region_named
from maillage.lorawan.regions.region import Region

DATABASE_NAME = "maillage"
DATABASE_ROLE = "maillage"
VARIABLES = (
    "MAILLAGE_DATA",
    "MAILLAGE_DATABASE",
    "MAILLAGE_NATS_URL",
    "MAILLAGE_SECRET_KEY",
    "MAILLAGE_KEK",
    "MAILLAGE_DEBUG",
    "MAILLAGE_HTTPS",
    "MAILLAGE_HOSTS",
    "MAILLAGE_LORAWAN_PORT",
    "MAILLAGE_REGION",
    "MAILLAGE_SHARDS",
    "MAILLAGE_STATION_PORT",
    "MAILLAGE_STATION_PLAIN",
    "MAILLAGE_CUSTOMER_MQTT_HOST",
    "MAILLAGE_CUSTOMER_MQTT_PORT",
    "MAILLAGE_CUSTOMER_MQTT_TLS",
    "MAILLAGE_MQTT_PORT",
    "MAILLAGE_URL",
    "MAILLAGE_SMTP",
    "MAILLAGE_MAIL_FROM",
    "MAILLAGE_SMS_URL",
    "MAILLAGE_SMS_BODY",
    "MAILLAGE_SMS_AUTHORIZATION",
    "MAILLAGE_PRIVATE_HOOKS",
)
_LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"
_LOOPBACK = "127.0.0.1"
_LORAWAN_PORT = 1700
_STATION_PORT = 3001
_STATION_PORTS = 3
_PORT_MAX = 65535
_SHARDS = ("1", "2", "4", "8", "16", "32", "64")
_KEK_DIGITS = 64
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Environment:
    """One installation's choices. ``embedded_*`` tells that the part is ours to create and start."""

    data_folder: Path
    database_conninfo: str
    embedded_database: bool
    nats_url: str
    embedded_nats: bool
    secret_key: str
    debug: bool
    https: bool
    allowed_hosts: tuple[str, ...]
    lorawan_port: int
    lorawan_region: Region
    shards: int
    station_port: int
    station_plain: bool
    messaging: Messaging
    mqtt_port: int | None = None
    customer_mqtt_host: str = "127.0.0.1"
    customer_mqtt_port: int | None = None
    customer_mqtt_tls: tuple[Path, Path] | None = None
    given_keks: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def data(self) -> DataFolder:
        """What is where in the data folder."""
        return DataFolder(self.data_folder)

    @property
    def key_encryption_keys(self) -> tuple[bytes, ...]:
        """What wraps keys at rest, the one in use first: those given, else those in the data folder, made at need."""
        return self.given_keks or _own_keks(self.data)

    @property
    def device_models(self) -> Path:
        """The folder of the device models imported here, beside those that are shipped."""
        return self.data.device_models


def read(environ: Mapping[str, str] = os.environ) -> Environment:
    """The choices in ``environ``, this process's own by default.

    Makes the data folder and the secret key at the first call. Raises ``Invalid`` on a value that cannot be
    used, ``Unavailable`` when the data folder cannot be written.
    """
    data = data_folder(environ.get("MAILLAGE_DATA", ""))
    database = environ.get("MAILLAGE_DATABASE", "")
    nats = environ.get("MAILLAGE_NATS_URL", "")
    return Environment(
        data_folder=data.path,
        database_conninfo=database or embedded_conninfo(data),
        embedded_database=not database,
        nats_url=nats or _remembered_nats_url(data),
        embedded_nats=not nats,
        secret_key=environ.get("MAILLAGE_SECRET_KEY", "") or _secret_key(data),
        debug=_switch(environ, "MAILLAGE_DEBUG"),
        https=_switch(environ, "MAILLAGE_HTTPS"),
        allowed_hosts=_words(environ.get("MAILLAGE_HOSTS", "") or _LOCAL_HOSTS),
        lorawan_port=_port(environ, "MAILLAGE_LORAWAN_PORT", _LORAWAN_PORT),
        lorawan_region=_region(environ, "MAILLAGE_REGION"),
        shards=_shards(environ, "MAILLAGE_SHARDS"),
        given_keks=_keks(environ.get("MAILLAGE_KEK", ""), "MAILLAGE_KEK"),
        station_port=_port(environ, "MAILLAGE_STATION_PORT", _STATION_PORT, following=_STATION_PORTS - 1),
        station_plain=_switch(environ, "MAILLAGE_STATION_PLAIN"),
        mqtt_port=_port(environ, "MAILLAGE_MQTT_PORT", 0) if environ.get("MAILLAGE_MQTT_PORT", "").strip() else None,
        customer_mqtt_host=environ.get("MAILLAGE_CUSTOMER_MQTT_HOST", "").strip() or _LOOPBACK,
        customer_mqtt_port=_optional_port(environ, "MAILLAGE_CUSTOMER_MQTT_PORT"),
        customer_mqtt_tls=_two_files(environ, "MAILLAGE_CUSTOMER_MQTT_TLS"),
        messaging=messaging(environ, data.vapid_key, private_hooks=_switch(environ, "MAILLAGE_PRIVATE_HOOKS")),
    )


def choose_settings() -> None:
    """Tell Django which settings are ours, unless somebody chose others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings")


def for_children(env: Environment) -> dict[str, str]:
    """The variables of our child processes: ours, and the data folder by its full path."""
    return {**os.environ, "MAILLAGE_DATA": str(env.data_folder), "PYTHONUNBUFFERED": "1"}


def embedded_conninfo(data: DataFolder) -> str:
    """How to reach the private cluster of ``data``, running or not."""
    socket = str(socket_folder(data.postgres_home, data.digest)).replace("\\", "\\\\").replace("'", "\\'")
    return f"host='{socket}' port=5432 user={DATABASE_ROLE} dbname={DATABASE_NAME}"


def _remembered_nats_url(data: DataFolder) -> str:
    """Empty until the private server has started once."""
    with _usable(data):
        return data.nats_url.read_text(encoding="utf-8").strip() if data.nats_url.exists() else ""


def _secret_key(data: DataFolder) -> str:
    with _usable(data):
        data.create()
        return secret_kept_in(data.secret_key)


def _own_keks(data: DataFolder) -> tuple[bytes, ...]:
    with _usable(data):
        data.create()
        return _keks(kek_kept_in(data.key_encryption_keys), str(data.key_encryption_keys))


def _keks(text: str, source: str) -> tuple[bytes, ...]:
    """By commas or one a line. Raises ``Invalid`` for what is no 256-bit key, without it."""
    digits = text.replace(",", " ").split()
    if any(len(one) != _KEK_DIGITS or not set(one.lower()) <= set("0123456789abcdef") for one in digits):
        raise Invalid("environment-not-a-kek", source=source, expected_digits=_KEK_DIGITS)
    return tuple(bytes.fromhex(one) for one in digits)


@contextmanager
def _usable(data: DataFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "data-folder-unusable", folder=str(data.path), reason=str(error.strerror), change="MAILLAGE_DATA"
        ) from error


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in _TRUE | _FALSE:
        raise Invalid("environment-not-a-switch", variable=name, value=value, expected="1 or 0")
    return value in _TRUE


def _port(environ: Mapping[str, str], name: str, default: int, following: int = 0) -> int:
    """A port after which ``following`` more are left."""
    value, highest = environ.get(name, "").strip() or str(default), _PORT_MAX - following
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= highest):
        raise Invalid("environment-not-a-port", variable=name, value=value, expected=f"1 to {highest}")
    return int(value)


def _optional_port(environ: Mapping[str, str], name: str) -> int | None:
    return _port(environ, name, 0) if environ.get(name, "").strip() else None


def _two_files(environ: Mapping[str, str], name: str) -> tuple[Path, Path] | None:
    """Two existing files by a comma, or nothing."""
    given = _words(environ.get(name, ""))
    if not given:
        return None
    paths = [Path(word).expanduser().absolute() for word in given]
    missing = [str(path) for path in paths if not path.is_file()]
    if len(paths) != 2 or missing:  # noqa: PLR2004 - a certificate and its key
        raise Invalid("environment-not-two-files", variable=name, value=environ[name], expected="CERTIFICATE,KEY")
    return paths[0], paths[1]


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _shards(environ: Mapping[str, str], name: str) -> int:
    value = environ.get(name, "").strip() or "1"
    if value not in _SHARDS:
        raise Invalid("environment-not-a-number-of-shards", variable=name, value=value, expected=", ".join(_SHARDS))
    return int(value)


def _region(environ: Mapping[str, str], name: str) -> Region:
    value = environ.get(name, "").strip() or DEFAULT_REGION.common_name
    try:
        return region_named(value)
    except Invalid as error:
        raise Invalid("environment-not-a-region", variable=name, value=value, expected=", ".join(REGIONS)) from error
