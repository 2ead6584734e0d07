// Citations of articles in the styles that newsrooms and libraries use.

import { address, get } from "./api.js";
import { t } from "./text.js";
import { copy, menu, trying } from "./widgets.js";

const STYLES = [
  ["gbt7714", "GB/T 7714"],
  ["apa", "APA"],
  ["bibtex", "BibTeX"],
  ["csl-json", "CSL-JSON"],
];

// A menu that copies the citations of the places it is given.
export function citeMenu(places, label, props = {}) {
  return menu(
    label,
    STYLES.map(([style, name]) => [
      name,
      () =>
        trying(async () => {
          const texts = await Promise.all(distinct(places()).map((place) => cited(place, style)));
          await copy(joined(texts, style), t("copied_citation", { style: name }));
        }),
    ]),
    "quote",
    { dataset: { menu: "cite" }, ...props },
  );
}

// One citation as text.
async function cited(place, style) {
  const { article_id, field, start, end, item } = place;
  const quote = start === undefined ? {} : { quote: 1, field, item: item || "", start, end };
  return (await get(address(`/api/articles/${encodeURIComponent(article_id)}/cite`, { style, ...quote }))).text;
}

// Several citations in one text; CSL-JSON stays one array.
function joined(texts, style) {
  if (style !== "csl-json" || texts.length === 1) return texts.join("\n");
  return JSON.stringify(
    texts.flatMap((text) => JSON.parse(text)),
    null,
    2,
  );
}

// Each place once.
function distinct(places) {
  const seen = new Map(
    places.map((place) => [`${place.article_id} ${place.field} ${place.start} ${place.end}`, place]),
  );
  return [...seen.values()];
}
