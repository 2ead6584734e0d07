"""Grounded words → the text of an answer, in Chinese or in English, with its citation marks.

A Chinese answer is made of the paper's words alone. For an English one the generator puts a sentence together out
of words whose figures and names are in English already; a sentence that carries a figure which the quotations do
not hold is thrown away, and the words themselves are shown.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence

from rag.answer.choose import Piece
from rag.answer.english import in_english
from rag.answer.locate import Found, Located, clause_of
from rag.answer.prompts import render_prompt, term_prompt
from rag.generate import Generator as Writer
from rag.generate import complete
from rag.language.names import Names, no_english_name, person_in_pinyin, unsupported_names
from rag.language.quantities import glossary, read, unit_of, unsupported
from rag.language.text import HAN
from rag.records import TextPiece
from rag.search.query import Query

Written = Generator[TextPiece, None, str]  # text as it is written; returns the whole

_CELLS = " | "  # stands between the cells of a row
_SHOWN = 60  # characters of a name or term that is shown as printed
_ROOM = 36  # characters of the source shown around the words that answer
_PHRASE = 16  # Chinese characters that are left in an answer, from which the paper is quoted instead
_LEFT_OVER = 0.2  # share of Chinese characters from which a sentence is none in English
_HAN = re.compile(f"[{HAN}]")
_DECLINED = re.compile(r"\bI(?:'m| am) (?:sorry|unable|not able)|\bI can(?:'t|not)\b|\bas an AI\b|\b(?:English|Chinese):", re.I)
_LOOPS = re.compile(r"(\b\w.{15,}?)(?:\W*\1){2}")  # the generator went round in circles
_LETTER = re.compile(r"\b[B-H]\b")  # stands for a figure or a name in the worked examples, and for nothing in an answer
_LATIN = re.compile("[A-Za-z][A-Za-z\u00c0-\u024f]{2,}")
_ROUNDING = re.compile("nearly |about |more than |less than |at least ")
_ROUNDED = re.compile(r"\b(?:nearly|almost|close to|about|around|some|approximately|roughly|more than|over|above|exceed\w*|"
                      r"less than|under|fewer than|at least|or more)\b", re.I)
_WORDS = 2  # most English words for a Chinese character
_NEAR = 15  # characters from a figure to the word that rounds it
_FULL_NAME = re.compile("[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_WHO = re.compile(r"\bwho(?:m|se)?\b", re.I)
_TELLING = re.compile(r"\b(?!(?:what|when|where|which|whom|whose|does|have|many|much|that|with|from|were|will|would|there|this)\b)"
                      r"([A-Za-z]{4})[A-Za-z]*\b", re.I)  # the stems of an English question's words
_LEFT = re.compile(f"[{HAN}](?:[{HAN}、·]*[{HAN}])?")


# -- Chinese ----------------------------------------------------------------------------------------------------


def in_chinese_words(found: Found, sources: Sequence[Piece]) -> str:
    """The words that answer, and the clause of the paper in which they stand."""
    yes_no = {"yes": "是", "no": "否", "": ""}[found.verdict]
    parts = [f"{_joined(located)}{_marks(located, sources)}" for located in _by_source(found.located, sources)]
    answer = ",".join(part for part in (yes_no, "、".join(parts)) if part)
    if not found.located:
        return f"{yes_no}:“{sources[0].text.rstrip('。')}”[1]。"
    shown = [f"“{clause}”" for clause in (_clause(l) for l in _by_source(found.located, sources)) if clause]
    shown += [f"“{source.text.rstrip('。')}”[{number}]" for number, source in enumerate(sources, 1)
              if all(located.piece != source for located in found.located)]
    return f"{answer}。" + "".join(f"原文:{words}。" for words in shown)


def _by_source(located: Sequence[Located], sources: Sequence[Piece]) -> list[list[Located]]:
    groups = [[l for l in located if l.piece == source] for source in sources]
    return [group for group in groups if group]


def _joined(group: Sequence[Located]) -> str:
    return "、".join(located.shown.strip() for located in group)


def _marks(group: Sequence[Located], sources: Sequence[Piece]) -> str:
    return f"[{sources.index(group[0].piece) + 1}]"


def _clause(group: Sequence[Located]) -> str:
    """The clauses around the words, or nothing where the words are clauses of their own."""
    clause = _source_clause(group)
    return clause if len(clause) > len(_joined(group)) + 2 else ""


def _source_clause(group: Sequence[Located]) -> str:
    """What the sentence says around the words: of whom, when, and what stands beside; of a row of a table its name and the cells."""
    text = group[0].piece.text
    if _CELLS in text:
        return _row_clause(text, group)
    start, end = clause_of(text, min(l.start for l in group), max(l.end for l in group), _ROOM)
    return text[start:end]


def _row_clause(text: str, group: Sequence[Located]) -> str:
    """The first cell of a row, and those that hold the words.

    >>> from rag.records import Article, Passage
    >>> row = "村 下坪村 | 面积(亩) 2460 | 产量(吨) 131"
    >>> piece = Piece(Article("a", "p", "d", row), Passage("x", "a", row, 0, len(row)), 0, len(row), row)
    >>> _row_clause(row, [Located(piece, 17, 21)])
    '村 下坪村 | 面积(亩) 2460'
    """
    cells, at = [], 0
    for number, cell in enumerate(text.split(_CELLS)):
        held = any(located.start < at + len(cell) and at < located.end for located in group)
        cells += [cell] if held or not number else []
        at += len(cell) + len(_CELLS)
    return _CELLS.join(cells)


# -- English ----------------------------------------------------------------------------------------------------


def in_english_words(
    generator: Writer, query: Query, found: Found, sources: Sequence[Piece], max_tokens: int, known: Names = no_english_name
) -> Written:
    """One English sentence whose figures are those of the quotations; the plain words of the answer otherwise.

    ``known`` tells the English of proper names.
    """
    groups = _by_source(found.located, sources)
    clauses = [_source_clause(group) for group in groups] or [sources[0].text]
    verdict = {"yes": "Yes", "no": "No", "": ""}[found.verdict]
    asked = query.question
    words = ", ".join(part for part in (verdict, *(_listed(in_english(_joined(group), asked, known)) for group in groups)) if part)
    yield TextPiece(f"\n{words}\n")
    source = "; ".join(in_english(clause, asked, known) for clause in clauses)
    prompt = render_prompt(query.question, source, words)
    sentence = complete(generator, prompt, max_tokens=max_tokens, stop=("\n",)).strip()
    quotes = [source.text for source in sources]
    latin = [word for group in groups if not _LEFT.search(_joined(group)) for word in _LATIN.findall(_joined(group))]
    leaked = set(_LETTER.findall(sentence)) - set(_LETTER.findall(prompt.user))
    strange = unsupported_names(sentence, [asked, prompt.user, *quotes]) or _names_another(sentence, source, [asked, words])
    if leaked or strange or not _is_faithful(sentence, [words, *latin], quotes, query):
        sentence = words
    marks = "".join(f"[{number}]" for number in range(1, len(sources) + 1))
    if len(_HAN.findall(sentence)) > _PHRASE:  # put together word by word it would be no English
        said = " … ".join(f"“{clause}”" for clause in clauses)
        return f"{verdict + '. ' if verdict else ''}The paper says: {said} {marks}."
    sentence = _without_chinese(generator, _rounded(sentence, map(_joined, groups)), quotes, known)
    shown = _with_originals(sentence, clauses).rstrip(". ")
    return f"{shown}{_in_print(groups, shown)} {marks}."


def _names_another(sentence: str, source: str, expected: Sequence[str]) -> bool:
    """Whether it is asked who, and the sentence names somebody of the source who is neither the answer nor in the question.

    >>> _names_another("He was elected by Wang Xiaoming.", "Wang Xiaoming 致电石磊", ["Who was elected?", "石磊"])
    True
    """
    names = _FULL_NAME.findall(source) if _WHO.search(expected[0]) else []
    return any(name in sentence for name in names if not any(name in text for text in expected))


def _rounded(sentence: str, printed: Iterable[str]) -> str:
    """The sentence with the word that rounds a figure in print, where it was left out.

    >>> _rounded("It has 60 parts.", ["近60项"]), _rounded("It has almost 60 parts.", ["近60项"])
    ('It has nearly 60 parts.', 'It has almost 60 parts.')
    """
    for _, english in (pair for words in printed for pair in glossary(words)):
        figure = english[rounding.end() :] if (rounding := _ROUNDING.match(english)) else ""
        found = re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d%]|[.,]\d)", sentence) if figure else None
        if found and not _ROUNDED.search(sentence[max(0, found.start() - _NEAR) : found.end() + _NEAR]):
            sentence = sentence[: found.start()] + english + sentence[found.end() :]
    return sentence


def _listed(words: str) -> str:
    """An enumeration with English commas.

    >>> _listed("more than 26,000 、 20,000")
    'more than 26,000, 20,000'
    """
    return re.sub(r"\s*、\s*", ", ", words)


def _in_print(groups: Sequence[Sequence[Located]], sentence: str) -> str:
    """Names and terms that answer, as they are printed, since their English is the generator's: `` (迪拜)``."""
    shown = "; ".join(words for words in map(_joined, groups) if _is_worded(words) and words not in sentence and len(words) <= _SHOWN)
    return f" ({shown})" if shown else ""


