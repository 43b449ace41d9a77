"""The words of alarms."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

SEVERITIES: Mapping[str, Promise] = {
    "info": _("Information"),
    "warning": _("Avertissement"),
    "critical": _("Urgence"),
}
SEVERITY_TONES: Mapping[str, str] = {"info": "info", "warning": "warning", "critical": "danger"}
STATES: Mapping[str, Promise] = {
    "raised": _("à prendre en charge"),
    "acknowledged": _("prise en charge"),
    "cleared": _("terminée"),
    "closed": _("close"),
}
STATE_TONES: Mapping[str, str] = {"raised": "danger", "acknowledged": "pending", "cleared": "ok", "closed": "off"}
EVENTS: Mapping[str, Promise] = {
    "raised": _("Alarme levée"),
    "rang_again": _("A sonné de nouveau"),
    "told": _("Prévient : %(people)s"),
    "reminded": _("Rappel : %(people)s"),
    "escalated": _("Niveau d’astreinte %(level)s prévenu : %(people)s"),
    "muted": _("Travaux en cours : personne n’est prévenu avant %(until)s"),
    "acknowledged": _("Prise en charge"),
    "assigned": _("Confiée à %(person)s"),
    "commented": _("Commentaire"),
    "cleared": _("Revenu à la normale"),
    "explained": _("Expliquée par une autre alarme : %(by)s"),
    "withdrawn": _("Retirée : sa règle a été modifiée, suspendue ou supprimée"),
    "closed": _("Close"),
}
NOBODY = _("personne n’est d’astreinte")

TITLES: Mapping[str, Promise] = {
    "rule": _("%(label)s"),
    "device_silent": _("« %(label)s » ne donne plus de nouvelles"),
    "gateway_silent": _("La passerelle « %(label)s » ne répond plus"),
    "network_silent": _("Aucune passerelle ne répond plus"),
}
EXPLANATIONS: Mapping[str, Promise] = {
    "rule": _("%(advice)s"),
    "device_silent": _(
        "D’habitude entendu toutes les %(rhythm_min)s minutes. Vérifiez sa pile, sa place et ce qui le cache."
    ),
    "gateway_silent": _(
        "%(count)s équipements n’ont plus été entendus depuis : ils n’ont pas d’alarme à eux. "
        "Vérifiez l’alimentation et la liaison de la passerelle."
    ),
    "network_silent": _(
        "Le serveur du réseau, sa liaison ou toutes les passerelles sont arrêtés. Prévenez l’opérateur."
    ),
}

SENTENCES: Mapping[str, Promise] = {
    "alarm_unknown": _("Cette alarme n’existe pas, ou elle ne vous est pas accessible."),
    "alarm_over": _("Cette alarme est déjà terminée : il n’y a plus rien à y changer."),
    "comment_missing": _("Dites en quelques mots ce que vous faites ou constatez."),
    "comment_too_long": _("Le commentaire est trop long : %(longest)s caractères au plus."),
    "assignee_unfit": _("Cette personne n’agit pas pour cet organisme : choisissez quelqu’un de la liste."),
    "roster_unknown": _("Cette astreinte n’existe pas, ou elle ne vous est pas accessible."),
    "roster_name_taken": _("Une astreinte de cet organisme porte déjà ce nom."),
    "roster_delay_unfit": _("Les délais d’une astreinte vont de %(least_min)s à %(most_min)s minutes."),
    "shift_unfit": _("Choisissez au moins un jour, un niveau de 1 à %(highest)s et des dates dans l’ordre."),
    "shift_unknown": _("Ce tour d’astreinte n’existe pas, ou il ne vous est pas accessible."),
    "maintenance_reversed": _("Les travaux doivent finir après avoir commencé, et dans l’avenir."),
    "maintenance_too_long": _("Des travaux durent au plus %(longest_days)s jours : annoncez-les en plusieurs fois."),
    "maintenance_unknown": _("Ces travaux n’existent pas, ou ils ne vous sont pas accessibles."),
    "reason_missing": _("Dites pourquoi, en quelques mots."),
}
ACTIONS: Mapping[str, Promise] = {
    "alarm.raised": _("Alarme levée"),
    "alarm.cleared": _("Alarme terminée"),
    "alarm.acknowledged": _("Alarme prise en charge"),
    "alarm.assigned": _("Alarme confiée"),
    "alarm.commented": _("Alarme commentée"),
    "alarm.closed": _("Alarme close"),
    "alarm.told": _("Alarme signalée"),
    "maintenance.announced": _("Travaux annoncés"),
    "maintenance.ended": _("Travaux terminés"),
    "roster.saved": _("Astreinte enregistrée"),
    "roster.removed": _("Astreinte retirée"),
    "roster.shift_added": _("Tour d’astreinte ajouté"),
    "roster.shift_removed": _("Tour d’astreinte retiré"),
}
FACTS: Mapping[str, Promise] = {
    "severity": _("gravité"),
    "comment": _("commentaire"),
    "person": _("personne"),
    "people": _("personnes"),
    "level": _("niveau"),
    "until": _("jusqu’à"),
    "reason": _("motif"),
    "times": _("nombre de fois"),
    "advice": _("conseil"),
}


class _Facts(dict[str, object]):
    def __missing__(self, _name: str) -> str:
        return "—"


def title(code: str, label: str) -> str:
    """The alarm in a few words, in the active language."""
    return str(TITLES[code]) % {"label": label}


def explanation(code: str, facts: Mapping[str, object]) -> str:
    """What it means and what to do, in the active language; empty when there is nothing to add."""
    return str(EXPLANATIONS[code]) % _Facts({"advice": "", **facts})


def event_words(kind: str, facts: Mapping[str, object]) -> str:
    """A line of an alarm's life, in the active language."""
    known = _Facts(facts)
    if not known.get("people"):
        known["people"] = NOBODY
    return str(EVENTS[kind]) % known


def several(count: int) -> str:
    """« 12 alarmes », in the active language."""
    return ngettext("%(count)s alarme", "%(count)s alarmes", count) % {"count": count}
