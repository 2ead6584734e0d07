"""The names of a question in the archive's script: pinyin is looked up in the archive, foreign names in the dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.answer.english import zones_in_chinese
from rag.language.names import NO_NAMES, chinese_form, readings, romanised_names, without_negated
from rag.language.places import places_by_sound, places_in, places_meant
from rag.language.quantities import figures_in_chinese
from rag.language.when import times_in_chinese
from rag.search.dictionary import Dictionary
from rag.search.query import Query
from rag.search.retrieve import Retriever

_READ = 120  # passages in which the Chinese form of a romanised name is looked for


def with_names(query: Query, retriever: Retriever, dictionary: Dictionary | None) -> Query:
    """Returns the question with the places and names in it; names, dates and large figures of an English one in Chinese."""
    if query.language == "zh":
        places = places_in(query.question)  # by the tags of jieba, which takes some common words for places
        return replace(query, places=tuple(place for place in places if not (dictionary and dictionary.is_common(place))))
    meant = without_negated(query.question)
    names = romanised_names(query.question)
    forms = {name: form for name in names if (form := _chinese_form(retriever, name, names))}
    known = _foreign_names(retriever, dictionary.chinese_names(meant) if dictionary else {}) | forms
    named = " ".join(meant.split())  # what is not meant would only lead the reader astray
    for name, form in known.items():
        named = named.replace(name, form)
    named = times_in_chinese(figures_in_chinese(zones_in_chinese(named)))
    return replace(
        query, localised=named, name_translations=tuple(known.items()), terms=dictionary.terms(named) if dictionary else (),
        places=(*places_meant(query.question, forms), *places_by_sound(name for name in names if name in meant and name not in known)),
        pinyin_readings=tuple(way for name in names if name in meant for way in readings(name)))


def _foreign_names(retriever: Retriever, ways: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Returns each name in the spelling that the archive uses most; names that it never uses, and months, are left out."""
    common = retriever.word_frequencies(word for words in ways.values() for word in words)
    found: dict[str, str] = {}
    for name, words in ways.items():
        best = max(words, key=lambda word: (common[word], -len(word)))
        if common[best] and name.lower() not in NO_NAMES and not any(name in longer for longer in found):
            found[name] = best
    return found


def _chinese_form(retriever: Retriever, name: str, names: Sequence[str]) -> str:
    """Returns how the archive spells a romanised name; passages with the other names of the question count more."""
    archive = retriever.store.archive
    own = archive.phrases(readings(name), _READ)
    alike = archive.phrases([way for other in names for way in readings(other)], _READ // 4) if len(names) > 1 else []
    rows = [row for row, _ in own] + [row for row, _ in alike] * 4
    passages = archive.passages(dict.fromkeys(rows))
    return chinese_form(name, (f"{passages[row].context} {passages[row].text}" for row in rows))