def _is_worded(words: str) -> bool:
    """Whether there is more in the words of an answer than figures and what they count."""
    rest = words
    for quantity in reversed(read(words)):
        rest = rest[: quantity.start] + rest[quantity.end + len(unit_of(words, quantity)) :]
    return bool(_LEFT.search(words)) and (rest == words or len(_HAN.findall(rest)) > 1)


def _is_faithful(sentence: str, words: Sequence[str], quotes: Sequence[str], query: Query) -> bool:
    """The sentence takes up a word of the question; every figure of it stands in the quotations, every figure of the answer in it,
    and all words of the answer but the first.
    """
    if not sentence or sentence.endswith("?") or _DECLINED.search(sentence) or _LOOPS.search(sentence):
        return False
    asked = {word.lower() for word in _TELLING.findall(query.question)}
    if asked and not any(stem in sentence.lower() for stem in asked):
        return False  # it is about something else
    if len(_HAN.findall(sentence)) > _LEFT_OVER * len(sentence) or unsupported(sentence, [*quotes, query.question]):
        return False
    return not unsupported(words[0], [sentence]) and all(word.lower() in sentence.lower() for word in words[1:])


def _without_chinese(generator: Writer, sentence: str, quotes: Sequence[str], known: Names) -> str:
    """The sentence with each Chinese term that was left in it translated by itself; it stays where that fails."""
    for term in dict.fromkeys(_LEFT.findall(sentence)):
        english = _translated(generator, term, quotes, known) or person_in_pinyin(term)
        if english:
            sentence = _replaced(sentence, term, english)
    return sentence


