// The conversation: the question box, the questions that were asked, and the one that is being answered.

import { askStream } from "./api.js";
import { emit, on } from "./bus.js";
import { announce, button, byId, el, fill, icon } from "./dom.js";
import * as health from "./health.js";
import { keep, getConversation, putConversation, setting } from "./store.js";
import { language, t } from "./text.js";
import { drawTurn, growDraft } from "./turn.js";
import { problem } from "./widgets.js";

const HISTORY = 4;
const LONGEST = 2000;
const talk = { conversation: null, running: null, alive: new Map() };

// Restores the last conversation and wires the question box.
export async function start() {
  wireBox();
  on("language", () => {
    labelBox();
    draw();
  });
  on("health", () => {
    if (talk.conversation && !talk.conversation.turns.length) drawEmpty();
  });
  on("conversation-deleted", forgotten);
  labelBox();
  await open(setting("last"));
}

// A conversation with nothing in it yet; it is kept once something is asked.
const fresh = () => ({
  id: crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`,
  title: "",
  created: Date.now(),
  updated: Date.now(),
  turns: [],
});

// Opens a saved conversation by id, or a new one.
export async function open(id) {
  const found = id ? talk.alive.get(id) || (await getConversation(id).catch(() => null)) : null;
  talk.conversation = found ? asRead(found) : fresh();
  keep("last", found ? id : null);
  draw();
  emit("conversation", talk.conversation.id);
  const turns = byId("turns");
  turns.scrollTop = turns.scrollHeight;
}

// A question that was being answered when the page closed has no answer.
function asRead(conversation) {
  for (const turn of conversation.turns)
    if (!["done", "failed"].includes(turn.state) && talk.running?.turn !== turn) turn.state = "stopped";
  return conversation;
}

// A deleted conversation is not kept again, and its running answer stops.
function forgotten(id) {
  const conversation = talk.alive.get(id);
  if (conversation) conversation.gone = true;
  talk.alive.delete(id);
  if (conversation?.turns.includes(talk.running?.turn)) stop();
  if (id === talk.conversation?.id) open(null);
}

export const current = () => talk.conversation;

// Puts the keyboard into the question box.
export const focusBox = () => byId("question").focus();

// Enter sends, Shift+Enter breaks the line, and Enter that ends an input method's composition does neither.
function wireBox() {
  const box = byId("question");
  box.maxLength = LONGEST;
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      submit();
    }
  });
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  byId("stop").addEventListener("click", stop);
}

// The box is as high as its text, within reason.
function grow() {
  const box = byId("question");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 200)}px`;
}

// Names in the language of the reader.
function labelBox() {
  byId("question").placeholder = t("placeholder");
  fill(byId("send"), icon("send"), el("span", {}, t("send")));
  fill(byId("stop"), icon("stop"), el("span", {}, t("stop")));
}

// Takes the question out of the box and asks it.
function submit() {
  const question = byId("question").value.trim();
  if (!question || talk.running) return;
  byId("question").value = "";
  grow();
  ask(question);
}

// Asks a question in this conversation.
export function ask(question) {
  if (talk.running) return;
  const conversation = talk.conversation;
  const turn = { id: `turn-${Date.now()}`, question, state: "waiting", hits: [], draft: "", asked: Date.now() };
  conversation.title = conversation.title || question.slice(0, 60);
  conversation.turns.push(turn);
  talk.alive.set(conversation.id, conversation);
  if (conversation.turns.length === 1) draw();
  else byId("turns").append(drawTurn(turn, actions));
  byId(turn.id).scrollIntoView({ block: "start" });
  if (document.activeElement === document.body) byId(turn.id).querySelector("h3").focus({ preventScroll: true });
  answer(conversation, turn);
}

// Asks the question of a turn again, in its place; `operation` "lookup" leaves out working out.
function retry(turn, operation = null) {
  if (talk.running) return;
  Object.assign(turn, {
    state: "waiting",
    hits: [],
    draft: "",
    raw: null,
    error: null,
    stage: null,
    operation,
    asked: Date.now(),
  });
  redraw(turn);
  answer(talk.conversation, turn);
}

const actions = {
  retry,
  draft: (question) => {
    byId("question").value = question;
    grow();
    focusBox();
  },
};

// Stops the answer that is being written.
export function stop() {
  talk.running?.control.abort();
}

export const isRunning = () => Boolean(talk.running);

// From question to checked answer, whatever happens on the way.
async function answer(conversation, turn) {
  const control = new AbortController();
  talk.running = { turn, control };
  busy(true);
  keepNow(conversation);
  const ticking = setInterval(() => tick(turn), 1000);
  try {
    await streamed(conversation, turn, control.signal);
  } catch (error) {
    turn.state = error.name === "AbortError" ? "stopped" : "failed";
    turn.error = problem(error);
    announce(turn.error || t("stopped"));
    if (error.code === "unreachable" || error.code === "token_needed") health.check();
  } finally {
    clearInterval(ticking);
    talk.running = null;
    busy(false);
    redraw(turn);
    keepNow(conversation);
  }
}

// Waits for the models if they are not loaded yet, then reads the stream.
async function streamed(conversation, turn, signal) {
  for (;;) {
    await health.whenReady(signal);
    turn.state = "working";
    redraw(turn);
    try {
      const history = historyBefore(conversation, turn);
      for await (const told of askStream(turn.question, history, signal, turn.operation)) take(turn, told);
      break;
    } catch (error) {
      if (error.code !== "loading") throw error;
      turn.state = "waiting";
      redraw(turn);
      await health.check();
    }
  }
  if (turn.state !== "done") throw Object.assign(new Error(""), { code: "unreachable" });
}

// The last exchanges before this one, as the server wants them.
function historyBefore(conversation, turn) {
  const before = conversation.turns.slice(0, conversation.turns.indexOf(turn)).filter((one) => one.raw);
  return before.slice(-HISTORY).map((one) => ({ question: one.question, answer: JSON.parse(one.raw).answer }));
}

// One event of the stream.
function take(turn, { event, data, raw }) {
  if (event === "queued") turn.position = data.position;
  else if (event === "evidence") Object.assign(turn, { hits: data.hits.slice(0, 8), position: 0 });
  else if (event === "stage") Object.assign(turn, { stage: data.name, position: 0 });
  else if (event === "answer") Object.assign(turn, { state: "done", raw, draft: "", stage: null, position: 0 });
  else if (event === "draft") {
    turn.draft += data.text;
    if (growDraft(turn)) return;
  } else return;
  if (event === "queued") announce(t("queued", { n: data.position }));
  if (event === "evidence" && data.hits.length) announce(t("found_n", { n: data.hits.length }));
  if (event === "answer") announce(`${t(data.refused ? "said_refused" : "said_ready")} ${data.answer}`);
  redraw(turn);
}

// The seconds beside the stage.
function tick(turn) {
  const place = byId(turn.id)?.querySelector(".ticking");
  if (place) place.textContent = t("seconds", { n: Math.round((Date.now() - turn.asked) / 1000) });
}

// Draws one turn anew if it is on the page; the keyboard stays in it if it was.
function redraw(turn) {
  const node = byId(turn.id);
  if (!node) return;
  const within = node.contains(document.activeElement);
  const drawn = drawTurn(turn, actions);
  node.replaceWith(drawn);
  if (within) drawn.querySelector("h3").focus();
}

// While an answer is written the send button is a stop button.
function busy(is) {
  byId("send").hidden = is;
  byId("stop").hidden = !is;
  byId("turns").setAttribute("aria-busy", String(is));
}

// Keeps the conversation on this machine.
async function keepNow(conversation) {
  if (conversation.gone) return;
  conversation.updated = Date.now();
  if (conversation === talk.conversation) keep("last", conversation.id);
  await putConversation(conversation).catch(() => {});
  emit("conversations");
}

// The whole conversation.
function draw() {
  const { turns } = talk.conversation;
  if (!turns.length) drawEmpty();
  else
    fill(
      byId("turns"),
      turns.map((turn) => drawTurn(turn, actions)),
    );
}

// What a new reader sees: what this is, and questions to begin with.
function drawEmpty() {
  const examples = health.now()?.examples || [];
  const index = health.now()?.index;
  const shown = JSON.stringify([language(), examples, index]);
  if (byId("turns").querySelector(".front")?.dataset.shown === shown) return;
  fill(
    byId("turns"),
    el(
      "div",
      { class: "front", dataset: { shown } },
      el("p", { class: "masthead", lang: "zh" }, "问报"),
      el("p", { class: "motto" }, t("motto")),
      index &&
        el(
          "p",
          { class: "imprint" },
          t("imprint", { sources: index.sources, articles: index.articles, built: (index.built || "").slice(0, 10) }),
        ),
      examples.length
        ? el(
            "div",
            { class: "examples" },
            el("h3", {}, t("examples")),
            el(
              "ul",
              {},
              examples.map((example) =>
                el(
                  "li",
                  {},
                  button(example, () => ask(example), {
                    class: "example",
                    lang: /[\u4e00-\u9fff]/.test(example) ? "zh" : "en",
                  }),
                ),
              ),
            ),
          )
        : null,
    ),
  );
}
