"""Gateways, devices, their sessions, the frame log and the downlink queue.

EUIs are 16 lower-case hexadecimal digits. The hot columns (counters, last seen) are written in groups by ``store.py``.
"""

from typing import ClassVar

from django.contrib.gis.db import models as gis
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from maillage.identity.models import User
from maillage.identity.tenancy import TenantOwned
from maillage.lorawan.health.models import DeviceHealth as DeviceHealth  # Django looks for a capability's models here
from maillage.lorawan.health.models import Hearing as Hearing
from maillage.lorawan.integrations import models as _integrations  # noqa: F401 - Django looks for them here

EUI = RegexValidator(r"^[0-9a-f]{16}\Z", code="eui")


class Gateway(TenantOwned):
    """A LoRaWAN gateway of the body. Frames of unregistered gateways are refused and counted."""

    eui = models.CharField(max_length=16, primary_key=True, validators=[EUI])
    name = models.CharField(max_length=100)
    location = gis.PointField(srid=4326, null=True, blank=True)
    altitude_m = models.FloatField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    uplink_count = models.PositiveBigIntegerField(default=0, help_text="Radio packets forwarded with good CRC.")
    crc_error_count = models.PositiveBigIntegerField(default=0)
    downlink_count = models.PositiveBigIntegerField(default=0)
    downlink_failure_count = models.PositiveBigIntegerField(default=0)
    round_trip_ms = models.FloatField(null=True, blank=True, help_text="Smoothed; null before the first answer.")
    gps_time_at = models.DateTimeField(null=True, blank=True, help_text="When it last gave an uplink's GPS time.")


class GatewayCertificate(models.Model):
    """A certificate that the house's authority issued to a gateway; its key is never kept.

    A gateway with one is heard over TLS only. ``renewal_asked_at``: CUPS hands out the next one.
    """

    serial = models.CharField(max_length=40, primary_key=True, help_text="Lower-case hexadecimal.")
    gateway = models.ForeignKey(Gateway, on_delete=models.CASCADE, related_name="certificates")
    issued_at = models.DateTimeField()
    not_after = models.DateTimeField()
    first_used_at = models.DateTimeField(null=True, blank=True)
    renewal_asked_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="By a person, or when its successor was used.")

    class Meta:
        ordering: ClassVar = ["-issued_at", "serial"]

    def __str__(self) -> str:
        return self.serial


