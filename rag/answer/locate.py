"""Words → where they stand in the sentences that were read; nothing that stands nowhere is shown.

The generator is asked for words of the paper. Nothing that it writes is believed: each part of its draft is looked up in
the sentences that it was given, and an answer is made only of what was found. The sentences in which it was found are the
citations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answer.choose import Piece
from rag.answer.prompts import NOT_SAID
from rag.language.figures import whole_figure as whole
from rag.language.quantities import Quantity, header_unit, read
from rag.language.text import HAN, fold
from rag.records import Citation, headline, runs_of, source_spans

_COMMAS = ",\uff0c"
_CLAUSE_END = _COMMAS + ";\uff1b。!\uff01?\uff1f"
_JOINERS = re.compile(f"[{_COMMAS}、;\uff1b。\n]|(?<!\\d)[:\uff1a]|以及|和|与|及")
_VERDICTS = {"no": re.compile(f"^(不是|否|没有|不会|不能|no)([{_COMMAS}。]|$)", re.I),
             "yes": re.compile(f"^(是的|是|对|会|有|能|yes)([{_COMMAS}。]|$)", re.I)}
_REFUSALS = re.compile(rf"^\W*({NOT_SAID}(?![{HAN}])|没有提到|未提及|未提到|资料没有|none|not (stated|said|given|mentioned))\W*", re.I)


@dataclass(frozen=True)
class Located:
    """``piece.text[start:end]``: words that answer."""

    piece: Piece
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words as printed."""
        return self.piece.text[self.start : self.end]

    @property
    def shown(self) -> str:
        """The words, and behind a bare figure of a table the unit from the header of its column."""
        bare = self.text.replace(",", "").replace(".", "").isdigit()
        return self.text + ("".join(header_unit(fold(self.piece.text), self.start)) if bare else "")

    @property
    def probability(self) -> float:
        """How probable the reader thinks it that the answer lies in these words, if it is in their sentence."""
        return self.piece.probability(self.start, self.end)


@dataclass(frozen=True)
class Found:
    """What answers: ``verdict`` is ``yes``, ``no`` or ``""``; ``missing`` lists the parts of a draft that stand nowhere.

    ``agreed``: whether the generator found the reader's words too, ``None`` where it was not asked; ``refused``: it found nothing.
    """

    located: tuple[Located, ...]
    verdict: str = ""
    missing: tuple[str, ...] = ()
    agreed: bool | None = None
    refused: bool = False

    @property
    def pieces(self) -> list[Piece]:
        """The sentences that hold the words, each once, in order of use."""
        return list(dict.fromkeys(located.piece for located in self.located))


def figures_in(located: Iterable[Located]) -> list[tuple[str, Quantity]]:
    """The figures of what was located, each with the text that it stands in; soft numerals are none."""
    return [(l.piece.text, q) for l in located for q in read(l.piece.text) if l.start <= q.start < l.end and not q.soft]


def is_refusal(draft: str) -> bool:
    """Whether the generator said that the sentences do not tell.

    >>> is_refusal("无"), is_refusal("无锡")
    (True, False)
    """
    return not draft.strip() or bool(_REFUSALS.match(draft.strip()))


def located_draft(draft: str, pieces: Sequence[Piece]) -> Found:
    """Looks up a draft in the sentences, whole if it stands there whole, else part by part.

    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "开工47个,总投资86.8亿元。")
    >>> piece = Piece(article, Passage("x", "a", article.text, 0, 17), 0, 17, article.text)
    >>> [l.text for l in located_draft("47个,86.8亿元", [piece]).located], located_draft("44个", [piece]).missing
    (['47个', '86.8亿元'], ('44个',))
    """
    verdict, text = _verdict(draft.strip().strip("。.“”\"' "))
    if not text:
        return Found((), verdict)
    if whole := locate(text, pieces):
        return Found((whole,), verdict)
    parts = {part: locate(part, pieces) for part in (p.strip(" \"“”'") for p in _JOINERS.split(text)) if part}
    return Found(tuple(filter(None, parts.values())), verdict, tuple(part for part, found in parts.items() if found is None))


def _verdict(text: str) -> tuple[str, str]:
    for word, pattern in _VERDICTS.items():
        if found := pattern.match(text):
            return word, text[found.end() :].strip()
    return "", text


def locate(words: str, pieces: Iterable[Piece]) -> Located | None:
    """The likeliest sentence that holds some words; width, case, spaces and quotation marks do not matter.

    A number is found only as a whole: 7 does not stand in 17 or in 7.5.
    """
    wanted = _bare(words)[0]
    if not wanted:
        return None
    for piece in sorted(pieces, key=lambda p: -p.score):
        bare, places = _bare(piece.text)
        for match in re.finditer(_and_more(wanted), bare):
            whole = whole_figure(piece, places[match.start()], places[match.end() - 1] + 1)
            if not _cuts_number(fold(piece.text), whole.start, whole.end):
                return whole
    return None


def whole_figure(piece: Piece, start: int, end: int) -> Located:
    """Some words of a sentence with the unit of a figure that they end with, and the word that rounds one that they begin with.

    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "近60项,8270万人。")
    >>> piece = Piece(article, Passage("x", "a", article.text, 0, 12), 0, 12, article.text)
    >>> whole_figure(piece, 1, 3).text, whole_figure(piece, 5, 9).text
    ('近60项', '8270万人')
    """
    return Located(piece, *whole(piece.text, start, end))


def _and_more(wanted: str) -> str:
    """The pattern of some words, each round figure in which may be followed by 余 or 多."""
    return re.sub(r"(\d)([百千万亿]*)(?=[^\d\\.,%百千万亿])", r"\1[余多]?\2[余多]?", re.escape(wanted))


def _bare(text: str) -> tuple[str, list[int]]:
    """A text without spaces and quotation marks, folded, and where each of its characters stood."""
    kept = [(c, i) for i, c in enumerate(fold(text)) if not c.isspace() and c not in "\"'"]
    return "".join(c for c, _ in kept), [i for _, i in kept]


def _cuts_number(text: str, start: int, end: int) -> bool:
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    left = text[start].isdigit() and (before.isdigit() or (before in {".", ","} and text[start - 2 : start - 1].isdigit()))
    right = text[end - 1].isdigit() and (after.isdigit() or (after in {".", ","} and text[end + 1 : end + 2].isdigit()))
    return bool(left or right)


def clause_of(text: str, start: int, end: int, room: int = 0) -> tuple[int, int]:
    """The clauses of a sentence that hold ``text[start:end]``, without the mark that ends them.

    While there is ``room`` (characters in all), the clauses before them come along, which tell of whom and when, and then
    those after them.

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


def citation(number: int, piece: Piece) -> Citation:
    """A citation of a whole sentence, with its place in the article and in the raw page."""
    article, passage = piece.article, piece.passage
    return Citation(
        number=number, article_id=article.article_id, passage_id=passage.passage_id, title=headline(article),
        byline=article.byline, source=article.source, date=article.date, field=passage.field, quote=piece.text,
        start=piece.start, end=piece.end, item=passage.item,
        source_spans=source_spans(runs_of(article, passage.field, passage.item), piece.start, piece.end),
        corrected=article.corrected)
