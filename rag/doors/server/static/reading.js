// The reading pane: an article at a quotation, its raw page, its picture, and the way to the next quotation.

import { ApiError, address, get } from "./api.js";
import { drawArticle } from "./article.js";
import { emit, on } from "./bus.js";
import { citeMenu } from "./cite.js";
import { correct } from "./correct.js";
import { announce, button, byId, el, fill, icon, iconButton } from "./dom.js";
import { addNote, notesOf } from "./notes.js";
import { drawPicture, drawRaw } from "./page.js";
import { hashOf } from "./route.js";
import { charactersOf, cut, fromPage, selectedSpan } from "./spans.js";
import { t } from "./text.js";
import { copy, problem, toast } from "./widgets.js";

const VIEWS = ["article", "raw", "picture"];
const pane = {
  place: null,
  article: null,
  notes: [],
  moved: false,
  view: "article",
  list: [],
  at: -1,
  opener: null,
  under: "#/ask",
  loading: null,
};

// Listens for what changes an article or the language.
export function start() {
  on("language", () => {
    if (pane.place) draw();
  });
  for (const change of ["corrected", "noted", "generation"])
    on(change, () => {
      if (pane.article && pane.place) load(pane.place, true);
    });
  document.addEventListener("selectionchange", offerNote);
  byId("note-selection").addEventListener("click", noteSelection);
  matchMedia("(max-width: 760px)").addEventListener("change", sheet);
}

// Opens a place; `list` are the places between which the reader may step.
export function openPlace(place, list = [place]) {
  pane.list = list.map(hashOf);
  pane.opener = document.activeElement;
  const hash = hashOf(place);
  if (location.hash === hash) show(place);
  else location.hash = hash;
}

// What the address names is shown. Called by the router.
export function show(place) {
  const hash = hashOf(place);
  pane.at = pane.list.indexOf(hash);
  if (pane.at < 0) Object.assign(pane, { list: [hash], at: 0 });
  const again = pane.place?.article_id === place.article_id;
  if (!again) pane.view = "article";
  byId("pane").hidden = false;
  document.body.classList.add("reading");
  sheet();
  return load(place);
}

// Closes the pane without touching the address. Called by the router.
export function hide() {
  if (byId("pane").hidden) return;
  pane.loading?.abort();
  pane.place = null;
  byId("pane").hidden = true;
  document.body.classList.remove("reading");
  sheet();
  if (pane.opener?.isConnected) pane.opener.focus({ preventScroll: true });
}

export const isOpen = () => pane.place !== null;

// Where closing leads back to.
export function setUnder(hash) {
  pane.under = hash;
}

// Leaves the article for the view beneath it.
export function close() {
  if (isOpen()) location.hash = pane.under;
}

// Steps to the next (1) or previous (-1) quotation.
export function step(by) {
  const next = pane.list[pane.at + by];
  if (isOpen() && next) location.hash = next;
}

// On a phone the pane is a sheet over the page: what lies beneath is out of reach.
function sheet() {
  const over = matchMedia("(max-width: 760px)").matches && !byId("pane").hidden;
  for (const id of ["top", "main"]) byId(id).inert = over;
}

// Fetches the article, finds the quotation again if it has moved, and draws; quietly where the reader is reading it already.
async function load(place, quiet = false) {
  pane.loading?.abort();
  const control = new AbortController();
  Object.assign(pane, { place, loading: control });
  if (pane.article?.article_id !== place.article_id)
    fill(byId("pane-body"), el("p", { class: "aside", role: "status" }, t("opening")));
  try {
    const found = await find(place, control.signal);
    Object.assign(pane, found, { notes: await notesOf(found.article, control.signal) });
    await draw(control.signal, quiet);
    if (!quiet) byId("pane").focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") failed(error, place);
  }
}

