"""What a device listens with after an uplink: the values both sides must never disagree on."""

from dataclasses import dataclass, replace

from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dl_channel import DlChannelReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupReq


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """``dl_frequencies_hz``: by channel index, in order, the channels whose RX1 is not on the uplink's frequency."""

    rx1_delay_s: int
    rx1_dr_offset: int
    rx2_data_rate: int
    rx2_frequency_hz: int
    dl_frequencies_hz: tuple[tuple[int, int], ...] = ()

    def rx1_frequency_hz(self, channel_index: int, uplink_frequency_hz: int) -> int:
        return dict(self.dl_frequencies_hz).get(channel_index, uplink_frequency_hz)

    def after(self, request: MacCommand) -> "ReceiveSettings":
        """The settings once a request was accepted, on either side; the same where it does not concern them."""
        match request:
            case RXTimingSetupReq():
                return replace(self, rx1_delay_s=request.delay_s)
            case RXParamSetupReq():
                return replace(
                    self,
                    rx1_dr_offset=request.dl_settings.rx1_dr_offset,
                    rx2_data_rate=request.dl_settings.rx2_data_rate,
                    rx2_frequency_hz=request.frequency_hz,
                )
            case DlChannelReq():
                return self._with_dl(request.channel_index, request.frequency_hz)
            case NewChannelReq():
                return self._with_dl(request.channel_index, None)
            case _:
                return self

    def _with_dl(self, channel_index: int, frequency_hz: int | None) -> "ReceiveSettings":
        others = dict(self.dl_frequencies_hz)
        others.pop(channel_index, None)
        if frequency_hz is not None:
            others[channel_index] = frequency_hz
        return replace(self, dl_frequencies_hz=tuple(sorted(others.items())))
