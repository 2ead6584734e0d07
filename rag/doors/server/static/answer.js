// Draws a checked answer: its text with numbered chips, its quotations, the other figures, and how sure it is.

import { actionsOf } from "./actions.js";
import { chip, placesOf } from "./chips.js";
import { el, icon } from "./dom.js";
import { drawRows } from "./rows.js";
import { lead, oddsOf, t, toldWarning } from "./text.js";

// The answer; `raw` is its JSON as it came, which is what the signature holds for.
export function drawAnswer(answer, raw, actions = {}) {
  const places = placesOf(answer);
  const kind = answer.refused ? "refused" : "checked";
  return el(
    "div",
    { class: `answer ${kind}` },
    answer.rewritten &&
      el("p", { class: "understood" }, t("understood_as"), " ", el("q", { lang: answer.language }, answer.rewritten)),
    el("p", { class: "verdict" }, answer.refused ? t("refused") : [icon("check"), " ", t(checkedAs(answer))]),
    paragraphs(answer, places),
    drawRows(answer, places, actions),
    odds(answer),
    times(answer),
    (answer.warnings || []).map((warning) => el("p", { class: "warning" }, toldWarning(warning))),
    quotations(answer, places),
    figures(answer, places),
    actionsOf(answer, raw, actions),
    seconds(answer),
  );
}

// What was checked: quotations, and the arithmetic over them.
const checkedAs = ({ derived }) => (derived?.value ? "checked_worked" : "checked");

// The text; each [1] that has a quotation becomes a chip.
function paragraphs(answer, places) {
  return el(
    "div",
    { class: "answer-text", lang: answer.language },
    answer.answer
      .split(/\n+/)
      .filter(Boolean)
      .map((line) =>
        el(
          "p",
          {},
          line.split(/(\[\d+\])/).map((part) => {
            const number = /^\[(\d+)\]$/.exec(part);
            return number && places.has(Number(number[1])) ? chip(Number(number[1]), places) : part;
          }),
        ),
      ),
  );
}

// "right in about 9 of 10 such cases"; a refusal states none.
function odds(answer) {
  if (answer.refused || !answer.chance) return null;
  return el(
    "p",
    { class: answer.chance < 0.65 ? "odds unsure" : "odds" },
    oddsOf(answer.chance),
    answer.chance < 0.65 && ` ${t("look_at_quotation")}`,
  );
}

// "今年 = 2024", as reckoned from the date of the article.
function times(answer) {
  const list = answer.times || [];
  return list.length
    ? el(
        "p",
        { class: "times" },
        lead("times"),
        list.map((time, i) => [
          i > 0 && "; ",
          el("span", { lang: "zh" }, time.text),
          ` = ${time.means}`,
          time.date && ` (${t("reckoned_from", { date: time.date })})`,
        ]),
      )
    : null;
}

// The quotations as cards.
function quotations(answer, places) {
  const list = answer.citations || [];
  return list.length
    ? el(
        "div",
        { class: "quotations" },
        answer.refused && !answer.rows?.length && el("p", { class: "label" }, t("nearest")),
        el(
          "ol",
          {},
          list.map((citation) =>
            el(
              "li",
              { class: "quotation" },
              chip(citation.number, places),
              el("div", {}, el("blockquote", { lang: "zh" }, citation.quote), told(citation)),
            ),
          ),
        ),
      )
    : null;
}

const OF_THE_FILE = ["source", "page"];

// title · byline · date · source · page
function told(citation) {
  return el(
    "p",
    { class: "facts" },
    [
      ["title", citation.title],
      ["byline", citation.byline],
      ["date", citation.date],
      ["source", citation.source],
      ["page", citation.page && t("page_number", { page: citation.page })],
    ]
      .filter(([, words]) => words)
      .map(([name, words]) => el("span", { class: name, lang: OF_THE_FILE.includes(name) ? null : "zh" }, words)),
  );
}

// Other figures that could be meant, one row for each thing counted, one chip for each quotation.
function figures(answer, places) {
  const rows = distinctFigures(answer);
  return rows.length
    ? el(
        "details",
        { class: "figures" },
        el("summary", {}, t("other_figures", { n: rows.length })),
        el(
          "div",
          { class: "table-box", tabindex: "0", role: "region", "aria-label": t("figures") },
          el(
            "table",
            {},
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                [t("figure"), t("counts"), t("date"), t("quotation")].map((name) => el("th", { scope: "col" }, name)),
              ),
            ),
            el(
              "tbody",
              {},
              rows.map((row) =>
                el(
                  "tr",
                  {},
                  el("th", { scope: "row", lang: "zh" }, row.texts.join("、")),
                  el("td", { lang: "zh" }, row.counts),
                  el("td", {}, row.date || "–"),
                  el("td", {}, chip(row.number, places)),
                ),
              ),
            ),
          ),
        ),
      )
    : null;
}

// Figures of one quotation that count the same thing share a row; equal quotations share a number.
function distinctFigures(answer) {
  const numbers = new Map((answer.citations || []).map((citation) => [citation.quote, citation.number]));
  const rows = new Map();
  for (const { text, counts, date, citation } of answer.figures || []) {
    if (!numbers.has(citation.quote)) numbers.set(citation.quote, citation.number);
    const key = `${citation.quote}\n${counts}`;
    const row = rows.get(key) || { texts: [], counts, date, number: numbers.get(citation.quote) };
    if (!row.texts.includes(text)) row.texts.push(text);
    rows.set(key, row);
  }
  return [...rows.values()];
}

// How long it took, and what took how long.
function seconds(answer) {
  const { total, ...stages } = answer.seconds || {};
  if (total === undefined) return null;
  const named = Object.entries(stages)
    .map(([name, value]) => [t(`took_${name}`), value, `took_${name}`])
    .filter(([label, , key]) => label !== key);
  return el(
    "details",
    { class: "took" },
    el("summary", {}, t("seconds", { n: total.toFixed(1) })),
    el(
      "dl",
      {},
      named.map(([label, value]) => [el("dt", {}, label), el("dd", {}, t("seconds", { n: value.toFixed(1) }))]),
    ),
  );
}