// {article, place, moved}: the article now, and where the quotation stands in it now.
async function find(place, signal) {
  let article = null;
  try {
    article = await get(`/api/articles/${encodeURIComponent(place.article_id)}`, signal);
  } catch (error) {
    if (error.code !== "not_found" || !place.source) throw error;
    place = { ...place, quote: place.quote || beginning(place) };
    if (!place.quote) throw error;
  }
  const there = article && placed(article, place);
  if (there) return { article, place: there, moved: false };
  const { source, field, start, end, quote, article_id } = place;
  const now = await get(
    address("/api/locate", { source: source || article?.source, field, start, end, quote, article_id }),
    signal,
  ).catch((error) => {
    if (article && error instanceof ApiError) return null;
    throw error;
  });
  if (!now) return { article, place: { ...place, start: undefined, end: undefined, lost: true }, moved: false };
  if (now.article_id !== article?.article_id)
    article = await get(`/api/articles/${encodeURIComponent(now.article_id)}`, signal);
  return { article, place: { ...place, ...now }, moved: true };
}

// The first words of an article that was on show, by which it is found again under another id.
const beginning = ({ article_id }) =>
  pane.article?.article_id === article_id ? [...pane.article.text.split("\n")[0]].slice(0, 80).join("") : "";

// The place if the quotation stands there, null if it must be looked for.
function placed(article, place) {
  if (place.page_start !== undefined) return placedByPage(article, place);
  if (place.start === undefined || !place.quote) return place;
  const text = fieldText(article, place.field || "text", place.item);
  return cut(text, place.start, place.end).startsWith(place.quote) ? place : null;
}

// A note knows its place in the raw page: the article's spans tell where that is in the text, else its words do.
function placedByPage(article, place) {
  const span = fromPage(article.spans || [], place.page_start, place.page_end);
  if (span) return { ...place, field: "text", start: span[0], end: span[1] };
  const fields = [
    ["text", 0],
    ["title", 0],
    ["kicker", 0],
    ["byline", 0],
    ...(article.captions || []).flatMap((_, item) => [
      ["caption", item],
      ["credit", item],
    ]),
  ];
  for (const [field, item] of fields) {
    const text = fieldText(article, field, item);
    const at = place.quote ? text.indexOf(place.quote) : -1;
    if (at >= 0)
      return { ...place, field, item, start: charactersOf(text, at), end: charactersOf(text, at + place.quote.length) };
  }
  return place;
}

// The text of a field as it stands in the page.
function fieldText(article, field, item = 0) {
  if (field === "caption") return article.captions?.[item]?.text || "";
  if (field === "credit") return article.captions?.[item]?.credit || "";
  return article.corrected?.[field]?.was ?? article[field] ?? "";
}

// Everything in the pane.
async function draw(signal, quiet = false) {
  drawTools();
  fill(byId("note-selection"), icon("note"), t("note_selection"));
  const body = byId("pane-body");
  const before = body.scrollTop;
  const content = await contentOf(signal).catch((error) => {
    if (error.name === "AbortError") throw error;
    return el("p", { class: "warning" }, problem(error));
  });
  fill(
    body,
    pane.moved && el("p", { class: "notice", role: "status" }, t("moved")),
    pane.place.lost && el("p", { class: "warning", role: "status" }, t("span_lost")),
    content,
    pane.view === "article" && noteList(),
  );
  if (quiet) body.scrollTop = before;
  else reveal(body);
}

// The view that was chosen.
function contentOf(signal) {
  if (pane.view === "raw") return drawRaw(pane.place, signal);
  if (pane.view === "picture") return drawPicture(pane.place, signal);
  return Promise.resolve(drawArticle(pane.article, [...noteMarks(), ...quoteMarks()]));
}

// The quotation as a mark.
const quoteMarks = () =>
  pane.place.start === undefined ? [] : [{ ...pane.place, field: pane.place.field || "text", class: "quoted" }];

// The article's notes as marks.
function noteMarks() {
  return pane.notes.flatMap((note) => {
    const span = fromPage(pane.article.spans || [], note.start, note.end);
    return span && !note.lost ? [{ field: "text", start: span[0], end: span[1], class: "noted" }] : [];
  });
}

