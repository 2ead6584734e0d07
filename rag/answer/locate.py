"""Grounding: finds the words of a draft in the sentences that were read.

The generator is asked for words of the newspaper, but its draft is not trusted. Each part of the draft is searched in the
sentences, and only the parts that are found become the answer. The sentences that hold them become the citations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.answer.choose import CandidateSentence
from rag.answer.prompts import NOT_SAID
from rag.language.figures import whole_figure as figure_span
from rag.language.quantities import Quantity, header_unit, read
from rag.language.text import HAN, fold
from rag.pages.printed import place_of
from rag.records import Citation, headline, runs_of, source_spans

_COMMAS = ",\uff0c"
_CLAUSE_END = _COMMAS + ";\uff1b。!\uff01?\uff1f"
_SEPARATORS = re.compile(f"[{_COMMAS}、;\uff1b。\n]|(?<!\\d)[:\uff1a]|以及|和|与|及")
_QUOTED = " \"“”'"
_VERDICTS = {"no": re.compile(f"^(不是|否|没有|不会|不能|no)([{_COMMAS}。]|$)", re.I),
             "yes": re.compile(f"^(是的|是|对|会|有|能|yes)([{_COMMAS}。]|$)", re.I)}
_REFUSALS = re.compile(rf"^\W*({NOT_SAID}(?![{HAN}])|没有提到|未提及|未提到|资料没有|none|not (stated|said|given|mentioned))\W*", re.I)


@dataclass(frozen=True)
class Located:
    """An answer span: ``piece.text[start:end]``."""

    piece: CandidateSentence
    start: int
    end: int

    @property
    def text(self) -> str:
        """Returns the words as printed."""
        return self.piece.text[self.start : self.end]

    @property
    def shown(self) -> str:
        """Returns the words as printed; a table figure without a unit gets that of its column header."""
        has_no_unit = self.text.replace(",", "").replace(".", "").isdigit()
        return self.text + ("".join(header_unit(fold(self.piece.text), self.start)) if has_no_unit else "")

    @property
    def probability(self) -> float:
        """Returns the reader's probability that the answer overlaps these words, given that their sentence answers."""
        return self.piece.probability(self.start, self.end)


@dataclass(frozen=True)
class GroundedAnswer:
    """The answer spans found in the sentences.

    ``verdict``: ``yes``, ``no`` or ``""``. ``missing``: the parts of the generator's draft that no sentence contains.
    ``agreed``: whether the generator's words overlap the reader's, ``None`` if it found no answer. ``refusals``: for
    each time that the generator found no answer, the log probability of what it wrote, ``None`` where that is not known.
    """

    located: tuple[Located, ...]
    verdict: str = ""
    missing: tuple[str, ...] = ()
    agreed: bool | None = None
    refusals: tuple[float | None, ...] = ()

    @property
    def pieces(self) -> list[CandidateSentence]:
        """Returns the sentences of the spans, in order and without duplicates."""
        return list(dict.fromkeys(located.piece for located in self.located))


def figures_in(located: Iterable[Located]) -> list[tuple[str, Quantity]]:
    """Returns the figures of the spans, each with the text of its sentence; soft numerals are left out."""
    return [(l.piece.text, q) for l in located for q in read(l.piece.text) if l.start <= q.start < l.end and not q.soft]


def is_refusal(draft: str) -> bool:
    """Tells whether a draft says that the sentences do not answer.

    >>> is_refusal("无"), is_refusal("无锡")
    (True, False)
    """
    return not draft.strip() or bool(_REFUSALS.match(draft.strip()))


def located_draft(draft: str, pieces: Sequence[CandidateSentence]) -> GroundedAnswer:
    """Searches a draft in the sentences: first as a whole, then part by part, the longest that they hold first.

    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "开工47个,总投资86.8亿元。医生是曹和槐和妻子柯冬凤。")
    >>> piece = CandidateSentence(article, Passage("x", "a", article.text, 0, 30), 0, 30, article.text)
    >>> [l.text for l in located_draft("47个,86.8亿元", [piece]).located], located_draft("44个", [piece]).missing
    (['47个', '86.8亿元'], ('44个',))
    >>> [l.text for l in located_draft("曹和槐和柯冬凤", [piece]).located]
    ['曹和槐', '柯冬凤']
    """
    verdict, text = _verdict(draft.strip().strip("。.“”\"' "))
    if not text:
        return GroundedAnswer((), verdict)
    parts = list(_longest_parts(text, pieces))
    missing = tuple(part for part, one in parts if one is None)
    return GroundedAnswer(tuple(dict.fromkeys(one for _, one in parts if one)), verdict, missing)


