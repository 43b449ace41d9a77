"""What a region is, as values and the questions asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.join import encode_cf_list
from maillage.lorawan.regions.data_rate import DataRate


@dataclass(frozen=True, slots=True)
class Channel:
    """An uplink channel and the data rates allowed on it, both bounds included."""

    frequency_hz: int
    min_data_rate: int
    max_data_rate: int


@dataclass(frozen=True, slots=True)
class SubBand:
    """A slice of spectrum under one rule: ``low_hz`` included, ``high_hz`` excluded, power as ERP."""

    name: str
    low_hz: int
    high_hz: int
    duty_cycle: float
    max_erp_dbm: int


@dataclass(frozen=True, slots=True)
class MaxPayload:
    """Longest MACPayload (M) and longest FRMPayload without FOpts (N), in bytes."""

    mac_payload_bytes: int
    frm_payload_bytes: int


@dataclass(frozen=True, slots=True)
class ReceiveWindow:
    """Where a device listens: frequency, data-rate index, and the delay after the end of its uplink."""

    frequency_hz: int
    data_rate: int
    delay_s: int


@dataclass(frozen=True, slots=True)
class Region:
    """A band plan. Data rates and powers are indexed as the standard indexes them."""

    name: str
    data_rates: tuple[DataRate, ...]
    default_channels: tuple[Channel, ...]
    extra_channels: tuple[Channel, ...]
    sub_bands: tuple[SubBand, ...]
    max_payloads: tuple[MaxPayload, ...]
    tx_powers_dbm: tuple[int, ...]
    rx1_data_rates: tuple[tuple[int, ...], ...]
    rx2_frequency_hz: int
    rx2_data_rate: int
    receive_delay1_s: int = 1
    join_accept_delay1_s: int = 5
    _index_of: Mapping[DataRate, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index_of", {rate: index for index, rate in enumerate(self.data_rates)})

    def data_rate_index(self, data_rate: DataRate) -> int | None:
        """The index of a modulation; None if the region has no such rate."""
        return self._index_of.get(data_rate)

    def max_payload(self, data_rate: int) -> MaxPayload:
        return self.max_payloads[self._known(data_rate)]

    def rx1_data_rate(self, uplink_data_rate: int, rx1_dr_offset: int = 0) -> int:
        """The data rate of RX1 for an uplink at that rate."""
        row = self.rx1_data_rates[self._known(uplink_data_rate)]
        if not 0 <= rx1_dr_offset < len(row):
            raise Invalid("lorawan.rx1_dr_offset", offset=rx1_dr_offset, region=self.name)
        return row[rx1_dr_offset]

    def rx1(self, uplink_frequency_hz: int, uplink_data_rate: int, rx1_dr_offset: int, delay_s: int) -> ReceiveWindow:
        """The first window: on the uplink's own channel, ``delay_s`` after it."""
        data_rate = self.rx1_data_rate(uplink_data_rate, rx1_dr_offset)
        return ReceiveWindow(uplink_frequency_hz, data_rate, delay_s)

    def rx2(self, rx1_delay_s: int) -> ReceiveWindow:
        """The second window, one second after the first, at the region's default settings."""
        return ReceiveWindow(self.rx2_frequency_hz, self.rx2_data_rate, rx1_delay_s + 1)

    def sub_band(self, frequency_hz: int) -> SubBand | None:
        """The rule that governs a frequency; None where nothing may be sent."""
        return next((band for band in self.sub_bands if band.low_hz <= frequency_hz < band.high_hz), None)

    def tx_power_dbm(self, index: int) -> int:
        """EIRP of a device's power index."""
        if not 0 <= index < len(self.tx_powers_dbm):
            raise Invalid("lorawan.tx_power", index=index, region=self.name)
        return self.tx_powers_dbm[index]

    def cf_list(self) -> bytes:
        """The CFList that teaches a joining device the extra channels."""
        return encode_cf_list(tuple(channel.frequency_hz for channel in self.extra_channels))

    def _known(self, data_rate: int) -> int:
        if not 0 <= data_rate < len(self.data_rates):
            raise Invalid("lorawan.data_rate", data_rate=data_rate, region=self.name)
        return data_rate
