// Many questions at once: a file of questions goes up, a table of answers comes down.

import { address, get, remove, upload } from "./api.js";
import { announce, button, byId, el, fill } from "./dom.js";
import { keep, setting } from "./store.js";
import { lead, t } from "./text.js";
import { labelled, problem, progressBar } from "./widgets.js";

const EVERY = 1500;
const batch = { job: setting("batch"), state: null, error: "", timer: 0 };

// The panel; a job that was begun before is taken up again.
export function batchPanel() {
  const place = el("section", { class: "panel", id: "batch" });
  clearTimeout(batch.timer);
  queueMicrotask(() => {
    draw();
    if (batch.job && !batch.state?.finished) poll();
  });
  return place;
}

// The file button, or how far the job is.
function draw() {
  const place = byId("batch");
  if (!place) return;
  fill(
    place,
    el("h3", {}, t("batch")),
    el("p", { class: "aside" }, t("batch_told")),
    batch.error && el("p", { class: "warning", role: "alert" }, batch.error),
    batch.job ? progress() : picker(),
  );
}

// Where the file is named.
function picker() {
  const file = el("input", { type: "file", id: "batch-file", accept: ".txt,.csv,.xlsx,.jsonl" });
  file.addEventListener("change", () => {
    if (file.files.length) begin(file.files[0]);
  });
  return labelled(t("batch_file"), file);
}

// Sends the file.
async function begin(file) {
  try {
    const { job, questions } = await upload("/api/batch", "file", [file]);
    Object.assign(batch, { job, error: "", state: { done: 0, total: questions, failed: 0, finished: false } });
    keep("batch", job);
    poll();
  } catch (error) {
    batch.error = problem(error);
  }
  draw();
}

// Asks how far the job is until it is finished.
async function poll() {
  clearTimeout(batch.timer);
  try {
    batch.state = await get(`/api/batch/${encodeURIComponent(batch.job)}`);
    batch.error = "";
  } catch (error) {
    batch.error = error.code === "not_found" ? t("batch_gone") : problem(error);
    if (error.code === "not_found") {
      end();
      return;
    }
  }
  draw();
  if (batch.state?.finished) announce(t("batch_done"));
  else batch.timer = setTimeout(poll, EVERY);
}

// Forgets the job.
function end() {
  Object.assign(batch, { job: null, state: null });
  clearTimeout(batch.timer);
  keep("batch", null);
  draw();
}

// Gives the job up, or clears it away when it is done.
async function cancel() {
  await remove(`/api/batch/${encodeURIComponent(batch.job)}`).catch(() => {});
  batch.error = "";
  end();
}

// The bar, and the files once there is something in them.
function progress() {
  const { done = 0, total = 0, failed = 0, finished = false } = batch.state || {};
  const file = (format) => address(`/api/batch/${encodeURIComponent(batch.job)}/file`, { format });
  return el(
    "div",
    { class: "stack" },
    el(
      "p",
      {},
      lead(finished ? "batch_done" : "batch_running"),
      `${done} / ${total}`,
      failed ? ` · ${t("n_failed", { n: failed })}` : "",
    ),
    progressBar(done, total, t("batch")),
    el(
      "div",
      { class: "buttons" },
      finished &&
        [
          ["xlsx", "Excel"],
          ["csv", "CSV"],
          ["jsonl", "JSONL"],
        ].map(([format, name]) => el("a", { class: "plain small", href: file(format), download: true }, name)),
      button(t(finished ? "clear_away" : "cancel"), cancel, { class: "plain small" }),
    ),
  );
}
