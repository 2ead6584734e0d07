// Notes on passages: the tab that lists them, and the dialog that writes one.

import { address, get, patch, post, remove } from "./api.js";
import { emit, on } from "./bus.js";
import { button, byId, el, fill, iconButton } from "./dom.js";
import { hashOf } from "./route.js";
import { t } from "./text.js";
import { confirmed, dialog, labelled, problem, toast, trying } from "./widgets.js";

const view = { notes: [], q: "", tag: "", error: "" };

// Draws the tab.
export function start() {
  on("language", draw);
  on("noted", () => {
    if (!byId("view-notes").hidden) load();
  });
  draw();
}

// Called whenever the tab is opened.
export const shown = () => load();

// Fetches the notes that match.
async function load() {
  try {
    view.notes = (await get(address("/api/notes", { q: view.q, tag: view.tag }))).notes;
    view.error = "";
  } catch (error) {
    view.error = problem(error);
  }
  drawList();
}

// The notes of one article; none where notes cannot be had.
export async function notesOf(article, signal) {
  try {
    const { notes } = await get(address("/api/notes", { source: article.source }), signal);
    return notes.filter((note) => note.article_id === article.article_id);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return [];
  }
}

// The search box above the list.
function draw() {
  const find = el("input", { type: "search", id: "notes-find", value: view.q, autocomplete: "off" });
  let timer = 0;
  find.addEventListener("input", () => {
    view.q = find.value.trim();
    clearTimeout(timer);
    timer = setTimeout(load, 200);
  });
  fill(
    byId("view-notes"),
    el(
      "div",
      { class: "column" },
      el("h2", { tabindex: "-1" }, t("tab_notes")),
      el("p", { class: "aside" }, t("notes_told")),
      labelled(t("find_notes"), find),
      el("div", { id: "notes-tags", class: "chips-row" }),
      el("div", { id: "notes-list" }),
    ),
  );
  drawList();
}

// Tags and notes.
function drawList() {
  const tags = [...new Set([...view.notes.flatMap((note) => note.tags || []), view.tag].filter(Boolean))].sort();
  fill(
    byId("notes-tags"),
    tags.map((tag) =>
      el(
        "button",
        {
          type: "button",
          class: "tag",
          "aria-pressed": String(view.tag === tag),
          onclick: () => {
            view.tag = view.tag === tag ? "" : tag;
            load();
          },
        },
        `#${tag}`,
      ),
    ),
  );
  fill(
    byId("notes-list"),
    view.error
      ? el("p", { class: "warning" }, view.error)
      : view.notes.length
        ? el("ul", { class: "cards" }, view.notes.map(card))
        : el("p", { class: "empty" }, t(view.q || view.tag ? "nothing_found" : "no_notes")),
  );
}

// One note with its quotation.
function card(note) {
  const place = {
    article_id: note.article_id,
    page_start: note.start,
    page_end: note.end,
    quote: note.quote,
    source: note.source,
  };
  return el(
    "li",
    { class: "card note" },
    el("blockquote", { lang: "zh" }, note.quote),
    el("p", { class: "note-text" }, note.text),
    el(
      "p",
      { class: "facts" },
      note.lost && el("strong", { class: "lost" }, t("note_lost")),
      el("span", {}, note.source),
      el("time", { datetime: note.created }, (note.created || "").slice(0, 10)),
      (note.tags || []).map((tag) => el("span", { class: "tag-word" }, `#${tag}`)),
    ),
    el(
      "div",
      { class: "buttons" },
      el("a", { class: "plain small", href: hashOf(place) }, t("open")),
      iconButton("pencil", t("edit_note"), () => edit(note)),
      iconButton("bin", t("delete_note"), () => forget(note)),
    ),
  );
}

// Changes a note.
async function edit(note) {
  const written = await write(t("edit_note"), note);
  if (
    written &&
    (await trying(() => patch(`/api/notes/${encodeURIComponent(note.note_id)}`, written).then(() => true)))
  )
    emit("noted");
}

// Deletes a note after asking.
async function forget(note) {
  if (!(await confirmed(t("delete_note"), note.text || note.quote, t("delete")))) return;
  if (await trying(() => remove(`/api/notes/${encodeURIComponent(note.note_id)}`).then(() => true))) {
    toast(t("note_deleted"));
    load();
  }
}

// Writes a note on a span of an article; true when it is kept.
export async function addNote(article_id, span) {
  const written = await write(t("add_note"), { quote: span.quote });
  if (!written) return false;
  const { field, item, start, end } = span;
  const kept = await trying(() =>
    post("/api/notes", { article_id, field, item, start, end, ...written }).then(() => true),
  );
  if (kept) toast(t("note_kept"));
  return Boolean(kept);
}

// The dialog: {text, tags} or undefined.
function write(title, note) {
  return dialog(title, (close) => {
    const text = el("textarea", { rows: 4, value: note.text || "", name: "text" });
    const tags = el("input", { type: "text", value: (note.tags || []).join(" "), name: "tags" });
    const submit = (event) => {
      event.preventDefault();
      close({ text: text.value.trim(), tags: tags.value.split(/[\s,，、#]+/).filter(Boolean) });
    };
    return el(
      "form",
      { class: "stack", onsubmit: submit },
      el("blockquote", { lang: "zh" }, note.quote),
      labelled(t("note_words"), text),
      labelled(t("note_tags"), tags),
      el(
        "div",
        { class: "buttons" },
        button(t("cancel"), () => close()),
        el("button", { type: "submit", class: "primary" }, t("save")),
      ),
    );
  });
}
