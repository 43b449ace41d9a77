"""The words of telemetry: errors and journal lines, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, Promise] = {
    "thing_unknown": _("Cet équipement n’existe pas, ou il ne vous est pas accessible."),
    "thing_decommissioned": _("Cet équipement est hors service."),
    "thing_name_unfit": _("Donnez à l’équipement un nom de 1 à %(longest)s caractères."),
    "thing_name_taken": _("« %(site)s » a déjà un équipement nommé « %(name)s » : choisissez un autre nom."),
    "site_unknown": _("Ce site n’existe pas, ou il ne vous est pas accessible."),
    "site_of_another_organisation": _("« %(site)s » appartient à une autre organisation."),
    "space_unknown": _("Cette pièce n’existe pas dans ce site."),
    "device_unknown": _("Aucun appareil %(dev_eui)s ne vous est accessible : enregistrez-le d’abord."),
    "device_of_another_organisation": _("L’appareil %(dev_eui)s n’appartient pas à l’organisation de « %(site)s »."),
    "device_already_installed": _("L’appareil %(dev_eui)s est déjà installé : « %(thing)s », %(site)s."),
    "device_decommissioned": _("L’appareil %(dev_eui)s est hors service."),
    "device_model_unknown": _("Le modèle d’appareil « %(model)s » n’est pas connu."),
    "datastream_unknown": _("Cette série de mesures n’existe pas, ou elle ne vous est pas accessible."),
    "span_reversed": _("La période doit finir après avoir commencé."),
    "span_too_long": _("La période ne peut pas dépasser %(longest_days)s jours."),
    "thing_measures_unfit": _("Déclarez au moins une grandeur, et chacune une seule fois."),
    "quantity_unfit": _(
        "« %(quantity)s » n’est pas un code de grandeur : des minuscules sans accent, des chiffres et « _ »."
    ),
    "unit_unfit": _("« %(unit)s » n’est pas une unité UCUM, comme Cel, kW.h ou m3."),
    "datastream_unfit": _(
        "La série « %(quantity)s » ne convient pas : sa source est parmi %(sources)s, son rythme d’une seconde à un an "
        "et seul un compteur a un modulo, positif."
    ),
    "datastream_of_another_source": _(
        "Les valeurs de la série %(datastream_id)s viennent d’ailleurs (%(source)s) : elle ne se remplit pas ainsi."
    ),
    "values_too_many": _("Envoyez de 1 à %(most)s valeurs à la fois."),
    "correction_without_reason": _("Donnez la raison de la correction, en %(longest)s caractères au plus."),
    "correction_twice": _("Le même instant est corrigé deux fois : gardez une seule valeur."),
    "value_not_a_number": _("La valeur n’est pas un nombre fini : corrigez-la ou retirez la ligne."),
    "value_too_early": _("L’instant est antérieur à l’an 2000 : l’horloge de la source n’est pas réglée."),
    "value_in_the_future": _("L’instant est dans l’avenir : vérifiez l’horloge et le fuseau horaire de la source."),
    "value_of_another_unit": _("L’unité n’est pas celle de la série : convertissez la valeur ou l’unité."),
    "value_without_datastream": _("Cette série de mesures n’existe pas, ou elle ne vous est pas accessible."),
    "value_given_twice": _("Le même instant a déjà une autre valeur plus haut : gardez la bonne."),
    "retention_days_unfit": _("La durée de conservation va de 1 à %(longest)s jours."),
    "retention_summaries_shorter": _(
        "Les résumés se gardent au moins aussi longtemps que les valeurs : %(value_days)s jours."
    ),
    "retention_unknown": _("Cette règle de conservation n’existe pas, ou elle ne vous est pas accessible."),
    "archive_unwritable": _(
        "Le fichier d’archive de %(month)s ne se relit pas comme il a été écrit : vérifiez le disque."
    ),
    "import_unreadable": _("Le fichier n’est ni un CSV ni un Parquet lisible : %(reason)s"),
    "import_too_large": _("Le fichier dépasse %(most)s lignes ou %(megabytes)s Mo : partagez-le."),
    "import_columns": _("Il manque la colonne « %(column)s » : donnez datastream, at et value."),
    "import_unknown": _("Ce fichier n’attend plus : envoyez-le de nouveau."),
    "import_bad_datastream": _("Le numéro de série n’est pas un nombre entier."),
    "import_bad_instant": _("L’instant n’est pas une date ISO 8601 avec son fuseau, comme 2026-01-31T08:00:00+01:00."),
    "import_bad_value": _("La valeur n’est pas un nombre."),
    "series_count": _("Demandez de 1 à %(most)s séries de mesures à la fois."),
}

SOURCES: Mapping[str, Promise] = {
    "lorawan": _("Réseau radio"),
    "http": _("Envoi par HTTP"),
    "mqtt": _("Envoi par MQTT"),
    "modbus": _("Modbus"),
    "import": _("Fichiers"),
}

ACTIONS: Mapping[str, Promise] = {
    "telemetry.thing_installed": _("Équipement installé"),
    "telemetry.thing_declared": _("Équipement déclaré"),
    "telemetry.feature_set": _("Objet observé fixé"),
    "telemetry.values_imported": _("Mesures importées"),
    "telemetry.values_corrected": _("Mesures corrigées"),
    "telemetry.values_forgotten": _("Mesures effacées, au terme de leur conservation"),
    "telemetry.retention_set": _("Durée de conservation fixée"),
    "telemetry.retention_removed": _("Durée de conservation retirée"),
    "telemetry.thing_placed": _("Équipement placé"),
    "telemetry.thing_moved": _("Équipement déplacé"),
    "telemetry.thing_renamed": _("Équipement renommé"),
    "telemetry.thing_decommissioned": _("Équipement mis hors service"),
}

FACTS: Mapping[str, Promise] = {
    "dev_eui": _("DevEUI"),
    "model": _("modèle"),
    "site": _("site"),
    "space": _("pièce"),
    "feature": _("objet observé"),
    "quantities": _("grandeurs"),
    "quantity": _("grandeur"),
    "values": _("valeurs"),
    "datastreams": _("séries"),
    "corrected": _("corrigées"),
    "withdrawn": _("retirées"),
    "from": _("du"),
    "to": _("au"),
    "changes": _("changements"),
    "reason": _("raison"),
    "month": _("mois"),
    "of_values": _("valeurs en tout"),
    "value_days": _("jours de valeurs"),
    "summary_days": _("jours de résumés"),
}
