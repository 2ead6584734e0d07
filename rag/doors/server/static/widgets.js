// Toasts, menus, dialogs, the clipboard and downloads.

import { announce, button, byId, el, icon, iconButton } from "./dom.js";
import { t } from "./text.js";

const TOAST_SECONDS = [5, 10]; // without and with something to press

// A short message at the edge of the page; `action` is {label, run}, such as undo.
export function toast(message, action = null) {
  for (const old of document.querySelectorAll(".toast.plainly")) old.remove();
  const node = el(
    "div",
    { class: action ? "toast" : "toast plainly" },
    el("span", {}, message),
    action &&
      button(
        action.label,
        () => {
          node.remove();
          action.run();
        },
        { class: "plain small" },
      ),
    iconButton("close", t("close"), () => node.remove()),
  );
  let timer = 0;
  const wait = () => {
    timer = setTimeout(() => node.remove(), TOAST_SECONDS[action ? 1 : 0] * 1000);
  };
  const hold = () => clearTimeout(timer);
  node.addEventListener("pointerenter", hold);
  node.addEventListener("focusin", hold);
  node.addEventListener("pointerleave", wait);
  node.addEventListener("focusout", wait);
  byId("toasts").append(node);
  wait();
  return node;
}

// What went wrong, in one line with its remedy.
export function problem(error) {
  if (error.name === "AbortError") return "";
  if (error.code === "failed" && error.message) return error.message;
  const known = t(`error_${error.code}`);
  return known !== `error_${error.code}` ? known : error.message || t("error_failed");
}

// Runs something and shows its failure as a toast; gives undefined then.
export async function trying(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "AbortError") toast(problem(error));
    return undefined;
  }
}

// A button that opens a short list of further buttons: items are [label, run].
export function menu(label, items, drawing = "", props = {}) {
  const list = el("div", { class: "menu-list", hidden: true });
  const opener = el(
    "button",
    { type: "button", class: "plain small", "aria-expanded": "false", "aria-label": label, title: label, ...props },
    drawing ? icon(drawing) : null,
    el("span", { class: "word" }, label),
  );
  const box = el("div", { class: "menu" }, opener, list);
  const show = (open) => {
    list.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) place(list, opener);
  };
  for (const [name, run] of items) {
    list.append(
      el(
        "button",
        {
          type: "button",
          onclick: () => {
            show(false);
            opener.focus();
            run();
          },
        },
        name,
      ),
    );
  }
  opener.addEventListener("click", () => {
    show(list.hidden);
    if (!list.hidden) list.firstChild.focus();
  });
  box.addEventListener("keydown", (event) =>
    walk(event, list, () => {
      show(false);
      opener.focus();
    }),
  );
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.contains(event.target)) show(false);
  });
  return box;
}

// Keeps an opened list inside the window.
function place(list, opener) {
  list.classList.remove("leftward", "upward");
  const box = list.getBoundingClientRect();
  list.classList.toggle("leftward", box.right > innerWidth - 8);
  list.classList.toggle("upward", opener.getBoundingClientRect().bottom + box.height > innerHeight - 8);
}

// Arrow keys walk through an open list, Escape closes it.
function walk(event, list, close) {
  if (list.hidden) return;
  const items = [...list.children];
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) items[(at + step + items.length) % items.length].focus();
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// Shows a modal dialog; `draw(close)` gives its content. Resolves to what close was called with.
export function dialog(title, draw, props = {}) {
  return new Promise((resolve) => {
    const opener = document.activeElement;
    const node = el("dialog", { "aria-label": title, ...props });
    const close = (result) => {
      node.returned = result;
      node.close();
    };
    node.append(
      el(
        "div",
        { class: "dialog-head" },
        el("h2", {}, title),
        iconButton("close", t("close"), () => close()),
      ),
      draw(close),
    );
    node.addEventListener("close", () => {
      node.remove();
      opener?.isConnected && opener.focus();
      resolve(node.returned);
    });
    node.addEventListener("click", (event) => {
      if (event.target === node) close();
    });
    document.body.append(node);
    node.showModal();
    node.querySelector("textarea, input, .buttons button")?.focus();
  });
}

// Asks for one line of text: undefined if it was cancelled.
export function lineDialog(title, label, value) {
  return dialog(title, (close) => {
    const box = el("input", { type: "text", value, maxlength: "120" });
    const onsubmit = (event) => {
      event.preventDefault();
      close(box.value.trim());
    };
    return el(
      "form",
      { class: "stack", onsubmit },
      labelled(label, box),
      el(
        "div",
        { class: "buttons" },
        button(t("cancel"), () => close()),
        el("button", { type: "submit", class: "primary" }, t("save")),
      ),
    );
  });
}

// Asks before something is done; resolves to true or undefined.
export function confirmed(title, message, verb) {
  return dialog(title, (close) =>
    el(
      "div",
      {},
      el("p", {}, message),
      el(
        "div",
        { class: "buttons" },
        button(t("cancel"), () => close()),
        button(verb, () => close(true), { class: "primary" }),
      ),
    ),
  );
}

// Copies text and says so; where the browser forbids it, shows the text to be copied by hand.
export async function copy(text, told) {
  try {
    await navigator.clipboard.writeText(text);
    toast(told);
    return;
  } catch {
    /* no clipboard outside https and localhost */
  }
  await dialog(t("copy_by_hand"), () => {
    const box = el("textarea", { readonly: true, rows: 6, "aria-label": t("copy_by_hand"), value: text });
    box.addEventListener("focus", () => box.select());
    return box;
  });
}

// Saves a blob under a name.
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  announce(t("saved_file", { name }));
}

// A bar that fills as something proceeds.
export function progressBar(done, total, label) {
  const bar = el("progress", { "aria-label": label });
  if (total) Object.assign(bar, { max: total, value: Math.min(done, total) });
  return bar;
}

// A field with its label above it; `control` gets an id if it has none.
let fields = 0;
export function labelled(label, control, props = {}) {
  control.id = control.id || `field-${(fields += 1)}`;
  return el("div", { class: "field", ...props }, el("label", { for: control.id }, label), control);
}
