// Numbered buttons that open the quotations of an answer.

import { el } from "./dom.js";
import { openPlace } from "./reading.js";
import { hashOf, placeFrom } from "./route.js";
import { t } from "./text.js";

// Number → place, for every citation and for the citations of figures.
export function placesOf(answer) {
  const cited = [...(answer.citations || []), ...(answer.figures || []).map((figure) => figure.citation)];
  return new Map(cited.map((citation) => [citation.number, { ...placeFrom(citation), title: citation.title }]));
}

// A numbered button that opens its quotation, or another place in it; between the places of a list the reader steps.
export function chip(number, places, place = places.get(number), list = distinct(places)) {
  const { title, quote } = places.get(number);
  return el(
    "button",
    {
      type: "button",
      class: "chip",
      dataset: { number },
      "aria-label": t("chip", { n: number, title }),
      title: quote,
      onclick: () => openPlace(place, list),
    },
    String(number),
  );
}

// Each quotation once.
function distinct(places) {
  const hashes = [...places.values()].map(hashOf);
  return [...places.values()].filter((place, i) => hashes.indexOf(hashOf(place)) === i);
}
