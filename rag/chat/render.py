"""Answers → HTML. Everything that comes from a page, a model or a reader is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from rag.records import Answer, Article, Citation, Hit, headline

LABELS = {
    "zh": {
        "searching": "正在查找", "found": "找到的文章", "draft": "草稿，正在与原文核对", "checked": "每句话都有原文为证",
        "refused": "资料里没有说", "opened": "打开全文", "warning": "注意", "mended": "此处由程序拼接",
        "truncated": "原文至此中断", "seconds": "秒", "page": "原页", "asked": "理解为", "others": "另有数字",
    },
    "en": {
        "searching": "Searching", "found": "Articles found", "draft": "Draft, being checked against the paper",
        "checked": "Every statement is quoted", "refused": "The archive does not say", "opened": "open the article",
        "warning": "Note", "mended": "joined by the reader", "truncated": "the article breaks off here",
        "seconds": "s", "page": "page", "asked": "Understood as", "others": "Other figures",
    },
}


@dataclass(frozen=True)
class Turn:
    """One exchange as it is drawn: the question, and the HTML under it."""

    question: str
    body: str


def conversation(turns: Sequence[Turn]) -> str:
    """The whole conversation, oldest first; the last turn is kept in sight."""
    return '<div class="talk">' + "".join(
        f'<section class="turn"><h2 class="asked">{escape(turn.question)}</h2>{turn.body}</section>' for turn in turns
    ) + "</div>"


def searching(hits: Sequence[Hit], draft: str, language: str) -> str:
    """What is shown while an answer is written: the articles that were found, and the unchecked draft."""
    labels = LABELS[language]
    if not hits:
        return f'<div class="working"><p class="label">{labels["searching"]}…</p></div>'
    titles = list(dict.fromkeys(headline(hit.article) for hit in hits))[:3]
    found = "".join(f"<li>{escape(title)}</li>" for title in titles)
    shown = f'<p class="draft">{escape(draft.strip())}<span class="caret"></span></p>' if draft.strip() else ""
    return (f'<div class="working"><p class="label">{labels["found"]}</p><ul>{found}</ul>'
            f'<p class="label">{labels["draft"]}…</p>{shown}</div>')


def answer_card(answer: Answer, article: Callable[[str], Article], key: str) -> str:
    """A checked answer with its citations; ``key`` makes the anchors of this answer its own."""
    labels = LABELS[answer.language]
    known = {citation.number for citation in answer.citations}
    state = "refused" if answer.refused else "checked"
    cards = "".join(citation_card(c, article(c.article_id), key, answer.language) for c in answer.citations)
    warnings = "".join(f'<p class="warning">{labels["warning"]}: {escape(w)}</p>' for w in answer.warnings)
    asked = f'<p class="state">{labels["asked"]}: {escape(answer.rewritten)}</p>' if answer.rewritten else ""
    others = _figures(answer, article, key)
    total = answer.seconds.get("total")
    took = f' · {total:.1f} {labels["seconds"]}' if total is not None else ""
    return (f'<div class="answer {state}">{asked}<p class="text" lang="{answer.language}">{_linked(answer.text, known, key)}</p>'
            f'<p class="state">{labels[state]}{took}</p>{_times(answer)}{warnings}'
            f'<div class="citations">{cards}</div>{others}</div>')


def _times(answer: Answer) -> str:
    """今年以来 = 2024, as reckoned from the date of the article."""
    told = "; ".join(f"{escape(time.text)} = {escape(time.means)}" for time in answer.times)
    return f'<p class="state">{told}</p>' if told else ""


def _figures(answer: Answer, article: Callable[[str], Article], key: str) -> str:
    """The other figures of the articles, each with its own citation, folded away."""
    if not answer.figures:
        return ""
    cards = "".join(
        f'<p class="figure"><b>{escape(f.text)}</b> {escape(f.counts)}</p>'
        f"{citation_card(f.citation, article(f.citation.article_id), key, answer.language)}" for f in answer.figures)
    return f'<details class="others"><summary>{LABELS[answer.language]["others"]} ({len(answer.figures)})</summary>{cards}</details>'


def failure(message: str) -> str:
    """An error in one line, with what to do."""
    return f'<div class="answer failed"><p class="text">{escape(message)}</p></div>'


def citation_card(citation: Citation, article: Article, key: str, language: str) -> str:
    """A citation that opens its article with the quotation marked."""
    labels = LABELS[language]
    told = " · ".join(escape(p) for p in (citation.title, citation.byline, citation.date, citation.source) if p)
    spans = ", ".join(f"{start}\u2013{end}" for start, end in citation.source_spans)
    where = f' <span class="spans">{labels["page"]} {spans}</span>' if spans else ""
    return (f'<details class="citation"><summary><span class="number">{citation.number}</span>'
            f'<q lang="zh">{escape(citation.quote)}</q><span class="told">{told}{where}</span>'
            f'<span class="open">{labels["opened"]}</span></summary>'
            f'<article lang="zh">{_article(citation, article, key, labels)}</article></details>')


def _linked(text: str, known: set[int], key: str) -> str:
    """The answer with each ``[1]`` leading to the marked quotation."""
    def link(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return f'<a class="mark" href="#{key}-{number}">{number}</a>' if number in known else match.group()

    return re.sub(r"\[(\d+)\]", link, escape(text))


def _article(citation: Citation, article: Article, key: str, labels: dict[str, str]) -> str:
    marked = f'<mark id="{key}-{citation.number}">'
    parts = [f"<h3>{escape(headline(article))}</h3>"]
    if article.byline:
        parts.append(f'<p class="byline">{_field(article.byline, "byline", citation, marked)}</p>')
    parts.append(_paragraphs(_with_joints(article, citation, marked, labels)))
    if article.truncated:
        parts.append(f'<p class="note">⟨{labels["truncated"]}⟩</p>')
    for item, caption in enumerate(article.captions):
        own = citation.field == "caption" and citation.item == item
        text = _highlighted(caption.text, citation.start, citation.end, marked) if own else escape(caption.text)
        parts.append(f'<p class="caption">{text} {escape(caption.credit)}</p>')
    return "".join(parts)


def _field(text: str, field: str, citation: Citation, marked: str) -> str:
    return _highlighted(text, citation.start, citation.end, marked) if citation.field == field else escape(text)


def _highlighted(text: str, start: int, end: int, marked: str) -> str:
    return f"{escape(text[:start])}{marked}{escape(text[start:end])}</mark>{escape(text[end:])}"


def _with_joints(article: Article, citation: Citation, marked: str, labels: dict[str, str]) -> str:
    """The text, escaped, with the quotation marked and a sign wherever the reader joined two pieces of the page."""
    marks: list[tuple[int, int, str]] = [
        (joint.at, 1, f'<span class="joint" title="{labels["mended"]} ({joint.confidence:.2f})">⌇</span>')
        for joint in article.joints
    ]
    if citation.field == "text":
        marks += [(citation.start, 2, marked), (citation.end, 0, "</mark>")]
    out, at = [], 0
    for place, _, tag in sorted(marks):
        out += [escape(article.text[at:place]), tag]
        at = place
    return "".join([*out, escape(article.text[at:])])


def _paragraphs(escaped: str) -> str:
    return "".join(
        f"<h4>{line[3:]}</h4>" if line.startswith("## ") else f"<p>{line}</p>" for line in escaped.split("\n") if line)
