"""The words of billing, in French; English is in the catalogue."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ACTIONS: Mapping[str, Promise] = {
    "billing.account_set": _("Compte de facturation défini"),
    "billing.usage_recorded": _("Consommations enregistrées"),
    "billing.run_started": _("Facturation du mois lancée"),
    "billing.invoice_issued": _("Facture émise"),
    "billing.credit_issued": _("Avoir émis"),
    "billing.payment_recorded": _("Paiement enregistré"),
    "billing.reminded": _("Relance faite"),
    "billing.bordereau_issued": _("Bordereau de titres émis"),
    "billing.grant_committed": _("Subvention notifiée"),
    "billing.grant_received": _("Subvention encaissée"),
}

FACTS: Mapping[str, Promise] = {
    "gross_cents": _("montant TTC (centimes)"),
    "amount_cents": _("montant (centimes)"),
    "month": _("mois"),
    "note": _("motif"),
    "channel": _("mode de facturation"),
    "legal_name": _("raison sociale"),
    "siret": _("SIRET"),
    "events": _("événements"),
    "issued_on": _("date des factures"),
    "funder": _("financeur"),
    "level": _("niveau"),
    "titres": _("titres"),
}

REASONS: Mapping[str, Promise] = {
    "new": _("%(what)s : nouveau depuis le %(since)s"),
    "gone": _("%(what)s : n’est plus facturé"),
    "unused": _("%(what)s : aucune consommation à facturer"),
    "once": _("%(what)s : une seule fois"),
    "part": _("%(what)s : %(days)s jours sur %(of)s"),
    "whole_again": _("%(what)s : de nouveau le mois entier"),
    "quantity": _("%(what)s : quantité %(was)s → %(is)s"),
    "price": _("%(what)s : prix révisé de %(before)s € à %(after)s €"),
    "discount_begins": _("%(what)s : remise appliquée"),
    "discount_ends": _("%(what)s : fin de la remise"),
    "usage": _("%(what)s : consommation de %(before)s € à %(after)s €"),
    "minimum": _("%(what)s : complément au minimum mensuel de %(before)s € à %(after)s €"),
    "late": _("%(what)s : %(amount)s € au titre du mois %(month)s"),
}

STATES: Mapping[str, Promise] = {
    "pending": _("à facturer"),
    "invoiced": _("facturé"),
    "carried": _("reporté : moins de 15 €"),
    "nothing": _("rien à facturer"),
    "failed": _("en échec"),
}

CHANNELS: Mapping[str, Promise] = {
    "titre": _("Titre de recette (PES V2, Chorus Pro)"),
    "facturx": _("Facture électronique (Factur-X)"),
}

SENTENCES: Mapping[str, Promise] = {
    "issuer_unknown": _(
        "L’organisme qui facture n’a pas encore de compte de facturation : renseignez son SIRET et son adresse."
    ),
    "account_unknown": _("Cette organisation n’a pas de compte de facturation : renseignez son SIRET et son adresse."),
    "siret_wrong": _("Le SIRET « %(siret)s » n’est pas valide : vérifiez ses 14 chiffres."),
    "address_incomplete": _("L’adresse de facturation est incomplète : renseignez « %(field)s »."),
    "run_unknown": _("Cette facturation n’existe pas."),
    "run_exists": _("Le mois %(month)s est déjà facturé : ouvrez sa facturation, elle se reprend où elle en est."),
    "run_dates_unfit": _(
        "La date des factures (%(issued_on)s) ne peut pas précéder le mois facturé (%(month)s), qui se donne par son "
        "premier jour."
    ),
    "run_out_of_order": _(
        "Le mois %(last)s est déjà facturé : ce qui manque pour %(month)s sera régularisé avec le mois prochain."
    ),
    "run_before_incomplete": _("La facturation de %(month)s n’est pas terminée : achevez-la avant le mois suivant."),
    "invoice_unknown": _("La facture « %(number)s » n’existe pas, ou elle ne vous est pas accessible."),
    "issued_before_last": _(
        "Le %(issued_on)s précède la dernière pièce de la série, du %(last)s : les numéros suivent les dates. "
        "Choisissez cette date ou une date postérieure."
    ),
    "number_unfit": _("Le numéro « %(number)s » ne convient pas : 20 caractères au plus : lettres, chiffres, + - _ /."),
    "credit_exceeds": _("L’avoir de %(asked)s € dépasse ce qui reste de la facture : %(left)s € TTC."),
    "credit_exceeds_line": _(
        "L’avoir dépasse ce qui reste de la ligne %(position)s, ou n’est pas positif : il reste %(left)s € HT."
    ),
    "credit_empty": _("L’avoir est vide : donnez un montant pour une ligne au moins."),
    "credit_of_credit": _("%(number)s est un avoir : un avoir ne corrige qu’une facture."),
    "line_unknown": _("La facture %(number)s n’a pas de ligne %(position)s."),
    "usage_unfit": _(
        "La consommation « %(reference)s » ne convient pas : « %(component)s » ne se facture pas à l’usage, ou la "
        "quantité n’est pas positive."
    ),
    "usage_outside_subscription": _(
        "La consommation « %(reference)s » du %(used_on)s n’est pas dans la durée de l’abonnement."
    ),
    "date_unreadable": _("La date « %(text)s » n’est pas lisible : écrivez-la AAAA-MM-JJ (un mois : AAAA-MM)."),
    "entry_unbalanced": _("L’écriture « %(reference)s » n’est pas équilibrée : débit et crédit doivent être égaux."),
    "document_inexact": _("La pièce %(number)s ne tombe pas juste (%(rules)s) : elle n’est pas émise."),
    "served_outside_month": _("Les jours du %(start)s au %(end)s débordent du mois facturé."),
    "money_divided_by_zero": _("Un montant ne peut pas être réparti sur zéro jour."),
    "document_unreadable": _("Ce fichier n’est pas une facture lisible (%(cause)s)."),
    "document_against_schema": _("La pièce ne respecte pas le schéma officiel : %(cause)s"),
    "document_against_rules": _("La pièce ne respecte pas les règles officielles : %(cause)s"),
    "rules_unavailable": _(
        "Le contrôle des règles officielles ne répond pas : aucune pièce n’est produite sans lui. Réessayez."
    ),
    "payments_heading": _("Le fichier doit commencer par la ligne « %(columns)s »."),
    "payments_too_many": _("Le fichier a plus de %(longest)s lignes : coupez-le en plusieurs."),
    "payment_line_columns": _(
        "Ligne %(line)s : %(expected)s colonnes séparées par des points-virgules sont attendues."
    ),
    "payment_line_reference": _("Ligne %(line)s : la référence bancaire manque ou dépasse 80 caractères."),
    "payment_line_date": _(
        "Ligne %(line)s : la date « %(text)s » n’est pas lisible ; écrivez 31/01/2026 ou 2026-01-31."
    ),
    "payment_line_amount": _(
        "Ligne %(line)s : le montant « %(text)s » n’est pas un montant positif en euros et centimes."
    ),
    "payment_line_unknown": _(
        "Ligne %(line)s : la facture « %(number)s » est inconnue. Corrigez la ligne ; rien n’a été enregistré."
    ),
    "payment_exceeds": _("%(amount)s € dépassent ce qui reste à payer de %(number)s : %(left)s €."),
    "payment_exceeds_at_line": _(
        "Ligne %(line)s : %(amount)s € dépassent ce qui reste à payer de %(number)s : %(left)s €. Rien n’a été "
        "enregistré."
    ),
    "payment_known": _("La référence bancaire « %(reference)s » est déjà enregistrée."),
    "payment_known_at_line": _(
        "Ligne %(line)s : la référence « %(reference)s » est en double. Rien n’a été enregistré."
    ),
    "reminder_of_titre": _("%(number)s est un titre de recette : son recouvrement revient au comptable public."),
    "reminder_not_due": _("%(number)s n’est pas à relancer : rien ne reste dû, ou l’échéance est le %(due_on)s."),
    "reminder_last": _("%(number)s a déjà été relancée %(last)s fois : passez au contentieux."),
    "reminder_done": _("%(number)s vient d’être relancée."),
    "export_unfit": _("Choisissez un exercice entre 2000 et 2100, et le format FEC ou CSV."),
    "bordereau_empty": _("Aucun titre n’attend d’être mis au bordereau."),
    "bordereau_unknown": _("Ce bordereau n’existe pas."),
    "bordereau_against_schema": _("Le bordereau ne respecte pas le schéma officiel du PES : %(cause)s"),
    "bordereau_inexact": _("Les sommes du bordereau %(number)s ne sont pas celles de ses titres : il n’est pas émis."),
    "accounting_incomplete": _(
        "Les codes comptables de l’organisme qui facture sont incomplets : renseignez %(fields)s."
    ),
    "supplier_invoice_unreadable": _("Ce fichier n’est pas une facture CII ou UBL lisible : %(cause)s"),
    "supplier_invoice_too_large": _("Le fichier dépasse %(megabytes)s Mo."),
    "supplier_invoice_currency": _("La facture est en %(currency)s : seules les factures en euros sont reprises."),
}
