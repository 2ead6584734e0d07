// Starts the desk: tabs and addresses, language, theme.

import * as archive from "./archive.js";
import { emit } from "./bus.js";
import { byId, fill, icon } from "./dom.js";
import * as divider from "./divider.js";
import * as health from "./health.js";
import * as history from "./history.js";
import * as kept from "./kept.js";
import * as keys from "./keys.js";
import * as notes from "./notes.js";
import * as reading from "./reading.js";
import { parse, placeOf } from "./route.js";
import * as saved from "./saved.js";
import * as search from "./search.js";
import { keepWord, word } from "./store.js";
import * as talk from "./talk.js";
import { language, setLanguage, t } from "./text.js";

const VIEWS = { ask: null, search, archive, notes, answer: kept };
const THEMES = ["auto", "light", "dark"];
const desk = { view: null, under: "#/ask" };

// The hit whose article is open is marked in the list.
function markOpened() {
  for (const hit of document.querySelectorAll("#results a.headline")) {
    if (hit.hash === location.hash) hit.setAttribute("aria-current", "true");
    else hit.removeAttribute("aria-current");
  }
}

// Everything that changes with the address.
function route(event) {
  markOpened();
  const {
    path: [first = "ask", id = ""],
    query,
  } = parse(location.hash);
  if (first === "article" && id) {
    if (!desk.view) showView("ask");
    reading.setUnder(desk.view === "search" ? search.hash() : desk.under);
    reading.show(placeOf(id, query));
    return;
  }
  reading.hide();
  const view = first in VIEWS ? first : "ask";
  const same = desk.view === view;
  desk.under = location.hash || "#/ask";
  showView(view);
  if (VIEWS[view]) VIEWS[view].shown(view === "answer" ? id : query);
  if (event && !same) focusView(view);
}

// Shows one view and marks its tab.
function showView(view) {
  desk.view = view;
  for (const name of Object.keys(VIEWS)) byId(`view-${name}`).hidden = name !== view;
  for (const tab of document.querySelectorAll("#tabs a")) {
    if (tab.dataset.view === view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  byId("drawer-button").hidden = view !== "ask";
  document.body.dataset.view = view;
  title();
}

// The title of the window.
function title() {
  const name = t(`tab_${desk.view}`);
  document.title = name === `tab_${desk.view}` ? "问报 Wenbao" : `${name} · 问报 Wenbao`;
}

// Where the keyboard goes when a tab is opened.
function focusView(view) {
  if (view === "ask" && matchMedia("(pointer: fine)").matches) talk.focusBox();
  else if (view === "search" && matchMedia("(pointer: fine)").matches) byId("search-box").focus();
  else byId(`view-${view}`).querySelector("h2[tabindex]")?.focus();
}

// Words that stand in index.html, in the language of the reader.
function label() {
  document.documentElement.lang = language() === "zh" ? "zh-Hans" : "en";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]"))
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-icon]")) {
    fill(node, icon(node.dataset.icon));
    node.title = t(node.dataset.tLabel);
  }
  byId("language").lang = language() === "zh" ? "en" : "zh-Hans";
  labelTheme();
  title();
}

// The theme button says which theme is on.
function labelTheme() {
  const button = byId("theme");
  const name = t("theme_now", { theme: t(`theme_${theme()}`) });
  button.setAttribute("aria-label", name);
  button.title = name;
}

// "auto", "light" or "dark".
const theme = () => word("theme") || "auto";

// Like the system, light, dark, and so on round.
function nextTheme() {
  keepWord("theme", THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  dispatchEvent(new Event("wenbao-theme"));
  labelTheme();
}

// Chinese or English.
function switchLanguage() {
  setLanguage(language() === "zh" ? "en" : "zh");
  keepWord("language", language());
  label();
  emit("language");
}

// Wires everything; the first health report need not have come.
async function start() {
  setLanguage(word("language") || (/^zh/i.test(navigator.language) ? "zh" : "en"));
  label();
  byId("theme").addEventListener("click", nextTheme);
  byId("language").addEventListener("click", switchLanguage);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("main").focus();
  });
  for (const part of [divider, reading, kept, search, saved, archive, notes]) part.start();
  keys.wire();
  keys.start({ begin: startNew, focusBox });
  health.start();
  await talk.start();
  history.start();
  addEventListener("hashchange", route);
  route();
}

// A new conversation from anywhere.
function startNew() {
  location.hash = "#/ask";
  history.begin();
}

// The box of the view on show: words to search, or a question.
function focusBox() {
  if (desk.view === "search") byId("search-box").focus();
  else {
    if (desk.view !== "ask") location.hash = "#/ask";
    setTimeout(talk.focusBox);
  }
}

start();
