// Searches that the reader keeps, and how much is new in each since it was last looked at.

import { address, get } from "./api.js";
import { emit, on } from "./bus.js";
import { button, byId, el, iconButton, fill } from "./dom.js";
import { keep, setting } from "./store.js";
import { t } from "./text.js";
import { lineDialog, toast } from "./widgets.js";

const TOP = 50;
const saved = { list: setting("searches", []), look: null };

// Looks for what is new whenever the index has changed.
export function start() {
  on("generation", (generation) => {
    if (generation) recheck(generation);
  });
  on("searches", badge);
  badge();
}

// Keeps the list.
function store() {
  keep("searches", saved.list);
  emit("searches");
  const list = byId("saved-searches");
  if (list) fill(list, rows());
}

// Passage ids of the first hits of a search.
async function topIds(params) {
  const { hits } = await get(address("/api/search", { ...params, k: TOP }));
  return hits.map((hit) => hit.passage_id);
}

// Searches again; what was not there when the reader last looked is new.
async function recheck(generation) {
  for (const one of saved.list.filter((search) => search.generation !== generation)) {
    const ids = await topIds(one.params).catch(() => null);
    if (ids) Object.assign(one, { generation, fresh: ids.filter((id) => !one.seen.includes(id)).length });
  }
  store();
}

// Asks for a name and keeps the search.
export async function saveSearch(params) {
  const name = await lineDialog(t("save_search"), t("name"), params.q);
  if (!name) return;
  const seen = await topIds(params).catch(() => []);
  saved.list = [
    { name, params: { ...params }, seen, fresh: 0, generation: null },
    ...saved.list.filter((one) => one.name !== name),
  ];
  store();
  toast(t("search_saved", { name }));
}

// The panel; `look(params)` repeats a search.
export function savedPanel(look) {
  saved.look = look;
  return el(
    "section",
    { class: "panel" },
    el("h3", {}, t("saved_searches")),
    el("ul", { id: "saved-searches", class: "rows" }, rows()),
  );
}

// One row a search.
function rows() {
  return saved.list.length
    ? saved.list.map((one) =>
        el(
          "li",
          {},
          el("button", { type: "button", class: "headline", onclick: () => open(one) }, one.name),
          one.fresh ? el("span", { class: "badge" }, t("n_new", { n: one.fresh })) : null,
          iconButton("bin", t("delete_named", { name: one.name }), () => forget(one)),
        ),
      )
    : el("li", { class: "empty" }, t("no_searches"));
}

// Repeats a search; what it finds now counts as seen.
async function open(one) {
  saved.look(one.params);
  const ids = await topIds(one.params).catch(() => null);
  if (ids) Object.assign(one, { seen: ids, fresh: 0 });
  store();
}

// Deletes a search; the toast can bring it back.
function forget(one) {
  const before = saved.list;
  saved.list = before.filter((other) => other !== one);
  store();
  toast(t("search_deleted", { name: one.name }), {
    label: t("undo"),
    run: () => {
      saved.list = before;
      store();
    },
  });
}

// The number of new passages beside the tab.
function badge() {
  const fresh = saved.list.reduce((sum, one) => sum + (one.fresh || 0), 0);
  fill(
    byId("search-badge"),
    fresh
      ? [
          el("span", { class: "badge", "aria-hidden": "true" }, String(fresh)),
          el("span", { class: "unseen" }, ` (${t("n_new", { n: fresh })})`),
        ]
      : null,
  );
}
