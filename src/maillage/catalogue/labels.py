"""The words of the catalogue, in French; English is in the catalogue of translations."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: Mapping[str, Promise] = {
    "pack": _("Pack équipement et service"),
    "connectivity": _("Connexion au réseau LoRa"),
    "internet": _("Accès à Internet"),
    "telephony": _("Téléphonie"),
    "conference": _("Visioconférence"),
    "hosting": _("Hébergement"),
    "works": _("Travaux"),
}

AUDIENCES: Mapping[str, Promise] = {
    "member": _("Adhérents"),
    "outside": _("Collectivités extérieures"),
    "business": _("Entreprises"),
}

NETWORKS: Mapping[str, Promise] = {"fibre": _("Couvert par la fibre"), "lora": _("Couvert par le réseau LoRa")}

LEVELS: Mapping[str, Promise] = {
    "basic": _("Site simple"),
    "medium": _("Site moyen"),
    "complex": _("Site complexe"),
}

RHYTHMS: Mapping[str, Promise] = {
    "one_off": pgettext_lazy("price", "une fois"),
    "monthly": pgettext_lazy("price", "par mois"),
    "usage": pgettext_lazy("price", "à l’usage"),
}

UNITS: Mapping[str, Promise] = {
    "site": _("site"),
    "valve": _("vanne"),
    "sensor": _("capteur"),
    "boiler_controller": _("régulateur de chaudière"),
    "gateway": _("passerelle intérieure"),
    "door": _("porte"),
    "gate": _("portail"),
    "badge": _("badge"),
    "device": _("appareil"),
    "line": _("ligne"),
    "handset": _("poste"),
    "minute": _("minute"),
    "conference_room": _("salle virtuelle"),
    "room_kit": _("salle équipée"),
    "account": _("compte"),
    "gb": _("Go"),
    "metre_in_duct": _("mètre en fourreau"),
    "metre_trench": _("mètre de tranchée"),
    "building": _("bâtiment"),
    "m": _("m"),
    "m2": _("m²"),
    "%": _("%"),
    "eur_year": _("€/an"),
}

QUESTIONS: Mapping[str, Promise] = {
    "surface": _("Surface chauffée"),
    "floors": _("Niveaux"),
    "rooms": _("Pièces chauffées"),
    "zones": _("Zones de chauffage"),
    "boilers": _("Chaudières ou sous-stations"),
    "bill_year": _("Votre facture actuelle"),
    "doors": _("Portes à équiper"),
    "gates": _("Portails à équiper"),
    "people": _("Personnes qui y entrent"),
    "devices": _("Appareils à raccorder"),
    "messages_a_day": _("Messages par appareil et par jour"),
    "sites": _("Sites à raccorder"),
    "people_a_site": _("Personnes par site"),
    "lines": _("Lignes"),
    "handsets": _("Postes à fournir"),
    "minutes_a_line": _("Appels par ligne et par mois"),
    "hosts": _("Personnes qui organisent des réunions"),
    "equipped_rooms": _("Salles à équiper"),
    "accounts": _("Comptes"),
    "stored_gb": _("Volume de vos données"),
    "length": _("Longueur à construire"),
    "duct_percent": _("Part dans des fourreaux existants"),
    "buildings": _("Bâtiments à raccorder"),
}

ASSUMPTIONS: Mapping[str, Promise] = {
    "m2_a_radiator": _(
        "Un radiateur chauffe environ %(value)s m² (de 10 à 20 selon l’isolation), et chaque pièce en a un."
    ),
    "rooms_a_sensor": _("Un capteur par zone, et au moins un pour %(value)s pièces."),
    "floors_a_gateway": _(
        "Une passerelle intérieure pour %(value)s niveaux, la première étant celle du réseau public."
    ),
    "saving_low": _("Au moins %(value)s %% d’énergie économisée."),
    "saving_high": _("Au plus %(value)s %% d’énergie économisée."),
    "spare_badges": _("%(value)s %% de badges en réserve."),
    "messages_a_device": _("Jusqu’à %(value)s messages par jour et par appareil ; au-delà, il compte double."),
    "people_of_small_site": _("Jusqu’à %(value)s personnes, l’accès standard suffit."),
    "included_minutes": _("%(value)s minutes par ligne et par mois sont comprises."),
    "minutes_margin": _("Les minutes au-delà varient de %(value)s %% d’un mois à l’autre."),
    "hosts_a_room": _("Une salle virtuelle sert %(value)s organisateurs."),
    "growth": _("Vos données augmentent de %(value)s %% en un an."),
    "blocked_ducts": _("%(value)s %% des fourreaux existants sont bouchés : il faut alors une tranchée."),
    "blocked_ducts_at_worst": _("Au pire, %(value)s %% des fourreaux sont bouchés."),
}

ESTIMATORS: Mapping[str, Promise] = {
    "heating": _("Température"),
    "access": _("Portes et portails"),
    "connectivity": _("Objets LoRa"),
    "internet": _("Accès à Internet"),
    "telephony": _("Téléphonie"),
    "conference": _("Visioconférence"),
    "hosting": _("Hébergement"),
    "works": _("Travaux de fibre"),
}

PICTURES: Mapping[str, Promise] = {
    "box": _("Carton"),
    "valve": _("Vanne"),
    "sensor": _("Capteur"),
    "boiler": _("Chaudière"),
    "door": _("Porte"),
    "gate": _("Portail"),
    "air": _("Air"),
    "water": _("Eau"),
    "antenna": _("Antenne"),
    "fibre": _("Fibre"),
    "phone": _("Téléphone"),
    "video": _("Écran"),
    "server": _("Serveur"),
    "works": _("Chantier"),
}

MODES: Mapping[str, Promise] = {
    "graduated": _("par tranche"),
    "volume": _("pour toute la quantité"),
}

OBSTACLES: Mapping[str, Promise] = {
    "audience": _("Cette offre n’est pas ouverte à votre organisme."),
    "fibre_missing": _("Le site n’est pas couvert par la fibre."),
    "fibre_unknown": _("La couverture du site par la fibre est à vérifier."),
    "lora_missing": _("Le site n’est pas couvert par le réseau LoRa."),
    "lora_unknown": _("La couverture du site par le réseau LoRa est à vérifier."),
}

ACTIONS: Mapping[str, Promise] = {
    "catalogue.catalogue_set": _("Catalogue enregistré"),
    "catalogue.category_set": _("Catégorie enregistrée"),
    "catalogue.specification_set": _("Fiche d’équipement enregistrée"),
    "catalogue.photo_set": _("Photo d’équipement enregistrée"),
    "catalogue.offering_created": _("Offre créée"),
    "catalogue.draft_saved": _("Brouillon d’offre enregistré"),
    "catalogue.draft_discarded": _("Brouillon d’offre abandonné"),
    "catalogue.version_published": _("Offre publiée"),
    "catalogue.offering_withdrawn": _("Offre retirée de la vente"),
    "catalogue.index_created": _("Indice créé"),
    "catalogue.index_published": _("Valeur d’indice enregistrée"),
    "catalogue.resource_created": _("Élément du catalogue créé par l’interface de programmation"),
    "catalogue.resource_changed": _("Élément du catalogue modifié par l’interface de programmation"),
    "catalogue.resource_deleted": _("Élément du catalogue supprimé par l’interface de programmation"),
}

FACTS: Mapping[str, Promise] = {
    "version": _("version"),
    "valid_from": _("vendue à partir du"),
    "on": _("à partir du"),
    "period": _("mois mesuré"),
    "published_on": _("publiée le"),
    "value": _("valeur"),
    "attributes": _("attributs"),
    "photo": _("photo"),
}

SENTENCES: Mapping[str, Promise] = {
    "money_divided_by_zero": _("Un partage sur une durée ou une quantité nulle n’a pas de sens : corrigez-la."),
    "money_weights_unfit": _("Les parts d’un montant doivent être positives, et une au moins ne pas être nulle."),
    "money_not_a_number": _("Ce montant n’est pas un nombre : écrivez par exemple 12,50."),
    "tiers_unfit": _("Les paliers du prix « %(price)s » doivent commencer à 0 et aller en croissant."),
    "price_negative": _("Le prix « %(price)s » et sa TVA ne peuvent pas être négatifs."),
    "quantity_negative": _("Une quantité ne peut pas être négative."),
    "formula_weights_unfit": _("Les parts de la formule font %(total)s : leur somme doit être 1."),
    "index_base_unfit": _("La valeur de départ d’un indice doit être supérieure à 0."),
    "revision_rhythm_unfit": _("La révision se fait au moins tous les mois : donnez un nombre de mois."),
    "index_not_published": _(
        "L’indice %(index)s n’avait aucune valeur publiée le %(on)s : attendez sa publication ou corrigez la date."
    ),
    "validity_reversed": _("La fin de validité doit suivre le début (%(valid_from)s)."),
    "validity_in_the_past": _(
        "La date %(valid_from)s est passée : choisissez le %(today)s ou un jour suivant. "
        "Ce qui a été vendu ne change plus."
    ),
    "later_version_exists": _(
        "La version %(number)s est déjà publiée à partir du %(valid_from)s : choisissez une date plus tardive, "
        "ou retirez-la."
    ),
    "range_unfit": _("La fourchette de %(low)s à %(high)s ne contient pas %(likely)s."),
    "answer_out_of_bounds": _("Donnez pour « %(question)s » un nombre entier de %(lowest)s à %(highest)s."),
    "funding_out_of_bounds": _(
        "Le taux de financement va de 0 à %(highest)s %% : la commune garde au moins un cinquième à sa charge "
        "(CGCT L1111-10)."
    ),
    "number_unreadable": _("« %(text)s » n’est pas un nombre (%(what)s) : écrivez par exemple 12,50."),
    "offering_without_words": _("Donnez à l’offre un nom et une phrase de présentation avant de la publier."),
    "offering_for_nobody": _("Dites à qui l’offre s’adresse avant de la publier."),
    "offering_without_price": _("Donnez au moins un prix à l’offre avant de la publier."),
    "estimator_unknown": _("L’estimateur « %(estimator)s » n’existe pas : choisissez-en un dans la liste."),
    "offering_code_unfit": _(
        "Le code « %(item)s » ne convient pas : lettres minuscules, chiffres et tirets, %(longest)s au plus."
    ),
    "offering_exists": _("Une offre porte déjà le code « %(item)s » : choisissez-en un autre."),
    "offering_unknown": _("Cette offre n’existe pas."),
    "offering_not_sold": _("Cette offre n’est pas, ou plus, en vente."),
    "offering_not_on_sale": _("Cette offre n’est pas en vente à cette date : il n’y a rien à retirer."),
    "offering_without_draft": _("Cette offre n’a pas de brouillon : commencez par le préparer."),
    "specification_unknown": _("La fiche d’équipement « %(item)s » n’existe pas."),
    "index_code_unfit": _("Donnez à l’indice un nom, et un code en lettres minuscules, chiffres et tirets."),
    "index_exists": _("Un indice porte déjà le code « %(item)s »."),
    "index_unknown": _("Cet indice n’existe pas."),
    "index_value_unfit": _("Une valeur d’indice est un nombre supérieur à 0, pas %(value)s."),
    "index_published_too_early": _(
        "Un indice se publie après le mois qu’il mesure : le %(published_on)s ne peut pas suivre %(period)s."
    ),
    "index_value_exists": _("Une valeur de %(period)s publiée le %(published_on)s est déjà enregistrée."),
    "operator_unknown": _("L’organisme qui tient la plateforme n’est pas encore créé."),
    "price_not_chargeable": _(
        "Le prix « %(price)s » n’est ni unique, ni mensuel, ni à l’usage, ou pas en euros : il ne peut pas être vendu."
    ),
    "tmf_token_needed": _("Présentez un jeton d’accès de l’opérateur : « Authorization: Bearer … »."),
    "tmf_not_json": _("Le corps de la demande n’est pas du JSON lisible."),
    "tmf_not_an_object": _("Le corps de la demande doit être un objet JSON d’un Mo au plus."),
    "tmf_text_unfit": _("Un texte contient un caractère nul : retirez-le."),
    "tmf_attribute_missing": _("L’attribut « %(attribute)s » est obligatoire."),
    "tmf_attribute_unfit": _("L’attribut « %(attribute)s » doit être un texte de %(longest)s caractères au plus."),
    "tmf_reference_unfit": _("Chaque référence de « %(attribute)s » doit être un objet avec un « id »."),
    "tmf_reference_unknown": _("« %(attribute)s » renvoie à « %(item)s », qui n’existe pas ici."),
    "tmf_resource_unknown": _("Il n’y a pas de %(resource)s « %(item)s »."),
    "tmf_resource_published": _(
        "%(resource)s « %(item)s » est publié : préparez une nouvelle version sur la page du catalogue."
    ),
    "tmf_resource_used": _("%(resource)s « %(item)s » est encore utilisé : retirez d’abord ce qui y renvoie."),
    "tmf_category_loop": _("La catégorie « %(item)s » ne peut pas être au-dessus d’elle-même."),
    "tmf_filter_unsupported": _("Le filtre « %(filter)s » n’est pas pris en charge."),
    "tmf_number_unreadable": _("« %(parameter)s » doit être un nombre entier positif, pas « %(text)s »."),
    "photo_too_large": _("Cette image est trop grande : envoyez-la en %(largest_mb)s Mo au plus."),
    "photo_unreadable": _("Ce fichier n’est pas une image lisible : envoyez un JPEG, un PNG ou un WebP."),
    "photo_unknown": _("Cette photo n’existe pas, ou a été remplacée."),
    "too_many_to_compare": _("On compare jusqu’à %(most)s offres : retirez-en une."),
    "offering_not_for_you": _("L’offre « %(name)s » n’est pas ouverte à votre organisme."),
    "basket_full": _("Le panier contient déjà %(most)s lignes : retirez-en une, ou passez commande en deux fois."),
    "tiers_unreadable": _("Écrivez un prix, comme 12,50, ou des paliers, comme « 0 : 1,20 ; 100 : 0,80 »."),
    "revision_unreadable": _(
        "Écrivez chaque indice ainsi : son code, sa part, sa valeur de départ ; par exemple « syntec 0,85 301,2 »."
    ),
    "revision_without_date": _("Donnez la date de la première révision."),
    "document_unfit": _("Écrivez un document par ligne : son titre, puis son adresse en https."),
    "characteristic_unfit": _("Écrivez une caractéristique par ligne : son nom, deux points, sa valeur."),
}
