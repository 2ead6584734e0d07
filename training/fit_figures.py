"""Fits the weights by which the figures of a gathered answer are chosen, and writes them to ``rag/gather/fitted.json``.

    python training/fit_figures.py --config corpus.yaml --questions benchmarks/sets/gathered_look.jsonl … --out rag/gather/fitted.json

A logistic regression over the candidates of every question with parts: is this one of the true figures? Prints, cross-validated by
question, how often the first choice is right where a right one is there, and how many figures are taken at each least probability.
Another over the sentences that are read for a list, a count, the latest figure or a conflict: does this one tell a true row?
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from rag import Rag
from rag.answer.confidence import sureness
from rag.answer.locate import is_refusal
from rag.answer.prompts import read_prompt
from rag.doors.evaluate_gathered import iso_period, tells
from rag.gather.candidates import Candidate, candidates, with_generator_votes
from rag.gather.draft import draft_plan, with_chinese_names_and_times
from rag.gather.plan import OPERATIONS, OVER_EVENTS, Plan, SubQuestion, make_plan
from rag.gather.rows import likeness
from rag.gather.sub_questions import SubQuestionReader
from rag.generate import Draft
from rag.language.quantities import read

SIGNS = ("read", "alone", "likely", "kind", "timed", "written", "like_others")
SURVEYED = ("list", "count", "latest", "conflict")
TAKEN = (0.3, 0.4, 0.5, 0.6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = [json.loads(line) for file in arguments.questions for line in file.read_text(encoding="utf-8").splitlines()]
    found = zip(*examples(Rag.open(arguments.config), rows), strict=True)
    signs, right, question, term = (np.array(column) for column in found)
    model = LogisticRegression(C=1.0)
    told = cross_val_predict(model, signs, right, groups=question, cv=GroupKFold(5), method="predict_proba")[:, 1]
    first = [own[told[own].argmax()] for own in (np.flatnonzero(term == number) for number in np.unique(term))]
    there = [number for number in np.unique(term) if right[term == number].any()]
    print(f"{len(right)} figures of {len(first)} terms; right ones for {len(there)}, first for {right[first].sum()}")
    for least in TAKEN:
        taken = [at for at in first if told[at] >= least]
        print(f"taken from {least}: {len(taken)}, right {right[taken].sum()}")
    model.fit(signs, right)
    weights = dict(zip(SIGNS, map(float, model.coef_[0].round(3)), strict=True))
    together = {"like_others": weights.pop("like_others")}
    before = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else {}
    sentence = fit_sentences(Rag.open(arguments.config), rows)
    figure = {"constant": round(float(model.intercept_[0]), 3), **weights}
    fitted = {**before, "figure": figure, "together": together, "sentence": sentence}
    arguments.out.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")


def examples(rag: Rag, rows: list[dict[str, Any]]) -> Iterator[tuple[list[float], bool, int, int]]:
    """The signs of each candidate, whether it is true, and the numbers of its question and its term."""
    number = 0
    for at, row in enumerate(rows):
        found = [(term, some) for term, some in gathered(rag, row)]
        for own, (term, some) in enumerate(found):
            others = [other for place, (_, other) in enumerate(found) if place != own and other]
            for one in some:
                yield [*answer_features(one), like_others(one, others)], is_true(one, term, row), at, number
            number += bool(some)


def gathered(rag: Rag, row: Mapping[str, Any]) -> Iterator[tuple[SubQuestion, list[Candidate]]]:
    """The candidates of each term of a question whose operation is known."""
    asker = SubQuestionReader(rag.retriever, rag.reader, rag.generator, rag.parse_query, rag.config.answering)
    plan = planned(rag, row)
    for term in plan.terms if plan and plan.operation not in OVER_EVENTS else ():
        pieces = asker.read(term, rag.parse_question(row["question"]), 12)
        yield term, with_generator_votes(candidates(pieces, term)[:12], asker.words(term, pieces))


def planned(rag: Rag, row: Mapping[str, Any]) -> Plan | None:
    """The plan that the generator drafts for a question of a set."""
    query = rag.parse_question(row["question"])
    drafted = draft_plan(with_chinese_names_and_times(query), rag.generator, row["operation"] if row["operation"] in OPERATIONS else "")
    return make_plan(drafted, with_chinese_names_and_times(query)) if drafted else None


def fit_sentences(rag: Rag, rows: list[dict[str, Any]]) -> dict[str, float]:
    """What reader and generator tell of a sentence read by itself, weighed."""
    found = [case for row in rows if row["operation"] in SURVEYED for case in sentences(rag, row)]
    signs, right = np.array([case[:2] for case in found]), np.array([case[2] for case in found], bool)
    model = LogisticRegression(C=1.0)
    taken = cross_val_predict(model, signs, right, cv=5, method="predict_proba")[:, 1] >= TAKEN[1]
    print(f"{len(right)} sentences, {right.sum()} tell a true row; taken from {TAKEN[1]}: {taken.sum()}, right {right[taken].sum()}")
    model.fit(signs, right)
    return dict(zip(("constant", "read", "surely"), map(float, [*model.intercept_.round(3), *model.coef_[0].round(3)]), strict=True))


def sentences(rag: Rag, row: Mapping[str, Any]) -> Iterator[tuple[float, float, bool]]:
    """Of each sentence the reader's log odds, how sure the generator is that it tells nothing, and whether it tells a true row."""
    asker = SubQuestionReader(rag.retriever, rag.reader, rag.generator, rag.parse_query, rag.config.answering)
    plan = planned(rag, row)
    assert plan is not None, "the operation is known"
    term = plan.topic
    pieces = [piece for piece in asker.read(term, rag.parse_question(row["question"]), 60, 24) if piece.timely]
    for piece in pieces[:12]:
        draft = Draft(rag.generator.write(read_prompt(term.question, [piece]), max_tokens=60, stop=("\n",)))
        nothing = is_refusal("".join(draft))
        right = any(tells(true, piece.text, piece.article.date) for true in row["rows"])
        yield max(-8.0, min(8.0, piece.log_odds_alone)), sureness(draft.log_probability) if nothing else 0.0, right


def answer_features(one: Candidate) -> list[float]:
    return [one.piece.score, one.piece.log_odds_alone, one.likely, float(one.fits), one.timed, one.written]


def like_others(one: Candidate, others: list[list[Candidate]]) -> float:
    alike = [max(likeness(one, other) / (1 + np.exp(-other.score)) for other in some) for some in others]
    return sum(alike) / len(alike) if alike else 0.0


def is_true(one: Candidate, term: SubQuestion, row: Mapping[str, Any]) -> bool:
    for true in row["rows"]:
        values = {quantity.value for quantity in read(f"{true['value']}{true['unit']}")} or {Fraction(0)}
        period = iso_period(true["period"])
        if abs(one.value) in values and (not term.when or not period or period == term.when.iso or period[:4] == term.when.iso):
            return True
    return False


if __name__ == "__main__":
    main()
