"""MAC commands in words: what was asked and answered beside the payload, in the active language."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maillage.lorawan.mac_exchange.wishes import taught_channels, taught_downlinks
from maillage.lorawan.models import Frame
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.frames import DataDownlink, DataUplink
from maillage.lorawan.protocol.mac.adr_param_setup import ADRParamSetupAns, ADRParamSetupReq
from maillage.lorawan.protocol.mac.beacon_freq import BeaconFreqAns, BeaconFreqReq
from maillage.lorawan.protocol.mac.beacon_timing import BeaconTimingAns, BeaconTimingReq
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import BATTERY_UNKNOWN, EXTERNAL_POWER, DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.device_mode import DeviceModeConf, DeviceModeInd
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleAns, DutyCycleReq
from maillage.lorawan.protocol.mac.force_rejoin import ForceRejoinReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns, LinkCheckReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.ping_slot_channel import PingSlotChannelAns, PingSlotChannelReq
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoAns, PingSlotInfoReq
from maillage.lorawan.protocol.mac.rejoin_param_setup import RejoinParamSetupAns, RejoinParamSetupReq
from maillage.lorawan.protocol.mac.rekey import RekeyConf, RekeyInd
from maillage.lorawan.protocol.mac.reset import ResetConf, ResetInd
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import parse_commands
from maillage.lorawan.protocol.mac.tx_param_setup import TXParamSetupAns, TXParamSetupReq
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.web import formats

_MAC_PORT = 0
_KEEP = 15
_REGION = EU863_870
_Command = TypeVar("_Command", bound=MacCommand)


def mac_words(frame: Frame) -> tuple[str, ...]:
    """One sentence a command of a frame of the log, in order; none for a join or a frame that cannot be read."""
    try:
        read = parse_frame(bytes(frame.phy_payload))
    except FrameError:
        return ()
    if not isinstance(read, DataUplink | DataDownlink):
        return ()
    is_1_1 = frame.f_opts is not None  # encrypted on the air, deciphered in the log
    f_opts = bytes(frame.f_opts or b"") if is_1_1 else read.f_opts
    clear = bytes(frame.payload or b"") if read.f_port == _MAC_PORT else f_opts
    way = Direction.UPLINK if isinstance(read, DataUplink) else Direction.DOWNLINK
    stream = parse_commands(way, clear, Version.V1_1 if is_1_1 else Version.V1_0_4)
    words = [command_words(command) for command in stream.commands]
    if stream.remainder is not None:
        words.append(_("Suite illisible : %(bytes)s") % {"bytes": stream.remainder.data.hex(" ").upper()})
    return tuple(words)


def command_words(command: MacCommand) -> str:
    """A command as a person reads it; its name in the standard for one that has no words yet."""
    say = _WORDS.get(type(command))
    return say(command) if say is not None else type(command).__name__


def setting_words(data_rate: int | None, tx_power: int, nb_trans: int) -> str:
    """« SF7, 14 dBm », and how often each frame is sent when that is more than once."""
    parts = [] if data_rate is None else [_rate(data_rate)]
    parts.append(_power(tx_power))
    if nb_trans > 1:
        parts.append(_times(nb_trans))
    return ", ".join(parts)


def window_words(rx1_delay_s: int, rx1_dr_offset: int, rx2_data_rate: int | None, rx2_frequency_hz: int | None) -> str:
    """Where and when the device listens after its uplinks; None is as the region has it."""
    rate = _REGION.rx2_data_rate if rx2_data_rate is None else rx2_data_rate
    facts = {
        "delay": rx1_delay_s,
        "frequency": _frequency(rx2_frequency_hz or _REGION.rx2_frequency_hz),
        "rate": _rate(rate),
    }
    words = _("RX1 après %(delay)s s, RX2 à %(frequency)s en %(rate)s") % facts
    if rx1_dr_offset:
        words += ", " + _("décalage RX1 %(offset)s") % {"offset": rx1_dr_offset}
    return words


def channel_words(taught: bytes) -> list[str]:
    """The channels that the network has added, moved or removed, one sentence each."""
    moved = taught_downlinks(taught)
    found: list[str] = []
    for index, one in sorted(taught_channels(taught).items()):
        facts = {"index": index, "frequency": _frequency(one.frequency_hz)}
        found.append((_("%(index)s à %(frequency)s") if one.frequency_hz else _("%(index)s supprimé")) % facts)
    for index, frequency_hz in sorted(moved.items()):
        facts = {"index": index, "frequency": _frequency(frequency_hz)}
        found.append(_("%(index)s : descente à %(frequency)s") % facts)
    return found


def battery_words(battery: int) -> str:
    """What DevStatusAns says of the battery."""
    if battery == EXTERNAL_POWER:
        return _("alimentation externe")
    if battery == BATTERY_UNKNOWN:
        return _("batterie inconnue")
    return formats.quantity(DevStatusAns(battery, 0).battery_percent, "%", 0)


def _link_adr_req(request: LinkADRReq) -> str:
    parts = [] if request.data_rate == _KEEP else [_rate(request.data_rate)]
    if request.tx_power != _KEEP:
        parts.append(_power(request.tx_power))
    if request.nb_trans:
        parts.append(_times(request.nb_trans))
    return _("Réglage radio demandé : %(setting)s") % {"setting": ", ".join(parts)}


def _link_adr_ans(answer: LinkADRAns) -> str:
    refused = [
        word
        for is_accepted, word in (
            (answer.data_rate_ack, _("débit")),
            (answer.power_ack, _("puissance")),
            (answer.channel_mask_ack, _("canaux")),
        )
        if not is_accepted
    ]
    return _verdict(_("Réglage radio"), refused)


def _rx_param_req(request: RXParamSetupReq) -> str:
    facts = {
        "frequency": _frequency(request.frequency_hz),
        "rate": _rate(request.dl_settings.rx2_data_rate),
        "offset": request.dl_settings.rx1_dr_offset,
    }
    return _("Fenêtres d’écoute demandées : RX2 à %(frequency)s en %(rate)s, décalage RX1 %(offset)s") % facts


def _rx_param_ans(answer: RXParamSetupAns) -> str:
    refused = [
        word
        for is_accepted, word in (
            (answer.channel_ack, _("fréquence RX2")),
            (answer.rx2_data_rate_ack, _("débit RX2")),
            (answer.rx1_dr_offset_ack, _("décalage RX1")),
        )
        if not is_accepted
    ]
    return _verdict(_("Fenêtres d’écoute"), refused)


def _new_channel_req(request: NewChannelReq) -> str:
    if request.frequency_hz == 0:
        return _("Canal %(index)s à supprimer") % {"index": request.channel_index}
    facts = {
        "index": request.channel_index,
        "frequency": _frequency(request.frequency_hz),
        "slow": _rate(request.min_data_rate),
        "fast": _rate(request.max_data_rate),
    }
    return _("Canal %(index)s demandé : %(frequency)s, de %(slow)s à %(fast)s") % facts


def _new_channel_ans(answer: NewChannelAns) -> str:
    refused = [_("fréquence")] if not answer.frequency_ok else []
    refused += [_("débits")] if not answer.data_rate_range_ok else []
    return _verdict(_("Nouveau canal"), refused)


def _dl_channel_req(request: DlChannelReq) -> str:
    facts = {"index": request.channel_index, "frequency": _frequency(request.frequency_hz)}
    return _("Canal %(index)s : descente demandée à %(frequency)s") % facts


def _dl_channel_ans(answer: DlChannelAns) -> str:
    refused = [] if answer.channel_frequency_ok else [_("fréquence")]
    refused += [] if answer.uplink_frequency_exists else [_("canal inconnu")]
    return _verdict(_("Canal de descente"), refused)


def _ping_slot_req(request: PingSlotChannelReq) -> str:
    facts = {"frequency": _frequency(request.frequency_hz), "rate": _rate(request.data_rate)}
    return _("Créneaux d’écoute demandés à %(frequency)s en %(rate)s") % facts


def _ping_slot_ans(answer: PingSlotChannelAns) -> str:
    refused = [] if answer.frequency_ok else [_("fréquence")]
    refused += [] if answer.data_rate_ok else [_("débit")]
    return _verdict(_("Créneaux d’écoute"), refused)


def _beacon_freq_ans(answer: BeaconFreqAns) -> str:
    return _verdict(_("Fréquence de la balise"), [] if answer.frequency_ok else [_("fréquence")])


def _status(answer: DevStatusAns) -> str:
    facts = {"battery": battery_words(answer.battery), "margin": formats.quantity(answer.margin_db, "dB", 0)}
    return _("État : %(battery)s, marge de réception %(margin)s") % facts


def _link_check(answer: LinkCheckAns) -> str:
    heard = ngettext("%(count)s passerelle", "%(count)s passerelles", answer.gateway_count)
    facts = {"margin": formats.quantity(answer.margin_db, "dB", 0), "heard": heard % {"count": answer.gateway_count}}
    return _("Liaison vérifiée : marge %(margin)s, %(heard)s") % facts


def _duty_cycle(request: DutyCycleReq) -> str:
    if request.max_duty_cycle == 0:
        return _("Temps d’émission : plus de limite du réseau")
    share = formats.quantity(100 * request.ratio, "%", 2)
    return _("Temps d’émission à limiter à %(share)s") % {"share": share}


def _verdict(subject: str, refused: list[str]) -> str:
    if not refused:
        return _("%(subject)s : accepté") % {"subject": subject}
    return _("%(subject)s : refusé (%(refused)s)") % {"subject": subject, "refused": ", ".join(refused)}


def _rate(index: int) -> str:
    if not 0 <= index < len(_REGION.data_rates):
        return f"DR{index}"
    rate = _REGION.data_rates[index]
    if rate is None:
        return f"DR{index}"
    return f"SF{rate.spreading_factor}" if isinstance(rate, LoRaDataRate) else str(rate.datr)


def _power(index: int) -> str:
    if not 0 <= index < len(_REGION.tx_powers_dbm):
        return _("puissance n° %(index)s") % {"index": index}
    return formats.quantity(_REGION.tx_powers_dbm[index], "dB[mW]", 0)


def _times(count: int) -> str:
    return ngettext("%(count)s envoi par message", "%(count)s envois par message", count) % {"count": count}


def _frequency(frequency_hz: int) -> str:
    return formats.quantity(frequency_hz / 1e6, "MHz", 3)


def _entry(
    kind: type[_Command], say: Callable[[_Command], str]
) -> tuple[type[MacCommand], Callable[[MacCommand], str]]:
    """A line of the table, for commands of exactly this kind."""

    def words(command: MacCommand) -> str:
        return say(command) if isinstance(command, kind) else type(command).__name__

    return kind, words


_WORDS: Mapping[type[MacCommand], Callable[[MacCommand], str]] = dict(
    (
        _entry(LinkADRReq, _link_adr_req),
        _entry(LinkADRAns, _link_adr_ans),
        _entry(RXParamSetupReq, _rx_param_req),
        _entry(RXParamSetupAns, _rx_param_ans),
        _entry(NewChannelReq, _new_channel_req),
        _entry(NewChannelAns, _new_channel_ans),
        _entry(DevStatusAns, _status),
        _entry(DevStatusReq, lambda _request: _("État demandé : batterie et réception")),
        _entry(LinkCheckReq, lambda _request: _("Demande si le réseau l’entend")),
        _entry(LinkCheckAns, _link_check),
        _entry(DutyCycleReq, _duty_cycle),
        _entry(DutyCycleAns, lambda _answer: _("Temps d’émission : compris")),
        _entry(RXTimingSetupReq, lambda request: _("Délai avant écoute demandé : %(s)s s") % {"s": request.delay_s}),
        _entry(RXTimingSetupAns, lambda _answer: _("Délai avant écoute : compris")),
        _entry(TXParamSetupReq, lambda _request: _("Puissance et temps d’émission demandés")),
        _entry(TXParamSetupAns, lambda _answer: _("Puissance et temps d’émission : compris")),
        _entry(DlChannelReq, _dl_channel_req),
        _entry(DlChannelAns, _dl_channel_ans),
        _entry(PingSlotInfoReq, lambda _request: _("Annonce ses créneaux d’écoute (classe B)")),
        _entry(PingSlotInfoAns, lambda _answer: _("Créneaux d’écoute : compris")),
        _entry(PingSlotChannelReq, _ping_slot_req),
        _entry(PingSlotChannelAns, _ping_slot_ans),
        _entry(BeaconTimingReq, lambda _request: _("Demande quand vient la balise")),
        _entry(BeaconTimingAns, lambda _answer: _("Heure de la balise donnée")),
        _entry(BeaconFreqReq, lambda _request: _("Fréquence de la balise demandée")),
        _entry(BeaconFreqAns, _beacon_freq_ans),
        _entry(ResetInd, lambda _command: _("Annonce sa remise à zéro")),
        _entry(ResetConf, lambda _command: _("Remise à zéro : prise en compte")),
        _entry(RekeyInd, lambda _command: _("Annonce ses nouvelles clés")),
        _entry(RekeyConf, lambda _command: _("Nouvelles clés : prises en compte")),
        _entry(ADRParamSetupReq, lambda _request: _("Délais du réglage automatique demandés")),
        _entry(ADRParamSetupAns, lambda _answer: _("Délais du réglage automatique : compris")),
        _entry(ForceRejoinReq, lambda _request: _("Nouvelle activation demandée")),
        _entry(RejoinParamSetupReq, lambda _request: _("Rythme des réactivations demandé")),
        _entry(RejoinParamSetupAns, lambda _answer: _("Rythme des réactivations : compris")),
        _entry(DeviceModeInd, lambda _command: _("Annonce sa classe")),
        _entry(DeviceModeConf, lambda _command: _("Classe : prise en compte")),
        _entry(DeviceTimeReq, lambda _request: _("Demande l’heure")),
        _entry(DeviceTimeAns, lambda _answer: _("Heure donnée")),
    )
)
