"""MAC commands as the operator reads them."""

import pytest
from django.utils import translation

from maillage.lorawan.mac_lines import battery_words, command_words, mac_words, setting_words
from maillage.lorawan.models import Frame
from maillage.lorawan.protocol.build import DataContent, build_data_downlink, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.duty_cycle import DutyCycleReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.stream import COMMANDS, encode_commands
from maillage.lorawan.protocol.version import Version

CRYPTO = SessionCrypto(bytes(16), bytes(16))


def plain(text):
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("command", "french", "english"),
    [
        (
            LinkADRReq(5, 1, 0xFF, 0, 2),
            "Réglage radio demandé : SF7, 14 dBm, 2 envois par message",
            "Radio setting asked for: SF7, 14 dBm, 2 transmissions per message",
        ),
        (LinkADRAns(True, True, True), "Réglage radio : accepté", "Radio setting: accepted"),
        (LinkADRAns(False, True, False), "Réglage radio : refusé (puissance, canaux)", "(power, channels)"),
        (DevStatusAns(127, -3), "État : 50 %, marge de réception −3 dB", "Status: 50%, reception margin −3 dB"),
        (DevStatusReq(), "État demandé : batterie et réception", "Status asked for"),
        (LinkCheckAns(12, 1), "Liaison vérifiée : marge 12 dB, 1 passerelle", "12 dB, 1 gateway"),
        (DutyCycleReq(0), "Temps d’émission : plus de limite du réseau", "no limit"),
        (RXParamSetupReq(DLSettings(1, 3), 869_525_000), "RX2 à 869,525 MHz en SF9, décalage RX1 1", "RX2 at 869.525"),
        (RXParamSetupAns(True, False, True), "Fenêtres d’écoute : refusé (débit RX2)", "RX2 data rate"),
        (NewChannelReq(8, 865_100_000, 0, 5), "Canal 8 demandé : 865,100 MHz, de SF12 à SF7", "SF12 to SF7"),
        (NewChannelAns(True, False), "Nouveau canal : refusé (fréquence)", "refused (frequency)"),
    ],
)
def test_a_command_is_a_sentence_in_both_languages(command, french, english):
    with translation.override("fr"):
        assert french in plain(command_words(command))
    with translation.override("en"):
        assert english in plain(command_words(command))


def test_every_command_that_can_be_read_has_words():
    for kinds in COMMANDS[Version.V1_1].values():
        for kind in kinds.values():
            assert command_words(kind.read(bytes(kind.PAYLOAD_BYTES))) != kind.__name__


def test_a_rate_or_power_that_the_region_lacks_is_still_named():
    assert "DR13" in command_words(LinkADRReq(13, 14, 0xFF))


def test_the_commands_of_a_frame_come_from_its_options_or_from_port_0():
    uplink = build_data_uplink(CRYPTO, DataContent(1, 0, 2, b"x", encode_commands([LinkADRAns(True, True, True)])))
    assert mac_words(Frame(phy_payload=uplink, payload=b"x")) == ("Réglage radio : accepté",)
    downlink = build_data_downlink(CRYPTO, DataContent(1, 0, 0, b"\x06"))
    assert mac_words(Frame(phy_payload=downlink, payload=b"\x06")) == ("État demandé : batterie et réception",)
    unknown = build_data_uplink(CRYPTO, DataContent(1, 0, 2, b"x", b"\x99\x01"))
    assert mac_words(Frame(phy_payload=unknown, payload=b"x")) == ("Suite illisible : 99 01",)
    assert mac_words(Frame(phy_payload=b"\x00", payload=None)) == ()


def test_settings_and_batteries_are_told_in_words():
    assert plain(setting_words(5, 1, 1)) == "SF7, 14 dBm"
    assert plain(setting_words(0, 0, 3)) == "SF12, 16 dBm, 3 envois par message"
    assert [plain(battery_words(value)) for value in (0, 127, 255)] == [
        "alimentation externe",
        "50 %",
        "batterie inconnue",
    ]
