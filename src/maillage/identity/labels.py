"""The words of identity, in French; English is in the catalogue."""

from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

KINDS: Mapping[str, Promise] = {
    "operator": _("Opérateur"),
    "commune": _("Commune"),
    "contractor": _("Prestataire"),
    "business": _("Entreprise"),
}

ROLES: Mapping[str, Promise] = {
    "operator": _("Opérateur"),
    "mayor": _("Maire"),
    "agent": _("Agent"),
    "technician": _("Technicien"),
    "machine": _("Automate"),
}

MACHINES: Mapping[str, Promise] = {
    "command": _("Le poste de commande"),
    "scheduler": _("Le programme horaire"),
    "demonstration": _("La démonstration"),
    "log-in page": _("La page de connexion"),
    "invitation": _("Le lien d’invitation"),
    "password link": _("Le lien de mot de passe"),
    "rules": _("Les règles automatiques"),
    "calendars": _("L’import de calendriers"),
}

ACTIONS: Mapping[str, Promise] = {
    "identity.organisation_created": _("Organisation créée"),
    "identity.organisation_ended": _("Organisation fermée"),
    "identity.membership_added": _("Personne rattachée"),
    "identity.membership_ended": _("Rattachement terminé"),
    "identity.role_changed": _("Rôle changé"),
    "identity.invited": _("Personne invitée"),
    "identity.invitation_withdrawn": _("Invitation retirée"),
    "identity.password_link_made": _("Lien de mot de passe créé"),
    "identity.password_reset": _("Mot de passe choisi par un lien"),
    "identity.mandate_granted": _("Mandat donné"),
    "identity.mandate_revoked": _("Mandat retiré"),
    "identity.language_set": _("Langue choisie"),
    "identity.password_changed": _("Mot de passe changé"),
    "identity.logged_in": _("Connexion"),
    "identity.logged_out": _("Déconnexion"),
    "identity.login_failed": _("Connexion échouée"),
    "identity.token_created": _("Jeton d’accès créé"),
    "identity.token_revoked": _("Jeton d’accès révoqué"),
}

FACTS: Mapping[str, Promise] = {
    "role": _("rôle"),
    "kind": _("nature"),
    "slug": _("identifiant"),
    "siren": _("SIREN"),
    "before": _("avant"),
    "after": _("après"),
    "locked": _("connexion suspendue"),
    "expires_at": _("expire"),
}

BROKEN: Mapping[str, Promise] = {
    "gap": _("une écriture manque ou a été déplacée"),
    "link": _("elle ne suit plus l’écriture précédente"),
    "content": _("son contenu a été modifié"),
}

SENTENCES: Mapping[str, Promise] = {
    "not_permitted": _("Votre rôle ne permet pas cette action pour cette organisation."),
    "not_logged_in": _("Connectez-vous pour continuer."),
    "no_membership": _("Votre compte n’est rattaché à aucune organisation. Demandez-le à l’opérateur du territoire."),
    "organisation_exists": _("Une organisation porte déjà l’identifiant « %(slug)s », ou l’opérateur existe déjà."),
    "organisation_unknown": _("Cette organisation n’existe pas, ou elle ne vous est pas accessible."),
    "email_taken": _("L’adresse %(email)s a déjà un compte."),
    "role_unfit": _("Le rôle « %(role)s » ne convient pas à %(organisation)s."),
    "membership_exists": _("%(person)s agit déjà pour %(organisation)s."),
    "membership_unknown": _("Vous n’agissez pas pour cette organisation."),
    "member_unknown": _("Cette personne n’agit pas pour cette organisation, ou elle ne vous est pas accessible."),
    "invitation_unknown": _("Cette invitation n’existe pas, ou elle a déjà été utilisée ou retirée."),
    "link_unusable": _("Ce lien a déjà servi, a expiré ou a été remplacé. Demandez-en un autre à qui vous l’a envoyé."),
    "link_for_another": _("Cette invitation est destinée à une autre personne que celle qui est connectée."),
    "account_exists": _("Cette adresse a déjà un compte : connectez-vous, puis rouvrez ce lien pour accepter."),
    "too_many_invitations": _("Trop d’invitations en un jour pour cette organisation : recommencez demain."),
    "too_many_links": _("Trop de liens de mot de passe pour cette personne en une heure : recommencez plus tard."),
    "organisation_ended": _("%(organisation)s est fermée : plus personne n’agit pour elle."),
    "operator_cannot_end": _("L’opérateur du territoire ne peut pas être fermé."),
    "not_oneself": _("Vous ne pouvez pas changer votre propre rôle ni vous retirer : demandez-le à quelqu’un d’autre."),
    "not_a_contractor": _("%(organisation)s n’est pas un prestataire : un mandat ne se donne qu’à un prestataire."),
    "mandate_exists": _("%(contractor)s a déjà un mandat de %(client)s."),
    "mandate_unknown": _("%(contractor)s n’a pas de mandat de %(client)s."),
    "language_unknown": _("La langue « %(language)s » n’est pas proposée : choisissez fr ou en."),
    "token_name_unfit": _("Donnez au jeton un nom de 1 à %(longest)s caractères."),
    "token_expires_in_the_past": _("La date d’expiration du jeton est passée : choisissez une date à venir."),
    "token_unknown": _("Ce jeton n’existe pas, ou il est déjà révoqué."),
    "idempotency_key_unfit": _("L’en-tête Idempotency-Key doit compter de 1 à 255 caractères visibles."),
    "idempotency_key_reused": _(
        "La clé d’idempotence « %(key)s » a déjà servi à une autre demande : prenez-en une nouvelle."
    ),
    "answer_was_secret": _(
        "Cette demande a déjà été faite et sa réponse, secrète, ne peut être redonnée. Révoquez puis recommencez."
    ),
    "cursor_unreadable": _("Le curseur n’est pas lisible : reprenez celui de la réponse précédente, tel quel."),
}


def who(label: str, *, is_machine: bool) -> str:
    """Who acted, in words: a person's own name, or what a process of the house is to people."""
    return str(MACHINES.get(label, label)) if is_machine else label


def action_label(code: str) -> str:
    """The words of an action code; the code itself when no capability names it in ``MAILLAGE_ACTIONS``."""
    return str(_declared("MAILLAGE_ACTIONS").get(code, code))


def fact_label(name: str) -> str:
    """The words of a fact's name; the name itself when no capability words it in ``MAILLAGE_FACTS``."""
    return str(_declared("MAILLAGE_FACTS").get(name, name))


@cache
def tellers() -> Mapping[str, Callable[[str, Mapping[str, object]], list[tuple[str, str]]]]:
    """Who puts the facts of a journal line into words, by the beginning of its action: ``command.``, ``schedule.``."""
    return {prefix: import_string(path) for prefix, path in settings.MAILLAGE_JOURNAL_TELLERS.items()}


@cache
def _declared(setting: str) -> Mapping[str, str | Promise]:
    return ChainMap(*(dict(import_string(path)) for path in getattr(settings, setting)))
