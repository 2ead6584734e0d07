// What an answer was gathered from: how it came about, its figures in a table, what is missing, and a chart of them.

import { drawChart } from "./chart.js";
import { chip } from "./chips.js";
import { button, el } from "./dom.js";
import { periodOf, timeOf } from "./periods.js";
import { openPlace } from "./reading.js";
import { cut } from "./spans.js";
import { languageOf, t } from "./text.js";

const WORDS = { time: "time", text: "told_words" }; // what the second column is called, by the kind of its rows

// The part of an answer below its text; nothing for one that was only looked up.
export function drawRows(answer, places, actions) {
  if (!answer.operation || answer.operation === "lookup") return null;
  const lines = linesOf(answer, places);
  return el(
    "section",
    { class: "gathered", "aria-label": t("gathered_part") },
    el(
      "div",
      { class: "gathered-head" },
      origin(answer),
      actions.lookUp && button(t("look_up_only"), actions.lookUp, { class: "plain small look-up" }),
    ),
    lines.length ? table(answer, lines, places) : null,
    answer.derived?.terms?.length ? null : drawChart(lines, answer.language), // no chart of the parts of sums
  );
}

// Rows and missing labels, each {label, period, …}; by their times where the rows go by theirs.
function linesOf(answer, places) {
  const quotes = new Map((answer.citations || []).map((citation) => [citation.number, citation]));
  const taken = takenFrom(answer);
  const rows = (answer.rows || []).map((row, at) => ({
    ...row,
    figure: figureOf(row),
    taken: taken.has(at),
    place: placeOf(row, quotes.get(row.citations[0])),
  }));
  const stops = rows.map((row) => row.place).filter(Boolean);
  for (const row of rows) {
    row.open = row.place && (() => openPlace(row.place, stops));
    row.chips = row.citations
      .filter((number) => places.has(number))
      .map((number, i) => (i ? chip(number, places) : chip(number, places, row.place, stops)));
  }
  const missing = (answer.missing || []).map((label) => ({ label, period: periodOf(label), missing: true }));
  const lines = [...rows, ...missing];
  return missing.length && rows.length > 1 && inOrder(rows) && lines.every(({ period }) => timeOf(period))
    ? lines.sort((one, other) => timeOf(one.period).end - timeOf(other.period).end)
    : lines;
}

// A figure as printed, with its unit where that stands elsewhere.
const figureOf = ({ shown, unit, kind }) => (kind === "number" && unit && !shown.includes(unit) ? shown + unit : shown);

// Where the figure of a row stands in its article; the whole quotation for a row without a place.
function placeOf({ start, end }, citation) {
  if (!citation) return null;
  const { article_id, field, item, source, quote } = citation;
  const [from, to] = end > start ? [start, end] : [0, [...quote].length];
  const place = { article_id, field, item, source, start: citation.start + from, end: citation.start + to };
  return { ...place, quote: cut(quote, from, to) };
}

// The rows of the result: that which it names, else those that it was worked out from.
function takenFrom({ derived, rows = [] }) {
  if (!derived?.shown) return new Set();
  const names = derived.condition ? derived.shown.split(/、|, /) : [derived.shown];
  const same = rows.map((row, at) => (names.includes(row.label) ? at : -1)).filter((at) => at >= 0);
  return new Set((!derived.value || derived.condition) && same.length ? same : derived.rows);
}

// Whether each row tells of a later time than the one before it.
function inOrder(rows) {
  const ends = rows.map(({ period }) => timeOf(period)?.end);
  return ends.every((end, i) => end !== undefined && (i === 0 || end > ends[i - 1]));
}

// "Worked out from 6 reports", with what was asked of the archive folded beneath.
function origin({ citations = [], derived, parts = [] }) {
  const n = new Set(citations.map((citation) => citation.article_id)).size;
  const line = n ? t(derived?.shown ? "worked_out_from" : "gathered_from", { n }) : t("gathered_none");
  if (!parts.length) return el("p", { class: "origin" }, line);
  return el(
    "details",
    { class: "origin" },
    el("summary", {}, line),
    el("p", { class: "label" }, t("plan")),
    el(
      "ol",
      { class: "plan" },
      parts.map((part) => el("li", { lang: languageOf(part) }, part)),
    ),
  );
}

// The rows, what is missing, and the result.
function table(answer, lines, places) {
  const kind = lines.find((line) => line.kind)?.kind;
  const names = [t("row"), t(WORDS[kind] || "figure"), t("quotation")];
  return el(
    "div",
    { class: "table-box", tabindex: "0", role: "region", "aria-label": t("gathered_figures") },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          names.map((name) => el("th", { scope: "col" }, name)),
        ),
      ),
      el(
        "tbody",
        {},
        lines.map((line) => (line.missing ? absent(line, answer) : present(line, answer))),
      ),
      result(answer, places),
    ),
  );
}

// A row with its figure as printed.
const present = (line, { language }) =>
  el(
    "tr",
    { class: line.taken ? "taken" : null },
    el(
      "th",
      { scope: "row", lang: language },
      line.label || "–",
      line.taken && el("span", { class: "unseen" }, ` (${t("taken")})`),
    ),
    el("td", { lang: line.kind === "time" ? language : "zh" }, line.figure),
    el("td", {}, line.chips),
  );

// What no report tells.
const absent = (line, { language }) =>
  el(
    "tr",
    { class: "missing" },
    el("th", { scope: "row", lang: language }, line.label),
    el("td", {}, "— ", t("no_report")),
    el("td", {}),
  );

// What was worked out, beneath a line as under a sum.
function result({ derived, language }) {
  if (!derived?.value) return null;
  return el(
    "tfoot",
    {},
    el(
      "tr",
      {},
      el("th", { scope: "row" }, t(`op_${derived.operation}`)),
      el("td", { lang: language }, derived.shown),
      el("td", { class: "aside" }, t("from_rows", { n: derived.rows.length })),
    ),
  );
}
