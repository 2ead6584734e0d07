// An answer that was kept under an address, with what the server checks about it now.

import { get } from "./api.js";
import { drawAnswer } from "./answer.js";
import { on } from "./bus.js";
import { byId, el, fill, icon } from "./dom.js";
import { languageOf, t, toldCheck } from "./text.js";
import { problem } from "./widgets.js";

const kept = { id: null, told: null };

// The answer is drawn again when the language changes.
export function start() {
  on("language", () => {
    if (kept.told) draw();
  });
}

// Shows the answer with this id. Called by the router.
export async function shown(id) {
  if (kept.id === id && kept.told) return;
  Object.assign(kept, { id, told: null });
  fill(byId("view-answer"), el("p", { class: "aside", role: "status" }, t("opening")));
  try {
    kept.told = await get(`/api/answers/${encodeURIComponent(id)}`);
    draw();
  } catch (error) {
    fill(
      byId("view-answer"),
      el(
        "div",
        { class: "column" },
        el("h2", { tabindex: "-1" }, t("kept_answer")),
        el("p", { class: "warning", role: "alert" }, error.code === "not_found" ? t("answer_gone") : problem(error)),
        el("a", { href: "#/ask" }, t("ask_yourself")),
      ),
    );
  }
}

// Question, answer, checks.
function draw() {
  const { answer, kept: when, checks } = kept.told;
  fill(
    byId("view-answer"),
    el(
      "div",
      { class: "column" },
      el("p", { class: "label" }, t("kept_on", { when: (when || "").slice(0, 10) })),
      el("h2", { class: "asked", tabindex: "-1", lang: languageOf(answer.question) }, answer.question),
      drawAnswer(answer, JSON.stringify(answer)),
      el("section", { class: "checks" }, el("h3", {}, t("checks")), el("ul", {}, (checks || []).map(check))),
      el("p", {}, el("a", { href: "#/ask" }, t("ask_yourself"))),
    ),
  );
}

// One thing that was checked.
const check = ({ what, holds, seen }) =>
  el(
    "li",
    { class: holds ? "holds" : "fails" },
    icon(holds ? "check" : "close"),
    " ",
    toldCheck(what),
    " – ",
    el("strong", {}, t(holds ? "holds" : "holds_not")),
    !holds && seen ? [": ", el("q", {}, seen)] : null,
  );
