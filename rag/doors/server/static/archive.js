// The archive tab: sources, their articles, and how to add and remove them.

import { address, call, get, post } from "./api.js";
import { addPanel } from "./adding.js";
import { on } from "./bus.js";
import { correct } from "./correct.js";
import { button, byId, el, fill, iconButton } from "./dom.js";
import * as health from "./health.js";
import { openPlace } from "./reading.js";
import { lead, t, toldDoubt } from "./text.js";
import { confirmed, labelled, problem, toast, trying } from "./widgets.js";

const PAGE = 50;
const view = {
  sources: [],
  undo: null,
  sought: "",
  source: "",
  q: "",
  articles: [],
  total: 0,
  read: false, // whether the articles were read at least once
  error: "",
  timer: 0,
  control: null,
};

// Draws the tab; it is read again whenever the index changes.
export function start() {
  on("language", draw);
  on("generation", () => {
    if (!byId("view-archive").hidden) load();
  });
  on("corrected", () => {
    if (!byId("view-archive").hidden) loadArticles();
  });
  draw();
}

// Called whenever the tab is opened.
export const shown = () => load();

// Reads sources and articles.
async function load() {
  try {
    const { sources, can_undo } = await get("/api/sources");
    Object.assign(view, { sources, undo: can_undo, error: "" });
  } catch (error) {
    view.error = problem(error);
  }
  drawSources();
  await loadArticles();
}

// Reads articles from the beginning, or the next page of them.
async function loadArticles(offset = 0) {
  view.control?.abort();
  view.control = new AbortController();
  try {
    const { source, q } = view;
    const { total, articles } = await get(
      address("/api/articles", { source, q, offset, limit: PAGE }),
      view.control.signal,
    );
    Object.assign(view, { total, read: true, articles: offset ? [...view.articles, ...articles] : articles });
  } catch (error) {
    if (error.name === "AbortError") return;
    view.error = problem(error);
  }
  drawArticles();
}

// The frame: sources at the side, adding and articles beside them.
function draw() {
  const filter = el("input", { type: "search", id: "source-filter", value: view.sought, autocomplete: "off" });
  filter.addEventListener("input", () => {
    view.sought = filter.value.trim().toLowerCase();
    drawSources();
  });
  const find = el("input", { type: "search", id: "article-filter", value: view.q, autocomplete: "off" });
  find.addEventListener("input", () => {
    clearTimeout(view.timer);
    view.timer = setTimeout(() => {
      view.q = find.value.trim();
      loadArticles();
    }, 200);
  });
  fill(
    byId("view-archive"),
    el(
      "div",
      { class: "archive-grid" },
      el("div", { class: "archive-head" }, el("h2", { tabindex: "-1" }, t("tab_archive")), addPanel(load)),
      el(
        "section",
        { class: "sources", "aria-label": t("sources") },
        el("h3", {}, t("sources")),
        labelled(t("filter_sources"), filter),
        el("div", { id: "undo-place" }),
        el("ul", { id: "sources", class: "rows" }),
      ),
      el(
        "section",
        { class: "articles", "aria-label": t("articles") },
        el("h3", {}, t("articles")),
        labelled(t("filter_articles"), find),
        el("div", { id: "articles" }),
      ),
    ),
  );
  drawSources();
  drawArticles();
}

// The sources that match, and a way to take back the last change.
function drawSources() {
  const shown = view.sources.filter(({ name }) => name.toLowerCase().includes(view.sought));
  fill(
    byId("undo-place"),
    view.undo &&
      button(
        t("undo_named", { name: view.undo.name }),
        () => restore(view.undo.name),
        { class: "plain small" },
        "again",
      ),
  );
  fill(
    byId("sources"),
    el(
      "li",
      { class: view.source ? null : "current" },
      el(
        "button",
        { type: "button", class: "pick", "aria-pressed": String(!view.source), onclick: () => choose("") },
        t("all_sources"),
      ),
    ),
    shown.map(sourceRow),
  );
}

