"""Draft + evidence → what of the draft stands in the evidence, word for word, and where.

The generator is asked for words of the evidence. Nothing it writes is believed: each piece of its draft is looked up
in the sentences that it was given, and an answer is made only of pieces that were found. The sentences in which
they were found are the citations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.enumerations import pairs
from rag.evidence import Evidence
from rag.prompts import NOT_SAID
from rag.quantities import ROUNDING, Quantity, read
from rag.records import Article, Citation, Run, headline, source_spans
from rag.text import HAN, fold
from rag.units import unit_at

_COMMAS = ",\uff0c"
CLAUSE_END = _COMMAS + ";\uff1b。!\uff01?\uff1f"
_JOINERS = re.compile(f"[{_COMMAS}、;\uff1b。\n]|(?<!\\d)[:\uff1a]|以及|和|与|及")
_BECAUSE = re.compile("^是?(?:因为|由于|为了)")
_FILLERS = frozenset("的了过在是有于")
_YES = re.compile(f"^(是的|是|对|会|有|能|yes)([{_COMMAS}。]|$)", re.I)
_NO = re.compile(f"^(不是|否|没有|不会|不能|no)([{_COMMAS}。]|$)", re.I)
_REFUSALS = re.compile(rf"^\W*({NOT_SAID}|没有提到|未提及|未提到|资料没有|none|not (stated|said|given|mentioned))\W*", re.I)


@dataclass(frozen=True)
class Located:
    """A piece of the draft and where it stands: ``evidence.text[start:end]`` is the piece as printed."""

    piece: str
    evidence: Evidence
    start: int
    end: int


@dataclass(frozen=True)
class Grounded:
    """``verdict`` is ``yes``, ``no`` or ``""``; ``missing`` lists the pieces that stand nowhere in the evidence."""

    verdict: str
    located: tuple[Located, ...]
    missing: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether there is something to show and every piece of it was found."""
        return bool(self.located) and not self.missing


def figures_in(located: Iterable[Located]) -> list[tuple[str, Quantity]]:
    """The figures of what was located, each with the text that it stands in; soft numerals are none."""
    return [(l.evidence.text, q) for l in located for q in read(l.evidence.text) if l.start <= q.start < l.end and not q.soft]


def is_refusal(draft: str) -> bool:
    """Whether the generator said that the evidence does not tell.

    >>> is_refusal("无"), is_refusal("无锡")
    (True, False)
    """
    text = draft.strip()
    return not text or (bool(_REFUSALS.match(text)) and not re.match(rf"^{NOT_SAID}[{HAN}]", text))


def ground(draft: str, evidence: Sequence[Evidence], question: str = "") -> Grounded:
    """Looks up a draft in the evidence, whole if it stands there whole, else piece by piece.

    A piece that repeats words of the ``question`` around its answer is found by the answer.

    >>> article = Article("a", "p", "d", "开工47个,总投资86.8亿元。")
    >>> from rag.records import Passage
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 17), 0, 17, article.text, 1.0)
    >>> [l.piece for l in ground("47个,86.8亿元", [e]).located], ground("44个", [e]).missing
    (['47个', '86.8亿元'], ('44个',))
    """
    verdict, text = _verdict(draft.strip().strip("。.“”\"' "))
    if not text:
        return Grounded(verdict, (), ())
    whole = locate(text, evidence)
    if whole:
        return Grounded(verdict, (whole,), ())
    located: list[Located] = []
    missing = []
    for piece in pieces_of(text):
        found = locate(piece, evidence) or locate(_BECAUSE.sub("", piece), evidence)
        parts = [found] if found else locate_pair(piece, evidence) or locate_in_reply(_BECAUSE.sub("", piece), question, evidence)
        located += parts
        missing += [] if parts else [piece]
    return Grounded(verdict, tuple(located), tuple(missing))


def _verdict(text: str) -> tuple[str, str]:
    for word, pattern in (("no", _NO), ("yes", _YES)):
        found = pattern.match(text)
        if found:
            return word, text[found.end() :].strip()
    return "", text


def pieces_of(text: str) -> list[str]:
    """The parts of an enumeration.

    >>> pieces_of("燃气安全、消防安全和施工安全")
    ['燃气安全', '消防安全', '施工安全']
    """
    return [piece for piece in (p.strip(" \"“”'") for p in _JOINERS.split(text)) if piece]


