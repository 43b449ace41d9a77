"""The three kinds of ``dnmsg``. Source: *The LNS Protocol*, single frame downlink."""

from maillage.lorawan.gateways.basics_station.messages import Downlink
from maillage.lorawan.gateways.context import StationContext

# Any but zero, says the protocol; the device's own EUI is none of the gateway's business.
_DEV_EUI = "00-00-00-00-00-00-00-01"
_CLASS_A, _CLASS_B, _CLASS_C = 0, 1, 2
_PRIORITY = 1


def in_rx1(
    diid: int, phy: bytes, data_rate: int, frequency_hz: int, rx_delay_s: int, context: StationContext
) -> Downlink:
    """Class A, first window only: ``rx_delay_s`` after the uplink of ``context``."""
    return Downlink(
        _DEV_EUI,
        _CLASS_A,
        diid,
        phy.hex().upper(),
        _PRIORITY,
        rx_delay_s=rx_delay_s,
        rx1_data_rate=data_rate,
        rx1_frequency_hz=frequency_hz,
        xtime=context.xtime,
        rctx=context.rctx,
    )


def in_rx2(
    diid: int, phy: bytes, data_rate: int, frequency_hz: int, rx_delay_s: int, context: StationContext
) -> Downlink:
    """Class A, second window only: the station adds one second to ``rx_delay_s``, which is the first window's."""
    return Downlink(
        _DEV_EUI,
        _CLASS_A,
        diid,
        phy.hex().upper(),
        _PRIORITY,
        rx_delay_s=rx_delay_s,
        rx2_data_rate=data_rate,
        rx2_frequency_hz=frequency_hz,
        xtime=context.xtime,
        rctx=context.rctx,
    )


def at_gps_time(diid: int, phy: bytes, data_rate: int, frequency_hz: int, gpstime_us: int) -> Downlink:
    """Class B: at an instant in µs since the GPS epoch."""
    return Downlink(
        _DEV_EUI,
        _CLASS_B,
        diid,
        phy.hex().upper(),
        _PRIORITY,
        data_rate=data_rate,
        frequency_hz=frequency_hz,
        gpstime=gpstime_us,
    )


def at_once(diid: int, phy: bytes, data_rate: int, frequency_hz: int) -> Downlink:
    """Class C: as soon as the air is free, within a second."""
    return Downlink(
        _DEV_EUI,
        _CLASS_C,
        diid,
        phy.hex().upper(),
        _PRIORITY,
        rx2_data_rate=data_rate,
        rx2_frequency_hz=frequency_hz,
    )
