// The state of the server: asked again and again, shown in the header and, where something must be done, in a banner.

import { ApiError, get, post } from "./api.js";
import { emit, on } from "./bus.js";
import { button, byId, el, fill } from "./dom.js";
import { language, lead, spell, t } from "./text.js";
import { labelled, problem, progressBar, trying } from "./widgets.js";

const health = { now: null, error: null, timer: 0 };

// Begins asking; asks less often while the page is out of sight.
export function start() {
  on("language", draw);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) check();
  });
  return check();
}

// The last body of GET /api/health, or null.
export const now = () => health.now;

// Whether a question can be answered now.
export const isReady = () => health.now?.status === "ready";

// Asks the server how it is, and plans the next time.
export async function check() {
  clearTimeout(health.timer);
  const before = health.now;
  try {
    Object.assign(health, { now: await get("/api/health"), error: null });
  } catch (error) {
    Object.assign(health, { now: null, error });
  }
  draw();
  emit("health", health.now);
  if (health.now && before?.index?.generation !== health.now.index?.generation)
    emit("generation", health.now.index?.generation);
  health.timer = setTimeout(check, pause());
}

// Milliseconds until the next question: short while something is going on.
function pause() {
  if (document.hidden) return 60000;
  if (!health.now) return 5000;
  return health.now.status === "ready" && !health.now.progress ? 15000 : 1500;
}

// Resolves when the server can answer or cannot be reached, as the question then tells; rejects where waiting is in vain.
export function whenReady(signal) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (signal.aborted) reject(new DOMException("stopped", "AbortError"));
      else if (isReady() || health.error) resolve();
      else if (["no_index", "failed"].includes(health.now?.status))
        reject(new ApiError(health.now.status, health.now.detail));
      else setTimeout(look, 300);
    };
    look();
  });
}

// Starts a build of what the configuration names.
export async function build() {
  await trying(() => post("/api/build"));
  check();
}

// Draws a place only where something changed: the keyboard and screen readers are not disturbed.
function refill(place, key, make) {
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  fill(place, make());
}

// The word in the header and the banner under it.
function draw() {
  const status = health.now ? health.now.status : health.error ? "unreachable" : "asking";
  const shown = health.error?.code === "token_needed" ? "token" : health.now?.progress ? "building" : status;
  const words = t(`status_${shown}`) + sizes(shown);
  refill(byId("status"), words, () => [
    el("span", { class: `lamp ${shown}`, "aria-hidden": "true" }),
    el("span", {}, words),
  ]);
  banner(shown);
}

// How much there is to ask, and how many wait.
function sizes(shown) {
  const { index, queue } = health.now || {};
  if (shown !== "ready" || !index) return "";
  const waiting = queue?.waiting ? ` · ${t("waiting", { n: queue.waiting })}` : "";
  return ` · ${t("n_articles", { n: index.articles })}${waiting}`;
}

// What the reader can do while the server is not ready.
function banner(shown) {
  const place = byId("banner");
  const drawing = { no_index: noIndex, building, loading: plain, failed, unreachable, token }[shown];
  place.hidden = !drawing;
  const key = [language(), shown, health.now?.detail, JSON.stringify(health.now?.progress), health.error?.code].join(
    " ",
  );
  refill(place, key, () => drawing && drawing(shown));
}

const plain = (shown) => el("p", {}, t(`told_${shown}`));

// Nothing has been read yet.
const noIndex = () =>
  el("div", {}, el("p", {}, t("told_no_index")), button(t("build_here"), build, { class: "primary", id: "build" }));

// How far a build has come, how fast it goes and how long it will take.
function building() {
  const { stage, done = 0, total = 0, rate, seconds_left: left } = health.now.progress || {};
  const name = t(`stage_${stage}`);
  const label = lead(name === `stage_${stage}` ? "told_building" : `stage_${stage}`);
  return el(
    "div",
    { class: "build" },
    el(
      "p",
      {},
      label,
      total ? `${done} / ${total}` : "",
      rate ? ` · ${t("rate", { n: Math.round(rate) })}` : "",
      left ? ` · ${t("time_left", { time: spell(left) })}` : "",
      isReady() ? ` · ${t("askable_meanwhile")}` : "",
    ),
    progressBar(done, total, label),
  );
}

// The server is there but cannot work.
const failed = () =>
  el("div", {}, el("p", {}, lead("told_failed"), health.now.detail), button(t("try_again"), check, {}, "again"));

// The server is not there.
const unreachable = () => el("div", {}, el("p", {}, problem(health.error)), button(t("try_again"), check, {}, "again"));

// The server wants a token: the address with it sets a cookie.
function token() {
  const box = el("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const submit = (event) => {
    event.preventDefault();
    location.href = `/?token=${encodeURIComponent(box.value.trim())}${location.hash}`;
  };
  return el(
    "form",
    { class: "token", onsubmit: submit },
    el("p", {}, t("error_token_needed")),
    labelled(t("token"), box),
    el("button", { type: "submit", class: "primary" }, t("open")),
  );
}
