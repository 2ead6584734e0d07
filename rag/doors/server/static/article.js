// Draws an article: headings, paragraphs, tables, captions, joints, with quotations marked.

import { el } from "./dom.js";
import { hashOf } from "./route.js";
import { charactersOf, pieces, unitsOf } from "./spans.js";
import { t, toldDoubt } from "./text.js";

// The whole article; `marks` are [{field, item, start, end, class}] in characters.
export function drawArticle(article, marks) {
  const corrected = article.corrected || {};
  return el(
    "article",
    { class: "paper", lang: "zh" },
    article.section && el("p", { class: "section" }, line(article, "section", article.section, marks)),
    article.kicker && el("p", { class: "kicker" }, line(article, "kicker", article.kicker, marks)),
    el(
      "h3",
      { class: "title" },
      article.title ? line(article, "title", article.title, corrected.title ? [] : marks) : article.headline,
    ),
    facts(article, corrected, marks),
    corrections(corrected),
    linked(article, ["continues", "told_in"]),
    body(article, marks),
    article.truncated &&
      !article.links?.continued_in &&
      el("p", { class: "aside", lang: t("lang") }, `⟨${t("breaks_off")}⟩`),
    linked(article, ["continued_in"]),
    captions(article, marks),
    doubts(article),
  );
}

// A field of one line.
function line(article, field, text, marks, item = 0) {
  const own = marks
    .filter((mark) => mark.field === field && (mark.item || 0) === item)
    .map((mark) => ({ ...mark, start: unitsOf(text, mark.start), end: unitsOf(text, mark.end) }));
  return el("span", { dataset: { field, item, start: 0 } }, pieces(text, 0, text.length, own));
}

// Byline, date and source in one line; how the date was found stands beside it.
function facts(article, corrected, marks) {
  const from = t(`date_${article.date_from}`);
  const how = article.date_from && from !== `date_${article.date_from}` ? ` (${from})` : "";
  return el(
    "p",
    { class: "facts" },
    article.byline &&
      el("span", { class: "byline" }, line(article, "byline", article.byline, corrected.byline ? [] : marks)),
    el(
      "span",
      { lang: t("lang") },
      article.date ? [el("time", { datetime: article.date }, article.date), how] : t("no_date"),
    ),
    el("span", { class: "source" }, article.source),
  );
}

// The parts of the story on other pages of the issue, each a link.
function linked(article, kinds) {
  const list = (article.linked || []).filter((other) => kinds.includes(other.how));
  return list.map((other) =>
    el(
      "p",
      { class: "aside linked", lang: t("lang") },
      t(other.page ? other.how : `${other.how}_somewhere`, { page: other.page }),
      " ",
      el("a", { href: hashOf({ article_id: other.article_id }), lang: "zh" }, other.headline),
    ),
  );
}

// "title corrected by hand; the page says …"
function corrections(corrected) {
  const entries = Object.entries(corrected);
  return entries.length
    ? el(
        "ul",
        { class: "corrections", lang: t("lang") },
        entries.map(([name, { was }]) =>
          el(
            "li",
            {},
            t("corrected", { name: t(`field_${name}`) }),
            " ",
            was ? [t("page_says"), " ", el("q", { lang: "zh" }, was)] : t("page_says_nothing"),
          ),
        ),
      )
    : null;
}

// The text: paragraphs, sub-headings and tables.
function body(article, marks) {
  const { text } = article;
  const own = marks
    .filter((mark) => mark.field === "text")
    .map((mark) => ({ ...mark, start: unitsOf(text, mark.start), end: unitsOf(text, mark.end) }));
  const signs = (article.joints || []).map((joint) => ({ at: unitsOf(text, joint.at), node: joint }));
  const context = { text, marks: own, signs };
  const out = [];
  let at = 0;
  let rows = [];
  for (const one of [...text.split("\n"), null]) {
    if (one !== null && one.includes(" | ")) rows.push({ line: one, at });
    else {
      if (rows.length) out.push(table(context, rows));
      rows = [];
      if (one) out.push(paragraph(context, one, at));
    }
    at += (one || "").length + 1;
  }
  return el("div", { class: "body" }, out);
}

// One line of the text as a paragraph or a sub-heading.
function paragraph(context, one, at) {
  return one.startsWith("## ")
    ? stretch("h4", context, at + 3, at + one.length)
    : stretch("p", context, at, at + one.length);
}

// An element that knows where its text begins in the field.
function stretch(tag, { text, marks, signs }, from, to, props = {}) {
  const drawn = signs.map((sign) => ({
    at: sign.at,
    node: sign.at >= from && sign.at <= to ? jointSign(sign.node) : null,
  }));
  return el(
    tag,
    { dataset: { field: "text", start: charactersOf(text, from) }, ...props },
    pieces(text, from, to, marks, drawn),
  );
}

// The red sign of a joint. It is drawn by the style sheet, so that it is no part of the text.
function jointSign(joint) {
  const label = t(joint.kind === "displaced" ? "joint_displaced" : "joint_cut", {
    sure: Math.round(joint.confidence * 100),
  });
  return el("span", { class: "joint", role: "img", "aria-label": label, title: label });
}

// Rows of a table; what all rows say before their cells becomes the header.
function table(context, rows) {
  const cells = rows.map(({ line: one, at }) => {
    let from = at;
    return one.split(" | ").map((words) => {
      const cell = { words, from, to: from + words.length };
      from = cell.to + 3;
      return cell;
    });
  });
  const headers = commonHeaders(cells);
  return el(
    "div",
    { class: "table-box", tabindex: "0", role: "region", "aria-label": t("table") },
    el(
      "table",
      {},
      headers &&
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            headers.map((header) => el("th", { scope: "col" }, header)),
          ),
        ),
      el(
        "tbody",
        {},
        cells.map((row) =>
          el(
            "tr",
            {},
            row.map((cell, i) => stretch("td", context, cell.from + (headers ? headers[i].length + 1 : 0), cell.to)),
          ),
        ),
      ),
    ),
  );
}

// ["村 甲", "亩 7"], ["村 乙", "亩 9"] → ["村", "亩"]; null where the rows differ.
function commonHeaders(cells) {
  if (cells.length < 2 || cells.some((row) => row.length !== cells[0].length)) return null;
  const headers = cells[0].map((cell) => cell.words.split(" ")[0]);
  const shared = cells.every((row) => row.every((cell, i) => cell.words.startsWith(`${headers[i]} `)));
  return shared && headers.every(Boolean) ? headers : null;
}

// Captions with who took the picture.
function captions(article, marks) {
  const list = article.captions || [];
  return list.length
    ? el(
        "div",
        { class: "captions" },
        list.map((caption, item) =>
          el(
            "p",
            { class: "caption" },
            caption.text
              ? line(article, "caption", caption.text, marks, item)
              : el("span", { lang: t("lang") }, t("picture_without_words")),
            caption.credit && el("span", { class: "credit" }, " ", line(article, "credit", caption.credit, marks, item)),
          ),
        ),
      )
    : null;
}

// What the reader of the page was not sure of.
function doubts(article) {
  const list = article.doubts || [];
  return list.length
    ? el(
        "ul",
        { class: "doubts", lang: t("lang"), "aria-label": t("doubts") },
        list.map((doubt) => el("li", {}, toldDoubt(doubt))),
      )
    : null;
}
