"""Region → Article, with the page offset of every character."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from rag.pages.assembly import joint_score
from rag.pages.blocks import Block, Range
from rag.pages.dates import article_date
from rag.pages.marks import jump_in_title, pointed_to
from rag.pages.pieces import BodyBlock, Photo, Region
from rag.pages.seams import Seams, is_open
from rag.records import Article, Caption, Joint, Jump, Run, content_id

_LIST_MARKS = ("- ", "* ", "+ ", "• ", "· ", "|", ">")
# Set by hand while the failures of generated pages were read; measured on pages that were only counted (docs/research.md).
_MIN_JOIN_SCORE = -6.0  # nats; joint score that an unfinished sentence must exceed to be joined
_MIN_RAGGED_JOIN_SCORE = 3.0  # nats; the same on pages whose lines often end without a full stop (lists, verse, tables)
_MIN_LINE = 10  # characters of a line that may have been broken at the margin
_FULL_LINE = 0.85  # share of the width of the page's long lines from which a line is full
_REASONS = {"header": "page header", "pull": "sentence repeated for display", "marker": "continuation mark",
        "section": "section name", "kicker": "kicker without article",
        "ruled": "rule of a table", "boilerplate": "menu, footer or the like", "pointer": "pointer to another page"}


@dataclass
class Writer:
    """Builds a field of an article: its text and the runs that map it to the page."""

    page: str
    parts: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    at: int = 0

    def add(self, ranges: tuple[Range, ...]) -> None:
        """Appends ranges of the page."""
        for start, end in ranges:
            self.parts.append(self.page[start:end])
            self.runs.append(Run(self.at, self.at + end - start, start))
            self.at += end - start

    def line(self) -> None:
        """Begins a new line, unless the field is empty."""
        if self.at:
            self.parts.append("\n")
            self.at += 1

    def text(self) -> str:
        """Returns the text written so far."""
        return "".join(self.parts)


def write_article(page: str, region: Region, seams: Seams, source: str, doc_id: str, page_date: str) -> Article:
    """Returns the article of a region; ``page_date`` is the ISO day of the page header or ``""``."""
    body, joints, doubts = _write_body(page, region, seams)
    fields = {name: _write_blocks(page, getattr(region, name)) for name in ("title", "kicker", "section")}
    byline = Writer(page)
    byline.add(region.byline or next((p.author for p in region.pieces if p.author), ()))
    fields |= {"byline": byline, "text": body}
    title, text = fields["title"].text(), body.text()
    day, found = article_date(text, page_date)
    last = region.pieces[-1] if region.pieces else None
    jump = _jump(region, title, text)
    breaks_off = bool(last and not region.is_photo and (last.continues_elsewhere or (is_open(last) and not (jump and jump.see))))
    return Article(
        content_id(PurePath(source).stem, title, text), source, doc_id, text, title, fields["kicker"].text(),
        fields["section"].text(), byline.text(), day, found,
        tuple(_write_caption(page, photo) for photo in region.photos),
        breaks_off,
        {name: tuple(w.runs) for name, w in fields.items() if w.runs}, tuple(joints),
        min([region.confidence, *(j.confidence for j in joints)]), tuple(doubts + region.doubts), jump=jump)


def _jump(region: Region, title: str, text: str) -> Jump | None:
    """Returns the jump lines of a region; a headline may hold one too."""
    to = next((p.to_page for p in reversed(region.pieces) if p.to_page), "")
    back = next((p.back_page for p in region.pieces if p.back_page), "") or jump_in_title(title)
    see = "" if region.is_photo else region.see or pointed_to(text)
    return Jump(to, back, see) if to or back or see else None


def _write_blocks(page: str, blocks: tuple[Block, ...]) -> Writer:
    writer = Writer(page)
    for block in blocks:
        writer.add(block.ranges)
    return writer


def _write_body(page: str, region: Region, seams: Seams) -> tuple[Writer, list[Joint], list[str]]:
    writer, joints, doubts = Writer(page), [], []
    before: BodyBlock | None = None
    for piece in region.pieces:
        kind, confidence = region.joints.get(piece.block, ("cut", 0.0))
        score = joint_score(before, piece, seams) if before else 0.0
        if before and _should_join(before, piece, score, seams):
            joints.append(Joint(writer.at, kind, confidence or _confidence(score)))
        else:
            writer.line()
            if before and is_open(before):
                doubts.append(f"a sentence breaks off at character {writer.at}")
            if kind == "displaced":
                joints.append(Joint(writer.at, kind, confidence))
        _write_subheads(writer, piece.subheads)
        writer.add(piece.ranges)
        before = piece
    for block in region.loose:
        _write_subheads(writer, (block,))
    return writer, joints, doubts


def _write_subheads(writer: Writer, subheads: tuple[Block, ...]) -> None:
    for block in subheads:
        if writer.at and writer.parts[-1] != "\n":
            writer.line()
        writer.add(((block.mark[0], block.start), *block.ranges))
        writer.line()


def _should_join(before: BodyBlock, piece: BodyBlock, score: float, seams: Seams) -> bool:
    if not is_open(before) or piece.subheads or before.continues_elsewhere or piece.row or piece.begins:
        return False
    if before.text.endswith((":", "：", ";", "；")) or piece.text.startswith(_LIST_MARKS):
        return False
    full_line = _MIN_LINE <= _FULL_LINE * seams.width <= len(before.text)
    return score > (_MIN_JOIN_SCORE if seams.ends_in_sentences or full_line else _MIN_RAGGED_JOIN_SCORE)


def _confidence(score: float) -> float:
    """Converts a joint score in nats to a probability between 0.0025 and 0.9975."""
    from math import exp

    return round(1.0 / (1.0 + exp(-max(-6.0, min(6.0, score + 2.0)))), 4)


def _write_caption(page: str, photo: Photo) -> Caption:
    text, credit = Writer(page), Writer(page)
    text.add(photo.caption)
    credit.add(photo.credit)
    return Caption(text.text(), credit.text(), tuple(text.runs), tuple(credit.runs))


def furniture_of(page: str, blocks: list[Block], labels: list[str],
              articles: list[Article]) -> tuple[tuple[int, int, str], ...]:
    """Returns the text of the page that is in no article, as ``(start, end, reason)``.

    Every character of the page except white space is in an article or in the result.
    """
    used = bytearray(len(page))
    for article in articles:
        runs = [r for rs in article.runs.values() for r in rs] + [r for c in article.captions for r in (*c.runs, *c.credit_runs)]
        for run in runs:
            used[run.source : run.source + run.end - run.start] = b"\1" * (run.end - run.start)
    out: list[tuple[int, int, str]] = []
    for block, label in zip(blocks, labels, strict=True):
        why = _REASONS.get(label, label)
        at = block.mark[0] if block.level else block.start
        while at < block.end:
            end = at
            while end < block.end and not used[end]:
                end += 1
            if page[at:end].strip():
                out.append((at, end, why))
            at = max(end, at) + 1
    return tuple(out)