// What was noted on this article.
function noteList() {
  return pane.notes.length
    ? el(
        "section",
        { class: "pane-notes" },
        el("h3", {}, t("tab_notes")),
        el(
          "ul",
          {},
          pane.notes.map((note) => el("li", {}, el("q", { lang: "zh" }, note.quote), el("p", {}, note.text))),
        ),
      )
    : null;
}

// Brings the quotation into view.
function reveal(body) {
  const mark = body.querySelector(".quoted");
  if (mark) {
    mark.scrollIntoView({ block: "center" });
  } else body.scrollTop = 0;
  const { headline, title } = pane.article;
  announce(t("opened_at", { title: headline || title || "", at: pane.at + 1, of: pane.list.length }));
}

// The row of buttons above the article.
function drawTools() {
  const { article, list, at } = pane;
  fill(
    byId("pane-tools"),
    el(
      "div",
      { class: "steps" },
      iconButton("previous", t("previous_quotation"), () => step(-1), {
        id: "pane-previous",
        title: `${t("previous_quotation")}  [`,
        disabled: at <= 0,
      }),
      el("span", { class: "count" }, `${at + 1} / ${list.length}`),
      iconButton("next", t("next_quotation"), () => step(1), {
        id: "pane-next",
        title: `${t("next_quotation")}  ]`,
        disabled: at >= list.length - 1,
      }),
    ),
    el(
      "div",
      { class: "segments", role: "group", "aria-label": t("view") },
      VIEWS.filter(available).map((view) =>
        el(
          "button",
          {
            type: "button",
            id: `pane-${view}`,
            "aria-pressed": String(pane.view === view),
            onclick: () => change(view),
          },
          t(`view_${view}`),
        ),
      ),
    ),
    el(
      "div",
      { class: "tools" },
      iconButton("link", t("copy_place"), copyPlace, { id: "pane-link" }),
      citeMenu(() => [pane.place], t("cite")),
      iconButton("pencil", t("correct"), () => correct(article), { id: "pane-correct" }),
    ),
    iconButton("close", t("close_pane"), close, { id: "pane-close" }),
  );
}

// Views that this article does not have are not offered.
function available(view) {
  if (view === "picture") return Boolean(pane.article.has_picture);
  return view !== "raw" || pane.article.has_raw !== false;
}

// Changes the view and keeps the keyboard on its button.
async function change(view) {
  pane.view = view;
  await draw().catch(() => {});
  byId(`pane-${view}`)?.focus({ preventScroll: true });
}

// The address of this place, for a colleague.
function copyPlace() {
  const place = { ...pane.place, article_id: pane.article.article_id, source: pane.article.source };
  copy(new URL(hashOf(place), location.href).href, t("copied_place"));
}

// The note button is there while something is selected in the article.
function offerNote() {
  const offer = byId("note-selection");
  if (document.activeElement !== offer) offer.hidden = !selectedSpan(byId("pane-body"));
}

// A note on what is selected; a selection in the raw page is found in the article.
async function noteSelection() {
  let span = selectedSpan(byId("pane-body"));
  if (span?.field === "page") {
    const inText = fromPage(pane.article.spans || [], span.start, span.end);
    span = inText && { field: "text", item: 0, start: inText[0], end: inText[1], quote: span.quote };
  }
  if (!span) {
    toast(t("select_first"));
    return;
  }
  if (await addNote(pane.article.article_id, span)) emit("noted");
  byId("note-selection").hidden = true;
}

// An article that cannot be shown, and why.
function failed(error, place) {
  fill(byId("pane-tools"), iconButton("close", t("close_pane"), close, { id: "pane-close" }));
  fill(
    byId("pane-body"),
    el("p", { class: "warning", role: "alert" }, error.code === "not_found" ? t("article_gone") : problem(error)),
    place.source && el("p", { class: "aside" }, place.source),
    place.quote && el("blockquote", { lang: "zh" }, place.quote),
    button(t("try_again"), () => load(place), {}, "again"),
  );
}
