// Offsets. The server counts characters, JavaScript counts UTF-16 units: a rare character counts as two.

import { el } from "./dom.js";

const WIDE = /[\ud800-\udfff]/;

// Characters → units: unitsOf("𠀀二", 1) == 2
export function unitsOf(text, characters) {
  if (!WIDE.test(text)) return characters;
  let units = 0;
  for (const character of text) {
    if (characters <= 0) break;
    characters -= 1;
    units += character.length;
  }
  return units;
}

// Units → characters: charactersOf("𠀀二", 2) == 1
export function charactersOf(text, units) {
  return WIDE.test(text) ? [...text.slice(0, units)].length : units;
}

// text[start:end] as Python would cut it.
export const cut = (text, start, end) => text.slice(unitsOf(text, start), unitsOf(text, end));

// The stretch [from, to) of a text (units) as nodes: marks become <mark>, signs stand where they belong.
// marks: [{start, end, class}] in units; signs: [{at, node}] in units.
export function pieces(text, from, to, marks = [], signs = []) {
  const within = marks.filter((mark) => mark.start < to && mark.end > from && mark.start < mark.end);
  const here = signs.filter((sign) => sign.at >= from && sign.at <= to);
  const edges = new Set([from, to]);
  for (const mark of within) edges.add(Math.max(from, mark.start)).add(Math.min(to, mark.end));
  for (const sign of here) edges.add(sign.at);
  const cuts = [...edges].sort((a, b) => a - b);
  return cuts.flatMap((start, i) => {
    const signed = here.filter((sign) => sign.at === start).map((sign) => sign.node);
    return i + 1 < cuts.length ? [...signed, marked(text.slice(start, cuts[i + 1]), within, start)] : signed;
  });
}

// The same for a passage in a list: line breaks become spaces, sub-headings lose their signs.
export function flow(text, from, to, marks = []) {
  const out = [];
  let at = 0;
  for (const line of text.split("\n")) {
    const skipped = line.startsWith("## ") ? 3 : 0;
    const [start, end] = [Math.max(from, at + skipped), Math.min(to, at + line.length)];
    if (start < end)
      out.push(
        out.length ? " " : null,
        skipped ? el("b", {}, pieces(text, start, end, marks)) : pieces(text, start, end, marks),
      );
    at += line.length + 1;
  }
  return out;
}

// A piece of text inside the mark that covers it, if one does.
function marked(text, marks, start) {
  const over = marks.filter((mark) => mark.start <= start && start < mark.end);
  return over.length
    ? el(
        "mark",
        {
          class:
            over
              .map((mark) => mark.class || "")
              .join(" ")
              .trim() || null,
        },
        text,
      )
    : text;
}

// Words of a hit that were matched, as marks in its text.
export function wordMarks(text, words) {
  const marks = [];
  const lower = text.toLowerCase();
  for (const word of words.filter(Boolean)) {
    const sought = word.toLowerCase();
    for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, at + sought.length)) {
      marks.push({ start: at, end: at + sought.length });
    }
  }
  return marks;
}

// The selected stretch of one field inside `root`: {field, item, start, end, quote} in characters, or null.
export function selectedSpan(root) {
  const selection = document.getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.startContainer) && !root.contains(range.endContainer)) return null;
  const boxes = [...root.querySelectorAll("[data-start]")].filter(
    (box) => range.intersectsNode(box) && holdsText(range, box),
  );
  if (!boxes.length) return null;
  const { field, item = "0" } = boxes[0].dataset;
  const same = boxes.filter((box) => box.dataset.field === field && (box.dataset.item || "0") === item);
  const last = same[same.length - 1];
  const start = Number(same[0].dataset.start) + edge(range, same[0], true);
  const end = Number(last.dataset.start) + edge(range, last, false);
  return end > start ? { field, item: Number(item), start, end, quote: selection.toString().trim() } : null;
}

// Whether the range takes more than the mere edge of a box.
function holdsText(range, box) {
  return edge(range, box, false) > edge(range, box, true);
}

// Where a range begins (or ends) inside a box, in characters; its whole length where the range goes on.
function edge(range, box, begins) {
  const [node, offset] = begins ? [range.startContainer, range.startOffset] : [range.endContainer, range.endOffset];
  if (!box.contains(node)) return begins ? 0 : [...box.textContent].length;
  const before = document.createRange();
  before.setStart(box, 0);
  before.setEnd(node, offset);
  return [...before.toString()].length;
}

// Raw page → article text by the article's spans [[start, end, source]…]; null where the page says it elsewhere.
export function fromPage(spans, start, end) {
  const at = (place, last) => {
    const run = spans.find(([low, high, source]) => source <= place && place < source + high - low);
    return run ? run[0] + place - run[2] + (last ? 1 : 0) : null;
  };
  const [first, final] = [at(start, false), at(end - 1, true)];
  return first !== null && final !== null && first < final ? [first, final] : null;
}
