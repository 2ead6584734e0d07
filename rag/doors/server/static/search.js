// The search tab: results as one types, narrowed by facets and months.

import { address, get } from "./api.js";
import { batchPanel } from "./batch.js";
import { on } from "./bus.js";
import { announce, button, byId, el, fill } from "./dom.js";
import { facetPanel } from "./facets.js";
import { isOpen, openPlace } from "./reading.js";
import { link, hashOf, placeFrom } from "./route.js";
import { savedPanel, saveSearch } from "./saved.js";
import { flow, unitsOf, wordMarks } from "./spans.js";
import { lead, ordinal, t } from "./text.js";
import { labelled, menu, problem } from "./widgets.js";

const PAGE = 20;
const NAMES = ["q", "since", "until", "source", "zone", "person", "sort"];
const NOTHING = { q: "", since: "", until: "", source: "", zone: "", person: "", sort: "" };
const WAIT = 200;
const SETTLED = 700;
const MOST = 100;
const search = { asked: { ...NOTHING }, k: PAGE, found: null, error: "", control: null, timer: 0 };

// Draws the tab.
export function start() {
  on("language", draw);
  draw();
}

// Called when the address names the tab; an address with words repeats that search.
export function shown(query) {
  const asked = Object.fromEntries(NAMES.map((name) => [name, query.get(name) || ""]));
  const differs = query.size > 0 && NAMES.some((name) => asked[name] !== search.asked[name]);
  if (differs) narrow(asked, true);
}

// The address of the search as it stands.
export const hash = () => (search.asked.q ? link(["search"], search.asked) : "#/search");

// Changes what is asked and searches again.
export function narrow(changes, redraw = false, quick = false) {
  Object.assign(search.asked, changes);
  search.k = PAGE;
  if (redraw) draw();
  run(quick);
}

// Asks the server, unless there is nothing to ask; an older question is given up. While one types the search is quick, then thorough.
async function run(quick = false) {
  clearTimeout(search.timer);
  search.control?.abort();
  const control = new AbortController();
  search.control = control;
  if (!isOpen() && location.hash.startsWith("#/search")) history.replaceState(null, "", hash());
  if (!search.asked.q.trim()) {
    Object.assign(search, { found: null, error: "" });
    drawResults();
    return;
  }
  byId("results").setAttribute("aria-busy", "true");
  try {
    Object.assign(search, {
      found: await get(address("/api/search", { ...search.asked, k: search.k, quick: quick || "" }), control.signal),
      error: "",
    });
    if (quick) search.timer = setTimeout(run, SETTLED);
    else announce(counted(search.found));
  } catch (error) {
    if (error.name === "AbortError") return;
    Object.assign(search, { found: null, error: problem(error) });
  }
  drawResults();
}

// The form, and places for what is found.
function draw() {
  fill(
    byId("view-search"),
    el(
      "div",
      { class: "search-grid" },
      el("div", { class: "search-head" }, el("h2", { tabindex: "-1" }, t("tab_search")), form()),
      el("section", { id: "facets", "aria-label": t("narrow") }),
      el("div", { class: "search-main" }, el("div", { id: "results", role: "region", "aria-label": t("results") })),
    ),
  );
  drawResults();
}

// Words, dates and order.
function form() {
  const box = el("input", {
    type: "search",
    id: "search-box",
    value: search.asked.q,
    autocomplete: "off",
    maxlength: "2000",
    placeholder: t("search_placeholder"),
  });
  box.addEventListener("input", () => {
    clearTimeout(search.timer);
    search.timer = setTimeout(() => narrow({ q: box.value }, false, true), WAIT);
  });
  const sort = el(
    "select",
    { id: "sort", onchange: () => narrow({ sort: sort.value }) },
    [
      ["", "sort_relevance"],
      ["date", "sort_date"],
      ["date_asc", "sort_date_asc"],
    ].map(([value, name]) => el("option", { value, selected: search.asked.sort === value }, t(name))),
  );
  return el(
    "form",
    {
      class: "search-form",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        narrow({ q: box.value });
      },
    },
    labelled(t("search_words"), box, { class: "field grow" }),
    dateField("since"),
    dateField("until"),
    labelled(t("sort"), sort),
  );
}

// A day, month or year; anything else is named wrong and not sent.
function dateField(name) {
  const box = el("input", {
    type: "text",
    id: name,
    value: search.asked[name],
    placeholder: "2024-07",
    size: "10",
    autocomplete: "off",
    inputmode: "numeric",
  });
  const change = () => {
    const value = box.value.trim();
    const right = value === "" || /^\d{4}(-\d{2}(-\d{2})?)?$/.test(value);
    box.setAttribute("aria-invalid", String(!right));
    box.setCustomValidity(right ? "" : t("date_form"));
    if (right && value !== search.asked[name]) narrow({ [name]: value });
  };
  box.addEventListener("change", () => {
    change();
    box.reportValidity();
  });
  box.addEventListener("input", () => {
    clearTimeout(search.timer);
    search.timer = setTimeout(change, WAIT * 2);
  });
  return labelled(t(name), box);
}

