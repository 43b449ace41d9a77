"""The words of orders, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Mapping[str, Promise] = {
    "orders.subscription_started": _("Abonnement ouvert"),
    "orders.subscription_changed": _("Abonnement modifié"),
}

FACTS: Mapping[str, Promise] = {
    "offering": _("offre"),
    "version": _("version"),
    "quantity": _("quantité"),
    "starts_on": _("début"),
    "effective_on": _("date d’effet"),
    "coefficient": _("coefficient de révision"),
}

SENTENCES: Mapping[str, Promise] = {
    "subscription_unknown": _("Cet abonnement n’existe pas, ou il ne vous est pas accessible."),
    "subscription_ends_before_start": _(
        "L’abonnement commence le %(start)s : il ne peut pas se terminer le %(end)s. Choisissez une fin postérieure."
    ),
    "change_outside_subscription": _(
        "Le %(effective_on)s n’est pas dans la durée de l’abonnement : choisissez une date entre son début et sa fin."
    ),
    "already_suspended": _("L’abonnement est déjà suspendu au %(effective_on)s : reprenez-le d’abord."),
    "not_suspended": _("L’abonnement n’est pas suspendu au %(effective_on)s : il n’y a rien à reprendre."),
    "quantity_unfit": _("La quantité %(quantity)s ne convient pas : il en faut au moins une."),
    "coefficient_unfit": _("Le coefficient de révision « %(coefficient)s » ne convient pas : il doit être positif."),
    "revision_in_closed_period": _(
        "Les prix ne peuvent pas être révisés au %(effective_on)s : tout est facturé avant le %(open_from)s. "
        "Choisissez cette date ou une date postérieure."
    ),
    "interval_empty": _("La période du %(start)s au %(end)s est vide : sa fin doit suivre son début."),
    "change_unfit": _("Ce changement d’abonnement est incomplet."),
    "vat_unfit": _(
        "La TVA (catégorie %(category)s, %(percent)s %%) ne convient pas : un taux positif pour S, zéro et un motif "
        "pour une exonération."
    ),
    "price_unfit": _("Le prix de « %(component)s » ne convient pas : donnez zéro ou plus, et moins d’un milliard."),
    "price_too_fine": _("Le prix de « %(component)s » a trop de décimales : gardez-en %(places)s au plus."),
    "terms_components_unfit": _("Les conditions doivent comporter au moins un prix, chacun avec son propre code."),
    "discount_unfit": _("La remise de %(percent)s %% ne convient pas : elle va de 0 à 100 %%."),
    "minimum_negative": _("Le minimum mensuel ne peut pas être négatif."),
    "component_unknown": _("L’abonnement ne comporte pas de prix « %(component)s »."),
}
