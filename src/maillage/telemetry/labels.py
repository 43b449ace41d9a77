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
    "series_count": _("Demandez de 1 à %(most)s séries de mesures à la fois."),
}

ACTIONS: Mapping[str, Promise] = {
    "telemetry.thing_installed": _("Équipement installé"),
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
}
