// What can be done with an answer: cite, export, keep under an address, judge.

import { call, fetchFile, postRaw, withAnswer } from "./api.js";
import { citeMenu } from "./cite.js";
import { button, el, fill, iconButton } from "./dom.js";
import { placeFrom } from "./route.js";
import { t } from "./text.js";
import { copy, labelled, menu, save, toast, trying } from "./widgets.js";

const FORMATS = [
  ["md", "Markdown"],
  ["docx", "Word"],
  ["json", "JSON"],
];

// The row of buttons under an answer.
export function actionsOf(answer, raw, actions) {
  const places = (answer.citations || []).map(placeFrom);
  const more = el("div", { class: "more", "aria-live": "polite" });
  return el(
    "div",
    { class: "answer-actions" },
    el(
      "div",
      { class: "row", role: "group", "aria-label": t("answer_actions") },
      places.length ? citeMenu(() => places, t("cite")) : null,
      answer.signature &&
        menu(
          t("export"),
          FORMATS.map(([format, name]) => [name, () => exported(raw, format)]),
          "download",
          { dataset: { menu: "export" } },
        ),
      answer.signature && button(t("permalink"), () => permalink(raw, more), { class: "plain small" }, "link"),
      actions.again && iconButton("again", t("ask_again"), actions.again),
      answer.signature &&
        el(
          "span",
          { class: "judge" },
          ["up", "down"].map((verdict) =>
            iconButton(verdict, t(`thumb_${verdict}`), (event) => judge(event, raw, verdict, more), {
              "aria-pressed": "false",
            }),
          ),
        ),
    ),
    more,
  );
}

// Downloads the answer as a file.
const exported = (raw, format) =>
  trying(async () => {
    const { blob, name } = await fetchFile("/api/export", withAnswer(raw, { format }), `wenbao.${format}`);
    save(blob, name);
  });

// Keeps the answer on the server and copies its address.
const permalink = (raw, more) =>
  trying(async () => {
    const { url } = await postRaw("/api/answers", raw);
    const address = new URL(url, location.href).href;
    fill(more, el("p", { class: "kept" }, t("kept_at"), " ", el("a", { href: new URL(address).hash || "#" }, address)));
    await copy(address, t("copied_address"));
  });

// Asks for an optional word, then sends the verdict.
function judge(event, raw, verdict, more) {
  const pressed = event.currentTarget;
  for (const other of pressed.parentNode.children) other.setAttribute("aria-pressed", String(other === pressed));
  const box = el("input", { type: "text", maxlength: "500", autocomplete: "off" });
  const send = (submitted) => {
    submitted.preventDefault();
    trying(async () => {
      await call("/api/feedback", { method: "POST", body: withAnswer(raw, { verdict, word: box.value.trim() }) });
      fill(more);
      toast(t("thanks"));
      pressed.focus();
    });
  };
  fill(
    more,
    el(
      "form",
      { class: "inline", onsubmit: send },
      labelled(t(`word_${verdict}`), box),
      el("button", { type: "submit", class: "primary small" }, t("send")),
      button(
        t("cancel"),
        () => {
          fill(more);
          pressed.setAttribute("aria-pressed", "false");
          pressed.focus();
        },
        { class: "plain small" },
      ),
    ),
  );
  box.focus();
}
