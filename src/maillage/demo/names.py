"""Plausible French names. The schools' are common ones; none stands for a real school."""

OPERATOR = "Essonne Numérique"
OPERATOR_SLUG = "essonne-numerique"
CONTRACTOR = "Objets & Réseaux Île-de-France"
CONTRACTOR_SLUG = "objets-et-reseaux"

SCHOOLS = (
    "École élémentaire Jules-Ferry",
    "École maternelle Les Tilleuls",
    "École élémentaire Louise-Michel",
    "École élémentaire Jean-Moulin",
    "École maternelle Les Coquelicots",
    "École élémentaire Victor-Hugo",
    "École primaire Marie-Curie",
    "École élémentaire Jean-Jaurès",
    "École maternelle Jacques-Prévert",
    "École élémentaire Paul-Éluard",
    "École primaire Simone-Veil",
    "École élémentaire Antoine-de-Saint-Exupéry",
    "École maternelle La Farandole",
    "École élémentaire Joséphine-Baker",
)
GYMNASIUMS = ("Gymnase Colette-Besson", "Gymnase Pierre-de-Coubertin", "Gymnase Alice-Milliat", "Gymnase Marcel-Cerdan")
CEMETERIES = ("Cimetière communal", "Cimetière du Parc", "Cimetière des Acacias")
STREETS = (
    "rue de la République",
    "rue du Général-Leclerc",
    "avenue de la Gare",
    "rue des Écoles",
    "rue Pasteur",
    "rue du Moulin",
    "allée des Marronniers",
    "rue de Verdun",
    "avenue Jean-Jaurès",
    "rue des Vignes",
    "chemin des Prés",
    "rue de l'Église",
)
CLASSROOMS = ("Classe de CP", "Classe de CE1", "Classe de CE2", "Classe de CM1", "Classe de CM2")
OTHER_ROOMS = ("Bibliothèque", "Salle informatique", "Salle des maîtres")
