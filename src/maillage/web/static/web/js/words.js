// The browser's few sentences. The page's language decides; French is the reference.
const sentences = {
  fr: {
    never: "jamais",
    now: "à l’instant",
    minutes: (n) => `il y a ${n} min`,
    hours: (n) => `il y a ${n} h`,
    days: (n) => (n > 1 ? `il y a ${n} jours` : `il y a ${n} jour`),
    on: (date) => `le ${date}`,
    noData: "Pas de mesure sur cette période.",
    failed: "Le graphique n’a pas pu être chargé. Rechargez la page.",
    keys: "Flèches gauche et droite : lire les valeurs.",
    noMeasure: "pas de mesure",
    noMap: "La carte ne peut pas être dessinée par ce navigateur : la liste la remplace.",
    mapFailed: "La carte n’a pas pu être chargée : la liste la remplace.",
    requestFailed: "La demande n’a pas abouti. Vérifiez la connexion puis recommencez.",
    zoomIn: "Agrandir",
    zoomOut: "Réduire",
    close: "Fermer",
    map: "Carte",
  },
  en: {
    never: "never",
    now: "just now",
    minutes: (n) => `${n} min ago`,
    hours: (n) => `${n} h ago`,
    days: (n) => (n > 1 ? `${n} days ago` : `${n} day ago`),
    on: (date) => `on ${date}`,
    noData: "No measurement in this period.",
    failed: "The chart could not be loaded. Reload the page.",
    keys: "Left and right arrows: read the values.",
    noMeasure: "no measurement",
    noMap: "This browser cannot draw the map: the list stands in for it.",
    mapFailed: "The map could not be loaded: the list stands in for it.",
    requestFailed: "The request did not go through. Check the connection and try again.",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    close: "Close",
    map: "Map",
  },
};

export const language = document.documentElement.lang.startsWith("en") ? "en" : "fr";
export const locale = language === "en" ? "en-GB" : "fr-FR";
export const words = sentences[language];
