"""The words of orders, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.orders.engine.approval import State

STATES: Mapping[State, Promise] = {
    State.ISSUED: _("À approuver"),
    State.AWAITING_MAYOR: _("Attend la signature du maire"),
    State.APPROVED: _("Approuvé"),
    State.REFUSED: _("Refusé"),
    State.ORDERED: _("Commandé"),
}
TONES: Mapping[State, str] = {
    State.ISSUED: "pending",
    State.AWAITING_MAYOR: "pending",
    State.APPROVED: "ok",
    State.REFUSED: "danger",
    State.ORDERED: "info",
}

ACTIONS: Mapping[str, Promise] = {
    "orders.subscription_started": _("Abonnement ouvert"),
    "orders.subscription_changed": _("Abonnement modifié"),
    "orders.quote_issued": _("Devis établi"),
    "orders.quote_approved": _("Devis approuvé"),
    "orders.quote_refused": _("Devis refusé"),
    "orders.order_placed": _("Commande passée"),
    "orders.device_placed": _("Appareil posé"),
    "orders.work_accepted": _("Travaux reçus"),
}

FACTS: Mapping[str, Promise] = {
    "offering": _("offre"),
    "version": _("version"),
    "quantity": _("quantité"),
    "starts_on": _("début"),
    "effective_on": _("date d’effet"),
    "coefficient": _("coefficient de révision"),
    "once_cents": _("installation (centimes HT)"),
    "monthly_cents": _("par mois (centimes HT)"),
    "siret": _("SIRET"),
    "quote": _("devis"),
    "engagement": _("numéro d’engagement"),
    "devices": _("appareils"),
    "position": _("rang"),
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
    "quote_unknown": _("Le devis %(number)s n’existe pas, ou il ne vous est pas accessible."),
    "quote_empty": _("Le panier est vide : choisissez d’abord une offre dans la boutique."),
    "quote_of_several": _("Un devis est pour une seule organisation : choisissez des sites de la même commune."),
    "quote_too_many_devices": _("Un devis comporte au plus %(most)s appareils : faites-en plusieurs."),
    "quote_line_empty": _("« %(name)s » n’a aucune quantité : retirez la ligne du panier ou refaites la simulation."),
    "quote_usage_tiered": _("« %(name)s » est à l’usage et par tranches : un devis ne sait pas encore le figer."),
    "quote_expired": _(
        "Le devis %(number)s n’est plus valable depuis le %(valid_until)s : demandez-en un nouveau aux prix du jour."
    ),
    "quote_decided": _("Ce devis est déjà approuvé, refusé ou commandé : rechargez la page pour voir où il en est."),
    "quote_awaits_mayor": _("Votre approbation est enregistrée ; à ce montant, il reste la signature du maire."),
    "quote_not_approved": _("Le devis %(number)s n’est pas approuvé : faites-le approuver avant de commander."),
    "quote_ordered": _("Le devis %(number)s est déjà commandé."),
    "order_siret_wrong": _("« %(siret)s » n’est pas un SIRET : vérifiez ses 14 chiffres, la clé ne correspond pas."),
    "order_siret_of_another": _(
        "Le SIRET %(siret)s n’est pas de %(name)s, dont le SIREN est %(siren)s : "
        "donnez celui d’un de ses établissements."
    ),
    "work_unknown": _("Ces travaux n’existent pas, ou ils ne vous sont pas accessibles."),
    "work_item_unknown": _("Cet équipement à poser n’existe pas, ou il ne vous est pas accessible."),
    "work_accepted": _("Ces travaux sont déjà reçus : ils ne changent plus."),
    "work_unfinished": _(
        "%(missing)s équipement(s) ne sont pas posés, dont « %(label)s » : scannez-les avant la réception."
    ),
    "work_unheard": _(
        "%(silent)s appareil(s) n’ont pas encore été entendus depuis leur pose, dont %(dev_eui)s : "
        "attendez leur prochain message, ou vérifiez leur pile et leur place."
    ),
    "device_scanned_twice": _(
        "L’appareil %(dev_eui)s est déjà scanné pour « %(label)s » (%(site)s) : scannez l’étiquette d’un autre."
    ),
}
