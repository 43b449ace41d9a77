"""What a region is, as values and the questions asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maillage.kernel.errors import Invalid
from maillage.lorawan.regions.channel_mask import apply_mask, masks_between
from maillage.lorawan.regions.channel_plan import Channel as Channel
from maillage.lorawan.regions.channel_plan import ChannelPlan, ChannelSet
from maillage.lorawan.regions.data_rate import DataRate

_REPEATED_MAX_BYTES = 230
_BEACON_PERIOD_S = 128


@dataclass(frozen=True, slots=True)
class SubBand:
    """A slice of spectrum under one rule: ``low_hz`` included, ``high_hz`` excluded, power as ERP.

    ``duty_cycle`` 1.0 is no limit.
    """

    name: str
    low_hz: int
    high_hz: int
    duty_cycle: float
    max_erp_dbm: int


@dataclass(frozen=True, slots=True)
class MaxPayload:
    """Longest MACPayload (M) and longest FRMPayload without FOpts (N), in bytes; 0 where nothing may be sent."""

    mac_payload_bytes: int
    frm_payload_bytes: int


@dataclass(frozen=True, slots=True)
class ReceiveWindow:
    """Where a device listens: frequency, data-rate index, and the delay after the end of its uplink."""

    frequency_hz: int
    data_rate: int
    delay_s: int


@dataclass(frozen=True, slots=True)
class DwellTime:
    """Whether a transmission is limited to 400 ms, each way, before any TxParamSetupReq."""

    uplink: bool
    downlink: bool


@dataclass(frozen=True, slots=True)
class Beacon:
    """Class B. With several frequencies, beacon and ping slots hop over them."""

    data_rate: int
    frequencies_hz: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A band plan. Data rates and powers are indexed as the standard indexes them; None is a reserved rate.

    ``rx1_data_rates[uplink rate][RX1DROffset]``, an empty row where the rate is no uplink's. The two ``dwell_`` tables
    replace the plain ones while a dwell time limits the transmission; they are None where that changes nothing.
    """

    name: str
    common_name: str
    revision: str
    plan: ChannelPlan
    data_rates: tuple[DataRate | None, ...]
    uplink_data_rates: range
    downlink_data_rates: range
    sub_bands: tuple[SubBand, ...]
    max_payloads: tuple[MaxPayload, ...]
    tx_powers_dbm: tuple[int, ...]
    rx1_data_rates: tuple[tuple[int, ...], ...]
    rx2_frequency_hz: int
    rx2_data_rate: int
    beacon: Beacon
    dwell: DwellTime = DwellTime(uplink=False, downlink=False)
    dwell_max_payloads: tuple[MaxPayload, ...] | None = None
    dwell_rx1_data_rates: tuple[tuple[int, ...], ...] | None = None
    receive_delay1_s: int = 1
    join_accept_delay1_s: int = 5
    joined: ChannelSet = field(init=False, repr=False, compare=False)
    """What a device has after a join with our own CFList."""
    _index_of: Mapping[DataRate, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ups = {rate: index for index in self.uplink_data_rates if (rate := self.data_rates[index]) is not None}
        object.__setattr__(self, "_index_of", ups)
        object.__setattr__(self, "joined", self.plan.joined(self.plan.cf_list()))

    @property
    def default_channels(self) -> tuple[Channel, ...]:
        """The uplink channels of every device before it joins."""
        return self.plan.default_channels

    @property
    def extra_channels(self) -> tuple[Channel, ...]:
        """Those that our network adds."""
        return self.plan.extra_channels

    def data_rate(self, index: int) -> DataRate:
        """The modulation of an index; ``Invalid`` if it is reserved."""
        found = self.data_rates[index] if 0 <= index < len(self.data_rates) else None
        if found is None:
            raise Invalid("lorawan.data_rate", data_rate=index, region=self.name)
        return found

    def data_rate_index(self, data_rate: DataRate) -> int | None:
        """The index of an uplink's modulation; None if uplinks of this region do not use it."""
        return self._index_of.get(data_rate)

    def max_payload(self, data_rate: int, *, dwell_limited: bool | None = None, repeater: bool = False) -> MaxPayload:
        """``dwell_limited`` None: as downlinks are before any TxParamSetupReq. ``repeater``: where one may relay."""
        self.data_rate(data_rate)
        limited = self.dwell.downlink if dwell_limited is None else dwell_limited
        table = (self.dwell_max_payloads if limited else None) or self.max_payloads
        return _repeatable(table[data_rate]) if repeater else table[data_rate]

    def rx1_data_rate(self, uplink_data_rate: int, rx1_dr_offset: int = 0, *, dwell_limited: bool | None = None) -> int:
        """The data rate of RX1 for an uplink at that rate; ``dwell_limited`` tells of the downlink, as above."""
        self.data_rate(uplink_data_rate)
        limited = self.dwell.downlink if dwell_limited is None else dwell_limited
        row = ((self.dwell_rx1_data_rates if limited else None) or self.rx1_data_rates)[uplink_data_rate]
        if not row:
            raise Invalid("lorawan.data_rate", data_rate=uplink_data_rate, region=self.name)
        if not 0 <= rx1_dr_offset < len(row):
            raise Invalid("lorawan.rx1_dr_offset", offset=rx1_dr_offset, region=self.name)
        return row[rx1_dr_offset]

    def rx1(self, uplink_frequency_hz: int, uplink_data_rate: int, rx1_dr_offset: int, delay_s: int) -> ReceiveWindow:
        """The first window, ``delay_s`` after the uplink, on the channel that the plan pairs with the uplink's."""
        data_rate = self.rx1_data_rate(uplink_data_rate, rx1_dr_offset)
        return ReceiveWindow(self.plan.rx1_frequency_hz(uplink_frequency_hz, uplink_data_rate), data_rate, delay_s)

    def rx2(self, rx1_delay_s: int) -> ReceiveWindow:
        """The second window, one second after the first, at the region's default settings."""
        return ReceiveWindow(self.rx2_frequency_hz, self.rx2_data_rate, rx1_delay_s + 1)

    def ping_slot_frequency_hz(self, dev_addr: int, beacon_time_s: int) -> int:
        """Where a class B device listens in the beacon period that begins then (GPS time; LoRaWAN L2 1.0.4, §13)."""
        hops = self.beacon.frequencies_hz
        return hops[(dev_addr + beacon_time_s // _BEACON_PERIOD_S) % len(hops)]

    def sub_band(self, frequency_hz: int) -> SubBand | None:
        """The rule that governs a frequency; None where nothing may be sent."""
        return next((band for band in self.sub_bands if band.low_hz <= frequency_hz < band.high_hz), None)

    def tx_power_dbm(self, index: int) -> int:
        """EIRP of a device's power index."""
        if not 0 <= index < len(self.tx_powers_dbm):
            raise Invalid("lorawan.tx_power", index=index, region=self.name)
        return self.tx_powers_dbm[index]

    def cf_list(self) -> bytes:
        """The CFList that teaches a joining device our channels; empty where there is nothing to teach."""
        return self.plan.cf_list()

    def channels_after_join(self, cf_list: bytes) -> ChannelSet:
        """What a device makes of a CFList; of none, or of one of another region's type, it learns nothing."""
        return self.plan.joined(cf_list)

    def channel_mask(self, enabled: int, defined: int, ch_mask_cntl: int, ch_mask: int) -> int | None:
        """The channels enabled after a LinkADRReq; None if the device must refuse the mask. Bit i is channel i."""
        return apply_mask(self.plan.mask_rules, enabled, defined, ch_mask_cntl, ch_mask)

    def channel_masks(self, enabled: int, wanted: int, defined: int) -> tuple[tuple[int, int], ...]:
        """The fewest (ChMaskCntl, ChMask) that lead a device from ``enabled`` to ``wanted``; at least one."""
        return masks_between(self.plan.mask_rules, enabled, wanted, defined)


def _repeatable(limit: MaxPayload) -> MaxPayload:
    """A repeater's envelope leaves 230 bytes (RP002-1.0.4, "Maximum payload size" of each region)."""
    longest = min(limit.mac_payload_bytes, _REPEATED_MAX_BYTES)
    return MaxPayload(longest, limit.frm_payload_bytes - (limit.mac_payload_bytes - longest))
