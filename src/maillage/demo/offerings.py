"""What the demonstration sells. Every price is invented, and its offering says so (``invented``).

The orders of magnitude follow the founding intent only: packs for a simple, medium and complex site, and telephony
and Internet at half of a market price that is just as invented.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maillage.catalogue.drafts import Draft, Sla
from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.engine.price import Mode, PriceTerm, Rhythm, Tier, flat
from maillage.catalogue.engine.revision import Formula, Part, Revision
from maillage.catalogue.models import Offering
from maillage.catalogue.terms import NamedTerm

INDEX = ("ilm-services", "Indice inventé des services numériques", "Démonstration : aucun organisme ne le publie")
INDEX_VALUES = (
    (date(2025, 9, 1), "100.0", date(2025, 12, 15)),
    (date(2025, 12, 1), "100.8", date(2026, 3, 16)),
    (date(2026, 6, 1), "101.9", date(2026, 9, 15)),
)
_REVISED = Revision(Formula(Decimal("0.15"), (Part(INDEX[0], Decimal("0.85"), Decimal("100.0")),)), date(2027, 1, 1))

MEMBER, OUTSIDE, BUSINESS = Audience.MEMBER, Audience.OUTSIDE, Audience.BUSINESS
_MEMBERS, _PUBLIC, _ALL = frozenset({MEMBER}), frozenset({MEMBER, OUTSIDE}), frozenset(Audience)
_OFFICE = Sla(Decimal("99.5"), 4, 48, "Du lundi au vendredi, de 8 h à 18 h")
_CONTINUOUS = Sla(Decimal("99.9"), 1, 8, "Tous les jours, 24 heures sur 24")
_OWNED = "L’équipement reste votre propriété"
_CARE = "La maintenance et les évolutions, sans supplément"


@dataclass(frozen=True, slots=True)
class CategoryPlan:
    """A shelf."""

    code: str
    name: str
    icon: str
    description: str


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """An equipment sheet."""

    code: str
    name: str
    brand: str
    picture: str
    protocol: str
    battery_life_years: str
    description: str
    characteristics: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OfferingPlan:
    """An offering with what its first version says."""

    code: str
    kind: Offering.Kind
    category: str
    draft: Draft
    featured: bool = False


CATALOGUE = ("services-du-territoire", "Services du territoire")
CATEGORIES = (
    CategoryPlan(
        "confort-energie", "Confort et énergie", "temperature", "Chauffer juste ce qu’il faut, quand il faut."
    ),
    CategoryPlan("acces", "Accès aux bâtiments", "door-enter", "Ouvrir et fermer à distance, savoir qui entre."),
    CategoryPlan("cadre-de-vie", "Cadre de vie", "leaf", "L’air, l’eau et l’espace public, mesurés en continu."),
    CategoryPlan("reseau-lora", "Réseau LoRa", "antenna", "Raccorder ses propres objets au réseau du territoire."),
    CategoryPlan("internet", "Internet", "world", "La fibre publique pour les bâtiments publics."),
    CategoryPlan("telephonie", "Téléphonie et visioconférence", "phone", "Se parler sans payer deux fois."),
    CategoryPlan("hebergement", "Hébergement", "database", "Les données du territoire, sur le territoire."),
    CategoryPlan("travaux", "Travaux", "tool", "Amener la fibre jusqu’à vos bâtiments."),
)

_BATTERY = ("Autonomie", "annoncée par le fabricant, selon le rythme des mesures")
SHEETS = (
    SheetPlan(
        "vanne-vicki",
        "Tête de vanne thermostatique Vicki",
        "MClimate",
        "valve",
        "LoRaWAN 1.0.3, classe A",
        "10",
        "Se visse à la place de la tête du radiateur ; reçoit la consigne et mesure la température de la pièce.",
        (("Alimentation", "2 piles AA"), ("Raccord", "M30 × 1,5"), _BATTERY),
    ),
    SheetPlan(
        "capteur-ambiance",
        "Capteur d’ambiance ERS",
        "ELSYS",
        "sensor",
        "LoRaWAN 1.0.3, classe A",
        "10",
        "Mesure la température, l’humidité, la lumière et la présence.",
        (("Alimentation", "2 piles AA"), ("Pose", "au mur, sans câble"), _BATTERY),
    ),
    SheetPlan(
        "regulateur",
        "Régulateur de chaudière",
        "Modèle au choix du titulaire",
        "boiler",
        "LoRaWAN, classe C",
        "",
        "Coupe et relance la production de chaleur selon les besoins des pièces.",
        (("Alimentation", "230 V"), ("Pose", "en chaufferie, par un professionnel")),
    ),
    SheetPlan(
        "contact-porte",
        "Contact de porte LDS02",
        "Dragino",
        "door",
        "LoRaWAN 1.0.3, classe A",
        "5",
        "Dit si une porte ou une fenêtre est ouverte, et depuis quand.",
        (("Alimentation", "2 piles AAA"), _BATTERY),
    ),
    SheetPlan(
        "relais-portail",
        "Relais de portail LT-22222-L",
        "Dragino",
        "gate",
        "LoRaWAN 1.0.3, classe C",
        "",
        "Ouvre et ferme un portail motorisé, et dit où il en est.",
        (("Alimentation", "7 à 24 V"), ("Sorties", "2 relais, 2 numériques")),
    ),
    SheetPlan(
        "poste-sip",
        "Poste téléphonique de bureau",
        "Modèle au choix du titulaire",
        "phone",
        "SIP, alimenté par le réseau",
        "",
        "Un poste filaire avec écran ; une application le remplace sur ordinateur et mobile.",
        (("Alimentation", "PoE"),),
    ),
)


def _one_off(name: str, unit: str, price: str) -> NamedTerm:
    return NamedTerm(name, flat(f"{unit}-once", Rhythm.ONE_OFF, unit, price))


def _monthly(name: str, unit: str, price: str, *, revised: bool = True) -> NamedTerm:
    return NamedTerm(name, flat(f"{unit}-month", Rhythm.MONTHLY, unit, price), _REVISED if revised else None)


def _tiers(name: str, unit: str, mode: Mode, *tiers: tuple[int, str]) -> NamedTerm:
    steps = tuple(Tier(Decimal(start), Decimal(price)) for start, price in tiers)
    return NamedTerm(name, PriceTerm(f"{unit}-month", Rhythm.MONTHLY, unit, steps, mode))


def _temperature(level: str, name: str, summary: str, setup: str, month: str, *extra: str) -> OfferingPlan:
    words = {"basic": "simple", "medium": "moyen", "complex": "complexe"}
    draft = Draft(
        name=name,
        summary=summary,
        description="Chaque pièce reçoit la température qui lui convient, aux heures où elle sert. Le maire et les "
        "agents règlent depuis un téléphone ; les vacances et les jours fériés sont connus d’avance.",
        included=(
            "Les vannes, les capteurs et leur pose, radiateur par radiateur",
            *extra,
            "Les programmes hebdomadaires et le poste de pilotage",
            _CARE,
            _OWNED,
        ),
        excluded=("Le remplacement des radiateurs et des corps de vanne grippés",),
        keywords="chauffage radiateur école mairie gymnase économie énergie température",
        picture="valve",
        audiences=_PUBLIC,
        needs_lora=True,
        estimator="heating",
        level=level,
        term_months=36,
        sla=_OFFICE,
        invented=True,
        terms=(
            _monthly("Abonnement du site", "site", month),
            _monthly("Abonnement d’une vanne", "valve", "0.90"),
            _one_off("Étude et mise en service", "site", setup),
            _one_off("Vanne posée", "valve", "89"),
            _one_off("Capteur posé", "sensor", "75"),
            _one_off("Régulateur posé", "boiler_controller", "640"),
            _one_off("Passerelle intérieure posée", "gateway", "390"),
        ),
        specifications=("vanne-vicki", "capteur-ambiance", *(() if level == "basic" else ("regulateur",))),
    )
    return OfferingPlan(f"temperature-{words[level]}", Offering.Kind.PACK, "confort-energie", draft, level == "medium")


OFFERINGS = (
    _temperature(
        "basic", "Température, site simple", "Une mairie, une petite école : jusqu’à 300 m² et deux zones.", "350", "12"
    ),
    _temperature(
        "medium",
        "Température, site moyen",
        "Un groupe scolaire, une salle des fêtes : jusqu’à 1 500 m² et une chaudière pilotée.",
        "780",
        "25",
        "Le pilotage de la chaudière",
    ),
    _temperature(
        "complex",
        "Température, site complexe",
        "Un gymnase, un centre culturel : plusieurs chaudières, zones et niveaux.",
        "1900",
        "59",
        "Le pilotage de chaque chaudière et des centrales d’air",
        "Un suivi des consommations avec votre service technique",
    ),
    OfferingPlan(
        "acces-batiments",
        Offering.Kind.PACK,
        "acces",
        Draft(
            name="Portes et portails connectés",
            summary="Le cimetière s’ouvre au lever du soleil, le gymnase se ferme à l’heure.",
            description="Les portails suivent l’heure ou le soleil, les portes disent si elles sont restées ouvertes, "
            "et une personne autorisée ouvre à distance.",
            included=("Les contacts, relais et badges, posés", "Les horaires et le poste de pilotage", _CARE, _OWNED),
            excluded=("La motorisation d’un portail qui n’en a pas",),
            keywords="serrure cimetière gymnase badge portail ouverture",
            picture="gate",
            audiences=_PUBLIC,
            needs_lora=True,
            estimator="access",
            term_months=36,
            sla=_OFFICE,
            invented=True,
            terms=(
                _monthly("Abonnement du site", "site", "9"),
                _monthly("Abonnement d’un portail", "gate", "6"),
                _one_off("Étude et mise en service", "site", "290"),
                _one_off("Porte équipée", "door", "145"),
                _one_off("Portail équipé", "gate", "520"),
                _one_off("Badge", "badge", "4.50"),
            ),
            specifications=("contact-porte", "relais-portail"),
        ),
        featured=True,
    ),
    OfferingPlan(
        "qualite-air",
        Offering.Kind.PACK,
        "cadre-de-vie",
        Draft(
            name="Air des salles de classe",
            summary="Savoir quand aérer : le CO₂, la température et l’humidité de chaque classe.",
            included=("Un capteur par salle, posé", "L’affichage des mesures et les alertes", _CARE, _OWNED),
            keywords="co2 aération école crèche qualité de l’air",
            picture="air",
            audiences=_PUBLIC,
            needs_lora=True,
            term_months=24,
            sla=_OFFICE,
            invented=True,
            terms=(_monthly("Abonnement d’un capteur", "sensor", "2.40"), _one_off("Capteur posé", "sensor", "190")),
            specifications=("capteur-ambiance",),
        ),
    ),
    OfferingPlan(
        "arrosage",
        Offering.Kind.PACK,
        "cadre-de-vie",
        Draft(
            name="Arrosage des espaces verts",
            summary="Arroser quand le sol en a besoin, arrêter quand il pleut.",
            included=(
                "Les sondes de sol et les électrovannes, posées",
                "Les programmes et le poste de pilotage",
                _CARE,
            ),
            excluded=("Le réseau d’eau lui-même",),
            keywords="eau espaces verts stade sonde",
            picture="water",
            audiences=_PUBLIC,
            needs_lora=True,
            term_months=24,
            sla=_OFFICE,
            invented=True,
            terms=(
                _monthly("Abonnement du site", "site", "14"),
                _one_off("Étude et mise en service", "site", "420"),
                _one_off("Capteur posé", "sensor", "165"),
            ),
        ),
    ),
    OfferingPlan(
        "connexion-lora",
        Offering.Kind.CONNECTIVITY,
        "reseau-lora",
        Draft(
            name="Connexion LoRa seule",
            summary="Vos propres objets sur le réseau du territoire : gardez vos outils, nous portons les messages.",
            description="Vous enregistrez vos appareils, leurs messages vous arrivent par MQTT ou par une adresse web "
            "de votre choix. Le prix par appareil baisse avec leur nombre.",
            included=(
                "Jusqu’à 24 messages par jour et par appareil",
                "La console de vos appareils",
                "Les clés restent à vous",
            ),
            excluded=("Les appareils et leur pose",),
            keywords="iot capteur objet connecté lorawan entreprise",
            picture="antenna",
            audiences=_ALL,
            needs_lora=True,
            estimator="connectivity",
            sla=Sla(Decimal("99.5"), 8, None, "Du lundi au vendredi, de 9 h à 17 h"),
            invented=True,
            terms=(
                _tiers(
                    "Abonnement d’un appareil", "device", Mode.GRADUATED, (0, "1.20"), (100, "0.80"), (1000, "0.45")
                ),
                _one_off("Ouverture du compte", "site", "60"),
            ),
        ),
        featured=True,
    ),
    OfferingPlan(
        "internet-standard",
        Offering.Kind.INTERNET,
        "internet",
        Draft(
            name="Internet fibre standard",
            summary="Pour la mairie, l’école ou la bibliothèque : la fibre publique à moitié prix.",
            included=("300 Mbit/s garantis à la moitié du débit", "Un routeur prêté", "Une adresse IP fixe", _CARE),
            keywords="fibre débit accès web box",
            picture="fibre",
            audiences=_PUBLIC,
            needs_fibre=True,
            estimator="internet",
            level="basic",
            term_months=12,
            sla=_OFFICE,
            invented=True,
            terms=(_monthly("Abonnement du site", "site", "24"), _one_off("Raccordement", "site", "120")),
        ),
    ),
    OfferingPlan(
        "internet-plus",
        Offering.Kind.INTERNET,
        "internet",
        Draft(
            name="Internet fibre garantie",
            summary="Pour les sites qui ne peuvent pas attendre : débit garanti, rétabli dans la journée.",
            included=("1 Gbit/s garanti", "Un secours par un second chemin", "Une adresse IP fixe", _CARE),
            keywords="fibre débit garanti secours accès web",
            picture="fibre",
            audiences=_PUBLIC,
            needs_fibre=True,
            estimator="internet",
            level="medium",
            term_months=24,
            sla=_CONTINUOUS,
            invented=True,
            terms=(_monthly("Abonnement du site", "site", "95"), _one_off("Raccordement", "site", "380")),
        ),
    ),
    OfferingPlan(
        "telephonie",
        Offering.Kind.TELEPHONY,
        "telephonie",
        Draft(
            name="Téléphonie de la mairie",
            summary="Vos numéros, vos postes et vos accueils, à moitié du prix du marché.",
            description="Les lignes passent par la fibre ; vos numéros sont gardés, l’accueil se règle en ligne.",
            included=(
                "600 minutes par ligne et par mois",
                "La conservation de vos numéros",
                "Répondeur et accueil vocal",
                _CARE,
            ),
            excluded=("Les numéros surtaxés",),
            keywords="téléphone fixe voip sip ligne appel standard",
            picture="phone",
            audiences=_PUBLIC,
            needs_fibre=True,
            estimator="telephony",
            term_months=12,
            sla=_OFFICE,
            invented=True,
            terms=(
                _monthly("Abonnement d’une ligne", "line", "6.50"),
                NamedTerm("Minute au-delà", flat("minute-usage", Rhythm.USAGE, "minute", "0.0125")),
                _one_off("Mise en service", "site", "90"),
                _one_off("Poste", "handset", "79"),
            ),
            specifications=("poste-sip",),
        ),
        featured=True,
    ),
    OfferingPlan(
        "visioconference",
        Offering.Kind.CONFERENCE,
        "telephonie",
        Draft(
            name="Visioconférence du territoire",
            summary="Des réunions sans compte étranger ni limite de durée, hébergées sur place.",
            included=("Autant de participants invités que voulu", "L’accès par un simple lien ou par téléphone", _CARE),
            keywords="réunion visio conseil municipal vidéo",
            picture="video",
            audiences=_PUBLIC,
            estimator="conference",
            sla=_OFFICE,
            invented=True,
            terms=(
                _tiers("Salle virtuelle", "conference_room", Mode.VOLUME, (0, "15"), (5, "12"), (20, "9")),
                _one_off("Salle équipée (écran, caméra, micros)", "room_kit", "1850"),
            ),
        ),
    ),
    OfferingPlan(
        "hebergement",
        Offering.Kind.HOSTING,
        "hebergement",
        Draft(
            name="Espace de travail et de fichiers",
            summary="Fichiers partagés, agendas et messagerie, dans deux centres du territoire.",
            included=("Deux copies dans deux centres", "Une sauvegarde chaque nuit, gardée 30 jours", _CARE),
            keywords="cloud fichiers messagerie sauvegarde serveur données",
            picture="server",
            audiences=_PUBLIC,
            estimator="hosting",
            term_months=12,
            sla=_CONTINUOUS,
            invented=True,
            terms=(
                _monthly("Compte", "account", "2.90"),
                _monthly("Espace, par Go", "gb", "0.045"),
                _one_off("Reprise de vos données", "site", "450"),
            ),
        ),
    ),
    OfferingPlan(
        "travaux-fibre",
        Offering.Kind.WORKS,
        "travaux",
        Draft(
            name="Construction de fibre jusqu’à vos bâtiments",
            summary="Étude, tranchée, tirage et raccordement, suivis par le syndicat jusqu’à la réception.",
            included=(
                "L’étude et les autorisations de voirie",
                "Le contrôle du titulaire et la réception",
                "Le plan de récolement",
            ),
            excluded=("La réfection complète d’une chaussée",),
            keywords="tranchée fourreau raccordement génie civil câble",
            picture="works",
            audiences=_PUBLIC,
            estimator="works",
            sla=Sla(support="Un conducteur de travaux par chantier"),
            invented=True,
            terms=(
                _one_off("Étude du tracé", "site", "900"),
                _one_off("Fibre dans un fourreau existant, le mètre", "metre_in_duct", "7.80"),
                _one_off("Tranchée et fibre, le mètre", "metre_trench", "62"),
                _one_off("Bâtiment raccordé", "building", "480"),
            ),
        ),
    ),
)
