"""Where and when a downlink may go: class A after an uplink, class C at once. Pure; LoRaWAN L2 1.0.4, §3.3, §17."""

from msgspec import Struct
from msgspec.structs import replace

from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.mac_exchange.state import INITIAL, MacState
from maillage.lorawan.mac_exchange.wishes import rx1_frequency_hz
from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.data_rate import DataRate, LoRaDataRate
from maillage.lorawan.regions.demodulation import required_snr_db
from maillage.lorawan.regions.region import ReceiveWindow, Region
from maillage.lorawan.server.stages import Received, Reception, ranked

_TMST_MODULUS = 1 << 32
_OVERHEAD_BYTES = 5
"""MHDR and MIC, which MACPayload does not count."""
_FSK_FLOOR_DBM = -105.0
"""What a device reads of 50 kbit/s FSK, which has no SNR (Semtech SX1276 data sheet, table 10)."""


class StationSlot(Struct, frozen=True):
    """How a Basics Station is told the window: by the uplink's context. ``rx_delay_s`` is always the first window's."""

    context: StationContext
    rx_delay_s: int
    is_rx2: bool


class Opportunity(Struct, frozen=True):
    """One gateway, one window. ``tmst_us`` and ``gps_ms`` (since the GPS epoch) None: at once. After ``deadline_s``
    (monotonic) a gateway next door could not be told any more; ``start_s`` is about when the frame begins.

    ``slot`` None: not after an uplink that a Basics Station heard. ``margin_db`` above what the device can read, as
    the way up lets it be expected.
    """

    gateway_eui: str
    frequency_hz: int
    data_rate: DataRate
    data_rate_index: int
    power_dbm: int
    tmst_us: int | None
    deadline_s: float
    slot: StationSlot | None = None
    margin_db: float = 0.0
    start_s: float = 0.0
    gps_ms: int | None = None

    @property
    def is_at_once(self) -> bool:
        return self.tmst_us is None and self.gps_ms is None


class RadioPlan:
    """The region's windows with the house's margins."""

    def __init__(self, region: Region, margin_s: float, max_eirp_dbm: int) -> None:
        self.region = region
        self._margin_s = margin_s
        self._max_eirp_dbm = max_eirp_dbm

    def class_a(self, received: Received, delay_s: int, mac: MacState = INITIAL) -> list[Opportunity]:
        """RX1 then RX2 of the gateway that heard best, then those of the next; as the session has its windows."""
        uplink_rate = self.region.data_rate_index(received.data_rate)
        rx2 = self._rx2(delay_s, mac)
        sent_dbm = min(self.region.tx_power_dbm(mac.tx_power), self._max_eirp_dbm)  # no battery sends 30 dBm
        found: list[Opportunity] = []
        for best in ranked(received.receptions):
            if uplink_rate is not None:
                rx1 = self._rx1(best.frequency_hz, uplink_rate, delay_s, mac)
                found.append(self._after(received, best, rx1, sent_dbm, _slot(best, delay_s, is_rx2=False)))
            found.append(self._after(received, best, rx2, sent_dbm, _slot(best, delay_s, is_rx2=True)))
        return found

    def class_c(self, gateway_eui: str, mac: MacState = INITIAL) -> Opportunity:
        """At once on RX2's parameters: where a class C device listens whenever it does nothing else."""
        rx2 = self._rx2(self.region.receive_delay1_s, mac)
        return self._opportunity(gateway_eui, rx2, None, float("inf"))

    def at_once(self, gateway_eui: str, frequency_hz: int, data_rate: int) -> Opportunity:
        """For a group that listens all the while."""
        return self._opportunity(gateway_eui, ReceiveWindow(frequency_hz, data_rate, 0), None, float("inf"))

    def at_gps_time(
        self, gateway_eui: str, window: ReceiveWindow, gps_ms: int, start_s: float, margin_db: float
    ) -> Opportunity:
        """At an instant of GPS time (class B); ``start_s`` is the same instant on the monotonic clock."""
        found = self._opportunity(gateway_eui, window, None, start_s - self._margin_s)
        return replace(found, gps_ms=gps_ms, start_s=start_s, margin_db=margin_db)

    def longest_payload(self, opportunities: list[Opportunity]) -> int:
        """Longest FRMPayload without FOpts that one of them can carry, in bytes."""
        rates = (self.region.max_payload(found.data_rate_index) for found in opportunities)
        return max((limit.frm_payload_bytes for limit in rates), default=0)

    def airtime_s(self, opportunity: Opportunity, phy_bytes: int) -> float:
        return airtime_us(opportunity.data_rate, phy_bytes, crc=False) / 1e6

    def longest_phy_payload(self, opportunity: Opportunity) -> int:
        return self.region.max_payload(opportunity.data_rate_index).mac_payload_bytes + _OVERHEAD_BYTES

    def _rx1(self, uplink_hz: int, uplink_rate: int, delay_s: int, mac: MacState) -> ReceiveWindow:
        rx1 = self.region.rx1(uplink_hz, uplink_rate, mac.rx1_dr_offset, delay_s)
        if not mac.taught:
            return rx1
        moved_hz = rx1_frequency_hz(mac, self.region, uplink_hz, rx1.frequency_hz)
        return ReceiveWindow(moved_hz, rx1.data_rate, rx1.delay_s)

    def _rx2(self, delay_s: int, mac: MacState) -> ReceiveWindow:
        rx2 = self.region.rx2(delay_s)
        rate = rx2.data_rate if mac.rx2_data_rate is None else mac.rx2_data_rate
        return ReceiveWindow(mac.rx2_frequency_hz or rx2.frequency_hz, rate, rx2.delay_s)

    def _after(
        self, received: Received, best: Reception, window: ReceiveWindow, sent_dbm: int, slot: StationSlot | None
    ) -> Opportunity:
        at_us = (best.tmst_us + window.delay_s * 1_000_000) % _TMST_MODULUS
        start_s = received.heard_s + window.delay_s
        found = self._opportunity(best.gateway.eui, window, at_us, start_s - self._margin_s, slot)
        gained_db = found.power_dbm - sent_dbm
        return replace(found, margin_db=_margin_db(best, found.data_rate) + gained_db, start_s=start_s)

    def _opportunity(
        self,
        gateway_eui: str,
        window: ReceiveWindow,
        tmst_us: int | None,
        deadline_s: float,
        slot: StationSlot | None = None,
    ) -> Opportunity:
        band = self.region.sub_band(window.frequency_hz)
        legal_dbm = self._max_eirp_dbm if band is None else band.max_erp_dbm + 2  # EIRP is ERP + 2.15 dB
        return Opportunity(
            gateway_eui,
            window.frequency_hz,
            self.region.data_rate(window.data_rate),
            window.data_rate,
            min(legal_dbm, self._max_eirp_dbm),
            tmst_us,
            deadline_s,
            slot,
        )


def _slot(best: Reception, rx_delay_s: int, *, is_rx2: bool) -> StationSlot | None:
    return None if best.context is None else StationSlot(best.context, rx_delay_s, is_rx2)


def _margin_db(heard: Reception, data_rate: DataRate) -> float:
    """Above what is needed at ``data_rate``, were both ends to send alike: the link is the same both ways."""
    if isinstance(data_rate, LoRaDataRate):
        return heard.snr_db - required_snr_db(data_rate)
    return heard.rssi_dbm - _FSK_FLOOR_DBM
