// Adds files to the archive: first what was read in them is shown, then they are taken in.

import { post, upload } from "./api.js";
import { on } from "./bus.js";
import { announce, button, byId, el, fill } from "./dom.js";
import * as health from "./health.js";
import { lead, t, toldDoubt } from "./text.js";
import { problem, trying } from "./widgets.js";

const MOST_FILES = 20;
const MOST_BYTES = 20 * 1024 * 1024;
const ACCEPTED = ".txt,.md,.html,.htm,.pdf,.docx,.xml,.hocr,.png,.jpg,.jpeg,.tif,.tiff,.jsonl,.gz";
const adding = { state: "idle", preview: null, error: "", names: [], seenBuilding: false, after: null };

on("health", follow);

// Files that miss the place are not opened instead of the desk; on the archive's tab they are read all the same.
addEventListener("dragover", (event) => {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
});
addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  byId("adding")?.classList.remove("over");
  if (!byId("view-archive").hidden) read([...event.dataTransfer.files]);
});

// The place where files are dropped; `after` is called when they are askable.
export function addPanel(after) {
  adding.after = after;
  const place = el("div", { id: "adding", class: "drop" });
  place.addEventListener("dragover", () => place.classList.add("over"));
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  queueMicrotask(draw);
  return place;
}

// Whatever the state asks for.
function draw() {
  const place = byId("adding");
  if (place)
    fill(
      place,
      adding.error && el("p", { class: "warning", role: "alert" }, adding.error),
      { idle, reading, preview, building, done }[adding.state](),
    );
}

// Goes on to a state.
function become(state, more = {}) {
  Object.assign(adding, { state, error: "" }, more);
  draw();
}

// Drop files here, or choose them.
function idle() {
  const files = el("input", {
    type: "file",
    id: "add-files",
    multiple: true,
    accept: ACCEPTED,
    class: "unseen",
    tabindex: "-1",
    "aria-label": t("choose_files"),
  });
  files.addEventListener("change", () => read([...files.files]));
  return el(
    "div",
    { class: "drop-inner" },
    files,
    button(t("choose_files"), () => files.click(), { class: "primary", id: "choose-files" }, "plus"),
    el("p", { class: "aside" }, t("drop_told")),
  );
}

const reading = () => el("p", { role: "status" }, t("reading_files"));

// Sends the files to be read, without taking them in.
async function read(files) {
  if (!files.length) return;
  if (files.length > MOST_FILES || files.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) {
    become("idle", {});
    adding.error = t("too_many_files");
    draw();
    return;
  }
  become("reading");
  try {
    become("preview", { preview: await upload("/api/sources/preview", "files", files) });
    announce(t("preview_ready"));
    byId("add-now")?.focus();
  } catch (error) {
    become("idle");
    adding.error = problem(error);
    draw();
  }
}

// What was read in each file.
function preview() {
  const { files } = adding.preview;
  const good = files.filter((file) => !file.error);
  return el(
    "div",
    { class: "stack" },
    el("h3", {}, t("preview")),
    el("ul", { class: "cards" }, files.map(previewFile)),
    el(
      "div",
      { class: "buttons" },
      button(t("cancel"), () => become("idle", { preview: null })),
      good.length ? button(t("add_n", { n: good.length }), add, { class: "primary", id: "add-now" }) : null,
    ),
  );
}

// One file: its articles with their doubts, or why it could not be read.
function previewFile({ name, articles = [], error }) {
  return el(
    "li",
    { class: "card" },
    el(
      "p",
      { class: "file-name" },
      el("strong", {}, name),
      " ",
      error ? null : t("n_articles", { n: articles.length }),
    ),
    error
      ? el("p", { class: "warning" }, error)
      : el(
          "ol",
          { class: "read" },
          articles.map((article) =>
            el(
              "li",
              {},
              el(
                "span",
                { class: "headline", lang: "zh" },
                [article.kicker, article.title].filter(Boolean).join(" ") || t("untitled"),
              ),
              el(
                "p",
                { class: "facts" },
                article.byline && el("span", { lang: "zh" }, article.byline),
                el("span", {}, article.date || t("no_date")),
              ),
              el("p", { class: "snippet", lang: "zh" }, `${(article.text || "").slice(0, 90)}…`),
              article.doubts?.length
                ? el(
                    "ul",
                    { class: "doubts" },
                    article.doubts.map((doubt) => el("li", {}, toldDoubt(doubt))),
                  )
                : null,
            ),
          ),
        ),
  );
}

// Takes the files in.
async function add() {
  const begun = await trying(() => post("/api/sources", { upload: adding.preview.upload }));
  if (!begun) return;
  become("building", {
    names: begun.names || [],
    failed: begun.failed || [],
    preview: null,
    seenBuilding: false,
    generation: health.now()?.index?.generation,
  });
  health.check();
}

const building = () => el("p", { role: "status" }, lead("adding"), adding.names.join(", "));

// A build of ours has ended when the index is another one, or when it ran and runs no more.
function follow(state) {
  if (adding.state !== "building" || !state) return;
  if (state.progress || state.status === "building") {
    adding.seenBuilding = true;
    return;
  }
  if (state.status === "failed") {
    become("idle");
    adding.error = state.detail;
    draw();
    return;
  }
  if (!adding.seenBuilding && state.index?.generation === adding.generation) return;
  become("done");
  announce(t("askable_now"));
  adding.after?.();
}

const done = () =>
  el(
    "div",
    { class: "stack", role: "status" },
    el("p", {}, el("strong", {}, lead("askable_now")), adding.names.join(", ")),
    adding.failed.map((line) => el("p", { class: "warning" }, line)),
    el(
      "div",
      { class: "buttons" },
      button(t("add_more"), () => become("idle"), {}, "plus"),
    ),
  );
