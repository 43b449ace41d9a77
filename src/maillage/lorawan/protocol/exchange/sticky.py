"""Answers that are repeated until a downlink is heard, so that none is lost (LoRaWAN L2 1.0.4, §5)."""

from collections.abc import Mapping

from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.device_mode import DeviceModeConf, DeviceModeInd
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns
from maillage.lorawan.protocol.mac.ping_slot_channel import PingSlotChannelAns
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoAns, PingSlotInfoReq
from maillage.lorawan.protocol.mac.rekey import RekeyConf, RekeyInd
from maillage.lorawan.protocol.mac.reset import ResetConf, ResetInd
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns
from maillage.lorawan.protocol.mac.tx_param_setup import TXParamSetupAns
from maillage.lorawan.protocol.mac.version_exchange import MINOR_1_1
from maillage.lorawan.protocol.version import Version

_ALWAYS: frozenset[type[MacCommand]] = frozenset((RXParamSetupAns, RXTimingSetupAns, DlChannelAns))
_SINCE_1_0_4: frozenset[type[MacCommand]] = _ALWAYS.union((TXParamSetupAns, PingSlotChannelAns))

STICKY: Mapping[Version, frozenset[type[MacCommand]]] = {
    Version.V1_0_2: _ALWAYS,
    Version.V1_0_3: _ALWAYS,
    Version.V1_0_4: _SINCE_1_0_4,
    Version.V1_1: _ALWAYS,
}
"""What a device of that version repeats."""

POSSIBLY_STICKY_CIDS = frozenset(command.CID for command in _SINCE_1_0_4)
"""What a network must expect to hear again, whatever the version that a device declares."""


def confirmation(command: MacCommand) -> MacCommand | None:
    """What the network owes at once to a device that repeats itself until it is confirmed; else None."""
    match command:
        case ResetInd():
            return ResetConf(min(command.minor, MINOR_1_1))
        case RekeyInd():
            return RekeyConf(min(command.minor, MINOR_1_1))
        case DeviceModeInd():
            return DeviceModeConf(command.device_class)
        case PingSlotInfoReq():
            return PingSlotInfoAns()
        case _:
            return None
