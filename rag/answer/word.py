"""Answer spans → the text of the answer, in Chinese or English, with citation marks.

A Chinese answer consists of words of the newspaper only. For an English answer the generator writes a sentence from words
whose figures and names are already translated. If the sentence has a figure or name that the sources do not support, the
translated words alone are shown.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence

from rag.answer.choose import SIGNATURES, CandidateSentence
from rag.answer.english import in_english
from rag.answer.locate import GroundedAnswer, Located, clause_of
from rag.answer.prompts import render_prompt, term_prompt
from rag.generate import Generator as Writer
from rag.generate import complete
from rag.language.names import Names, is_word, no_english_name, person_in_pinyin, romanise, tagged, unsupported_names
from rag.language.quantities import glossary, read, unit_of, unsupported
from rag.language.text import HAN, simplified
from rag.language.when import times_in
from rag.records import TextPiece
from rag.search.query import Query

Written = Generator[TextPiece, None, str]  # yields the text as it is written and returns the whole

_CELLS = " | "  # separates the cells of a table row
_MAX_PRINTED_TERM = 60  # characters; a longer name or term is not repeated in Chinese
_CONTEXT = 36  # characters of the source clause around the answer
_MAX_UNTRANSLATED = 16  # Chinese characters left in an English answer, above which the newspaper is quoted instead
_MAX_CHINESE_SHARE = 0.2  # share of Chinese characters above which a sentence does not count as English
_HAN = re.compile(f"[{HAN}]")
_DECLINED = re.compile(r"\bI(?:'m| am) (?:sorry|unable|not able)|\bI can(?:'t|not)\b|\bas an AI\b|\b(?:English|Chinese):", re.I)
_REPETITION = re.compile(r"(\b\w.{15,}?)(?:\W*\1){2}")  # the generator repeats itself
_PLACEHOLDER = re.compile(r"\b[B-H]\b")  # a placeholder of the prompt's worked examples
_LATIN = re.compile("[A-Za-z][A-Za-z\u00c0-\u024f]{2,}")
_ROUNDING = re.compile("nearly |about |more than |less than |at least ")
_ROUNDED = re.compile(r"\b(?:nearly|almost|close to|about|around|some|approximately|roughly|more than|over|above|exceed\w*|"
                      r"less than|under|fewer than|at least|or more)\b", re.I)
_MAX_WORDS_PER_CHARACTER = 2  # English words for each Chinese character; a longer translation is an explanation
_ROUNDING_DISTANCE = 15  # characters between a figure and its rounding word
_FULL_NAME = re.compile("[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_WHO = re.compile(r"\bwho(?:m|se)?\b", re.I)
_CONTENT_WORD = re.compile(r"\b(?!(?:what|when|where|which|whom|whose|does|have|many|much|that|with|from|were|will|would|there|this)\b)"
                           r"([A-Za-z]{4})[A-Za-z]*\b", re.I)  # first four letters of the content words of an English question
_ALONE = re.compile(f"(?<![{HAN}])[{HAN}]{{2,3}}(?![{HAN}])")  # a name between spaces
_CHINESE_TERM = re.compile(f"[{HAN}](?:[{HAN}、·]*[{HAN}])?")


# -- Chinese ----------------------------------------------------------------------------------------------------


def write_chinese(found: GroundedAnswer, sources: Sequence[CandidateSentence]) -> str:
    """Writes the answer spans and the clauses that contain them, all in the newspaper's words."""
    yes_no = {"yes": "是", "no": "否", "": ""}[found.verdict]
    parts = [f"{_joined(located)}{_citation_mark(located, sources)}" for located in _by_source(found.located, sources)]
    answer = ",".join(part for part in (yes_no, "、".join(parts)) if part)
    if not found.located:
        return f"{yes_no}:“{sources[0].text.rstrip('。')}”[1]。"
    shown = [f"“{clause}”" for clause in (_clause(l) for l in _by_source(found.located, sources)) if clause]
    shown += [f"“{source.text.rstrip('。')}”[{number}]" for number, source in enumerate(sources, 1)
              if all(located.piece != source for located in found.located)]
    return f"{answer}。" + "".join(f"原文:{words}。" for words in shown)


def _by_source(located: Sequence[Located], sources: Sequence[CandidateSentence]) -> list[list[Located]]:
    groups = [[l for l in located if l.piece == source] for source in sources]
    return [group for group in groups if group]


def _joined(group: Sequence[Located]) -> str:
    return "、".join(located.shown.strip() for located in group)


def _signed(group: Sequence[Located]) -> str:
    """Returns the spans of a sentence; the names of a byline or credit, which are all persons, in pinyin.

    >>> from rag.records import Article, Passage
    >>> byline = "本报记者 肖强刚"
    >>> piece = CandidateSentence(Article("a", "p", "d", "", byline=byline), Passage("x", "a", byline, 0, 8, "byline"), 0, 8, byline)
    >>> _signed([Located(piece, 0, 8)])
    '本报记者 Xiao Qianggang'
    """
    words = _joined(group)
    if group[0].piece.passage.field not in SIGNATURES:
        return words
    return _ALONE.sub(lambda name: person_in_pinyin(name.group(), signed=True) or name.group(), words)


