// Draws one exchange: the question, what was found, the draft while it is written, the answer or what went wrong.

import { drawAnswer } from "./answer.js";
import { button, byId, el } from "./dom.js";
import { openPlace } from "./reading.js";
import { placeFrom } from "./route.js";
import { flow, wordMarks } from "./spans.js";
import { languageOf, t } from "./text.js";

const SHOWN = 5;

// The exchange in whatever state it is.
export function drawTurn(turn, actions) {
  const body = { waiting, working, done, stopped, failed }[turn.state] || stopped;
  return el(
    "section",
    { class: `turn ${turn.state}`, id: turn.id, "aria-labelledby": `${turn.id}-asked` },
    el(
      "h3",
      { class: "asked", id: `${turn.id}-asked`, tabindex: "-1", lang: languageOf(turn.question) },
      turn.question,
    ),
    body(turn, actions),
  );
}

// Adds to the draft that is on the page; false where there is none yet.
export function growDraft(turn) {
  const place = byId(turn.id)?.querySelector(".draft-text");
  if (place) place.textContent = turn.draft.trimStart();
  return Boolean(place);
}

// The models are not loaded yet.
const waiting = () =>
  el("p", { class: "stage" }, el("span", { class: "pulse", "aria-hidden": "true" }), t("waits_for_models"));

// What is being done, what was found, and the draft.
function working(turn) {
  const stage = turn.position
    ? t("queued", { n: turn.position })
    : t(`doing_${turn.stage || (turn.hits.length ? "read" : "search")}`);
  return el(
    "div",
    { class: "working" },
    el(
      "p",
      { class: "stage" },
      el("span", { class: "pulse", "aria-hidden": "true" }),
      stage,
      " ",
      el("span", { class: "ticking" }),
    ),
    turn.draft &&
      el(
        "div",
        { class: "draft" },
        el("p", { class: "label" }, t("draft_label")),
        el("p", { class: "draft-text" }, turn.draft.trimStart()),
      ),
    turn.hits.length ? evidence(turn, true) : null,
  );
}

// The answer, with what was found folded beneath it.
function done(turn, actions) {
  const answer = JSON.parse(turn.raw);
  return el(
    "div",
    {},
    drawAnswer(answer, turn.raw, {
      ...actions,
      again: () => actions.retry(turn),
      lookUp: () => actions.retry(turn, "lookup"),
    }),
    turn.hits.length
      ? el(
          "details",
          { class: "found" },
          el("summary", {}, t("found_n", { n: turn.hits.length })),
          evidence(turn, false),
        )
      : null,
  );
}

// Stopped by the reader.
const stopped = (turn, actions) =>
  el(
    "div",
    { class: "answer stopped" },
    el("p", {}, t("stopped")),
    turn.hits.length ? evidence(turn, true) : null,
    el(
      "div",
      { class: "buttons" },
      button(t("try_again"), () => actions.retry(turn), {}, "again"),
      button(t("change_question"), () => actions.draft(turn.question), {}, "pencil"),
    ),
  );

// What went wrong, in one line, and another try.
const failed = (turn, actions) =>
  el(
    "div",
    { class: "answer failed" },
    el("p", {}, turn.error || t("error_failed")),
    el(
      "div",
      { class: "buttons" },
      button(t("try_again"), () => actions.retry(turn), {}, "again"),
      button(t("change_question"), () => actions.draft(turn.question), {}, "pencil"),
    ),
  );

// The passages that were found, best first: title, beginning, and a way to the article.
function evidence(turn, labelled) {
  const hits = turn.hits.slice(0, SHOWN);
  const places = hits.map(placeFrom);
  return el(
    "div",
    { class: "evidence" },
    labelled && el("p", { class: "label" }, t("found")),
    el(
      "ol",
      {},
      hits.map((hit, i) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "headline", lang: "zh", onclick: () => openPlace(places[i], places) },
            hit.title,
          ),
          hit.date && el("time", { datetime: hit.date }, hit.date),
          el("p", { class: "snippet", lang: "zh" }, snippet(hit)),
        ),
      ),
    ),
  );
}

// The part of a passage around its first matched word.
function snippet(hit) {
  const marks = wordMarks(hit.text, hit.matched || []);
  const first = marks.length ? Math.min(...marks.map((mark) => mark.start)) : 0;
  const from = Math.max(0, first - 30);
  const to = Math.min(hit.text.length, from + 130);
  return [from > 0 && "…", flow(hit.text, from, to, marks), to < hit.text.length && "…"];
}