def _translated(generator: Writer, chinese: str, quotes: Sequence[str], known: Names) -> str:
    """A Chinese term in English; ``""`` where that fails, or brings in figures that the quotations do not have."""
    plain = in_english(chinese, "", known)
    english = plain
    if _LEFT.search(plain):
        english = complete(generator, term_prompt(plain), max_tokens=40, stop=("\n",)).strip().rstrip(".")
    explained = len(english.split()) > _WORDS * len(chinese) + _WORDS
    return "" if explained or _LEFT.search(english) or _DECLINED.search(english) or unsupported(english, quotes) else english


def _replaced(sentence: str, term: str, english: str) -> str:
    """Puts the English in place of a Chinese term; a term in quotation marks is a name and stays behind it."""
    found, english = re.escape(term), english.strip("\"'“”‘’《》 ")
    sentence = re.sub(rf"[\"“《]+{found}[\"”》]+", f'"{english}" ({term})', sentence)
    spaced = re.sub(rf"(?<=[A-Za-z0-9,;]){found}", f" {english}", sentence) if f"({term})" not in sentence else sentence
    spaced = re.sub(rf"{found}(?=[A-Za-z0-9])", f"{english} ", spaced)
    return spaced if f"({term})" in spaced else spaced.replace(term, english)


def _with_originals(sentence: str, clauses: Sequence[str]) -> str:
    """Puts the printed form behind a figure that had to be converted: ``8.68 billion yuan (86.8亿元)``."""
    for chinese, english in glossary(" ".join(clauses)):
        if re.search("[万亿]", chinese) and english in sentence and chinese not in sentence:
            sentence = sentence.replace(english, f"{english} ({chinese})", 1)
    return sentence
