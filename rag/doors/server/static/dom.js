// A tiny, safe builder of elements. Data only ever becomes text nodes or attributes, never HTML.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "indeterminate", "inert"]);

// el("p", {class: "note", onclick: f}, "text", el("b", {}, "bold"))
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  set(node, props);
  node.append(...nodes(children));
  return node;
}

// The same for SVG elements.
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  set(node, props);
  node.append(...nodes(children));
  return node;
}

// Sets attributes, properties and listeners; null, undefined and false leave an attribute out.
export function set(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (PROPERTIES.has(name)) node[name] = value;
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : safe(name, String(value)));
  }
  return node;
}

// Links lead to this desk or to a download of it, never to a script.
function safe(name, value) {
  return name === "href" && !/^(#|\/|blob:|https?:)/.test(value) ? "#" : value;
}

// Children without the absent ones; strings and numbers stay text.
function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

// Replaces everything inside a node.
export function fill(node, ...children) {
  node.replaceChildren(...nodes(children));
  return node;
}

// The element with this id.
export const byId = (id) => document.getElementById(id);

// Says something to screen readers without moving the focus.
export function announce(message) {
  const place = byId("live");
  place.textContent = "";
  setTimeout(() => {
    place.textContent = message;
  }, 60);
}

const PATHS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  quote: "M9 7H5v6h4v2a3 3 0 0 1-3 3M19 7h-4v6h4v2a3 3 0 0 1-3 3",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  up: "M7 11v9H4v-9zM7 11l4-7a2 2 0 0 1 3 2l-1 4h5a2 2 0 0 1 2 2l-2 7a2 2 0 0 1-2 1H7",
  down: "M17 13V4h3v9zM17 13l-4 7a2 2 0 0 1-3-2l1-4H6a2 2 0 0 1-2-2l2-7a2 2 0 0 1 2-1h9",
  pencil: "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5",
  bin: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 17.5v.5",
  again: "M19 8a8 8 0 1 0 1 5M19 3v5h-5",
  check: "M5 13l4 4L19 7",
};

// A line drawing, hidden from screen readers: the button around it carries the name.
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}

// A button with a drawing; its name is both its label and its tooltip.
export function iconButton(name, label, onclick, props = {}) {
  return el(
    "button",
    { type: "button", class: "quiet", "aria-label": label, title: label, onclick, ...props },
    icon(name),
  );
}

// A button with words, and a drawing before them if one is named.
export function button(label, onclick, props = {}, drawing = "") {
  return el(
    "button",
    { type: "button", class: "plain", onclick, ...props },
    drawing && icon(drawing),
    drawing && " ",
    label,
  );
}