def locate(piece: str, evidence: Iterable[Evidence]) -> Located | None:
    """The best-scored sentence that holds a piece; width, case, spaces and quotation marks do not matter.

    A number is found only as a whole: 7 does not stand in 17 or in 7.5. Its unit comes along, as a generator that
    leaves it out (8270 for 8270万人) would change the figure. So does what rounds it (近60项 for 60项, 80余名 for 80名).
    """
    wanted = _bare(piece)[0]
    if not wanted:
        return None
    for candidate in sorted(evidence, key=lambda e: -e.score):
        bare, places = _bare(candidate.text)
        for match in re.finditer(_and_more(wanted), bare):
            end = _with_unit(bare, match.end()) if wanted[-1].isdigit() else match.end()
            if not _cuts_number(bare, match.start(), end):
                return Located(piece, candidate, places[_with_about(bare, match.start())], places[end - 1] + 1)
    return None


def _with_about(text: str, start: int) -> int:
    """Where a figure that begins at ``start`` begins with the word that rounds it."""
    before = ROUNDING.search(text, 0, start) if text[start].isdigit() else None
    return before.start() if before else start


def _and_more(wanted: str) -> str:
    """The pattern of a piece, each round figure in which may be followed by 余 or 多."""
    return re.sub(r"(\d)([百千万亿]*)(?=[^\d\\.,%百千万亿])", r"\1[余多]?\2[余多]?", re.escape(wanted))


def locate_pair(piece: str, evidence: Iterable[Evidence]) -> list[Located]:
    """A name and the value that 分别 gives it, for a piece that puts the two together; ``[]`` if it pairs them otherwise.

    >>> article = Article("a", "p", "d", "杨树、柳树成活率分别达63.38%和69.12%。")
    >>> from rag.records import Passage
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 25), 0, 25, article.text, 1.0)
    >>> [article.text[l.start : l.end] for l in locate_pair("柳树成活率69.12%", [e])], locate_pair("杨树69.12%", [e])
    (['柳树成活率', '69.12%'], [])
    """
    wanted = _bare(piece)[0]
    for candidate in evidence:
        for name, value in pairs(candidate.text):
            if wanted == _bare(name + value)[0]:
                found = [locate(part, [candidate]) for part in (name, value)]
                return [part for part in found if part]
    return []


def locate_in_reply(piece: str, question: str, evidence: Sequence[Evidence]) -> list[Located]:
    """The answer in a piece that repeats the question; ``[]`` unless all else of the piece stands in the question.

    One run of words is taken, never two that the evidence does not have side by side.

    >>> article = Article("a", "p", "d", "甲城六次获奖,乙县两次。")
    >>> from rag.records import Passage
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 12), 0, 12, article.text, 1.0)
    >>> [[l.piece for l in locate_in_reply(piece, "甲城得过几次奖?", [e])] for piece in ("甲城得过六次奖", "甲城得过两次奖")]
    [['六次'], ['两次']]
    >>> locate_in_reply("甲城得过八次奖", "甲城得过几次奖?", [e])
    []
    """
    wanted, asked = _bare(piece)[0], _bare(question)[0]
    for candidate in sorted(evidence, key=lambda e: -e.score):
        runs = _runs_of_answer(wanted, asked, _bare(candidate.text)[0])
        found = locate(runs[0], [candidate]) if len(runs) == 1 else None
        if found:
            return [found]
    return []


def _runs_of_answer(wanted: str, asked: str, text: str) -> list[str]:
    """The runs of a piece that stand in a text and not in the question; ``[]`` if a part stands in neither."""
    runs, at = [], 0
    while at < len(wanted):
        known, new = _longest(wanted, at, asked), _longest(wanted, at, text)
        if max(known, new) < 2 and not (known or wanted[at] in _FILLERS):
            return []
        if new > known:
            runs.append(wanted[at : at + new])
        at += max(known, new, 1)
        if new > known and wanted[at - 1].isdigit() and unit_at(wanted, at):
            return []  # the text has the figure, but not of what is counted
    return runs