// Facets, what is narrowed, the hits; saved searches and batches while nothing is sought.
function drawResults() {
  const { found, error, asked } = search;
  const results = byId("results");
  results.setAttribute("aria-busy", "false");
  fill(byId("facets"), found && facetPanel(found.facets, asked, narrow));
  byId("facets").hidden = !found;
  if (error) {
    fill(
      results,
      el("p", { class: "warning", role: "alert" }, error),
      button(t("try_again"), () => run(), {}, "again"),
    );
    return;
  }
  if (!found) {
    fill(
      results,
      savedPanel((params) => narrow({ ...NOTHING, ...params }, true)),
      batchPanel(),
    );
    return;
  }
  const places = found.hits.map(placeFrom);
  fill(
    results,
    el("div", { class: "results-head" }, el("p", { class: "count" }, counted(found)), narrowed(asked), tools()),
    found.hits.length
      ? el(
          "ol",
          { class: "hits" },
          found.hits.map((hit, i) => hitItem(hit, places, i)),
        )
      : el("p", { class: "empty" }, t("nothing_found")),
    found.hits.length >= search.k &&
      search.k < MOST &&
      button(
        t("more"),
        () => {
          search.k += PAGE;
          run();
        },
        { id: "more-hits", class: "plain wide" },
      ),
  );
}

// How many articles hold every word, or how many passages come nearest where none does.
const counted = ({ complete, total, hits }) =>
  `${t("n_passages", { n: hits.length })} · ${complete ? t("n_holding", { n: total }) : t("none_holding")}`;

// What the search is narrowed to; each can be taken off.
function narrowed(asked) {
  const set = ["since", "until", "source", "zone", "person"].filter((name) => asked[name]);
  return set.length
    ? el(
        "div",
        { class: "chips-row" },
        set.map((name) => {
          const words = `${t(name)}: ${asked[name]}`;
          return el(
            "button",
            {
              type: "button",
              class: "tag",
              "aria-label": t("take_off", { name: words }),
              onclick: () => narrow({ [name]: "" }, true),
            },
            words,
            " ×",
          );
        }),
      )
    : null;
}

// Save the search, export what was found.
function tools() {
  const file = (format) => address("/api/search/export", { ...search.asked, format });
  return el(
    "div",
    { class: "row" },
    button(t("save_search"), () => saveSearch(search.asked, search.found), { class: "plain small", id: "save-search" }),
    menu(
      t("export"),
      [
        ["CSV", "csv"],
        ["JSONL", "jsonl"],
      ].map(([name, format]) => [
        name,
        () => {
          location.href = file(format);
        },
      ]),
      "download",
      { dataset: { menu: "export" } },
    ),
  );
}

// One passage that was found.
function hitItem(hit, places, i) {
  const open = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    openPlace(places[i], places);
  };
  return el(
    "li",
    { class: "hit" },
    el("a", { class: "headline", lang: "zh", href: hashOf(places[i]), onclick: open }, hit.title),
    el(
      "p",
      { class: "facts" },
      hit.date && el("time", { datetime: hit.date }, hit.date),
      el("span", { class: "source" }, hit.source),
      [...(hit.zones || []), ...(hit.persons || [])].slice(0, 4).map((name) => el("span", { lang: "zh" }, name)),
      hit.alike > 0 && el("span", { class: "alike", title: t("alike_told") }, t("alike", { n: hit.alike })),
    ),
    el("p", { class: "snippet", lang: "zh" }, flow(hit.text, 0, hit.text.length, hitMarks(hit))),
    foundBy(hit),
  );
}

// Words to mark: as the server says, else the matched words.
function hitMarks(hit) {
  const told = hit.highlights || [];
  return told.length
    ? told.map(([start, end]) => ({ start: unitsOf(hit.text, start), end: unitsOf(hit.text, end) }))
    : wordMarks(hit.text, hit.matched || []);
}

// What found the passage, folded away.
function foundBy(hit) {
  const channels = Object.entries(hit.found_by || {})
    .map(([name, told]) => [t(`channel_${name}`), told, name])
    .filter(([label, , name]) => label !== `channel_${name}`);
  return channels.length
    ? el(
        "details",
        { class: "found-by" },
        el("summary", {}, t("found_by")),
        el(
          "ul",
          {},
          channels.map(([label, { rank, score }]) =>
            el("li", {}, `${label}: ${rank > 0 ? ordinal(rank) : "–"} (${Number(score).toFixed(2)})`),
          ),
        ),
        hit.matched?.length ? el("p", {}, lead("matched"), el("span", { lang: "zh" }, hit.matched.join("、"))) : null,
      )
    : null;
}