def _citation_mark(group: Sequence[Located], sources: Sequence[CandidateSentence]) -> str:
    return f"[{sources.index(group[0].piece) + 1}]"


def _clause(group: Sequence[Located]) -> str:
    """Returns the clauses around the spans; ``""`` if they add nothing to the spans."""
    clause = _clause_in_source(group)
    return clause if len(clause) > len(_joined(group)) + 2 else ""


def _clause_in_source(group: Sequence[Located]) -> str:
    """Returns the clauses of the sentence around the spans; of a table row the first cell and the cells of the spans."""
    text = group[0].piece.text
    if _CELLS in text:
        return _row_clause(text, group)
    start, end = clause_of(text, min(l.start for l in group), max(l.end for l in group), _CONTEXT)
    return text[start:end]


def _row_clause(text: str, group: Sequence[Located]) -> str:
    """Returns the first cell of a table row and the cells that contain the spans.

    >>> from rag.records import Article, Passage
    >>> row = "村 下坪村 | 面积(亩) 2460 | 产量(吨) 131"
    >>> piece = CandidateSentence(Article("a", "p", "d", row), Passage("x", "a", row, 0, len(row)), 0, len(row), row)
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


def write_english(
    generator: Writer, query: Query, found: GroundedAnswer, sources: Sequence[CandidateSentence], max_tokens: int,
    known: Names = no_english_name,
) -> Written:
    """Writes one English sentence with the figures of the quotations; if the generator's sentence fails a check, the bare answer and
    the words of the paper.

    ``known`` maps Chinese proper names to English.
    """
    groups = _by_source(found.located, sources)
    clauses = [_clause_in_source(group) for group in groups] or [sources[0].text]
    verdict = {"yes": "Yes", "no": "No", "": ""}[found.verdict]
    asked = query.question
    translated = (_with_english_commas(in_english(_signed(group), asked, known)) for group in groups)
    words = ", ".join(part for part in (verdict, *translated) if part)
    yield TextPiece(f"\n{words}\n")
    source = "; ".join(in_english(clause, asked, known) for clause in clauses)
    prompt = render_prompt(query.question, source, words)
    sentence = complete(generator, prompt, max_tokens=max_tokens, stop=("\n",)).strip()
    quotes = [source.text for source in sources]
    latin = [word for group in groups if not _CHINESE_TERM.search(_joined(group)) for word in _LATIN.findall(_joined(group))]
    leaked = set(_PLACEHOLDER.findall(sentence)) - set(_PLACEHOLDER.findall(prompt.user))
    strange = unsupported_names(sentence, [asked, prompt.user, *quotes]) or _names_another(sentence, source, [asked, words])
    is_bare = bool(leaked or strange) or not _is_faithful(sentence, [words, *latin], quotes, query)
    if is_bare:
        sentence = words
    marks = "".join(f"[{number}]" for number in range(1, len(sources) + 1))
    said = " … ".join(f"“{clause}”" for clause in clauses)
    if len(_HAN.findall(sentence)) > _MAX_UNTRANSLATED:  # translating term by term would not give English
        return f"{verdict + '. ' if verdict else ''}The paper says: {said} {marks}."
    sentence = _translate_remaining(generator, _with_rounding_words(sentence, map(_joined, groups)), quotes, known)
    shown = _with_printed_figures(sentence, clauses).rstrip(". ")
    told = f"{shown}{_printed_forms(groups, shown)} {marks}."
    return f"{told} The paper says: {said}." if is_bare else told


def _names_another(sentence: str, source: str, expected: Sequence[str]) -> bool:
    """Tells whether the answer to a "who" question names a person of the source who is neither the answer nor in the question.

    >>> _names_another("He was elected by Wang Xiaoming.", "Wang Xiaoming 致电石磊", ["Who was elected?", "石磊"])
    True
    """
    names = _FULL_NAME.findall(source) if _WHO.search(expected[0]) else []
    return any(name in sentence for name in names if not any(name in text for text in expected))


def _with_rounding_words(sentence: str, printed: Iterable[str]) -> str:
    """Restores in a sentence the rounding word of a printed figure (nearly, about) if it was left out.

    >>> _with_rounding_words("It has 60 parts.", ["近60项"]), _with_rounding_words("It has almost 60 parts.", ["近60项"])
    ('It has nearly 60 parts.', 'It has almost 60 parts.')
    """
    for _, english in (pair for words in printed for pair in glossary(words)):
        figure = english[rounding.end() :] if (rounding := _ROUNDING.match(english)) else ""
        found = re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d%]|[.,]\d)", sentence) if figure else None
        if found and not _ROUNDED.search(sentence[max(0, found.start() - _ROUNDING_DISTANCE) : found.end() + _ROUNDING_DISTANCE]):
            sentence = sentence[: found.start()] + english + sentence[found.end() :]
    return sentence


def _with_english_commas(words: str) -> str:
    """Replaces the Chinese enumeration marks by English commas.

    >>> _with_english_commas("more than 26,000 、 20,000")
    'more than 26,000, 20,000'
    """
    return re.sub(r"\s*、\s*", ", ", words)


def _printed_forms(groups: Sequence[Sequence[Located]], sentence: str) -> str:
    """Returns the names and terms of the answer in Chinese, because their English is the generator's: `` (迪拜)``."""
    shown = "; ".join(words for words in map(_joined, groups)
                      if _has_more_than_figures(words) and words not in sentence and len(words) <= _MAX_PRINTED_TERM)
    return f" ({shown})" if shown else ""


