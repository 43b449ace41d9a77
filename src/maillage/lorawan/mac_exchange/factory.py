"""What an ABP device has before the network taught it anything: the band's own channels, no CFList's."""

from maillage.lorawan.mac_exchange.state import MacState
from maillage.lorawan.protocol.mac.new_channel import NewChannelReq
from maillage.lorawan.protocol.mac.stream import encode_commands
from maillage.lorawan.regions.region import Region


def abp_state(region: Region) -> MacState:
    """The channels that a join would have taught are written as removed, so that they are taught one by one."""
    own, joined = len(region.default_channels), region.joined.channels
    absent = [NewChannelReq(index, 0, 0, 0) for index in range(own, len(joined))]
    return MacState(channels=(1 << own) - 1, taught=encode_commands(absent))
