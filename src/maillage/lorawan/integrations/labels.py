"""The words of applications and their integrations, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Mapping[str, Promise] = {
    "lorawan.application_created": _("Application créée"),
    "lorawan.application_quotas_set": _("Quotas d’une application changés"),
    "lorawan.application_closed": _("Application fermée"),
    "lorawan.application_device_attached": _("Appareil rattaché à une application"),
    "lorawan.application_device_detached": _("Appareil détaché d’une application"),
    "lorawan.application_token_created": _("Jeton d’application créé"),
    "lorawan.application_token_revoked": _("Jeton d’application révoqué"),
    "lorawan.webhook_created": _("Webhook créé"),
    "lorawan.webhook_deleted": _("Webhook supprimé"),
    "lorawan.webhook_paused": _("Webhook suspendu"),
    "lorawan.webhook_resumed": _("Webhook repris"),
    "lorawan.webhook_replayed": _("Événements rejoués vers un webhook"),
    "lorawan.dead_letters_sent_again": _("Événements abandonnés renvoyés"),
    "lorawan.dead_letters_dropped": _("Événements abandonnés effacés"),
    "lorawan.downlink_queued": _("Descente demandée par une application"),
}

FACTS: Mapping[str, Promise] = {
    "application": _("application"),
    "max_devices": _("appareils au plus"),
    "max_uplinks_a_day": _("montées par jour au plus"),
    "max_downlinks_a_day": _("descentes par jour au plus"),
    "dev_eui": _("DevEUI de l’appareil"),
    "token": _("jeton"),
    "url": _("adresse"),
    "types": _("types d’événements"),
    "since": _("depuis"),
    "downlink": _("numéro de la descente"),
}

SENTENCES: Mapping[str, Promise] = {
    "lorawan.application_unknown": _("Cette application n’existe pas, ou elle ne vous est pas accessible."),
    "lorawan.application_closed": _("L’application « %(name)s » est fermée : demandez à l’opérateur de la rouvrir."),
    "lorawan.application_exists": _("Cet organisme a déjà une application « %(name)s » : choisissez un autre nom."),
    "lorawan.application_name_unfit": _("Donnez un nom de %(longest)s caractères au plus, sans caractère invisible."),
    "lorawan.application_device_quota": _(
        "L’application « %(name)s » a déjà ses %(most)s appareils : détachez-en un, ou demandez à l’opérateur"
        " d’augmenter le quota."
    ),
    "lorawan.application_downlink_quota": _(
        "Les %(most)s descentes de la journée sont employées : attendez minuit (UTC), ou demandez à l’opérateur"
        " d’augmenter le quota."
    ),
    "lorawan.application_tokens": _("Au plus %(most)s jetons par application : révoquez-en un d’abord."),
    "lorawan.device_in_an_application": _(
        "L’appareil %(dev_eui)s est déjà dans une application : détachez-le d’abord de l’autre."
    ),
    "lorawan.webhook_unknown": _("Ce webhook n’existe pas, ou il a été supprimé."),
    "lorawan.webhooks_too_many": _("Au plus %(most)s webhooks par application : supprimez-en un d’abord."),
    "lorawan.webhook_url_unreadable": _(
        "Donnez une adresse complète, telle que https://exemple.fr/chemin, de %(longest)s caractères au plus."
    ),
    "lorawan.webhook_url_secrets": _(
        "L’adresse ne doit contenir ni identifiant, ni mot de passe, ni « # » : la signature suffit à vous protéger."
    ),
    "lorawan.webhook_url_not_https": _("L’adresse doit commencer par https:// : les données voyagent chiffrées."),
    "lorawan.webhook_url_private": _("%(host)s est une adresse privée : donnez une adresse joignable d’Internet."),
    "lorawan.event_type_unknown": _("« %(found)s » n’est pas un type d’événement : choisissez parmi %(known)s."),
    "lorawan.replay_in_the_future": _("Cette date est à venir : choisissez-en une des 7 derniers jours."),
    "lorawan.dead_letter_unknown": _("Cet événement n’est plus dans la liste : il est parti, ou il a été effacé."),
    "lorawan.command_unreadable": _("La commande n’est pas un message JSON lisible (%(reason)s)."),
    "lorawan.command_other_device": _(
        "La commande nomme l’appareil %(found)s, son sujet MQTT l’appareil %(topic)s : mettez le même."
    ),
    "lorawan.command_data_or_object": _("Donnez soit « data » (octets en base64), soit « object », pas les deux."),
    "lorawan.command_id": _("« id » doit être un UUID, ou être absent."),
    "lorawan.command_id_taken": _("Une autre descente porte déjà l’identifiant %(id)s : donnez-en un nouveau."),
    "lorawan.command_port": _("« fPort » vaut %(found)s ; il doit être compris entre 1 et 223."),
    "lorawan.command_base64": _("« data » n’est pas du base64 : vérifiez l’encodage."),
    "lorawan.command_too_long": _("%(found)s octets : une descente en porte %(longest)s au plus."),
    "lorawan.command_topic": _("Le sujet d’une commande est application/…/device/…/command/down."),
    "lorawan.event_id_unreadable": _("Last-Event-ID doit être le numéro d’un événement déjà reçu."),
}

EVENT_TYPES: Mapping[str, Promise] = {
    "up": _("Montée"),
    "join": _("Activation"),
    "ack": _("Accusé de réception"),
    "txack": _("Descente émise"),
    "log": _("Avertissement"),
    "status": _("État de l’appareil"),
}

WEBHOOK_STATES: Mapping[str, tuple[str, Promise]] = {
    "active": ("ok", _("En service")),
    "failing": ("warning", _("En échec")),
    "paused": ("off", _("Suspendu")),
    "gone": ("danger", _("Arrêté par le destinataire")),
}

PROBLEMS: Mapping[str, Promise] = {
    "timeout": _("Pas de réponse en 20 secondes"),
    "private_address": _("Le nom désigne une adresse privée"),
    "unknown_host": _("Le nom n’existe pas"),
    "tls": _("Le certificat du destinataire n’est pas valable"),
    "connection": _("La connexion a échoué"),
}