def _longest_parts(text: str, pieces: Sequence[CandidateSentence]) -> Iterator[tuple[str, Located | None]]:
    """Yields a draft in parts, each as long as the sentences hold it: not every 和 is an "and"; a part that none holds stands alone."""
    ends = [0, *(at for mark in _SEPARATORS.finditer(text) for at in mark.span()), len(text)]
    parts = [(start, end) for start, end in zip(ends[::2], ends[1::2], strict=True) if text[start:end].strip(_QUOTED)]
    while parts:
        for size in range(len(parts), 0, -1):
            part = text[parts[0][0] : parts[size - 1][1]].strip(_QUOTED)
            if (one := locate(part, pieces)) or size == 1:
                break
        yield part, one
        del parts[:size]


def _verdict(text: str) -> tuple[str, str]:
    for word, pattern in _VERDICTS.items():
        if found := pattern.match(text):
            return word, text[found.end() :].strip()
    return "", text


def locate(words: str, pieces: Iterable[CandidateSentence]) -> Located | None:
    """Returns the span of the words in the best sentence that contains them, or ``None``.

    Width, case, spaces and quotation marks are ignored. Numbers match only as a whole: 7 does not match 17 or 7.5.

    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "开工17个。")
    >>> piece = CandidateSentence(article, Passage("x", "a", article.text, 0, 6), 0, 6, article.text)
    >>> locate("１7个", [piece]).text, locate("7个", [piece])
    ('17个', None)
    """
    wanted = _comparable(words)[0]
    if not wanted:
        return None
    for piece in sorted(pieces, key=lambda p: -p.score):
        comparable, places = _comparable(piece.text)
        for match in re.finditer(_with_optional_rounding(wanted), comparable):
            located = whole_figure(piece, places[match.start()], places[match.end() - 1] + 1)
            if not _cuts_number(fold(piece.text), located.start, located.end):
                return located
    return None


def whole_figure(piece: CandidateSentence, start: int, end: int) -> Located:
    """Extends ``text[start:end]`` by the unit of the figure at its end and the rounding word of the figure at its start.

    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "近60项,8270万人。")
    >>> piece = CandidateSentence(article, Passage("x", "a", article.text, 0, 12), 0, 12, article.text)
    >>> whole_figure(piece, 1, 3).text, whole_figure(piece, 5, 9).text
    ('近60项', '8270万人')
    """
    return Located(piece, *figure_span(piece.text, start, end))


def _with_optional_rounding(wanted: str) -> str:
    """Returns a pattern for the words in which 余 or 多 may follow each figure."""
    return re.sub(r"(\d)([百千万亿]*)(?=[^\d\\.,%百千万亿])", r"\1[余多]?\2[余多]?", re.escape(wanted))


def _comparable(text: str) -> tuple[str, list[int]]:
    """Folds a text and removes spaces and quotation marks; returns it with the original offset of each character."""
    kept = [(c, i) for i, c in enumerate(fold(text)) if not c.isspace() and c not in "\"'"]
    return "".join(c for c, _ in kept), [i for _, i in kept]


def _cuts_number(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    left = text[start].isdigit() and (before.isdigit() or (before in {".", ","} and text[start - 2 : start - 1].isdigit()))
    right = text[end - 1].isdigit() and (after.isdigit() or (after in {".", ","} and text[end + 1 : end + 2].isdigit()))
    return bool(left or right)


def clause_of(text: str, start: int, end: int, room: int = 0) -> tuple[int, int]:
    """Returns the range of the clauses that contain ``text[start:end]``, without the final punctuation.

    The range grows up to ``room`` characters: first by the clauses before, which say who and when, then by those after.

    >>> text = "今年以来,新开工项目47个,总投资额86.8亿元,在建37个。"
    >>> at = text.index("47个")
    >>> [text[slice(*clause_of(text, at, at + 3, room))] for room in (0, 16, 28)]
    ['新开工项目47个', '今年以来,新开工项目47个', '今年以来,新开工项目47个,总投资额86.8亿元']
    """
    ends = [at for at in range(len(text)) if _ends_clause(text, at)]
    start = max((at + 1 for at in ends if at < start), default=0)
    end = min((at for at in ends if at >= end), default=len(text))
    while start > 0 and end - (before := max((at + 1 for at in ends if at < start - 1), default=0)) <= room:
        start = before
    while end < len(text) - 1 and (after := min((at for at in ends if at > end), default=len(text))) - start <= room:
        end = after
    return start, end


def _ends_clause(text: str, at: int) -> bool:
    inside_number = text[at] in _COMMAS and text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()
    return text[at] in _CLAUSE_END and not inside_number


def citation(number: int, piece: CandidateSentence) -> Citation:
    """Returns a citation of a whole sentence, with its offsets in the article and in the raw page, and its place in print."""
    article, passage = piece.article, piece.passage
    place = place_of(article, passage.field, passage.item, piece.start, piece.end)
    return Citation(
        number=number, article_id=article.article_id, passage_id=passage.passage_id, title=headline(article),
        byline=article.byline, source=article.source, date=article.date, field=passage.field, quote=piece.text,
        start=piece.start, end=piece.end, item=passage.item,
        source_spans=source_spans(runs_of(article, passage.field, passage.item), piece.start, piece.end),
        corrected=article.corrected, page=place.page, boxes=place.boxes, confidence=place.confidence)
