"""What a gateway must be given back to answer a frame that it heard, beyond its 32-bit counter."""

from msgspec import Struct


class StationContext(Struct, frozen=True, gc=False):
    """Of a LoRa Basics Station: its 64-bit time and antenna of the uplink, passed back unchanged.

    ``epoch`` counts the station's clock as the server has seen it: a context of an earlier one means nothing any more.
    """

    xtime: int
    rctx: int
    epoch: int = 0
