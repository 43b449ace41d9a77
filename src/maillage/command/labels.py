"""The words of commands: states, causes, errors and journal lines, in French; English is in the catalogue.

A mayor reads them: each cause says what happened and, where it helps, what to do.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.web.formats import number, unit_label

STATES: Mapping[str, Promise] = {
    "proposed": _("À approuver"),
    "requested": _("Demandée"),
    "sent": _("Envoyée"),
    "acknowledged": _("Reçue par l’appareil"),
    "confirmed": _("Confirmée"),
    "refused": _("Refusée"),
    "failed": _("Échouée"),
    "expired": _("Expirée"),
}

STATE_SENTENCES: Mapping[str, Promise] = {
    "proposed": _("La commande attend qu’une autre personne l’approuve. Rien n’est encore parti."),
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
    "special": _("Période exceptionnelle"),
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
    "withdrawn": _("La personne qui l’avait demandée y a renoncé."),
    "declined": _("%(by_name)s ne l’a pas approuvée."),
    "not_approved_in_time": _("Personne d’autre ne l’a approuvée à temps."),
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
    "thing_decommissioned": _("« %(thing)s » est hors service : remettez-le en service, ou commandez son remplaçant."),
    "device_never_heard": _(
        "L’appareil « %(thing)s » n’a encore jamais rejoint le réseau : il n’entendrait pas la commande. "
        "Vérifiez qu’il est "
        "alimenté, puis recommencez."
    ),
    "device_silent_since_join": _(
        "L’appareil « %(thing)s » vient de rejoindre le réseau mais n’a pas encore parlé : attendez son "
        "premier message, "
        "puis recommencez."
    ),
    "interlock_presence_active": _(
        "Quelqu’un est détecté sur place (« %(sensor)s ») : le portail ne se ferme pas. Attendez que le "
        "passage soit libre."
    ),
    "interlock_presence_silent": _(
        "Le détecteur de présence « %(sensor)s » ne répond plus : sans lui, le portail ne se ferme pas à "
        "distance. Fermez-le "
        "sur place ou faites réparer le détecteur."
    ),
    "above_legal_mean": _(
        "%(value)s °C porterait la moyenne du bâtiment à %(mean)s °C ; la loi la limite à %(ceiling)s °C (code "
        "de l’énergie, "
        "art. R. 241-26). Demandez %(ceiling)s °C, ou donnez le motif d’une exception."
    ),
    "above_legal_empty_day": _(
        "Le bâtiment est inoccupé plus de 24 heures : la loi limite le chauffage à %(ceiling)s °C (code de "
        "l’énergie, art. "
        "R. 241-27). Demandez %(ceiling)s °C, prévoyez une période exceptionnelle, ou donnez le motif d’une exception."
    ),
    "above_legal_empty_long": _(
        "Le bâtiment est inoccupé 48 heures ou plus : la loi limite le chauffage à %(ceiling)s °C (code de "
        "l’énergie, art. "
        "R. 241-27). Demandez %(ceiling)s °C, prévoyez une période exceptionnelle, ou donnez le motif d’une exception."
    ),
    "above_legal_planned": _(
        "%(value)s °C dépasse ce que la loi permet alors (%(ceiling)s °C ; code de l’énergie, art. R. 241-26 "
        "et R. 241-27). "
        "Demandez moins, ou donnez le motif d’une exception."
    ),
    "reason_too_short": _("Écrivez le motif en %(least)s caractères au moins : il est inscrit au journal."),
    "approved_by_its_asker": _("Une autre personne que celle qui l’a demandé doit l’approuver."),
    "not_proposed_any_more": _("Cette commande n’attend plus d’approbation."),
    "nothing_to_undo": _("Il n’y a rien à annuler : l’état précédent n’est pas connu."),
    "undo_too_late": _("Une commande plus récente a suivi : annulez celle-là, ou demandez l’état voulu."),
    "undo_not_carried_out": _("Cette commande n’a rien changé : il n’y a rien à annuler."),
    "batch_unknown": _("Cette commande groupée n’existe pas, ou elle ne vous est pas accessible."),
    "batch_without_things": _("Aucun équipement ne correspond à ce choix : élargissez-le."),
    "batch_too_large": _(
        "Ce choix compte %(count)s équipements : au plus %(most)s à la fois. Choisissez moins de sites."
    ),
    "special_without_label": _("Donnez un nom à la période, par exemple « Fête du village »."),
    "special_without_things": _("Choisissez au moins un équipement."),
    "special_reversed": _("La fin doit venir après le début."),
    "special_past": _("Cette période est déjà passée : choisissez une fin à venir."),
    "special_too_long": _(
        "Une période exceptionnelle dure au plus %(longest_days)s jours : pour plus long, changez le programme."
    ),
    "special_too_far": _("Le début est trop lointain : au plus %(farthest_days)s jours à l’avance."),
    "special_overlaps": _(
        "« %(thing)s » a déjà une période exceptionnelle à ce moment (« %(label)s ») : annulez-la d’abord."
    ),
    "special_needs_two": _(
        "« %(thing)s » demande l’accord de deux personnes : une période exceptionnelle ne peut pas s’en "
        "passer. Faites une "
        "commande simple, à approuver."
    ),
    "special_over": _("Cette période est déjà terminée ou annulée."),
    "special_unknown": _("Cette période exceptionnelle n’existe pas, ou elle ne vous est pas accessible."),
    "opening_unknown": _("Cet horaire d’ouverture n’existe pas, ou il ne vous est pas accessible."),
    "opening_reversed": _("La fermeture doit venir après l’ouverture, le même jour."),
    "opening_full": _("Ce site a déjà %(most)s horaires d’ouverture : retirez-en un avant d’en ajouter."),
    "rule_exists": _("Cette règle existe déjà."),
    "rule_unknown": _("Cette règle n’existe pas, ou elle ne vous est pas accessible."),
    "instant_without_offset": _("%(given)s ne dit pas de quel fuseau : ajoutez Z ou +01:00."),
    "days_reversed": _("La dernière date doit suivre la première."),
    "school_holidays_unknown": _(
        "Les vacances scolaires de cette commune ne sont pas connues ici (Corse ou outre-mer) : choisissez « comme les "
        "autres jours » et donnez des dates."
    ),
    "nothing_to_warm": _("« À température à cette heure » ne vaut que pour une consigne de chauffage."),
    "time_does_not_exist": _(
        "Le %(day)s, %(time)s n’existe pas : cette nuit-là on passe à l’heure d’été et l’horloge saute. Choisissez par "
        "exemple %(instead)s."
    ),
    "school_holidays_unreadable": _(
        "Ce fichier n’est pas un calendrier scolaire : il y faut les colonnes %(columns)s."
    ),
    "school_holidays_empty": _("Ce fichier ne contient aucune période de vacances."),
    "school_holidays_line": _(
        "La ligne %(line)s du fichier n’est pas lisible : une date s’écrit 2026-10-17, une zone A, B ou C."
    ),
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
    "command.proposed": _("Commande proposée"),
    "command.approved": _("Commande approuvée"),
    "command.retried": _("Commande renvoyée"),
    "command.batch": _("Commande groupée"),
    "command.two_person_rule_added": _("Accord de deux personnes exigé"),
    "command.two_person_rule_removed": _("Accord de deux personnes levé"),
    "special.planned": _("Période exceptionnelle prévue"),
    "special.cancelled": _("Période exceptionnelle annulée"),
    "special.ended": _("Période exceptionnelle terminée"),
    "special.missed": _("Période exceptionnelle manquée"),
    "special.replaced": _("Période exceptionnelle remplacée"),
    "schedule.waiting": _("Horaire en attente"),
    "schedule.opening_added": _("Ouverture du bâtiment ajoutée"),
    "schedule.opening_removed": _("Ouverture du bâtiment retirée"),
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
    "reason": _("motif"),
    "why": _("motif"),
    "beyond_law": _("exception à la loi"),
    "wished": _("demandé"),
    "lowered_by": _("abaissé par la loi"),
    "approved_by": _("approuvée par"),
    "by_name": _("par"),
    "attempt": _("essai"),
    "label": _("nom"),
    "starts_at": _("début"),
    "ends_at": _("fin"),
    "opens": _("ouverture"),
    "closes": _("fermeture"),
    "site": _("site"),
    "sensor": _("capteur"),
    "thing": _("équipement"),
    "ceiling": _("plafond"),
    "mean": _("moyenne"),
    "until": _("jusqu’à"),
    "school_holidays": _("vacances scolaires"),
    "public_holidays": _("jours fériés"),
    "first_day": _("à partir du"),
    "last_day": _("jusqu’au"),
    "ready": _("à température à cette heure"),
    "exception_reason": _("motif de l’exception"),
    "waits_for_approval": _("attend une autre personne"),
    "command": _("commande"),
    "verb": _("action"),
    "value": _("valeur"),
    "previous_value": _("avant"),
    "reported": _("annoncé par l’appareil"),
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
    "within_exception": _("Une période exceptionnelle tenait ce moment."),
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