def _longest(wanted: str, at: int, text: str) -> int:
    """The length of the longest run of ``wanted`` from ``at`` on that stands in a text."""
    size = 0
    while at + size < len(wanted) and wanted[at : at + size + 1] in text:
        size += 1
    return size


def _with_unit(text: str, end: int) -> int:
    """Where a figure that ends at ``end`` ends with its power of ten and its unit."""
    figure = re.compile(r"[多余几]?[百千万亿]*(?:%|\u2030)?[多余]?").match(text, end)
    end = figure.end() if figure else end
    return end + len(unit_at(text, end))


def _bare(text: str) -> tuple[str, list[int]]:
    """A text without spaces and quotation marks, folded, and where each of its characters stood."""
    kept = [(c, i) for i, c in enumerate(fold(text)) if not c.isspace() and c not in "\"'"]
    return "".join(c for c, _ in kept), [i for _, i in kept]


def _cuts_number(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    digit_first, digit_last = text[start].isdigit(), text[end - 1].isdigit()
    left = digit_first and (before.isdigit() or (before in {".", ","} and text[start - 2 : start - 1].isdigit()))
    right = digit_last and (after.isdigit() or after in {"万", "亿", "%"}
                            or (after in {".", ","} and text[end + 1 : end + 2].isdigit()))
    return bool(left or right)


def clause_of(text: str, start: int, end: int, room: int = 0) -> tuple[int, int]:
    """The clauses of a sentence that hold ``text[start:end]``, without the mark that ends them.

    While there is ``room`` (characters in all), the clauses before them come along, which tell of whom and when,
    and then those after them.

    >>> text = "今年以来,新开工项目47个,总投资额86.8亿元,在建37个。"
    >>> at = text.index("47个")
    >>> [text[slice(*clause_of(text, at, at + 3, room))] for room in (0, 16, 28)]
    ['新开工项目47个', '今年以来,新开工项目47个', '今年以来,新开工项目47个,总投资额86.8亿元']
    """
    start, end = _clause_start(text, start), _clause_end(text, end)
    while start > 0 and end - (before := _clause_start(text, start - 1)) <= room:
        start = before
    while end < len(text) - 1 and (after := _clause_end(text, end + 1)) - start <= room:
        end = after
    return start, end


def _clause_start(text: str, at: int) -> int:
    while at > 0 and not _ends_clause(text, at - 1):
        at -= 1
    return at


def _clause_end(text: str, at: int) -> int:
    while at < len(text) and not _ends_clause(text, at):
        at += 1
    return at


def _ends_clause(text: str, at: int) -> bool:
    inside_number = text[at] in _COMMAS and text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()
    return text[at] in CLAUSE_END and not inside_number


def together(readings: Sequence[Grounded]) -> Grounded:
    """What several readings found, in their order; words that stand in what was found before are left out."""
    located: list[Located] = []
    for new in (l for reading in readings for l in reading.located):
        if not any(new.evidence is old.evidence and new.start < old.end and old.start < new.end for old in located):
            located.append(new)
    return Grounded(next((r.verdict for r in readings if r.verdict), ""), tuple(located), ())


def in_one_article(grounded: Grounded, evidence: Sequence[Evidence]) -> Grounded:
    """The same words, found in the sentences of one article if one has them all."""
    for article in dict.fromkeys(e.article.article_id for e in evidence):
        its = [e for e in evidence if e.article.article_id == article]
        located = [locate(l.piece, its) for l in grounded.located]
        if all(located):
            return Grounded(grounded.verdict, tuple(filter(None, located)), grounded.missing)
    return grounded


def citation(number: int, evidence: Evidence) -> Citation:
    """A citation of a whole sentence, with its place in the article and in the raw page."""
    article, passage = evidence.article, evidence.passage
    return Citation(
        number=number, article_id=article.article_id, passage_id=passage.passage_id, title=headline(article),
        byline=article.byline, source=article.source, date=article.date, field=passage.field, quote=evidence.text,
        start=evidence.start, end=evidence.end, item=passage.item,
        source_spans=source_spans(runs_of(article, passage.field, passage.item), evidence.start, evidence.end),
    )


def runs_of(article: Article, field: str, item: int = 0) -> tuple[Run, ...]:
    """How a field of an article is spelled out of the raw page."""
    return article.captions[item].runs if field == "caption" else article.runs.get(field, ())
