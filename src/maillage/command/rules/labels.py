"""The words of rules."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHASES: Mapping[str, Promise] = {
    "quiet": _("calme"),
    "pending": _("se prépare à sonner"),
    "ringing": _("sonne"),
    "clearing": _("se calme"),
}
PHASE_TONES: Mapping[str, str] = {"quiet": "ok", "pending": "warning", "ringing": "danger", "clearing": "warning"}
FAULTS: Mapping[str, Promise] = {
    "runaway": _("La condition demande trop de calcul : elle a été arrêtée. Simplifiez-la ou réduisez le groupe."),
    "evaluation": _("La condition ne peut pas être calculée avec ces valeurs : corrigez-la."),
}
ACT_STATES: Mapping[str, Promise] = {
    "owed": _("à donner"),
    "done": _("donné"),
    "refused": _("refusé"),
    "too_late": _("trop tard pour être donné"),
}

SENTENCES: Mapping[str, Promise] = {
    "rule_unknown": _("Cette règle n’existe pas, ou elle ne vous est pas accessible."),
    "rule_name_taken": _("Une règle de cet organisme porte déjà ce nom."),
    "rule_name_missing": _("Donnez un nom à la règle."),
    "rule_does_nothing": _("La règle ne fait rien : demandez une alarme, un ordre ou un programme à prévenir."),
    "rule_input_missing": _("Choisissez au moins une mesure à surveiller."),
    "rule_input_unfit": _(
        "La variable « %(alias)s » ne convient pas : de 1 à %(most)s mesures, une seule si ce n’est pas un groupe, "
        "toutes du même organisme que la règle."
    ),
    "rule_too_many_inputs": _("Une règle a au plus %(most)s variables."),
    "rule_too_many": _("Cet organisme a déjà %(most)s règles : retirez-en avant d’en ajouter."),
    "rule_delay_unfit": _("Les durées d’une règle vont de 0 à %(longest_days)s jours."),
    "rule_window_unfit": _("Pour une règle à certaines heures, choisissez au moins un jour, un début et une fin."),
    "rule_order_unfit": _("Un ordre ne peut viser qu’un équipement du même organisme que la règle."),
    "rule_party_unfit": _("L’astreinte et le programme à prévenir sont du même organisme que la règle."),
    "condition_empty": _("Écrivez la condition."),
    "condition_too_long": _("La condition est trop longue : %(longest)s caractères au plus."),
    "condition_too_deep": _("La condition a trop de parenthèses imbriquées : simplifiez-la."),
    "condition_runaway": _("La condition demande trop de calcul : simplifiez-la ou réduisez le groupe."),
    "condition_unfit": _("La condition n’est pas comprise : %(detail)s"),
    "condition_not_a_question": _(
        "La condition donne une valeur (%(type)s) et non oui ou non : comparez-la, par exemple avec « > 19.0 »."
    ),
    "condition_syntax": _("Ligne %(line)s, colonne %(column)s : l’écriture n’est pas comprise (%(detail)s)."),
    "condition_unknown_name": _(
        "Ligne %(line)s, colonne %(column)s : « %(name)s » n’est pas une variable de la règle ; elle a : %(known)s."
    ),
    "condition_whole_number": _(
        "Ligne %(line)s, colonne %(column)s : une mesure est un nombre décimal ; écrivez 19.0 et non 19."
    ),
    "condition_types": _(
        "Ligne %(line)s, colonne %(column)s : « %(operator)s » ne s’applique pas à ces types (%(types)s)."
    ),
    "alias_unfit": _(
        "« %(alias)s » ne peut pas être un nom de variable : de a à z, chiffres et _, en commençant par une lettre."
    ),
    "rehearsal_unfit": _("L’essai porte sur 1 à %(longest_days)s jours du passé."),
}
ACTIONS: Mapping[str, Promise] = {
    "rule.added": _("Règle ajoutée"),
    "rule.changed": _("Règle modifiée"),
    "rule.enabled": _("Règle mise en service"),
    "rule.disabled": _("Règle suspendue"),
    "rule.removed": _("Règle supprimée"),
    "rule.order_refused": _("Ordre d’une règle refusé"),
}
FACTS: Mapping[str, Promise] = {
    "condition": _("condition"),
    "before": _("avant"),
    "hold_s": _("durée en secondes"),
}
