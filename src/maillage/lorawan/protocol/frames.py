"""A PHYPayload as a typed value. Source: LoRaWAN L2 1.0.4, §4 (data), §6.2 (join); 1.1, §6.2.4 (rejoin).

FRMPayload stays encrypted and the MIC unchecked: both need a session
(:mod:`maillage.lorawan.protocol.crypto`).
"""

from msgspec import Struct

from maillage.lorawan.protocol.eui import EUI64

_ADR = 0x80
_ADR_ACK_REQ = 0x40
_ACK = 0x20
_BIT_4 = 0x10


class JoinRequest(Struct, frozen=True, gc=False):
    """``signed`` is what the MIC covers: everything but the MIC itself."""

    join_eui: EUI64
    dev_eui: EUI64
    dev_nonce: int
    signed: bytes
    mic: bytes


class JoinAccept(Struct, frozen=True, gc=False):
    """``encrypted`` is JoinAccept | MIC under the device's root key, 16 or 32 bytes."""

    encrypted: bytes


class DataUplink(Struct, frozen=True, gc=False):
    """A data frame of a device. ``f_cnt_16`` is the lower half of the counter; no port, no FRMPayload."""

    confirmed: bool
    dev_addr: int
    f_ctrl: int
    f_cnt_16: int
    f_opts: bytes
    f_port: int | None
    frm_payload: bytes
    signed: bytes
    mic: bytes

    @property
    def adr(self) -> bool:
        return bool(self.f_ctrl & _ADR)

    @property
    def adr_ack_req(self) -> bool:
        return bool(self.f_ctrl & _ADR_ACK_REQ)

    @property
    def ack(self) -> bool:
        return bool(self.f_ctrl & _ACK)

    @property
    def class_b(self) -> bool:
        return bool(self.f_ctrl & _BIT_4)


class DataDownlink(Struct, frozen=True, gc=False):
    """A data frame of the network. Same fields as an uplink; two bits of FCtrl mean something else."""

    confirmed: bool
    dev_addr: int
    f_ctrl: int
    f_cnt_16: int
    f_opts: bytes
    f_port: int | None
    frm_payload: bytes
    signed: bytes
    mic: bytes

    @property
    def adr(self) -> bool:
        return bool(self.f_ctrl & _ADR)

    @property
    def ack(self) -> bool:
        return bool(self.f_ctrl & _ACK)

    @property
    def f_pending(self) -> bool:
        return bool(self.f_ctrl & _BIT_4)


class RejoinRequest(Struct, frozen=True, gc=False):
    """1.1 only. ``origin``, big-endian, is the NetID (types 0 and 2) or the JoinEUI (type 1)."""

    rejoin_type: int
    origin: bytes
    dev_eui: EUI64
    rj_count: int
    signed: bytes
    mic: bytes


class Proprietary(Struct, frozen=True, gc=False):
    """A frame of a manufacturer's own; ``body`` follows MHDR."""

    body: bytes


Frame = JoinRequest | JoinAccept | DataUplink | DataDownlink | RejoinRequest | Proprietary
