"""The words of commands: states, causes, errors and journal lines, in French; English is in the catalogue.

A mayor reads them: each cause says what happened and, where it helps, what to do.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.web.formats import number, unit_label

STATES: Mapping[str, Promise] = {
    "requested": _("Demandée"),
    "sent": _("Envoyée"),
    "acknowledged": _("Reçue par l’appareil"),
    "confirmed": _("Confirmée"),
    "refused": _("Refusée"),
    "failed": _("Échouée"),
    "expired": _("Expirée"),
}

STATE_SENTENCES: Mapping[str, Promise] = {
    "requested": _("La commande attend le prochain passage de l’appareil."),
    "sent": _("La commande est partie par radio. L’appareil n’a pas encore répondu."),
    "acknowledged": _("L’appareil a reçu la commande. Il doit encore annoncer son nouvel état."),
    "confirmed": _("L’appareil annonce lui-même le nouvel état."),
    "refused": _("La commande n’a pas été envoyée."),
    "failed": _("La commande n’a pas pu être envoyée."),
    "expired": _("La commande n’a pas abouti à temps."),
}

ORIGINS: Mapping[str, Promise] = {
    "person": _("À la main"),
    "schedule": _("Horaire"),
    "api": _("Interface de programmation"),
    "rule": _("Règle"),
}

_CODEC = _("La commande n’a pas pu être traduite pour ce modèle d’appareil. Signalez-le à l’opérateur.")
_GATEWAY = _("La passerelle radio n’a pas pu émettre. Recommencez ; si cela dure, prévenez l’opérateur.")
_LATE = _("L’ordre est arrivé trop tard à la passerelle radio pour que l’appareil l’entende. Recommencez.")
_UNKNOWN = _("La commande n’a pas abouti, pour une raison que le système ne sait pas nommer (%(code)s).")

CAUSES: Mapping[str, Promise] = {
    "superseded": _("Une commande plus récente l’a remplacée."),
    "device_silent": _("L’appareil ne s’est pas manifesté : vérifiez sa pile et qu’il est bien en place."),
    "not_sent_in_time": _(
        "L’appareil s’est manifesté, mais la commande n’a pas pu lui être envoyée à temps. Recommencez."
    ),
    "no_answer": _("La commande est partie, mais l’appareil ne s’est plus manifesté : vérifiez sa pile et sa place."),
    "not_confirmed_in_time": _(
        "L’appareil répond, mais annonce un autre état que celui demandé. Vérifiez-le sur place."
    ),
    "not_heard_in_time": _("L’appareil ne s’est pas manifesté à temps pour recevoir la commande."),
    "not_acknowledged": _("L’appareil n’a pas accusé réception."),
    "no_gateway": _("Aucune passerelle radio en service ne peut joindre l’appareil. Prévenez l’opérateur."),
    "gateway_silent": _(
        "La passerelle radio n’a pas dit si elle avait émis. Recommencez ; si cela dure, prévenez l’opérateur."
    ),
    "no_opportunity": _("Aucun créneau radio n’était libre pour joindre l’appareil. Recommencez."),
    "duty_cycle": _("Le temps d’émission radio que la loi autorise est épuisé pour l’instant. Recommencez plus tard."),
    "air_taken": _("La passerelle radio émettait déjà autre chose à cet instant. Recommencez."),
    "too_late": _LATE,
    "too_early": _GATEWAY,
    "collision_packet": _("La passerelle radio émettait déjà autre chose à cet instant. Recommencez."),
    "collision_beacon": _("La passerelle radio émettait déjà autre chose à cet instant. Recommencez."),
    "tx_freq": _GATEWAY,
    "tx_power": _GATEWAY,
    "gps_unlocked": _GATEWAY,
    "payload_too_long": _("Le message est trop long pour le débit radio actuel de l’appareil. Prévenez l’opérateur."),
    "invalid_port": _CODEC,
    "unknown_device": _("L’appareil n’est plus enregistré sur le réseau."),
    "cancelled": _("La commande a été annulée avant d’être envoyée."),
}

SENTENCES: Mapping[str, Promise] = {
    "setpoint_out_of_bounds": _(
        "%(value)s %(unit)s est hors limites : demandez une valeur de %(minimum)s à %(maximum)s %(unit)s."
    ),
    "value_off_step": _("%(value)s %(unit)s ne peut pas être réglé : choisissez %(below)s ou %(above)s %(unit)s."),
    "value_missing": _("Indiquez une valeur de %(minimum)s à %(maximum)s %(unit)s."),
    "value_not_a_number": _("Indiquez un nombre de %(minimum)s à %(maximum)s %(unit)s."),
    "value_not_expected": _("Cette action ne prend pas de valeur : retirez-la."),
    "verb_not_understood": _("Cet équipement ne sait pas faire cela (« %(verb)s »)."),
    "thing_without_device": _("« %(thing)s » n’a pas d’appareil à qui parler."),
    "command_unknown": _("Cette commande n’existe pas, ou elle ne vous est pas accessible."),
    "command_id_reused": _("Cet identifiant de commande a déjà servi à une autre demande : prenez-en un nouveau."),
    "place_unknown": _("Cette salle n’existe pas sur ce site, ou elle n’a plus d’équipement."),
    "period_unknown": _("Cette période n’est pas proposée : choisissez 24 h, 7 jours ou 30 jours."),
    "schedule_entry_unknown": _("Cet horaire n’existe pas, ou il ne vous est pas accessible."),
    "schedule_full": _("Cet équipement a déjà %(most)s horaires : retirez-en un avant d’en ajouter."),
    "weekdays_unfit": _("Choisissez au moins un jour de la semaine, de 1 (lundi) à 7 (dimanche)."),
    "offset_too_far": _("Le décalage ne peut pas dépasser %(furthest_minutes)s minutes avant ou après le soleil."),
    "moment_unfit": _(
        "Donnez une heure pour un horaire fixe, et seulement un décalage pour le lever ou le coucher du soleil."
    ),
}

ACTIONS: Mapping[str, Promise] = {
    "command.requested": _("Commande demandée"),
    "command.refused": _("Commande refusée"),
    "command.confirmed": _("Commande confirmée"),
    "command.failed": _("Commande échouée"),
    "command.expired": _("Commande expirée"),
    "schedule.entry_added": _("Horaire ajouté"),
    "schedule.entry_changed": _("Horaire modifié"),
    "schedule.entry_enabled": _("Horaire activé"),
    "schedule.entry_disabled": _("Horaire désactivé"),
    "schedule.entry_removed": _("Horaire retiré"),
    "schedule.skipped": _("Horaire non appliqué"),
}

FACTS: Mapping[str, Promise] = {
    "command": _("commande"),
    "verb": _("action"),
    "value": _("valeur"),
    "previous_value": _("valeur précédente"),
    "reported": _("valeur annoncée"),
    "replaces": _("remplace"),
    "by": _("remplacée par"),
    "cause": _("cause"),
    "detail": _("détail"),
    "minimum": _("minimum"),
    "maximum": _("maximum"),
    "step": _("pas"),
    "unit": _("unité"),
    "entry": _("horaire"),
    "weekdays": _("jours"),
    "anchor": _("repère"),
    "clock_time": _("heure"),
    "offset_minutes": _("décalage en minutes"),
    "count": _("nombre"),
    "first": _("première"),
    "last": _("dernière"),
}

SKIPPED: Mapping[str, Promise] = {
    "too_late": _("Son heure était passée depuis trop longtemps."),
    "overtaken": _("Un horaire plus récent donne l’état à tenir."),
}


def explain(state: str, cause: str, facts: Mapping[str, object]) -> str:
    """Why a command is in this state, in the active language: its cause, or what the state itself means."""
    if not cause:
        return str(STATE_SENTENCES[state])
    return str(_sentence(cause)) % _readable(cause, facts)


def _sentence(cause: str) -> Promise:
    if cause.startswith("codec_"):
        return _CODEC
    return CAUSES.get(cause) or SENTENCES.get(cause) or _REFUSALS.get(cause, _UNKNOWN)


_REFUSALS: Mapping[str, Promise] = {
    "not_permitted": _("Le rôle de cette personne ne permet pas de commander cet équipement."),
    "thing_decommissioned": _("Cet équipement est hors service."),
    "device_decommissioned": _("L’appareil est hors service."),
    "device_model_unknown": _("Le modèle de l’appareil n’est plus connu du système. Prévenez l’opérateur."),
}


class _Readable(dict[str, object]):
    """Facts as people read them; one that is missing does not hide the rest."""

    def __missing__(self, _name: str) -> str:
        return "—"


def _readable(cause: str, facts: Mapping[str, object]) -> _Readable:
    words = _Readable(code=cause)
    for name, fact in facts.items():
        words[name] = number(fact) if isinstance(fact, int | float) and not isinstance(fact, bool) else fact
    if isinstance(facts.get("unit"), str):
        words["unit"] = unit_label(str(facts["unit"]))
    return words