def _has_more_than_figures(words: str) -> bool:
    """Tells whether an answer has words other than figures and their units."""
    rest = words
    for quantity in reversed(read(words)):
        rest = rest[: quantity.start] + rest[quantity.end + len(unit_of(words, quantity)) :]
    return bool(_CHINESE_TERM.search(words)) and (rest == words or len(_HAN.findall(rest)) > 1)


def _is_faithful(sentence: str, words: Sequence[str], quotes: Sequence[str], query: Query) -> bool:
    """Tells whether a generated sentence can be used: it shares a word with the question, the quotations support its figures (apart
    from those of a time that is asked about), and it has all figures of the answer (``words[0]``) and all Latin words of the answer
    (the rest of ``words``).
    """
    if not sentence or sentence.endswith("?") or _DECLINED.search(sentence) or _REPETITION.search(sentence):
        return False
    asked = {word.lower() for word in _CONTENT_WORD.findall(query.question)}
    if asked and not any(stem in sentence.lower() for stem in asked):
        return False  # off topic
    asked_times = " ".join(query.question[time.start : time.end] for time in times_in(query.question))
    if len(_HAN.findall(sentence)) > _MAX_CHINESE_SHARE * len(sentence) or unsupported(sentence, [*quotes, asked_times]):
        return False
    return not unsupported(words[0], [sentence]) and all(word.lower() in sentence.lower() for word in words[1:])


def _translate_remaining(generator: Writer, sentence: str, quotes: Sequence[str], known: Names) -> str:
    """Translates each Chinese term left in the sentence by itself; a term stays Chinese if its translation fails."""
    for term in dict.fromkeys(_CHINESE_TERM.findall(sentence)):
        if english := _translate_term(generator, term, quotes, known):
            sentence = _replace_term(sentence, term, english)
    return sentence


def _translate_term(generator: Writer, chinese: str, quotes: Sequence[str], known: Names) -> str:
    """Translates a Chinese term; ``""`` if that fails or adds figures that the quotations do not support."""
    plain = in_english(chinese, "", known)
    english = plain
    if _CHINESE_TERM.search(plain):
        english = person_in_pinyin(plain) or complete(generator, term_prompt(plain), max_tokens=40, stop=("\n",)).strip().rstrip(".")
    explained = len(english.split()) > _MAX_WORDS_PER_CHARACTER * len(chinese) + _MAX_WORDS_PER_CHARACTER
    return "" if explained or _CHINESE_TERM.search(english) or _DECLINED.search(english) or unsupported(english, quotes) else english


def label_in_english(generator: Writer, label: str, known: Names) -> str:
    """Returns a Chinese label in English: by code what it can tell, and words that no dictionary has, which are names; by the generator
    the rest, with the Chinese beside it.
    """
    names = {word for word, _ in tagged(simplified(label)) if _CHINESE_TERM.fullmatch(word) and len(word) > 1 and not is_word(word)}
    plain = in_english(simplified(label), "", lambda name: known(name) or (romanise(name) if name in names else ""))
    if not _HAN.search(plain):
        return f"{plain} ({label})" if names else plain
    written = complete(generator, term_prompt(plain), max_tokens=40, stop=("\n",)).strip().rstrip(".")
    return f"{written} ({label})" if written else label


def _replace_term(sentence: str, term: str, english: str) -> str:
    """Replaces a Chinese term by its translation; a term in quotation marks is a name and is kept in brackets."""
    found, english = re.escape(term), english.strip("\"'“”‘’《》 ")
    sentence = re.sub(rf"[\"“《]+{found}[\"”》]+", f'"{english}" ({term})', sentence)
    spaced = re.sub(rf"(?<=[A-Za-z0-9,;]){found}", f" {english}", sentence) if f"({term})" not in sentence else sentence
    spaced = re.sub(rf"{found}(?=[A-Za-z0-9])", f"{english} ", spaced)
    return spaced if f"({term})" in spaced else spaced.replace(term, english)


def _with_printed_figures(sentence: str, clauses: Sequence[str]) -> str:
    """Appends the printed form to each converted figure: ``8.68 billion yuan (86.8亿元)``."""
    for chinese, english in glossary(" ".join(clauses)):
        if re.search("[万亿]", chinese) and english in sentence and chinese not in sentence:
            sentence = sentence.replace(english, f"{english} ({chinese})", 1)
    return sentence