class Device(TenantOwned):
    """One LoRaWAN end device: the single record of its identity, keys and model."""

    dev_eui = models.CharField(max_length=16, primary_key=True, validators=[EUI])
    join_eui = models.CharField(max_length=16, validators=[EUI], blank=True, help_text="Empty for ABP.")
    app_key = models.BinaryField(null=True, blank=True, help_text="Wrapped (``keys.py``); null for ABP.")
    nwk_key = models.BinaryField(null=True, blank=True, help_text="Wrapped; null for a device of 1.0.x.")
    is_abp = models.BooleanField(
        default=False, db_default=False, help_text="Its session was registered with it: it never joins."
    )
    counters_relaxed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="ABP: its uplink counter may begin again. Whoever recorded its frames may then play them again.",
    )
    owner_token = models.BinaryField(
        null=True, blank=True, help_text="TR005 owner token, wrapped: who holds it may claim the device."
    )
    model_key = models.CharField(max_length=64, help_text="Folder name in lorawan/codecs/models, or imported here.")
    name = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    decommissioned_at = models.DateTimeField(null=True, blank=True)
    join_nonce = models.PositiveIntegerField(default=0, help_text="Last JoinNonce used; never reused.")
    last_dev_nonce = models.IntegerField(default=-1, help_text="Highest DevNonce seen (LoRaWAN 1.0.4 rule).")
    last_rj_count1 = models.IntegerField(default=-1, db_default=-1, help_text="Highest RJcount1 seen (1.1, §6.2.4.2).")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    last_rssi_dbm = models.FloatField(null=True, blank=True)
    last_snr_db = models.FloatField(null=True, blank=True)
    last_gateways = ArrayField(models.CharField(max_length=16), default=list)
    battery = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="As DevStatusAns: 0 external power, 1..254 level, 255 unknown."
    )
    status_margin_db = models.SmallIntegerField(
        null=True, blank=True, help_text="SNR at which the device heard the question for its status."
    )
    status_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # Neither names a column that an uplink writes: an index on one of those would undo HOT updates.
        indexes: ClassVar = [
            models.Index(fields=["name", "dev_eui"], name="lorawan_device_by_name"),
            models.Index(fields=["organisation", "name", "dev_eui"], name="lorawan_device_by_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.dev_eui})"


class UsedDevNonce(models.Model):
    """A DevNonce already spent by a device: a join that repeats it is a replay (LoRaWAN 1.0.3 §6.2.4)."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    dev_nonce = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "dev_nonce"], name="lorawan_dev_nonce_once"),
        ]


class Session(models.Model):
    """The activated state of a device. Counters here are durable before anything that used them is visible."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="session")
    dev_addr = models.BigIntegerField(db_index=True)
    nwk_s_key = models.BinaryField(help_text="Wrapped (``keys.py``); FNwkSIntKey in 1.1.")
    app_s_key = models.BinaryField(help_text="Wrapped (``keys.py``).")
    s_nwk_s_int_key = models.BinaryField(null=True, help_text="Wrapped; null in a session of 1.0.x.")
    nwk_s_enc_key = models.BinaryField(null=True, help_text="Wrapped; null in a session of 1.0.x.")
    f_cnt_up = models.BigIntegerField(default=-1, help_text="Last accepted uplink counter; -1 before the first.")
    f_cnt_down = models.BigIntegerField(default=0, help_text="Next downlink counter to use; NFCntDown in 1.1.")
    a_f_cnt_down = models.BigIntegerField(db_default=0, help_text="Next AFCntDown to use (1.1).")
    conf_f_cnt_down = models.BigIntegerField(
        db_default=0, help_text="Counter of the last confirmed downlink, bound into the MIC that acknowledges it (1.1)."
    )
    last_rj_count0 = models.IntegerField(db_default=-1, help_text="Highest RJcount0 of this session (1.1).")
    mismatch = models.CharField(
        max_length=24, db_default="", blank=True, help_text="How the device differs from its model: ``server.joins``."
    )
    rx1_delay_s = models.PositiveSmallIntegerField(default=1)
    joined_at = models.DateTimeField()
    # What the device uses and what it was told (``mac_exchange.state.MacState``), committed with the counters.
    data_rate = models.PositiveSmallIntegerField(null=True, help_text="Of the last uplink.")
    tx_power = models.PositiveSmallIntegerField(db_default=0, help_text="The region's power index.")
    nb_trans = models.PositiveSmallIntegerField(db_default=1)
    channel_mask = models.BigIntegerField(null=True, help_text="Null: the channels that the join gave.")
    rx1_dr_offset = models.PositiveSmallIntegerField(db_default=0)
    rx2_data_rate = models.PositiveSmallIntegerField(null=True, help_text="Null: the region's.")
    rx2_frequency_hz = models.BigIntegerField(null=True, help_text="Null: the region's.")
    max_data_rate = models.SmallIntegerField(null=True, help_text="Above it the device has declined.")
    max_tx_power = models.SmallIntegerField(null=True, help_text="Beyond this index the device has declined.")
    mac_pending = models.BinaryField(db_default=b"", help_text="Requests of the last downlink that had some, encoded.")
    mac_attempts = models.PositiveSmallIntegerField(db_default=0)
    mac_quiet_until_f_cnt = models.BigIntegerField(db_default=0)
    status_due_at = models.DateTimeField(null=True, help_text="When the device is asked for its battery again.")
    mac_settling = models.BigIntegerField(
        db_default=0, help_text="Bit i: the answer to the request of identifier i may come once more."
    )
    mac_taught = models.BinaryField(db_default=b"", help_text="Channels the device has accepted, as requests, encoded.")
    mac_refused = models.BinaryField(db_default=b"", help_text="Requests the device has declined, encoded.")


class PendingSession(models.Model):
    """What a Rejoin-Request of 1.1 was answered with: it takes the session's place with its first uplink."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="+")
    dev_addr = models.BigIntegerField()
    nwk_s_key = models.BinaryField(help_text="Wrapped: FNwkSIntKey.")
    app_s_key = models.BinaryField(help_text="Wrapped.")
    s_nwk_s_int_key = models.BinaryField(null=True, help_text="Wrapped.")
    nwk_s_enc_key = models.BinaryField(null=True, help_text="Wrapped.")
    rx1_delay_s = models.PositiveSmallIntegerField()
    rx1_dr_offset = models.PositiveSmallIntegerField()
    rx2_data_rate = models.PositiveSmallIntegerField(null=True)
    keeps_radio = models.BooleanField(help_text="The device keeps its radio settings (type 2).")
    joined_at = models.DateTimeField()


class Downlink(models.Model):
    """A message waiting for, or sent to, a device.

    ``data`` is encoded by the model's codec when ``payload`` is null.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        ACKNOWLEDGED = "acknowledged"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=64, blank=True, help_text="What it serves, such as a command's id.")
    data = models.JSONField(null=True, blank=True)
    f_port = models.PositiveSmallIntegerField(null=True, blank=True)
    payload = models.BinaryField(null=True, blank=True)
    confirmed = models.BooleanField(default=False, help_text="Ask the device to acknowledge at the LoRaWAN level.")
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    cause = models.CharField(max_length=64, blank=True, help_text="Stable code of why it failed or expired.")
    detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    f_cnt_down = models.BigIntegerField(null=True, blank=True)
    gateway_eui = models.CharField(max_length=16, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["device", "created_at"], name="lorawan_downlink_device"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["queued", "sent"]),
                name="lorawan_downlink_open",
            ),
        ]


