// Corrects an article's title, date or byline by hand, or takes a correction back.

import { get, patch } from "./api.js";
import { emit } from "./bus.js";
import { button, el } from "./dom.js";
import * as health from "./health.js";
import { t } from "./text.js";
import { dialog, labelled, problem, toast, trying } from "./widgets.js";

const FIELDS = ["title", "date", "byline"];
const ISO = "\\d{4}(-\\d{2}(-\\d{2})?)?";

// Opens the dialog for an article.
export async function correct({ article_id }) {
  const article = await trying(() => get(`/api/articles/${encodeURIComponent(article_id)}`));
  const done = article && (await dialog(t("correct_title"), (close) => form(article, close)));
  if (!done) return;
  toast(t("corrected_done"));
  emit("corrected", article_id);
  health.check();
}

// The fields, each with what the page says if it was corrected before.
function form(article, close) {
  const error = el("p", { class: "warning", role: "alert" });
  const inputs = Object.fromEntries(
    FIELDS.map((name) => [
      name,
      el("input", {
        type: "text",
        value: article[name] || "",
        lang: name === "date" ? null : "zh",
        name,
        pattern: name === "date" ? ISO : null,
        placeholder: name === "date" ? "2024-07-05" : null,
      }),
    ]),
  );
  const save = async (changes) => {
    if (!Object.keys(changes).length) return close();
    try {
      await patch(`/api/articles/${encodeURIComponent(article.article_id)}`, changes);
      return close(true);
    } catch (failed) {
      error.textContent = problem(failed);
      return null;
    }
  };
  const submit = (event) => {
    event.preventDefault();
    save(changed(article, inputs));
  };
  return el(
    "form",
    { class: "stack", onsubmit: submit },
    el("p", { class: "aside" }, t("correct_told")),
    FIELDS.map((name) => [labelled(t(`field_${name}`), inputs[name]), takeBack(article, name, save)]),
    error,
    el(
      "div",
      { class: "buttons" },
      button(t("cancel"), () => close()),
      el("button", { type: "submit", class: "primary" }, t("save")),
    ),
  );
}

// What a correction replaced, with a button that brings it back.
function takeBack(article, name, save) {
  const corrected = article.corrected?.[name];
  return corrected
    ? el(
        "p",
        { class: "aside took" },
        t("page_says"),
        " ",
        el("q", { lang: "zh" }, corrected.was || t("nothing")),
        " ",
        button(t("take_back"), () => save({ [name]: null }), { class: "plain small" }),
      )
    : null;
}

// Only what differs is sent.
function changed(article, inputs) {
  return Object.fromEntries(
    FIELDS.map((name) => [name, inputs[name].value.trim()]).filter(([name, value]) => value !== (article[name] || "")),
  );
}
