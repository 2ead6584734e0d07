"""Learns from the foreign names of CC-CEDICT how English names are written in Chinese: ``rag/language/transliteration.json``.

    python training/train_transliteration.py --dictionary dictionary.sqlite

Expectation maximisation over all ways to cut the letters of a name among the initials and finals of its Chinese form. Most entries are
transliterations, but not all (Oxford is 牛津, a ford for oxen): those that the model itself finds unlikely are left out of a second and
third round. A tenth of the names is kept back: the threshold is set there, so that one of ten names is found in a hundred
passages that do not have it. Takes some minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rag.language import transliteration
from rag.language.pinyin import is_pinyin_of
from rag.language.text import HAN, syllables
from rag.language.transliteration import FLOOR, LONGEST_CHUNK, Model, best_match, letters_of, sounds_of

OUT = Path(transliteration.__file__).with_name("transliteration.json")
Pair = tuple[tuple[str, ...], str]  # initials and finals; letters
Chunks = dict[str, dict[str, float]]
ROUNDS, STEPS = 3, 3
LIKELY = 1.0  # log odds for each initial or final from which an entry counts as a transliteration
RARE = 0.02  # times that a chunk has to be emitted
WRONG = 0.1  # share of names found in texts that do not have them


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True, help="Chinese text, for names that are not there: one passage a line")
    arguments = parser.parse_args()
    names = sorted(foreign_names(arguments.dictionary).items())
    random.Random(5).shuffle(names)
    kept, rest = dict(names[: len(names) // 10]), dict(names[len(names) // 10 :])
    letters = spelling([word for words in rest.values() for word in words])
    chunks, good = learn(rest, letters)
    passages = arguments.texts.read_text(encoding="utf-8").splitlines()
    learned = Model(chunks, letters, characters_of([chinese for chinese, _ in good], passages), 0.0)
    learned = replace(learned, least=threshold(learned, likely(kept, chunks, letters), passages))
    told = {"chunks": {sound: rounded(some, 5) for sound, some in learned.chunks.items()}, "letters": rounded(letters, 2),
            "characters": rounded(learned.characters, 2), "least": round(learned.least, 1)}
    OUT.write_text(json.dumps(told, ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8")


def foreign_names(dictionary: Path) -> dict[str, tuple[str, ...]]:
    """Chinese names of people and places that are no pinyin → the words of their English form, in letters."""
    rows = sqlite3.connect(dictionary).execute("SELECT word, english FROM names").fetchall()
    found = {}
    for word, english in rows:
        parts = tuple(letters for part in re.split("[ -]", english) if 4 <= len(letters := letters_of(part)) <= 13)
        if re.fullmatch(f"[{HAN}]{{2,7}}", word) and 0 < len(english.split()) <= 3 and not is_pinyin_of(english, word):
            found[word] = tuple(part for part in parts if part not in "".join(syllables(word)))
    return {word: parts for word, parts in found.items() if parts}


def spelling(names: Sequence[str]) -> dict[str, float]:
    """Log probabilities of pairs of letters, with the start and end of a name."""
    pairs = Counter(one + other for name in names for one, other in zip("^" + name, name + "$", strict=True))
    firsts: Counter[str] = Counter()
    for pair, count in pairs.items():
        firsts[pair[0]] += count
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {one + other: math.log((pairs[one + other] + 0.5) / (firsts[one] + 14)) for one in "^" + letters for other in letters + "$"}


# -- expectation maximisation ------------------------------------------------------------------------------------------


def learn(names: dict[str, tuple[str, ...]], letters: dict[str, float]) -> tuple[Chunks, list[tuple[str, str]]]:
    """The probabilities of chunks, and the names that are transliterations by them, each with the word that it renders."""
    good = [(chinese, words[0]) for chinese, words in names.items() if len(words) == 1]
    chunks = first_guess(good)
    for number in range(ROUNDS):
        chunks = maximised([(sounds(chinese), english) for chinese, english in good], chunks)
        good = likely(names, chunks, letters)
        print(f"round {number + 1}: {len(good)} of {len(names)} names are transliterations", flush=True)
    return chunks, good


def likely(names: dict[str, tuple[str, ...]], chunks: Chunks, letters: dict[str, float]) -> list[tuple[str, str]]:
    """The names that are transliterations, each with the word that it renders."""
    told = [(chinese, max(words, key=lambda word: log_odds(sounds(chinese), word, chunks, letters)))
            for chinese, words in names.items()]
    return [(chinese, word) for chinese, word in told
            if log_odds(sounds(chinese), word, chunks, letters) > LIKELY * len(sounds(chinese))]


def sounds(chinese: str) -> tuple[str, ...]:
    return tuple(sound for character in chinese for sound in sounds_of(character) if sound)


def first_guess(names: Sequence[tuple[str, str]]) -> Chunks:
    """Chunks that share letters with the sound are likelier."""
    counts = Counter(name[at : at + size] for _, name in names for size in range(1, LONGEST_CHUNK + 1)
                     for at in range(len(name) - size + 1))
    chunks: Chunks = {}
    for sound in {sound for chinese, _ in names for sound in sounds(chinese)}:
        guess = {"": 0.1}
        for chunk, count in counts.items():
            if count > 2:
                alike = 1.5 * len(set(chunk) & set(sound)) + 1.5 * (chunk[0] == sound[0])
                guess[chunk] = 0.02 * math.exp(alike - 1.2 * len(chunk) - 0.3 * abs(len(chunk) - len(sound)))
        whole = sum(guess.values())
        chunks[sound] = {chunk: value / whole for chunk, value in guess.items()}
    return chunks


def maximised(pairs: Sequence[Pair], chunks: Chunks) -> Chunks:
    for _ in range(STEPS):
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for pair in pairs:
            expect(pair, chunks, counts)
        chunks = {sound: {chunk: count / (sum(some.values()) + 0.5) for chunk, count in some.items() if count > RARE}
                  for sound, some in counts.items()}
    return chunks


def expect(pair: Pair, chunks: Chunks, counts: dict[str, dict[str, float]]) -> None:
    """Adds how often each sound of a pair emits each chunk (forward-backward)."""
    told, name = pair
    before = forward(told, name, chunks)
    whole = before[-1, -1]
    if whole <= 0:
        return
    after = np.zeros_like(before)
    after[-1, -1] = 1.0
    for i in range(len(told) - 1, -1, -1):
        known = chunks.get(told[i], {})
        for at in range(len(name) + 1):
            for end in range(at, min(len(name), at + LONGEST_CHUNK) + 1):
                if after[i + 1, end]:
                    chance = known.get(name[at:end], FLOOR) * after[i + 1, end]
                    after[i, at] += chance
                    counts[told[i]][name[at:end]] += before[i, at] * chance / whole


def forward(told: tuple[str, ...], name: str, chunks: Chunks) -> np.ndarray:
    """``(sounds + 1, letters + 1)``: the probability that the first sounds emit the first letters."""
    reached = np.zeros((len(told) + 1, len(name) + 1))
    reached[0, 0] = 1.0
    for i, sound in enumerate(told):
        known = chunks.get(sound, {})
        for at in range(len(name) + 1):
            if reached[i, at]:
                for end in range(at, min(len(name), at + LONGEST_CHUNK) + 1):
                    reached[i + 1, end] += reached[i, at] * known.get(name[at:end], FLOOR)
    return reached


def log_odds(told: tuple[str, ...], name: str, chunks: Chunks, letters: dict[str, float]) -> float:
    whole = forward(told, name, chunks)[-1, -1]
    usual = sum(letters[one + other] for one, other in zip("^" + name, name + "$", strict=True))
    return math.log(whole) - usual if whole > 0 else -math.inf


# -- characters and threshold ------------------------------------------------------------------------------------------


def characters_of(names: Sequence[str], passages: Sequence[str]) -> dict[str, float]:
    """How much likelier a character is in a transliteration than in other text, as log odds."""
    own, other = Counter("".join(names)), Counter("".join(passages))
    all_own, all_other = sum(own.values()), sum(other.values())
    return {character: math.log((count / all_own) / ((other[character] + 1) / all_other)) for character, count in own.items()}


def threshold(learned: Model, names: Sequence[tuple[str, str]], passages: Sequence[str]) -> float:
    """The log odds that one of ten names reaches in a hundred passages without it; prints what share of names reach them."""
    choose = random.Random(7)
    elsewhere, own = [], []
    for chinese, english in names:
        texts = [text for text in choose.sample(passages, 100) if chinese[:2] not in text]
        if found := best_match(english, texts, learned):
            elsewhere.append(found.log_odds)
        found = best_match(english, [*texts, f"他说,{chinese}很大。"], learned)
        own.append(found.log_odds if found and found.text == chinese else -math.inf)
    least = float(np.quantile(elsewhere, 1 - WRONG))
    print(f"of {len(own)} names kept back: found exactly at {least:.1f}: {np.mean(np.array(own) > least):.3f}; "
          f"likeliest at all: {np.mean(np.isfinite(own)):.3f}")
    return least


def rounded(values: dict[str, float], places: int) -> dict[str, float]:
    return {key: round(value, places) for key, value in values.items() if places < 5 or value >= 1e-4}


if __name__ == "__main__":
    main()
