// The drawer with the saved conversations: new, find, rename, delete with undo.

import { emit, on } from "./bus.js";
import { button, byId, el, fill, iconButton } from "./dom.js";
import { allConversations, deleteConversation, getConversation, keep, putConversation, setting } from "./store.js";
import * as talk from "./talk.js";
import { t } from "./text.js";
import { labelled, lineDialog, toast } from "./widgets.js";

const drawer = { sought: "", list: [] };
const narrow = matchMedia("(max-width: 1100px)");

// Draws the drawer; on a wide screen it stands open unless the reader closed it.
export function start() {
  on("language", draw);
  on("conversations", load);
  on("conversation", drawList);
  byId("drawer-button").addEventListener("click", () => show(byId("drawer").hidden));
  byId("scrim").addEventListener("click", () => show(false));
  byId("drawer").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && narrow.matches) {
      event.stopPropagation();
      show(false);
    }
  });
  narrow.addEventListener("change", () => show(!narrow.matches, false));
  draw();
  show(!narrow.matches && setting("drawer", true), false);
  load();
}

// Opens or closes it.
function show(open, byHand = true) {
  byId("drawer").hidden = !open;
  byId("scrim").hidden = !(open && narrow.matches);
  byId("drawer-button").setAttribute("aria-expanded", String(open));
  if (!byHand) return;
  if (!narrow.matches) keep("drawer", open);
  (open ? byId("new-conversation") : byId("drawer-button")).focus();
}

// Closes it after a choice where it covers the page.
const closeIfOver = () => {
  if (narrow.matches) show(false);
};

// Reads the conversations again.
async function load() {
  drawer.list = await allConversations().catch(() => []);
  drawList();
}

// The button for a new conversation and the search box.
function draw() {
  const find = el("input", { type: "search", id: "find-conversation", value: drawer.sought, autocomplete: "off" });
  find.addEventListener("input", () => {
    drawer.sought = find.value.trim().toLowerCase();
    drawList();
  });
  fill(
    byId("drawer"),
    el("h2", {}, t("conversations")),
    button(t("new_conversation"), begin, { id: "new-conversation", class: "plain wide" }, "plus"),
    labelled(t("find_conversation"), find),
    el("ul", { id: "conversations" }),
  );
  drawList();
}

// A new conversation.
export async function begin() {
  await talk.open(null);
  closeIfOver();
  talk.focusBox();
}

// Whether a conversation says what is sought.
function says(conversation) {
  const { title, turns } = conversation;
  const words = [title, ...turns.flatMap((turn) => [turn.question, turn.raw ? JSON.parse(turn.raw).answer : ""])];
  return words.join("\n").toLowerCase().includes(drawer.sought);
}

// The conversations that match, the current one marked.
function drawList() {
  const shown = drawer.list.filter((one) => !drawer.sought || says(one));
  fill(
    byId("conversations"),
    shown.length
      ? shown.map((one) => row(one, one.id === talk.current()?.id))
      : el("li", { class: "empty" }, t(drawer.sought ? "nothing_found" : "no_conversations")),
  );
}

// One conversation.
function row(conversation, isCurrent) {
  const { id, title, updated } = conversation;
  const day = new Date(updated - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 10);
  return el(
    "li",
    { class: isCurrent ? "current" : null },
    el(
      "button",
      { type: "button", class: "pick", "aria-current": isCurrent ? "true" : null, onclick: () => pick(id) },
      el("span", { class: "name" }, title),
      el("span", { class: "day" }, day),
    ),
    iconButton("pencil", t("rename_named", { name: title }), () => rename(id)),
    iconButton("bin", t("delete_named", { name: title }), () => forget(id)),
  );
}

// Opens a conversation.
async function pick(id) {
  await talk.open(id);
  closeIfOver();
}

// Gives a conversation another title.
async function rename(id) {
  const conversation = talk.current()?.id === id ? talk.current() : await getConversation(id);
  const title = await lineDialog(t("rename"), t("title"), conversation.title);
  if (!title) return;
  conversation.title = title;
  await putConversation(conversation);
  load();
}

// Deletes a conversation; the toast can bring it back.
async function forget(id) {
  const conversation = await getConversation(id);
  await deleteConversation(id);
  emit("conversation-deleted", id);
  await load();
  byId("new-conversation").focus();
  toast(t("conversation_deleted", { name: conversation.title }), {
    label: t("undo"),
    run: async () => {
      await putConversation(conversation);
      await load();
    },
  });
}
