"""The MAC exchange of every session: learns from uplinks, says what to ask, keeps what is to be durable. No I/O."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from maillage.lorawan.adr.algorithms import algorithm
from maillage.lorawan.adr.history import EMPTY, is_full, remembered
from maillage.lorawan.adr.values import AdrAlgorithm, Limits
from maillage.lorawan.codecs.model import DEFAULT_STATUS_EVERY_H, DeviceModel
from maillage.lorawan.mac_exchange.factory import abp_state
from maillage.lorawan.mac_exchange.hearing import Hearing, Learned, Rhythm, learn
from maillage.lorawan.mac_exchange.planning import Occasion, asking, is_status_due, wanted
from maillage.lorawan.mac_exchange.state import MacState
from maillage.lorawan.mac_exchange.wishes import NO_WISH, RadioWish, allowed, unmet
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.reset import ResetInd
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.registry import SessionState
from maillage.lorawan.server.rows import MacRow, StatusReport
from maillage.lorawan.server.stages import Verified, ranked

log = logging.getLogger(__name__)
_SPREAD = 1 << 16
_SPREAD_FACTOR = 40_503  # Knuth's multiplicative hash: neighbours are asked far apart


class MacDesk:
    """A device model of which nothing is known is treated as the default profile says."""

    def __init__(self, region: Region, models: Mapping[str, DeviceModel], rhythm: Rhythm) -> None:
        self._region = region
        self._limits = Limits.of(region)
        self._rhythm = rhythm
        self._default = algorithm()
        self._methods = {key: algorithm(model.adr.algorithm, model.adr.margin_db) for key, model in models.items()}
        self._rhythms = {key: _rhythm(model, rhythm) for key, model in models.items()}
        self._wishes = wishes_of(models, region)
        self._changed: dict[str, SessionState] = {}
        self._reports: list[StatusReport] = []

    def heard(self, uplink: Verified) -> None:
        """An accepted uplink, once: its answers, its data rate, how well it was heard."""
        session, received = uplink.session, uplink.received
        if uplink.restarted or _is_reset(uplink):
            self._begin_again(session)
        before, data_rate = session.mac, self._region.data_rate_index(received.data_rate)
        news = (
            uplink.commands
            or before.pending
            or before.settling
            or data_rate != before.data_rate
            or before.status_due_at is None
        )
        if news:
            self._learn(uplink, data_rate)
        if not uplink.frame.adr or not isinstance(received.data_rate, LoRaDataRate):
            return
        if news and _setting(session.mac) != _setting(before):
            session.adr_history = EMPTY
        session.adr_history = remembered(session.adr_history, uplink.f_cnt, ranked(received.receptions)[0].snr_db)

    def requests(self, uplink: Verified) -> list[MacCommand]:
        """What to ask with a downlink after this uplink. A link found as it should be is looked at again later."""
        session, at = uplink.session, uplink.received.at
        wish = self._wishes.get(session.device.model_key, NO_WISH)
        full = uplink.frame.adr and is_full(session.adr_history)
        if not (full or is_status_due(session.mac, at) or unmet(session.mac, session.rx1_delay_s, wish, self._region)):
            return []
        occasion = Occasion(uplink.f_cnt, at, uplink.frame.adr, session.adr_history, session.rx1_delay_s, wish)
        found = wanted(session.mac, occasion, self._method(session.device.model_key), self._limits, self._region)
        if full and not found:
            session.adr_history = EMPTY
        return found

    def asked(self, session: SessionState, requests: tuple[MacCommand, ...], at: datetime) -> None:
        """They leave with the commit of this group."""
        if requests:
            session.mac = asking(session.mac, requests, at, self._rhythm_of(session))
            self._changed[session.device.dev_eui] = session

    def promoted(self, session: SessionState) -> None:
        """It has become its device's session: its state is written in the row that it takes over."""
        self._changed[session.device.dev_eui] = session

    def take_changed(self) -> list[MacRow]:
        """States that changed since the last call; whoever takes them commits them."""
        taken, self._changed = self._changed, {}
        return [MacRow(key, one.dev_addr, one.rx1_delay_s, one.mac) for key, one in taken.items()]

    def take_reports(self) -> list[StatusReport]:
        taken, self._reports = self._reports, []
        return taken

    def _learn(self, uplink: Verified, data_rate: int | None) -> None:
        session, at = uplink.session, uplink.received.at
        commands = uplink.mac_commands() if uplink.commands else ()
        share = session.dev_addr * _SPREAD_FACTOR % _SPREAD / _SPREAD
        hearing = Hearing(data_rate, uplink.f_cnt, at, commands, share)
        self._take(session, learn(session.mac, session.rx1_delay_s, hearing, self._rhythm_of(session)), at)

    def _take(self, session: SessionState, learned: Learned, at: datetime) -> None:
        if learned.mac != session.mac or learned.rx1_delay_s != session.rx1_delay_s:
            session.mac, session.rx1_delay_s = learned.mac, learned.rx1_delay_s
            self._changed[session.device.dev_eui] = session
        if learned.status is not None:
            report = StatusReport(session.device.dev_eui, at, learned.status.battery, learned.status.margin_db)
            self._reports.append(report)

    def _begin_again(self, session: SessionState) -> None:
        """An ABP device was without power, and has its factory's settings again."""
        session.mac, session.rx1_delay_s = abp_state(self._region), self._region.receive_delay1_s
        session.adr_history = EMPTY
        self._changed[session.device.dev_eui] = session

    def _rhythm_of(self, session: SessionState) -> Rhythm:
        return self._rhythms.get(session.device.model_key, self._rhythm)

    def _method(self, model_key: str) -> AdrAlgorithm:
        return self._methods.get(model_key, self._default)


def _setting(mac: MacState) -> tuple[int | None, int, int]:
    return mac.data_rate, mac.tx_power, mac.nb_trans


def _is_reset(uplink: Verified) -> bool:
    """ResetInd of 1.1 (§5.1); OTAA devices never send it, and one that does is not obeyed."""
    if not (uplink.commands and uplink.session.device.is_abp and uplink.session.version.is_1_1):
        return False
    return any(isinstance(one, ResetInd) for one in uplink.mac_commands())


def wishes_of(models: Mapping[str, DeviceModel], region: Region) -> dict[str, RadioWish]:
    """What each model's profile asks for, within the region; only those that ask for something.

    What the region forbids is said in the log once, and never asked.
    """
    found: dict[str, RadioWish] = {}
    for key, model in models.items():
        wish, forbidden = allowed(model.radio, region)
        for one in forbidden:
            log.warning("Model %s asks for %s = %d, which %s does not allow", key, one.field, one.value, region.name)
        if wish != NO_WISH:
            found[key] = wish
    return found


def _rhythm(model: DeviceModel, rhythm: Rhythm) -> Rhythm:
    """The house's own where the model says nothing of its own."""
    if model.status_every_h == DEFAULT_STATUS_EVERY_H:
        return rhythm
    every = timedelta(hours=model.status_every_h) if model.status_every_h else None
    return Rhythm(every, rhythm.status_again)
