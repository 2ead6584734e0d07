"""Does what was found answer what was asked? Its kind, its unit, its time, and how closely it stands by the question's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.evidence import Evidence
from rag.ground import CLAUSE_END, Grounded, Located, figures_in, ground
from rag.quantities import Quantity, read, unit_of
from rag.query import asks_for_count
from rag.records import headline
from rag.text import fold
from rag.units import is_alike

_TIME = re.compile("[0-9〇零一二三四五六七八九十]|[年月日天周时点晨晚午夜季初末底前后期间]|春|夏|秋|冬|世纪|年代")
_LONG = 16  # characters from which a piece that holds a date is more than a date
_HOW_MANY = re.compile(r"\bhow many (?!(?:\w+ )?(?:yuan|dollars|euros|yen|pounds|per ?cent|percentage))|"
                       "(?:多少|几)[个家名座项条位所件台辆人户]", re.I)
_MANY = re.compile(  # told without digits
    "[很许好]多|多[次个名家种]|大量|无数|[数几][十百千万亿]|一[个名家所项条人位座台次种场]|半|[独唯]一|全部|所有|没有")
_WHO_IS = re.compile("(?:是谁|是什么人|是何人)[?\uff1f]?$|^who (?:is|was)\\b")
_CHOICE = re.compile(r"还是|或|之间|哪一|哪[个种项位名家座支件类方者样国省市县区]|\bor\b|\bwhich\b|\bbetween\b", re.I)
_A_YEAR = 1000  # years from which 年 tells a date, not how long
_HOW_MUCH = re.compile(r"how much|\b(?:what|which)\b|总额|金额|占比|比例|个百分点", re.I)


def has_unit(grounded: Grounded, unit: str) -> bool:
    """Whether one of the located figures has a unit of this kind (名 for 人), or none that is printed."""
    figures = [(l.evidence.text, q) for l in grounded.located for q in read(l.evidence.text) if l.start <= q.start < l.end]
    found = [unit_of(text, q) or ("个百分点" if q.kind == "percent" else "") for text, q in figures]
    return any(not other or is_alike(unit, other) for other in found)


def in_unit(grounded: Grounded, unit: str) -> Grounded:
    """What was found or, where its figures have not the unit asked for and one figure of its sentence has, that figure.

    >>> from rag.ground import ground
    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "产值增长8.4%,高于全市2.5个百分点。")
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 19), 0, 19, article.text, 1.0)
    >>> [l.piece for l in in_unit(ground("8.4%", [e]), "个百分点").located]
    ['2.5个百分点']
    """
    if not unit or len(grounded.located) != 1 or any(_measures(text, q, unit) for text, q in figures_in(grounded.located)):
        return grounded
    evidence = grounded.located[0].evidence
    fitting = [q for q in read(evidence.text) if not q.soft and _measures(evidence.text, q, unit)]
    if len(fitting) != 1:
        return grounded
    found = ground(fitting[0].text + unit_of(evidence.text, fitting[0]), [evidence])
    return found if found.holds else grounded


def _measures(text: str, figure: Quantity, unit: str) -> bool:
    """Whether a figure is in a unit of this kind; a percentage is in no percentage points."""
    if figure.kind == "percent" or unit == "个百分点":
        return ("百分点" in figure.text) == (unit == "个百分点") and figure.kind == "percent"
    return bool(unit_of(text, figure)) and is_alike(unit, unit_of(text, figure))


def telling_words(words: Sequence[str], evidence: Sequence[Evidence]) -> list[str]:
    """The words of a question less those that stand in every article's title or in most of the evidence: they tell nothing apart."""
    texts = [e.text for e in evidence]
    common = {w for w in words if all(w in headline(e.article) + e.article.section for e in evidence)
              or (len(texts) > 2 and sum(w in text for text in texts) > len(texts) / 2)}
    return [word for word in words if word not in common]


def with_support(sources: Sequence[Evidence], evidence: Sequence[Evidence], words: Sequence[str]) -> list[Evidence]:
    """The sources of an answer and, where they hold no telling word of the question, a better sentence of their article that does.

    A name that answers may stand in one sentence of an article, and what was asked about it in another.
    """
    telling = telling_words(words, evidence)
    if any(s.passage.field == "byline" or any(word in fold(s.text) for word in telling) for s in sources):
        return list(sources)
    homes, best = {source.article.article_id for source in sources}, max(source.score for source in sources)
    more = [e for e in evidence if e.score > best and e.article.article_id in homes and any(word in fold(e.text) for word in telling)]
    return [*sources, *sorted(more, key=lambda e: -e.score)[:1]]


def narrowed(grounded: Grounded) -> Grounded:
    """What answers when something was, cut down to its day or month where a long piece holds just one.

    >>> from rag.ground import ground
    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "今天（10月19日）上午，飞船转运至发射区。")
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 22), 0, 22, article.text, 1.0)
    >>> [l.piece for l in narrowed(ground(article.text, [e])).located]
    ['10月19日']
    """
    return Grounded(grounded.verdict, tuple(map(_cut_to_date, grounded.located)), grounded.missing)


