"""The words of notifications."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CHANNELS: Mapping[str, Promise] = {
    "email": _("E-mail"),
    "sms": _("SMS"),
    "push": _("Navigateur"),
    "webhook": _("Programme (webhook)"),
}
STATES: Mapping[str, Promise] = {
    "waiting": _("à envoyer"),
    "held": _("gardée pour plus tard"),
    "sent": _("envoyée"),
    "failed": _("non envoyée"),
    "skipped": _("non voulue"),
}
STATE_TONES: Mapping[str, str] = {
    "waiting": "pending",
    "held": "info",
    "sent": "ok",
    "failed": "danger",
    "skipped": "off",
}
CAUSES: Mapping[str, Promise] = {
    "below_severity": _("Moins grave que ce que la personne veut recevoir."),
    "digest": _("Gardée pour le résumé quotidien."),
    "quiet_hours": _("Gardée jusqu’à la fin des heures calmes."),
    "too_many": _("Trop de messages dans l’heure : ils partiront ensemble."),
    "grouped": _("Partie dans un message qui en réunit plusieurs."),
    "mail_not_set_up": _("Aucun serveur de courrier n’est configuré. Prévenez l’opérateur."),
    "sms_not_set_up": _("Aucune passerelle SMS n’est configurée. Prévenez l’opérateur."),
    "sms_template_unfit": _("Le modèle de message de la passerelle SMS n’est pas du JSON. Prévenez l’opérateur."),
    "address_unfit": _("L’adresse n’est pas une adresse http ou https."),
    "address_private": _("L’adresse mène dans un réseau privé ; l’installation ne l’autorise pas."),
    "host_unknown": _("Le nom du serveur est introuvable ; nouvel essai prévu."),
    "no_answer": _("Le serveur n’a pas répondu ; nouvel essai prévu."),
    "refused": _("Le serveur l’a refusée : %(detail)s"),
    "gone": _("Le destinataire n’existe plus : ce navigateur ou ce programme s’est désabonné."),
    "key_unfit": _("Les clés données par le navigateur ne conviennent pas : réabonnez-le."),
    "given_up": _("Abandonnée après %(attempts)s essais : %(detail)s"),
}

SENTENCES: Mapping[str, Promise] = {
    "sms_number_unfit": _("Écrivez le numéro à l’international : +33612345678."),
    "quiet_hours_half": _("Donnez le début et la fin des heures calmes, ou ni l’un ni l’autre."),
    "hook_unknown": _("Ce programme n’existe pas, ou il ne vous est pas accessible."),
    "hook_address_unfit": _("L’adresse d’un programme commence par https:// (ou http://) et nomme un serveur."),
    "push_unfit": _("Le navigateur n’a pas donné d’abonnement utilisable : rechargez la page puis recommencez."),
    "preference_needs_person": _("Seule une personne peut choisir comment elle est prévenue."),
    "vapid_key_unusable": _("La clé d’envoi vers les navigateurs (%(path)s) est illisible : %(reason)s."),
    "severity_unknown": _("Cette gravité n’existe pas : choisissez info, warning ou critical."),
    "sms_template_unfit": _("Le modèle de message de la passerelle SMS n’est pas du JSON."),
}
ACTIONS: Mapping[str, Promise] = {
    "notifications.preferred": _("Préférences de notification changées"),
    "notifications.hook_saved": _("Programme à prévenir enregistré"),
    "notifications.hook_removed": _("Programme à prévenir retiré"),
    "notifications.push_added": _("Navigateur abonné"),
    "notifications.push_removed": _("Navigateur désabonné"),
}
FACTS: Mapping[str, Promise] = {
    "channels": _("moyens"),
    "url": _("adresse"),
}


def cause_words(cause: str, detail: str, attempts: int) -> str:
    """Why a message is not sent, or not yet, in the active language; empty when there is nothing to say."""
    if not cause:
        return ""
    return str(CAUSES.get(cause, cause)) % {"detail": detail, "attempts": attempts}
