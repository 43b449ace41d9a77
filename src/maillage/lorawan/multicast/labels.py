"""The words of groups and firmware campaigns, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Mapping[str, Promise] = {
    "lorawan.group_created": _("Groupe de diffusion créé"),
    "lorawan.group_members_added": _("Appareils ajoutés à un groupe"),
    "lorawan.group_member_removed": _("Appareil retiré d’un groupe"),
    "lorawan.group_closed": _("Groupe de diffusion fermé"),
    "lorawan.group_session": _("Session d’écoute demandée à un groupe"),
    "lorawan.group_message": _("Message déposé pour un groupe"),
    "lorawan.image_uploaded": _("Micrologiciel déposé"),
    "lorawan.campaign_started": _("Mise à jour d’un groupe lancée"),
    "lorawan.campaign_stopped": _("Mise à jour d’un groupe arrêtée"),
}

FACTS: Mapping[str, Promise] = {
    "class": _("classe"),
    "dev_eui": _("DevEUI de l’appareil"),
    "starts_at": _("début de l’écoute"),
    "ends_at": _("fin de l’écoute"),
    "port": _("port LoRaWAN"),
    "bytes": _("octets"),
    "group": _("groupe"),
}

SENTENCES: Mapping[str, Promise] = {
    "lorawan.group_unknown": _("Ce groupe n’existe pas."),
    "lorawan.image_unknown": _("Ce micrologiciel n’existe pas."),
    "lorawan.campaign_unknown": _("Cette mise à jour n’existe pas."),
    "lorawan.group_is_closed": _("Le groupe %(group)s est fermé : créez-en un autre."),
    "lorawan.group_is_empty": _("Le groupe %(group)s n’a pas d’appareil : ajoutez-en d’abord."),
    "lorawan.group_has_campaign": _(
        "Le groupe %(group)s reçoit un micrologiciel : attendez la fin de la mise à jour, ou arrêtez-la."
    ),
    "lorawan.members_at_once": _("Donnez de 1 à %(most)s DevEUI, un par ligne."),
    "lorawan.device_has_four_groups": _(
        "L’appareil %(dev_eui)s est déjà dans quatre groupes, le plus qu’un appareil peut tenir : retirez-le de l’un."
    ),
    "lorawan.session_times": _("L’écoute commence dans le futur et dure au plus %(hours)s heures."),
    "lorawan.group_port": _("Choisissez un port de %(first)s à %(last)s : les autres sont au réseau."),
    "lorawan.message_expired": _("L’échéance du message est passée : choisissez-en une dans le futur."),
    "lorawan.message_size": _("Le message fait %(bytes)s octets ; ce groupe en reçoit de 1 à %(most)s."),
    "lorawan.message_hex": _("Écrivez le message en chiffres hexadécimaux, deux par octet."),
    "lorawan.image_size": _("Le fichier fait %(bytes)s octets ; il en faut de 1 à %(most)s."),
    "lorawan.image_too_long": _(
        "À ce débit, l’image demande %(fragments)s fragments, plus que %(most)s : choisissez un débit plus rapide."
    ),
    "lorawan.campaign_plan": _(
        "La redondance va de 0 à %(most)s %% et le délai de réponse de 2 minutes à %(longest)s heures."
    ),
    "lorawan.campaign_has_ended": _("Cette mise à jour est déjà terminée."),
    "lorawan.campaigns_spent": _("Le compteur des mises à jour est épuisé sur ce réseau."),
    "lorawan.multicast_counter": _("Un autre serveur émet déjà pour ce groupe."),
}

MEMBER_STEPS: Mapping[str, tuple[str, Promise]] = {
    "clock": ("pending", _("Mise à l’heure")),
    "group": ("pending", _("Réception de la clé")),
    "ready": ("ok", _("Prêt")),
    "refused": ("danger", _("Refus")),
}

RECEIVER_STEPS: Mapping[str, tuple[str, Promise]] = {
    "waiting": ("pending", _("Rejoint le groupe")),
    "version": ("pending", _("Version demandée")),
    "setup": ("pending", _("Annonce de l’image")),
    "receiving": ("info", _("Reçoit")),
    "done": ("ok", _("Image complète")),
    "failed": ("danger", _("Échec")),
}

CAMPAIGN_STATES: Mapping[str, tuple[str, Promise]] = {
    "preparing": ("pending", _("Préparation des appareils")),
    "starting": ("pending", _("Rendez-vous d’écoute")),
    "sending": ("info", _("Diffusion")),
    "checking": ("info", _("Vérification")),
    "done": ("ok", _("Terminée")),
    "stopped": ("off", _("Arrêtée")),
    "failed": ("danger", _("Échec")),
}

MESSAGE_STATES: Mapping[str, tuple[str, Promise]] = {
    "queued": ("pending", _("En attente d’une écoute")),
    "sent": ("ok", _("Émis")),
    "failed": ("danger", _("Échec")),
    "expired": ("off", _("Expiré")),
}

CAUSES: Mapping[str, Promise] = {
    "no_answer": _("L’appareil n’a pas répondu aux questions répétées."),
    "no_root_key": _("L’appareil n’a pas d’AppKey (ABP) : il ne peut recevoir la clé du groupe."),
    "no_place": _("L’appareil n’a plus de place pour un groupe."),
    "wrong_data_rate": _("L’appareil refuse le débit du groupe."),
    "wrong_frequency": _("L’appareil refuse la fréquence du groupe."),
    "group_lost": _("L’appareil n’est plus du groupe."),
    "package_version": _("L’appareil ne parle pas la version 2 de la fragmentation (TS004)."),
    "setup_refused": _("L’appareil refuse l’annonce de l’image."),
    "no_memory": _("L’appareil n’a pas assez de mémoire pour l’image."),
    "not_ready": _("L’appareil n’était pas prêt dans le délai."),
    "wrong_mic": _("L’image reçue n’a pas la bonne signature : l’appareil l’a rejetée."),
    "incomplete": _("Il manque encore des fragments après le dernier passage."),
    "nobody_ready": _("Aucun appareil n’a été prêt."),
    "nobody_listens": _("Aucun appareil n’a accepté l’écoute."),
    "no_session": _("Le groupe n’a pas écouté avant l’échéance."),
    "no_gateway": _("Aucune passerelle n’a pu émettre."),
    "counter_spent": _("Le compteur du groupe est épuisé : créez-en un autre."),
    "payload_too_long": _("Le message est trop long pour le débit du groupe."),
}