def _cut_to_date(located: Located) -> Located:
    text = located.evidence.text
    days = [q for q in read(text) if q.kind in ("day", "month") and located.start <= q.start and q.end <= located.end]
    if len(days) != 1 or located.end - located.start < _LONG:
        return located
    return Located(text[days[0].start : days[0].end], located.evidence, days[0].start, days[0].end)


def tells_time(grounded: Grounded) -> bool:
    """Whether something that was located can answer when something was."""
    return any(_TIME.search(fold(l.evidence.text[l.start : l.end])) for l in grounded.located)


def names_day(grounded: Grounded) -> bool:
    """Whether one of the located pieces is a day."""
    return any(q.kind == "day" for located in grounded.located for q in read(located.piece))


def counts_nothing(grounded: Grounded, question: str) -> bool:
    """Whether a question for a count or a sum found none (a day and a year are none, nor is a batch), or one for a number of
    things, and nothing else, only sums of money and shares.

    >>> from rag.ground import ground
    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "2024年一批项目签约。")
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 13), 0, 13, article.text, 1.0)
    >>> [counts_nothing(ground(article.text, [e]), q) for q in ("签约多少个项目?", "签约了什么?")]
    [True, False]
    """
    if not grounded.located or not asks_for_count(question):
        return False
    pieces = [(l.evidence.text, l.start, l.end) for l in grounded.located]
    found = [(q, unit_of(text, q)) for text, start, end in pieces for q in read(text) if start <= q.start < end]
    figures = [(q, unit) for q, unit in found if q.kind not in ("day", "month") and not (unit == "年" and q.value > _A_YEAR)]
    if not any(not q.soft or q.value > 1 for q, _ in figures):
        return not any(_MANY.search(fold(text[start:end])) for text, start, end in pieces)
    if not _HOW_MANY.search(question) or _HOW_MUCH.search(question):
        return False
    return all(q.kind == "percent" or is_alike("元", unit) for q, unit in figures if not q.soft)


def repeats_figure(grounded: Grounded, question: str) -> bool:
    """Whether all figures that were located stand in the question already, which asks for another."""
    known = {q.value for q in read(question)}
    found = [q.value for _, q in figures_in(grounded.located)]
    return bool(found) and all(value in known for value in found)


def names_asked(grounded: Grounded, question: str) -> bool:
    """Whether it is asked who somebody is, and only the name was located that the question has already."""
    return bool(_WHO_IS.search(fold(question))) and _stands_in(grounded, question)


def repeats_question(grounded: Grounded, question: str) -> bool:
    """Whether only words of the question were located, which answer nothing unless it gives a choice.

    Figures are left to :func:`repeats_figure`, as the digits of one stand in many others (7 in 17).

    >>> from rag.ground import ground
    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "东河镇与西山厂共同举办开放日。")
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 15), 0, 15, article.text, 1.0)
    >>> [repeats_question(ground("东河镇", [e]), q) for q in ("东河镇和谁一起举办开放日?", "举办的是东河镇还是西山厂?")]
    [True, False]
    """
    return not _CHOICE.search(question) and not figures_in(grounded.located) and _stands_in(grounded, question)


def _stands_in(grounded: Grounded, question: str) -> bool:
    asked = fold(question)
    return bool(grounded.located) and all(fold(l.piece) in asked for l in grounded.located)


def parts_of(grounded: Grounded) -> int:
    """How many things were located: pieces, or figures where there are more of these."""
    return max(len(grounded.located), len(figures_in(grounded.located)))


def bound(grounded: Grounded, words: Sequence[str]) -> float:
    """How closely the located pieces stand by the question's words: the mean share of these in each piece's own phrase.

    A yes or no counts as bound by half; what was not found counts against it.

    >>> from rag.ground import ground
    >>> from rag.records import Article, Passage
    >>> article = Article("a", "p", "d", "高新技术企业1631家、上市企业34家。")
    >>> e = Evidence(article, Passage("x", "a", article.text, 0, 20), 0, 20, article.text, 1.0)
    >>> bound(ground("34家", [e]), ["上市", "企业"]) > bound(ground("1631家", [e]), ["上市", "企业"])
    True
    """
    shares = [0.5] if grounded.verdict else []
    for located in grounded.located:
        phrase = _phrase(fold(located.evidence.text), located.start, located.end)
        shares.append(sum(word in phrase for word in words) / max(len(words), 1))
    return sum(shares) / (len(shares) + len(grounded.missing)) if shares else 0.0


def _phrase(text: str, start: int, end: int) -> str:
    """The part of an enumeration or clause in which ``text[start:end]`` stands; of two that 分别 pairs, the whole clause."""
    clause = _between(text, start, end, CLAUSE_END)
    return clause if "分别" in clause else _between(text, start, end, CLAUSE_END + "、")


def _between(text: str, start: int, end: int, marks: str) -> str:
    begin = max((text.rfind(mark, 0, start) for mark in marks), default=-1) + 1
    stops = [at for mark in marks if (at := text.find(mark, end)) >= 0]
    return text[begin : min(stops, default=len(text))]
