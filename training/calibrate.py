"""Fits the few weights of the answer path and writes them to ``rag/answer/fitted.json``; prints how well they hold.

    python training/calibrate.py search    --set INDEX QUESTIONS [--set INDEX QUESTIONS …]
    python training/calibrate.py sentences --set INDEX QUESTIONS [--set INDEX QUESTIONS …]
    python training/calibrate.py answers   --set INDEX QUESTIONS … --scorer score_qa.py
    python training/calibrate.py several   --set INDEX QUESTIONS … --scorer score_qa.py

``search``: what each channel of search counts for, by logistic regression over the passages that the channels put forward (softmax, one
of the right document); printed as they stand in ``config.yaml``, with what they give on each corpus when fitted to the others.
``sentences``: what tells for a sentence (the reader's margin, its vector, its words, its passage), by logistic regression over
the candidates of each question (softmax, one of them gold). ``answers``: what tells that an answer is right, by logistic regression
over questions with and without an answer; for the figures printed each set is judged by a model fitted to the others. ``several``:
which questions take several figures (their lines have an ``operation``), by what the planner tells and how sure the generator is that
they do not; and of those that seem to, which are answered by what is looked up; written to ``rag/gather/fitted.json``. Questions are
lines of the sets in ``benchmarks/sets``; an answer is right if its Chinese wording holds what must be in it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from rag import Rag
from rag.answer import choose as stage
from rag.answer.answer import sources_of
from rag.answer.choose import CandidateSentence, choose_pieces, fitted
from rag.answer.confidence import answer_features
from rag.answer.read import last, read_pieces
from rag.answer.word import write_chinese
from rag.doors.evaluate_gathered import judged
from rag.gather import candidates as figures
from rag.gather.draft import ASKED_FROM, draft_plan, with_chinese_names_and_times
from rag.gather.operation import classify_operation, log_odds, surely_one, updated_by_plan
from rag.search.retrieve import fuse
from rag.steps import PASSAGES

FITTED = Path(stage.__file__).with_name("fitted.json")
FEATURES = ("margin", "similarity", "word_overlap", "passage_score")
SIGNS = ("margin", "agreed", "refused", "surely")
PENALTY = 0.02  # of squared weights, so that few questions do not decide


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["search", "sentences", "answers", "several"])
    parser.add_argument("--config", type=Path)
    parser.add_argument("--set", dest="sets", nargs=2, action="append", metavar=("INDEX", "QUESTIONS"), required=True)
    parser.add_argument("--scorer", type=Path)
    parser.add_argument("--dry", action="store_true", help="print, and leave the file as it is")
    arguments = parser.parse_args()
    if arguments.what == "search":
        fit_search(arguments)
        return
    if arguments.what == "several":
        fit_several(arguments)
        return
    weights = {name: dict(values) for name, values in fitted().items()}
    for name, found in (fit_sentences if arguments.what == "sentences" else fit_answers)(arguments).items():
        weights[name] = {key: round(float(value), 3) for key, value in found.items()}
    print(json.dumps(weights))
    if not arguments.dry:
        FITTED.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def archives(arguments: argparse.Namespace) -> Iterator[tuple[Rag, list[dict[str, Any]]]]:
    """Each archive with its questions; the models are loaded once."""
    models: dict[str, Any] = {}
    for index, questions in arguments.sets:
        rag = Rag.open(arguments.config, index=index)
        rag.__dict__.update(models)
        models = models or {name: getattr(rag, name) for name in ("embedder", "reader", "generator", "dictionary")}
        yield rag, [json.loads(line) for line in Path(questions).read_text(encoding="utf-8").splitlines()]


def asked(arguments: argparse.Namespace) -> Iterator[tuple[Rag, dict[str, Any], Any, list[CandidateSentence]]]:
    """Each question with the sentences that are read for it."""
    for rag, questions in archives(arguments):
        for row in questions:
            query = rag.parse_question(row["question"])
            hits = rag.retriever.search(query, PASSAGES)
            query = rag.translated(query)
            yield rag, row, query, choose_pieces(rag.retriever, rag.reader, query, hits, rag.config.answering)


def is_gold(piece: CandidateSentence, row: dict[str, Any]) -> bool:
    text = "".join(piece.text.split())
    docs = row.get("doc_ids")
    proof = ["".join(e.split()) for e in row.get("evidence") or row.get("answers") or []]
    return (not docs or piece.article.doc_id in docs) and any(e in text or (len(text) > 6 and text in e) for e in proof)


# -- search ------------------------------------------------------------------------------------------------------

CHANNELS = ("dense", "sentence", "lexical", "names", "dictionary", "period")


def fit_search(arguments: argparse.Namespace) -> None:
    cases, groups = [], []
    for rag, questions in archives(arguments):
        for row in questions:
            if row.get("doc_ids") and (case := candidates(rag, row)):
                cases.append(case)
                groups.append(row.get("set") or f"{Path(rag.config.index.dir).name} {row['question_lang']}")
    now = np.array([getattr(Rag.open(arguments.config).config.retrieval, f"{name.rstrip('s')}_weight") for name in CHANNELS])
    for group in sorted(set(groups)):
        others = [case for case, g in zip(cases, groups, strict=True) if g != group]
        own = [case for case, g in zip(cases, groups, strict=True) if g == group]
        learnt = minimize(listwise, now / 4, args=(others,), method="L-BFGS-B").x
        print(f"{group}: first as it was {np.mean([is_first(c, now) for c in own]):.3f}, "
              f"fitted to the others {np.mean([is_first(c, learnt) for c in own]):.3f} of {len(own)}", flush=True)
    best = minimize(listwise, now / 4, args=(cases,), method="L-BFGS-B").x
    print({name: round(float(value / best[0]), 2) for name, value in zip(CHANNELS, best, strict=True)})


def candidates(rag: Rag, row: dict[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """The passages that the channels put forward: ``(n, channels)`` scores, and which are of the right document."""
    query = rag.parse_question(row["question"])
    channels = {name: scores for name, scores in rag.retriever.channels(query).items() if name in CHANNELS}
    weights = rag.retriever.weights(query)
    rows = [number for number, _ in fuse(channels, weights)[:40]]
    passages = rag.retriever.store.archive.passages(rows)
    docs = rag.retriever.store.archive.articles({passages[number].article_id for number in rows})
    gold = np.array([docs[passages[number].article_id].doc_id in row["doc_ids"] for number in rows])
    floor = {name: min(scores.values(), default=0.0) if name in ("dense", "sentence") else 0.0 for name, scores in channels.items()}
    told = np.array([[channels[name].get(number, floor[name]) if weights[name] else 0.0 for name in CHANNELS] for number in rows])
    return (told, gold) if gold.any() and not gold.all() else None


# -- sentences ---------------------------------------------------------------------------------------------------


def fit_sentences(arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    cases, groups = [], []
    for rag, row, _, pieces in asked(arguments):
        gold = np.array([is_gold(piece, row) for piece in pieces])
        if row["answerable"] and gold.any():
            cases.append((np.array([[getattr(p, name) for name in FEATURES] for p in pieces]), gold))
            groups.append(f"{Path(rag.config.index.dir).name} {row['question_lang']}")
    start = np.array([1.0, *(fitted()["sentence"][name] for name in FEATURES[1:])])  # by the reader's log odds
    report(cases, groups, start, "as it was")
    folds = np.random.default_rng(0).integers(0, 10, len(cases))
    held = np.zeros(len(cases))
    for fold in range(10):
        learnt = minimize(listwise, start, args=([c for c, f in zip(cases, folds, strict=True) if f != fold],), method="L-BFGS-B").x
        for at in np.flatnonzero(folds == fold):
            held[at] = is_first(cases[at], learnt)
    for group in sorted(set(groups)):
        own = [h for h, g in zip(held, groups, strict=True) if g == group]
        print(f"cross-validated, first: {group} {np.mean(own):.3f} of {len(own)}")
    best = minimize(listwise, start, args=(cases,), method="L-BFGS-B").x
    report(cases, groups, best, "fitted")
    return {"sentence": dict(zip(FEATURES[1:], best[1:] / best[0], strict=True))}


def listwise(weights: np.ndarray, cases: list[Any]) -> float:
    """Negative log likelihood that a gold sentence is chosen, and what large weights cost."""
    total = 0.0
    for features, gold in cases:
        scores = features @ weights
        total += np.logaddexp.reduce(scores) - np.logaddexp.reduce(scores[gold])
    return float(total / len(cases) + PENALTY * np.sum((weights / 4) ** 2))


def is_first(case: Any, weights: np.ndarray) -> bool:
    return bool(case[1][int((case[0] @ weights).argmax())])


def report(cases: list[Any], groups: list[str], weights: np.ndarray, name: str) -> None:
    for group in sorted(set(groups)):
        own = [is_first(case, weights) for case, g in zip(cases, groups, strict=True) if g == group]
        print(f"{name}, first: {group} {np.mean(own):.3f} of {len(own)}; by the reader alone "
              f"{np.mean([is_first(c, np.array([1.0, 0, 0, 0])) for c, g in zip(cases, groups, strict=True) if g == group]):.3f}")


# -- answers -----------------------------------------------------------------------------------------------------


def fit_answers(arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Fits the model to what reader and generator find together."""
    holds = scorer(arguments.scorer)
    sets, answerable, labels, features = [], [], [], []
    for rag, row, query, pieces in asked(arguments):
        pieces = [piece for piece in pieces if piece.timely]
        if not pieces:
            continue
        found = last(read_pieces(rag.generator, query, pieces, rag.config.answering, rag.config.generation.max_new_tokens))
        signs = answer_features(pieces, found)
        sets.append(str(rag.config.index.dir))
        answerable.append(row["answerable"])
        labels.append(bool(row["answerable"] and holds(write_chinese(found, sources_of(found, pieces)), row)))
        features.append([1.0, *(signs[sign] for sign in SIGNS)])
    told, right = np.array(features), np.array(labels, float)
    held = each_by_the_others(told, right, np.array(sets))
    print(f"{len(right)} questions; right before any refusal: {np.mean(right[np.array(answerable)]):.3f}")
    reliability(held, right)
    thresholds(held, right, np.array(answerable))
    return {"answer": dict(zip(("constant", *SIGNS), fit_logistic(told, right), strict=True))}


