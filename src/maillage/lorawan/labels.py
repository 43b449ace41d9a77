"""The words of the radio network, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Mapping[str, Promise] = {
    "lorawan.period_declared": _("Rythme d’un appareil déclaré"),
    "lorawan.gateway_registered": _("Passerelle enregistrée"),
    "lorawan.gateway_changed": _("Passerelle modifiée"),
    "lorawan.certificate_issued": _("Certificat de passerelle délivré"),
    "lorawan.certificate_renewal_asked": _("Renouvellement de certificat demandé"),
    "lorawan.certificate_revoked": _("Certificat de passerelle révoqué"),
    "lorawan.device_registered": _("Appareil enregistré"),
    "lorawan.device_decommissioned": _("Appareil retiré du service"),
    "lorawan.devices_imported": _("Appareils importés"),
    "lorawan.device_claimed": _("Appareil associé à son propriétaire"),
    "lorawan.models_imported": _("Modèles d’appareils importés"),
    "lorawan.key_shown": _("Clé d’un appareil consultée"),
}

FACTS: Mapping[str, Promise] = {
    "period_s": _("rythme en secondes"),
    "name": _("nom"),
    "location": _("longitude et latitude"),
    "altitude_m": _("altitude en mètres"),
    "serial": _("numéro de série"),
    "join_eui": _("JoinEUI de l’appareil"),
    "before": _("avant"),
    "after": _("après"),
    "count": _("nombre"),
    "sha256": _("empreinte du fichier"),
    "first": _("premier DevEUI"),
    "last": _("dernier DevEUI"),
    "reason": _("motif"),
    "abp": _("DevAddr en ABP"),
    "relaxed": _("compteur libre"),
    "source": _("dépôt"),
    "examples": _("exemples"),
    "passed": _("exemples réussis"),
    "from": _("organisation précédente"),
    "to": _("organisation nouvelle"),
}

COLUMNS: Mapping[str, str | Promise] = {
    "": _("La ligne"),
    "dev_eui": "DevEUI",
    "join_eui": "JoinEUI",
    "app_key": "AppKey",
    "model": _("Modèle"),
    "name": _("Nom"),
    "commune": _("Commune"),
    "owner_token": _("Jeton propriétaire"),
    "nwk_key": "NwkKey",
    "dev_addr": "DevAddr",
    "nwk_s_key": "NwkSKey",
    "app_s_key": "AppSKey",
    "s_nwk_s_int_key": "SNwkSIntKey",
    "nwk_s_enc_key": "NwkSEncKey",
    "f_cnt_up": "FCntUp",
    "f_cnt_down": "FCntDown",
    "relaxed": _("Compteur libre"),
}

SENTENCES: Mapping[str, Promise] = {
    "lorawan.period_unfit": _("Le rythme d’un appareil va de %(least_s)s secondes à %(most_s)s secondes."),
    "lorawan.radio_not_permitted": _("Le réseau radio se consulte avec le rôle d’opérateur ou de technicien."),
    "repository.no_folder": _("Le dossier %(folder)s n’existe pas."),
    "repository.unknown": _(
        "Le dossier %(folder)s n’est ni une copie de lorawan-devices, ni une copie de chirpstack-device-profiles."
    ),
    "repository.unreadable": _("Le fichier %(file)s n’est pas utilisable : %(reason)s."),
    "lorawan.operator_only": _("Seul l’opérateur du réseau peut faire cela."),
    "lorawan.reason_too_short": _("Dites pourquoi, en %(shortest)s caractères au moins : le journal le garde."),
    "lorawan.kek_unknown": _(
        "La clé qui protège les clés des appareils manque sur ce serveur (%(kek)s) : remettez-la dans MAILLAGE_KEK."
    ),
    "lorawan.key_damaged": _("La clé enregistrée de l’appareil %(dev_eui)s est abîmée : enregistrez-le de nouveau."),
    "lorawan.owner_token.unreadable": _(
        "Un jeton propriétaire a au plus %(longest)s lettres sans accent ou chiffres : recopiez celui de l’étiquette."
    ),
    "lorawan.qr.not_tr005": _("Ce n’est pas le code d’une étiquette LoRaWAN : il commence par LW:D0."),
    "lorawan.qr.field": _("Le champ %(field)s du code n’est pas lisible : scannez de nouveau l’étiquette."),
    "lorawan.qr.checksum": _("La somme de contrôle du code est fausse : scannez de nouveau l’étiquette."),
    "lorawan.qr.none": _("Scannez ou collez au moins un code."),
    "lorawan.photo.too_large": _("La photographie est trop grande : au plus %(most_megabytes)s Mo et 60 mégapixels."),
    "lorawan.photo.unreadable": _("Ce n’est pas une photographie lisible : envoyez un fichier JPEG, PNG ou WebP."),
    "lorawan.photo.without_code": _("Aucun QR code n’y est lisible : rapprochez-vous et évitez les reflets."),
    "lorawan.claim_without_token": _(
        "Ce code n’a pas de jeton propriétaire : demandez à l’opérateur du réseau d’associer l’appareil."
    ),
    "lorawan.claim_refused": _(
        "Cet appareil ne peut pas être associé avec ce code. Vérifiez l’étiquette, ou demandez à l’opérateur du réseau."
    ),
    "lorawan.claim_throttled": _("Trop d’essais ont échoué : réessayez dans %(minutes)s minutes."),
    "lorawan.gateway_unknown": _("Cette passerelle n’existe pas, ou elle ne vous est pas accessible."),
    "lorawan.gateway_already_registered": _("La passerelle %(eui)s est déjà enregistrée."),
    "lorawan.certificate_unknown": _("Ce certificat n’est pas de cette passerelle, ou il est déjà révoqué."),
    "lorawan.certificate_none_in_use": _(
        "La passerelle %(eui)s n’emploie aucun certificat : délivrez-lui-en un et copiez-le d’abord."
    ),
    "lorawan.authority_unusable": _(
        "Le dossier de l’autorité de certification (%(folder)s) est inutilisable : %(reason)s."
    ),
    "lorawan.device_unknown": _("Cet appareil n’existe pas, ou il ne vous est pas accessible."),
    "lorawan.device_already_registered": _(
        "L’appareil %(dev_eui)s est déjà enregistré. Vérifiez le DevEUI sur son étiquette."
    ),
    "lorawan.device_decommissioned": _("L’appareil %(dev_eui)s est déjà retiré du service."),
    "lorawan.model_unknown": _("Le modèle « %(model)s » n’est pas connu : choisissez-en un de la liste."),
    "lorawan.import_gone": _(
        "Cet aperçu n’existe plus : il a expiré ou il a déjà été confirmé. Envoyez de nouveau le fichier."
    ),
    "lorawan.import_without_good_rows": _("Aucune ligne de ce fichier ne peut être importée : corrigez-le d’abord."),
    "lorawan.registered_since_preview": _(
        "%(count)s appareil(s) de ce fichier ont été enregistrés depuis l’aperçu (%(examples)s). Rien n’a été importé :"
        " envoyez de nouveau le fichier."
    ),
    "lorawan.eui.not_hexadecimal": _("%(expected_digits)s chiffres hexadécimaux attendus (0 à 9, A à F)."),
    "lorawan.eui.wrong_length": _("%(expected_digits)s chiffres hexadécimaux attendus, %(found_digits)s trouvés."),
    "lorawan.eui.blank": _("Ce n’est pas un identifiant : recopiez celui de l’étiquette."),
    "lorawan.key.not_hexadecimal": _("%(expected_digits)s chiffres hexadécimaux attendus (0 à 9, A à F)."),
    "lorawan.key.wrong_length": _("%(expected_digits)s chiffres hexadécimaux attendus, %(found_digits)s trouvés."),
    "lorawan.key.blank": _("Une clé faite de 0 ou de F ne protège rien : prenez celle du fabricant."),
    "lorawan.abp_has_no_app_key": _("Cet appareil est en ABP : il n’a pas d’AppKey."),
    "lorawan.abp_keys_of_1_1": _(
        "SNwkSIntKey et NwkSEncKey vont ensemble : donnez les deux pour LoRaWAN 1.1, aucune des deux pour 1.0."
    ),
    "lorawan.abp_or_otaa": _(
        "Un appareil en ABP ne se joint pas : retirez JoinEUI, AppKey et NwkKey, ou retirez sa session."
    ),
    "lorawan.dev_addr.unreadable": _("%(expected_digits)s chiffres hexadécimaux attendus (0 à 9, A à F)."),
    "lorawan.f_cnt.unreadable": _("Un compteur est un nombre entier de 0 à %(most)s."),
    "lorawan.yes_or_no": _("Écrivez oui ou non."),
    "lorawan.name.missing": _("Donnez un nom."),
    "lorawan.name.too_long": _("Au plus %(longest)s caractères, %(found)s trouvés."),
    "lorawan.name.unprintable": _("Le nom contient un caractère invisible : retapez-le."),
    "device_csv.empty": _("Le fichier est vide."),
    "device_csv.no_rows": _("Le fichier n’a que sa ligne de titres : ajoutez une ligne par appareil."),
    "device_csv.too_large": _("Le fichier dépasse %(most_megabytes)s Mo : partagez-le en plusieurs."),
    "device_csv.too_many_rows": _("Le fichier compte plus de %(most)s lignes : partagez-le en plusieurs."),
    "device_csv.workbook": _("C’est un classeur de tableur : enregistrez-le au format CSV, puis envoyez-le."),
    "device_csv.not_text": _("Le fichier n’est pas un texte lisible : enregistrez-le en CSV, encodage UTF-8."),
    "device_csv.quoting": _("À la ligne %(line)s, un guillemet ouvert n’est pas refermé, ou il est mal placé."),
    "device_csv.missing_columns": _("Il manque une colonne : %(columns)s. La première ligne porte les titres."),
    "device_csv.column_twice": _("Une colonne figure deux fois : %(columns)s."),
    "device_csv.missing_value": _("La case est vide."),
    "device_csv.not_of_abp": _("Une ligne avec DevAddr est en ABP : laissez cette case vide, ou retirez DevAddr."),
    "device_csv.not_of_otaa": _("Cette case est pour l’ABP : ajoutez un DevAddr, ou laissez-la vide."),
    "device_csv.more_cells_than_headings": _("Plus de cases que de titres : un séparateur est en trop."),
    "device_csv.twice_in_file": _("Déjà présent à la ligne %(line)s."),
    "device_csv.already_registered": _("Cet appareil est déjà enregistré."),
    "device_csv.unknown_model": _("« %(given)s » n’est pas un modèle connu."),
    "device_csv.unknown_commune": _("« %(given)s » n’est pas une commune où vous pouvez enregistrer des appareils."),
}

MESSAGE_TYPES: Mapping[int, Promise] = {
    0: _("Demande d’activation"),
    1: _("Activation acceptée"),
    2: _("Montée sans accusé"),
    3: _("Descente sans accusé"),
    4: _("Montée avec accusé"),
    5: _("Descente avec accusé"),
    6: _("Demande de réactivation"),
    7: _("Message propriétaire"),
}

HEARINGS: Mapping[str, Promise] = {
    "recent": _("Entendus depuis une heure"),
    "silent": _("Silencieux"),
    "never": _("Jamais entendus"),
    "retired": _("Retirés du service"),
}

# Counted by whoever stores the values, in the same table: the operator looks in one place.
_NOT_STORED: Mapping[str, tuple[Promise, Promise]] = {
    "telemetry_unknown_device": (
        _("Mesures d’un appareil sans équipement"),
        _("L’appareil est enregistré mais n’équipe aucun lieu : rattachez-le à un équipement."),
    ),
    "telemetry_unknown_quantity": (
        _("Mesure que l’équipement n’attend pas"),
        _("Le décodeur donne une mesure que l’équipement ne connaît pas : vérifiez le modèle de l’appareil."),
    ),
    "telemetry_not_a_number": (
        _("Mesure qui n’est pas un nombre"),
        _("L’appareil ou son décodeur donne une valeur absurde : vérifiez le capteur."),
    ),
    "telemetry_absurd_time": (
        _("Mesure datée d’un autre temps"),
        _("L’heure de la machine a changé, ou ces mesures ont attendu trop longtemps : vérifiez l’horloge."),
    ),
}

REFUSALS: Mapping[str, Promise] = {
    "malformed_datagram": _("Datagramme illisible"),
    "malformed_message": _("Message de passerelle illisible"),
    "malformed_frame": _("Trame LoRaWAN illisible"),
    "unexpected_frame": _("Trame d’un type inattendu"),
    "unknown_gateway": _("Passerelle non enregistrée"),
    "wrong_certificate": _("Certificat refusé à une passerelle"),
    "unknown_data_rate": _("Débit radio inconnu"),
    "unknown_dev_addr": _("Adresse d’un autre réseau"),
    "unknown_device": _("Appareil non enregistré qui veut se joindre"),
    "wrong_mic": _("Signature fausse"),
    "replayed_frame": _("Trame rejouée"),
    "f_cnt_gap": _("Trop de trames manquantes"),
    "f_cnt_exhausted": _("Compteur de trames épuisé"),
    "join_wrong_eui": _("Activation avec un autre JoinEUI"),
    "join_wrong_mic": _("Activation avec une clé fausse"),
    "join_replayed": _("Activation rejouée"),
    "join_of_abp": _("Activation d’un appareil en ABP"),
    "rejoin_without_1_1": _("Réactivation sans session 1.1"),
    "rejoin_wrong_network": _("Réactivation pour un autre réseau"),
    "codec_failure": _("Contenu que le décodeur refuse"),
    "overloaded": _("Serveur surchargé"),
    "transmission_failed": _("Émission impossible"),
    **{cause: name for cause, (name, _remedy) in _NOT_STORED.items()},
}

REFUSAL_REMEDIES: Mapping[str, Promise] = {
    "malformed_datagram": _(
        "Une machine envoie autre chose que le protocole Semtech UDP sur le port radio. Si c’est une passerelle,"
        " mettez son logiciel à jour ; sinon, fermez-lui le port."
    ),
    "malformed_message": _(
        "Une passerelle Basics Station envoie un message que le protocole ne prévoit pas : mettez son logiciel à jour."
    ),
    "malformed_frame": _("Souvent un bruit radio ou un autre système sur la même fréquence. Sans gravité si rare."),
    "unexpected_frame": _("Une trame qu’un appareil n’envoie pas, comme l’émission d’un autre réseau. Rien à faire."),
    "unknown_gateway": _("Si cette passerelle est à vous, enregistrez son identifiant. Sinon, ne faites rien."),
    "wrong_certificate": _(
        "Une passerelle se présente sans certificat, avec celui d’une autre, ou avec un certificat révoqué :"
        " délivrez-lui un nouveau certificat depuis sa page, ou éteignez-la."
    ),
    "unknown_data_rate": _("La passerelle annonce un débit que le plan EU868 n’a pas : vérifiez sa configuration."),
    "unknown_dev_addr": _(
        "L’appareil d’un autre réseau est à portée : rien à faire. Si c’est le vôtre, relancez son activation."
    ),
    "unknown_device": _("Si cet appareil est à vous, enregistrez-le. Sinon, ne faites rien."),
    "wrong_mic": _(
        "L’adresse est à nous mais pas la signature : un autre réseau l’emploie aussi, ou l’appareil garde une ancienne"
        " session. Si l’un de vos appareils est muet, relancez son activation."
    ),
    "replayed_frame": _(
        "Une trame déjà reçue est revenue. Rare, c’est un écho ; répété, quelqu’un la rejoue peut-être."
    ),
    "f_cnt_gap": _("L’appareil a compté bien plus de trames que nous n’en avons reçu : relancez son activation."),
    "f_cnt_exhausted": _("Le compteur de l’appareil est à son maximum : relancez son activation."),
    "join_wrong_eui": _("Le JoinEUI enregistré n’est pas celui de l’appareil : comparez avec son étiquette."),
    "join_wrong_mic": _(
        "Aucune des clés enregistrées (AppKey, NwkKey en 1.1) n’est celle de l’appareil : demandez-les au fabricant."
    ),
    "join_replayed": _(
        "L’appareil reprend un DevNonce déjà employé. S’il vient d’être remis à zéro, laissez-le essayer encore ; s’il"
        " échoue toujours, faites reprendre son compteur par le fabricant."
    ),
    "join_of_abp": _(
        "L’appareil est enregistré en ABP mais demande à se joindre : enregistrez-le avec son JoinEUI et son AppKey, ou"
        " réglez-le en ABP."
    ),
    "rejoin_without_1_1": _(
        "L’appareil parle LoRaWAN 1.1, mais il est enregistré sans NwkKey, ou sa session est en 1.0 : enregistrez sa"
        " NwkKey et un modèle 1.1, puis relancez son activation."
    ),
    "rejoin_wrong_network": _("L’appareil se croit sur un autre réseau (NetID) : relancez son activation."),
    "codec_failure": _(
        "Le modèle enregistré n’est peut-être pas le bon, ou l’appareil a un nouveau logiciel : vérifiez."
    ),
    "overloaded": _("Plus de trames que le serveur n’en peut traiter : vérifiez la machine et les passerelles."),
    "transmission_failed": _(
        "Aucune passerelle n’a pu émettre : vérifiez que celles qui entendent l’appareil sont en ligne et à l’heure."
    ),
    **{cause: remedy for cause, (_name, remedy) in _NOT_STORED.items()},
}

MISMATCHES: Mapping[str, Promise] = {
    "speaks_1_1": _(
        "L’appareil parle LoRaWAN 1.1, mais son modèle annonce 1.0 : il est servi en 1.0. Choisissez un modèle 1.1,"
        " puis relancez son activation."
    ),
    "speaks_1_0": _(
        "Le modèle annonce LoRaWAN 1.1, mais l’appareil s’est joint en 1.0 : il est servi en 1.0. S’il a une NwkKey,"
        " enregistrez-la ; sinon, choisissez un modèle 1.0."
    ),
}

DOWNLINK_CAUSES: Mapping[str, Promise] = {
    "not_acknowledged": _("L’appareil n’a pas accusé réception."),
    "payload_too_long": _("Le message est trop long pour le débit radio de l’appareil."),
    "no_opportunity": _("L’appareil n’a plus écouté pendant que ce message attendait."),
    "no_gateway": _("Aucune passerelle n’a pu émettre."),
    "gateway_silent": _("La passerelle n’a pas dit si elle avait émis."),
    "duty_cycle": _("Le temps d’émission que la loi autorise était épuisé sur les passerelles à portée."),
    "air_taken": _("Les passerelles à portée émettaient déjà autre chose à cet instant."),
    "not_heard_in_time": _("L’appareil ne s’est pas manifesté avant l’échéance."),
    "invalid_port": _("Le décodeur a donné un port LoRaWAN qui n’existe pas."),
    "cancelled": _("Le message a été annulé."),
    # A gateway's own words (Semtech UDP protocol, TX_ACK), kept in lower case.
    "too_late": _("La passerelle a reçu l’ordre trop tard pour émettre."),
    "too_early": _("La passerelle a reçu l’ordre trop tôt pour émettre."),
    "collision_packet": _("La passerelle avait déjà un message à cet instant."),
    "collision_beacon": _("La passerelle émettait une balise à cet instant."),
    "tx_freq": _("La passerelle ne peut pas émettre à cette fréquence."),
    "tx_power": _("La passerelle ne peut pas émettre à cette puissance."),
    "gps_unlocked": _("La passerelle n’est pas à l’heure du GPS."),
    # A codec's own codes.
    "unknown_model": _("Le modèle de l’appareil n’est pas connu."),
    "not_supported": _("Ce modèle ne reçoit pas de messages."),
    "refused": _("Le décodeur refuse ces données."),
    "threw": _("Le décodeur a échoué."),
    "bad_result": _("Le décodeur a répondu autre chose qu’un message."),
    "bad_input": _("Les données du message ne sont pas lisibles."),
    "bad_codec": _("Le décodeur du modèle ne se charge pas."),
    "time_limit": _("Le décodeur a été arrêté : trop long."),
    "memory_limit": _("Le décodeur a été arrêté : trop de mémoire."),
    "stack_limit": _("Le décodeur a été arrêté : trop profond."),
    "killed": _("Le décodeur s’est arrêté brusquement."),
    "quarantined": _("Le décodeur de ce modèle est suspendu après des échecs répétés."),
    "worker_unavailable": _("Aucun décodeur n’a pu démarrer."),
}


def refusal_label(cause: str) -> str:
    """The words of a refusal's cause; the code itself for one that a newer server would write."""
    return str(REFUSALS.get(cause, cause))
