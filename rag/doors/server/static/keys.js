// Keys: a few single letters while no text is being written, and a dialog that lists them.

import { byId, el } from "./dom.js";
import * as reading from "./reading.js";
import { keep, setting } from "./store.js";
import * as talk from "./talk.js";
import { t } from "./text.js";
import { dialog } from "./widgets.js";

// Listens on the whole page. `tools` are {begin, focusBox} of the view on show.
export function start(tools) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      escape();
      return;
    }
    if (writing(event.target) || event.ctrlKey || event.metaKey || event.altKey || !setting("keys", true)) return;
    const run = {
      "[": () => reading.step(-1),
      k: () => reading.step(-1),
      "]": () => reading.step(1),
      j: () => reading.step(1),
      "/": tools.focusBox,
      n: tools.begin,
      "?": help,
    }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}

// Escape stops an answer, else it closes the article.
function escape() {
  if (talk.isRunning()) talk.stop();
  else reading.close();
}

// Whether the keys belong to a text field.
const writing = (node) =>
  node.isContentEditable || (node.matches("input, textarea, select") && !node.matches("[type=checkbox], [type=file]"));

// The list of keys, with a switch for readers whose tools use single letters themselves.
export function help() {
  return dialog(t("help"), () => {
    const box = el("input", {
      type: "checkbox",
      id: "single-keys",
      checked: setting("keys", true),
      onchange: () => keep("keys", box.checked),
    });
    const rows = [
      ["Enter", "key_send"],
      ["Shift+Enter", "key_newline"],
      ["Esc", "key_escape"],
      ["/", "key_box"],
      ["[  k", "key_previous"],
      ["]  j", "key_next"],
      ["n", "key_new"],
      ["?", "key_help"],
    ];
    return el(
      "div",
      { class: "stack" },
      el(
        "dl",
        { class: "keys" },
        rows.map(([key, name]) => [
          el(
            "dt",
            {},
            key.split(/ +/).map((one) => [el("kbd", {}, one), " "]),
          ),
          el("dd", {}, t(name)),
        ]),
      ),
      el("p", { class: "check" }, box, " ", el("label", { for: "single-keys" }, t("single_keys"))),
      el("p", { class: "aside" }, t("help_told")),
    );
  });
}

// The button in the header.
export function wire() {
  byId("help").addEventListener("click", help);
}