class Frame(models.Model):
    """The frame log, partitioned by day and kept 7 days; also the outbox of uplinks (see ``PublicationCursor``)."""

    class Direction(models.TextChoices):
        UP = "up"
        DOWN = "down"

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    direction = models.CharField(max_length=4, choices=Direction)
    dev_eui = models.CharField(max_length=16)
    organisation_id = models.BigIntegerField()
    dev_addr = models.BigIntegerField(null=True)
    m_type = models.PositiveSmallIntegerField()
    f_cnt = models.BigIntegerField(null=True)
    f_port = models.PositiveSmallIntegerField(null=True)
    frequency_hz = models.PositiveIntegerField()
    data_rate = models.CharField(max_length=16, help_text="As gateways write it, such as SF7BW125.")
    phy_payload = models.BinaryField()
    payload = models.BinaryField(null=True, help_text="Decrypted FRMPayload.")
    receptions = models.JSONField(help_text="Uplink: every gateway's eui, rssi_dbm, snr_db. Downlink: the sender.")
    decoded = models.JSONField(null=True, help_text="The codec's data, or its error.")
    f_opts = models.BinaryField(null=True, help_text="Of a session of 1.1: its FOpts deciphered; null in 1.0.x.")

    class Meta:
        managed = False
        db_table = "lorawan_frame"


class PublicationCursor(models.Model):
    """How far the frame log has been handed to the event bus; what lies after it is published again at start.

    ``of`` is the number of shards that the log was divided into.
    """

    shard = models.PositiveSmallIntegerField(primary_key=True)
    frame_id = models.BigIntegerField(default=0)
    of = models.PositiveSmallIntegerField(default=1, db_default=1)


class ShardOwner(models.Model):
    """How often a shard has changed hands: who lost its lock and comes back sees whether somebody else came."""

    shard = models.PositiveSmallIntegerField(primary_key=True)
    epoch = models.BigIntegerField(default=0)


class Refusal(models.Model):
    """How often something was refused, by day, cause, gateway and subject: where the operator looks for trouble."""

    day = models.DateField()
    cause = models.CharField(max_length=48)
    gateway_eui = models.CharField(max_length=16, blank=True)
    subject = models.CharField(max_length=32, blank=True, help_text="DevEUI, DevAddr or peer address.")
    count = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()
    sample = models.BinaryField(max_length=255)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "cause", "gateway_eui", "subject"], name="lorawan_refusal_key"),
        ]


class DeviceImport(models.Model):
    """A file of devices, read and judged, that its sender may confirm until it expires.

    It holds the keys (wrapped) of devices not registered yet, so that nothing is taken back from the browser; the row
    goes with its confirmation, or with the first upload after it has expired.
    """

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the file.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    good = models.JSONField(help_text="Rows to register, as queries.preview reads them.")
    bad = models.JSONField(help_text="Rows refused, with their reasons.")
    ignored_columns = models.JSONField()


class ClaimFailure(models.Model):
    """A claim whose owner token was wrong: what slows down who guesses."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    dev_eui = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "at"], name="lorawan_claim_failure_user"),
            models.Index(fields=["dev_eui", "at"], name="lorawan_claim_failure_device"),
        ]
