// The column that narrows a search: hits by month, sources, zones, persons.

import { el, svg } from "./dom.js";
import { t } from "./text.js";

const SHOWN = 8;
const MOST_BARS = 36;
const HEIGHT = 56;
const folded = { open: false };

// On a phone the column is folded until it is asked for. `narrow({source: "x"})` searches again; a filter that is set is taken off by the same button.
export function facetPanel(facets, asked, narrow) {
  const open = matchMedia("(min-width: 901px)").matches || folded.open;
  const fold = el(
    "details",
    {
      class: "facet-fold",
      open,
      ontoggle: () => {
        folded.open = fold.open;
      },
    },
    el("summary", {}, t("narrow")),
    el(
      "div",
      { class: "facet-panel" },
      chart(facets.months || [], asked, narrow),
      facet("source", facets.sources, asked, narrow),
      facet("zone", facets.zones, asked, narrow),
      facet("person", facets.persons, asked, narrow),
    ),
  );
  return fold;
}

// A list of names with how many hits each has.
function facet(name, entries, asked, narrow) {
  if (!entries?.length) return null;
  const item = (entry) => {
    const on = asked[name] === entry.name;
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          class: "facet",
          "aria-pressed": String(on),
          title: entry.name,
          onclick: () => narrow({ [name]: on ? "" : entry.name }, true),
        },
        el(
          "span",
          { class: "name", lang: name === "source" ? null : "zh" },
          name === "source" ? entry.name.split("/").pop() : entry.name,
        ),
        el("span", { class: "number" }, String(entry.count)),
      ),
    );
  };
  const rest = entries.slice(SHOWN);
  return el(
    "section",
    { class: "facets" },
    el("h3", {}, t(name)),
    el("ul", {}, entries.slice(0, SHOWN).map(item)),
    rest.length
      ? el("details", {}, el("summary", {}, t("n_more", { n: rest.length })), el("ul", {}, rest.map(item)))
      : null,
  );
}

// Bars, one a month (a year where the months are many); each is a button that narrows to its time.
function chart(months, asked, narrow) {
  const dated = months.filter(({ month }) => /^\d{4}/.test(month || ""));
  if (!dated.length) return null;
  const bars = dated.length > MOST_BARS ? byYear(dated) : withGaps(dated);
  const most = Math.max(...bars.map(({ count }) => count), 1);
  return el(
    "section",
    { class: "chart" },
    el("h3", {}, t(dated.length > MOST_BARS ? "by_year" : "by_month")),
    el(
      "div",
      { class: "bars", role: "group", "aria-label": t("by_month") },
      bars.map((one) => bar(one, most, asked, narrow)),
    ),
    el(
      "p",
      { class: "axis", "aria-hidden": "true" },
      el("span", {}, bars[0].month),
      bars.length > 1 && el("span", {}, bars[bars.length - 1].month),
    ),
  );
}

// One bar.
function bar({ month, count }, most, asked, narrow) {
  const height = count ? Math.max(3, Math.round((count / most) * HEIGHT)) : 0;
  const on = asked.since === month && asked.until === month;
  const label = t("bar", { month, n: count });
  return el(
    "button",
    {
      type: "button",
      class: "bar",
      "aria-label": label,
      title: label,
      "aria-pressed": String(on),
      disabled: !count,
      onclick: () => narrow(on ? { since: "", until: "" } : { since: month, until: month }, true),
    },
    svg(
      "svg",
      { viewBox: `0 0 10 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { x: 0, width: 10, y: HEIGHT - height, height }),
    ),
  );
}

// Months between the first and the last without a hit get an empty bar.
function withGaps(months) {
  const counts = new Map(months.map(({ month, count }) => [month.slice(0, 7), count]));
  const names = [...counts.keys()].sort();
  if (names.some((name) => name.length < 7)) return names.map((month) => ({ month, count: counts.get(month) }));
  const out = [];
  for (let month = names[0]; month <= names[names.length - 1] && out.length <= MOST_BARS; month = after(month))
    out.push({ month, count: counts.get(month) || 0 });
  return out.length <= MOST_BARS ? out : names.map((month) => ({ month, count: counts.get(month) }));
}

// "2024-12" → "2025-01"
function after(month) {
  const [year, number] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, "0")}`;
}

// Counts of years.
function byYear(months) {
  const counts = new Map();
  for (const { month, count } of months) counts.set(month.slice(0, 4), (counts.get(month.slice(0, 4)) || 0) + count);
  return [...counts].sort().map(([month, count]) => ({ month, count }));
}