def each_by_the_others(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Returns ``(n,)``: the chance of each row by a model that was fitted to the rows of the other groups."""
    held = np.zeros(len(labels))
    for group in set(groups):
        own = groups == group
        held[own] = logistic(features[own], fit_logistic(features[~own], labels[~own]))
    return held


# -- several figures ---------------------------------------------------------------------------------------------


def fit_several(arguments: argparse.Namespace) -> None:
    """Does a question take several figures; and if it seems to, does what is looked up for it answer it?"""
    holds = scorer(arguments.scorer)
    takes, features, right, alone = [], [], [], []
    for rag, questions in archives(arguments):
        for row in questions:
            query = rag.parse_question(row["question"])
            several = classify_operation(rag.reader.states(query.question))[1]
            plan = draft_plan(with_chinese_names_and_times(query), rag.generator) if several >= ASKED_FROM else None
            if plan is None:
                continue
            takes.append(float("operation" in row))
            features.append([1.0, log_odds(several), surely_one(plan)])
            several = updated_by_plan(several, plan)
            answer = rag.ask(row["question"], operation="lookup") if several > rag.config.answering.work_out else None
            if answer and not answer.refused:
                is_right = judged(row, answer)["right"] if "operation" in row else row["answerable"] and holds(answer.text, row)
                right.append(float(is_right))
                alone.append([1.0, log_odds(several), log_odds(answer.chance)])
    weights = {name: dict(values) for name, values in figures.fitted().items()}
    weights["planned"] = fit_and_tell("takes several", ("constant", "question", "surely"), features, takes)
    weights["alone"] = fit_and_tell("looked up rightly", ("constant", "several", "looked_up"), alone, right)
    if not arguments.dry:
        Path(figures.__file__).with_name("fitted.json").write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def fit_and_tell(what: str, names: Sequence[str], signs: Sequence[Sequence[float]], told: Sequence[float]) -> dict[str, float]:
    """Fits a logistic regression, and prints how well it does on tenths of the cases by what was fitted to the others."""
    features, labels = np.array(signs), np.array(told)
    held = each_by_the_others(features, labels, np.random.default_rng(0).integers(0, 10, len(labels)))
    print(f"{what}: {np.mean(held[labels == 1] > 0.5):.3f} of {int(labels.sum())}; "
          f"not so: {np.mean(held[labels == 0] <= 0.5):.3f} of {int((labels == 0).sum())}")
    fitted = {name: round(float(value), 3) for name, value in zip(names, fit_logistic(features, labels), strict=True)}
    print(json.dumps(fitted))
    return fitted


def scorer(file: Path) -> Any:
    """Whether an answer is right, by the matching of the evaluation's own scorer."""
    spec = importlib.util.spec_from_file_location("scorer", file)
    assert spec and spec.loader
    module = sys.modules["scorer"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def holds(text: str, row: dict[str, Any]) -> bool:
        prediction = [{"id": row["id"], "answer": text, "refused": False, "citations": [{"quote": text}], "seconds": {"total": 0.0}}]
        return module.score_seed([row], prediction)["correct"] == 1.0

    return holds


def logistic(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-features @ weights))


def fit_logistic(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    def cost(weights: np.ndarray) -> float:
        scores = features @ weights
        return float(np.mean(np.logaddexp(0, scores) - labels * scores) + PENALTY / 4 * np.sum(weights[1:] ** 2))

    return np.asarray(minimize(cost, np.zeros(features.shape[1]), method="L-BFGS-B").x)


def reliability(chances: np.ndarray, labels: np.ndarray) -> None:
    print("stated | questions | mean stated | right")
    for low in np.arange(0, 1, 0.2):
        own = (chances >= low) & (chances < low + 0.2 + 1e-9)
        if own.any():
            print(f"{low:.1f}-{low + 0.2:.1f} | {own.sum()} | {chances[own].mean():.2f} | {labels[own].mean():.2f}")


def thresholds(chances: np.ndarray, labels: np.ndarray, answerable: np.ndarray) -> None:
    print("min_chance | correct | wrong | refused wrongly | refusal precision | recall")
    for least in np.arange(0.2, 0.75, 0.05):
        refused = chances < least
        well = labels[answerable].astype(bool)
        shown = ~refused[answerable]
        precision = (refused & ~answerable).sum() / max(1, refused.sum())
        print(f"{least:.2f} | {np.mean(well & shown):.3f} | {np.mean(~well & shown):.3f} | {1 - shown.mean():.3f} | "
              f"{precision:.3f} | {refused[~answerable].mean():.3f}")


if __name__ == "__main__":
    main()