// One source.
function sourceRow(source) {
  const { name, articles, removed, missing, added_by } = source;
  const chosen = view.source === name;
  return el(
    "li",
    { class: `${chosen ? "current" : ""}${removed ? " removed" : ""}` },
    el(
      "button",
      {
        type: "button",
        class: "pick",
        "aria-pressed": String(chosen),
        title: name,
        disabled: removed,
        onclick: () => choose(name),
      },
      el("span", { class: "name" }, name),
      el(
        "span",
        { class: "day" },
        removed ? t("removed") : t("n_articles", { n: articles }),
        added_by === "desk" && ` · ${t("added_here")}`,
        missing && el("strong", { class: "lost" }, ` · ${t("missing")}`),
      ),
    ),
    removed
      ? iconButton("again", t("restore_named", { name }), () => restore(name))
      : iconButton("bin", t("remove_named", { name }), () => take(name)),
  );
}

// Shows the articles of one source only.
function choose(source) {
  view.source = source;
  drawSources();
  loadArticles();
}

// The address of a source by its name.
const sourcePath = (name) => `/api/sources/${encodeURIComponent(name)}`;

// Removes a source after asking; the toast can bring it back.
async function take(name) {
  if (!(await confirmed(t("remove_source"), t("remove_told", { name }), t("remove")))) return;
  if (!(await trying(() => call(sourcePath(name), { method: "DELETE" }).then(() => true)))) return;
  if (view.source === name) view.source = "";
  toast(t("source_removed", { name }), { label: t("undo"), run: () => restore(name) });
  after();
}

// Brings a removed source back.
async function restore(name) {
  if (await trying(() => post(`${sourcePath(name)}/restore`).then(() => true))) after();
}

// The index is being built anew.
function after() {
  health.check();
  load();
}

// The articles, with what is doubtful about each.
function drawArticles() {
  const { articles, total, error, read } = view;
  if (!read && !error) return fill(byId("articles"), el("p", { class: "count" }, t("reading_articles")));
  const detail = health.isReady() ? health.now().detail : "";
  fill(
    byId("articles"),
    detail && el("p", { class: "warning" }, lead("not_read"), detail),
    error && el("p", { class: "warning", role: "alert" }, error),
    el("p", { class: "count" }, t("n_articles", { n: total })),
    articles.length
      ? el("ul", { class: "cards" }, articles.map(articleRow))
      : !error && el("p", { class: "empty" }, t("nothing_found")),
    articles.length < total && button(t("more"), () => loadArticles(articles.length), { class: "plain wide" }),
  );
}

// One article.
function articleRow(article) {
  const { article_id, kicker, title, section, byline, date, source, characters, doubts = [], corrected = {}, links } = article;
  const named = title?.startsWith(kicker || "")
    ? title
    : [kicker, title].filter(Boolean).join(" ") || article.headline || t("untitled");
  const places = () => view.articles.map((one) => ({ article_id: one.article_id, source: one.source }));
  const at = view.articles.indexOf(article);
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "card-head" },
      el(
        "button",
        {
          type: "button",
          class: "headline",
          lang: "zh",
          onclick: () => {
            const all = places();
            openPlace(all[at], all);
          },
        },
        named,
      ),
      iconButton("pencil", t("correct_named", { name: named }), () => correct(article)),
    ),
    el(
      "p",
      { class: "facts" },
      [section, byline].filter(Boolean).map((words) => el("span", { lang: "zh" }, words)),
      date ? el("time", { datetime: date }, date) : el("span", {}, t("no_date")),
      el("span", { class: "source" }, source),
      el("span", {}, t("n_characters", { n: characters ?? 0 })),
      links?.continues ? el("span", {}, t("goes_back")) : null,
      links?.continued_in ? el("span", {}, t("goes_on")) : null,
      links?.told_in ? el("span", {}, t("only_points")) : null,
      Object.keys(corrected).length ? el("span", {}, t("corrected_short")) : null,
    ),
    doubts.length
      ? el(
          "ul",
          { class: "doubts" },
          doubts.map((doubt) => el("li", {}, toldDoubt(doubt))),
        )
      : null,
  );
}
