// The page that an article was read from: its raw text, and its picture.

import { address, get } from "./api.js";
import { el } from "./dom.js";
import { pieces, unitsOf } from "./spans.js";
import { t } from "./text.js";

// What asks for the same span of another view of an article.
const asked = ({ field, item, start, end }) => (start === undefined ? {} : { field, item: item || "", start, end });

// The raw page with the spans of the quotation marked.
export async function drawRaw(place, signal) {
  const raw = await get(address(`/api/articles/${encodeURIComponent(place.article_id)}/raw`, asked(place)), signal);
  const spans = place.page_start === undefined ? raw.spans || [] : [[place.page_start, place.page_end]];
  const { text } = raw;
  const toUnits = ([start, end], name) => ({ start: unitsOf(text, start), end: unitsOf(text, end), class: name });
  const marks = spans.map((span) => toUnits(span, "quoted"));
  const faint = (raw.article_spans || []).map((span) => toUnits(span, ""));
  return el(
    "div",
    { class: "raw", lang: "zh" },
    el("p", { class: "aside", lang: t("lang") }, t("raw_told")),
    el("div", { class: "raw-text", dataset: { field: "page", item: 0, start: 0 } }, shaded(text, faint, marks)),
  );
}

// Text outside the article is dim, so that the article stands out of its page.
function shaded(text, article, marks) {
  if (!article.length) return pieces(text, 0, text.length, marks);
  const out = [];
  let at = 0;
  for (const { start, end } of [...article].sort((a, b) => a.start - b.start)) {
    if (start > at) out.push(el("span", { class: "dim" }, pieces(text, at, start, marks)));
    if (end > Math.max(at, start)) out.push(...pieces(text, Math.max(at, start), end, marks));
    at = Math.max(at, end);
  }
  if (at < text.length) out.push(el("span", { class: "dim" }, pieces(text, at, text.length, marks)));
  return out;
}

// The picture of the page with boxes over the quotation.
export async function drawPicture(place, signal) {
  const told = await get(
    address(`/api/articles/${encodeURIComponent(place.article_id)}/picture`, asked(place)),
    signal,
  );
  const image = el("img", { src: told.image, alt: t("picture_alt", { page: told.page, pages: told.pages }) });
  if (told.width && told.height) image.style.aspectRatio = `${told.width} / ${told.height}`;
  const boxes = (told.boxes || []).map((box) => {
    const shape = el("div", { class: "box quoted" });
    const [left, top, right, bottom] = box.map((share) => share * 100);
    Object.assign(shape.style, {
      left: `${left}%`,
      top: `${top}%`,
      width: `${right - left}%`,
      height: `${bottom - top}%`,
    });
    return shape;
  });
  return el(
    "div",
    { class: "picture" },
    told.pages > 1 && el("p", { class: "aside" }, t("page_of", { page: told.page, pages: told.pages })),
    el(
      "div",
      { class: "sheet", tabindex: "0", role: "region", "aria-label": t("view_picture") },
      el("div", { class: "frame" }, image, boxes),
    ),
  );
}
