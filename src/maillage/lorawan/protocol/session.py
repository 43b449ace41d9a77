"""What 1.0.x and 1.1 sessions have in common, so that who sends and receives need not know which it is."""

from typing import NamedTuple, Protocol

from maillage.lorawan.protocol.frames import DataDownlink, DataUplink
from maillage.lorawan.protocol.types import Direction


class UplinkRadio(NamedTuple):
    """What 1.1 binds into an uplink's MIC (1.1, §4.4.1): data-rate and channel index it is sent with, and the
    counter of the confirmed downlink it acknowledges, used only where its ACK bit is set.
    """

    data_rate: int
    channel: int
    conf_f_cnt: int = 0


class Session(Protocol):
    """MIC and ciphers of one session, both ways. Counters are full, 0..2^32 - 1.

    ``conf_f_cnt`` is the counter of the confirmed frame that this one acknowledges. 1.0.x ignores it, and
    ``sent``, and leaves FOpts in clear.
    """

    def signs_uplink(self, frame: DataUplink, f_cnt: int, sent: UplinkRadio | None = None, /) -> bool: ...

    def signs_downlink(self, frame: DataDownlink, f_cnt: int, conf_f_cnt: int = 0, /) -> bool: ...

    def uplink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, sent: UplinkRadio | None = None, /) -> bytes: ...

    def downlink_mic(self, dev_addr: int, f_cnt: int, msg: bytes, conf_f_cnt: int = 0, /) -> bytes: ...

    def crypt(self, direction: Direction, dev_addr: int, f_cnt: int, payload: bytes, port: int, /) -> bytes: ...

    def crypt_f_opts(
        self, direction: Direction, dev_addr: int, f_cnt: int, f_opts: bytes, f_port: int | None, /
    ) -> bytes: ...

    def release(self) -> None: ...
