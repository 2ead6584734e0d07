"""Evaluates search, answers and page reading on a user's own questions and pages.

Retrieval is measured on the first ten documents by recall@k, mean reciprocal rank (MRR), and normalised discounted cumulative gain
(nDCG) with binary relevance, as in Manning, Raghavan and Schütze, *Introduction to Information Retrieval*, chapter 8. Reports list
every failure with the results.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from statistics import mean, median, quantiles
from typing import TYPE_CHECKING, Any

from rag.language.quantities import read
from rag.language.text import fold
from rag.records import Answer, Article, Hit

if TYPE_CHECKING:
    from rag.engine import Rag

_CUTOFF = 10  # documents of a search that are judged
_KS = (1, 5, 10)  # the k of recall@k


@dataclass
class Report:
    """An evaluation. ``figures``: metric → value (shares from 0 to 1, seconds). ``failures``: one record for each failed question."""

    kind: str
    questions: int
    figures: dict[str, float] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as JSON."""
        return asdict(self)


# -- search ---------------------------------------------------------------------------------------------------


def evaluate_retrieval(rag: Rag, questions: Iterable[Mapping[str, Any]]) -> Report:
    """Evaluates search on questions ``{"id", "question", "doc_ids"}``.

    Each of ``doc_ids`` is relevant; questions without any are skipped.
    """
    import time

    ranks, gains, seconds, failures = [], [], [], []
    for row in questions:
        if not row.get("doc_ids"):
            continue
        began = time.perf_counter()
        found = documents(rag.search(row["question"], k=_CUTOFF * 3))[:_CUTOFF]
        seconds.append(time.perf_counter() - began)
        right = [rank for rank, doc in enumerate(found, 1) if doc in row["doc_ids"]]
        ranks.append(right[0] if right else 0)
        gains.append(ndcg(right, len(row["doc_ids"])))
        if ranks[-1] != 1:
            failures.append({"id": row["id"], "question": row["question"], "rank": ranks[-1],
                             "wanted": list(row["doc_ids"]), "found": found[:3]})
    figures = {f"recall@{k}": mean(0 < r <= k for r in ranks) if ranks else 0.0 for k in _KS}
    figures["mrr@10"] = mean(1 / r if r else 0.0 for r in ranks) if ranks else 0.0
    figures["ndcg@10"] = mean(gains) if gains else 0.0
    return Report("retrieval", len(ranks), {**figures, **times(seconds)}, failures)


def documents(hits: Iterable[Hit]) -> list[str]:
    """Returns the document ids of hits, without duplicates, best first."""
    return list(dict.fromkeys(hit.article.doc_id for hit in hits))


def ndcg(ranks: Sequence[int], relevant: int) -> float:
    """Returns nDCG@10 of relevant documents at ``ranks``, out of ``relevant`` in all.

    >>> ndcg([1], 1), ndcg([], 1), round(ndcg([2], 1), 3)
    (1.0, 0.0, 0.631)
    """
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(relevant, _CUTOFF) + 1))
    return sum(1 / math.log2(rank + 1) for rank in ranks) / best if best else 0.0


# -- answers --------------------------------------------------------------------------------------------------


def evaluate_answers(rag: Rag, questions: Iterable[Mapping[str, Any]]) -> Report:
    """Evaluates answers on questions ``{"id", "question", "answers"}``.

    An answer is correct if it contains one of ``answers``; for ``[]`` it must be a refusal. Numbers match in any notation (47,
    forty-seven; 86.8亿, 8.68 billion).
    """
    outcomes, seconds, failures, cited = [], [], [], []
    for row in questions:
        answer = rag.ask(row["question"])
        outcome = _outcome(answer, row.get("answers") or [])
        outcomes.append(outcome)
        seconds.append(answer.seconds["total"])
        if outcome in ("right", "wrong"):
            cited.append(any(holds(c.quote, row["answers"]) for c in answer.citations))
        if outcome not in ("right", "refused rightly"):
            failures.append({"id": row["id"], "question": row["question"], "outcome": outcome, "answer": answer.text,
                             "wanted": row.get("answers") or [], "quotes": [c.quote for c in answer.citations]})
    return Report("answers", len(outcomes), {**_shares(outcomes, cited), **times(seconds)}, failures)


def evaluate_feedback(rag: Rag, judged: Iterable[Mapping[str, Any]]) -> Report:
    """Asks questions again that users rated at the desk: ``{"id", "question", "verdict", "quotes"}``.

    ``kept``: share of the answers rated good whose quotations are the same. ``mended``: share of those rated bad whose
    quotations differ. All others are failures.
    """
    outcomes: dict[str, list[bool]] = {"kept": [], "mended": []}
    seconds, failures = [], []
    for row in judged:
        answer = rag.ask(row["question"])
        same = [c.quote for c in answer.citations] == list(row.get("quotes", ())) and answer.refused == row.get("refused", False)
        name, well = ("kept", same) if row.get("verdict") == "up" else ("mended", not same)
        outcomes[name].append(well)
        seconds.append(answer.seconds["total"])
        if not well:
            failures.append({"id": row["id"], "question": row["question"], "verdict": row.get("verdict"), "word": row.get("word", ""),
                             "answer": answer.text, "answer_judged": row.get("answer", "")})
    shares = {name: mean(found) for name, found in outcomes.items() if found}
    return Report("feedback", len(seconds), {**shares, **times(seconds)}, failures)


def _outcome(answer: Answer, wanted: Sequence[str]) -> str:
    if answer.refused:
        return "refused wrongly" if wanted else "refused rightly"
    if not wanted:
        return "answered wrongly"
    return "right" if holds(answer.text, wanted) else "wrong"


def holds(text: str, wanted: Iterable[str]) -> bool:
    """Tells whether a text contains one of the answers: as words, or as a value if the answer is a plain figure.

    >>> holds("8.68 billion yuan [1]", ["86.8亿元"]), holds("47 projects", ["7"])
    (True, False)
    """
    plain = "".join(fold(text).split())
    values = {q.value for q in read(text)}
    for answer in wanted:
        figures = read(answer)
        if len(figures) == 1 and len(figures[0].text) >= len(answer) - 2:
            if figures[0].value in values:
                return True
        elif "".join(fold(answer).split()) in plain:
            return True
    return False


def _shares(outcomes: Sequence[str], cited: Sequence[bool]) -> dict[str, float]:
    count = {name: outcomes.count(name) for name in ("right", "wrong", "refused wrongly", "refused rightly", "answered wrongly")}
    answerable = count["right"] + count["wrong"] + count["refused wrongly"]
    refusals = count["refused wrongly"] + count["refused rightly"]
    unanswerable = count["refused rightly"] + count["answered wrongly"]
    share = {"correct": (count["right"], answerable), "cited": (sum(cited), len(cited)),
             "refusal_precision": (count["refused rightly"], refusals), "refusal_recall": (count["refused rightly"], unanswerable)}
    return {name: part / whole for name, (part, whole) in share.items() if whole}


# -- pages ----------------------------------------------------------------------------------------------------


def evaluate_pages(pages: Iterable[tuple[str, Sequence[Article], Sequence[Mapping[str, Any]]]]) -> Report:
    """Evaluates page reading on pages ``(name, articles as read, gold articles)``.

    A gold article is ``{"title", "paragraphs"}``. Articles are matched one to one so that the shared text is largest.
    ``article_f1`` counts characters in common substrings of eight characters or more.
    """
    shared = read_characters = true_characters = 0
    titles = [0, 0, 0]
    failures, number = [], 0
    for name, found, wanted in pages:
        number += 1
        texts = ["".join(article.text.split()) for article in found]
        gold = ["".join("".join(row["paragraphs"]).split()) for row in wanted]
        common = _shared_characters(texts, gold)
        shared, read_characters, true_characters = (
            shared + common, read_characters + sum(map(len, texts)), true_characters + sum(map(len, gold)))
        have = {_comparable(article.title) for article in found if article.title}
        want = {_comparable(row["title"]) for row in wanted if row["title"]}
        titles = [titles[0] + len(have & want), titles[1] + len(have), titles[2] + len(want)]
        if have != want:
            failures.append({"id": name, "missed": sorted(want - have), "added": sorted(have - want)})
    both = read_characters + true_characters
    figures = {"article_f1": 2 * shared / both if both else 0.0, "title_precision": titles[0] / (titles[1] or 1),
               "title_recall": titles[0] / (titles[2] or 1)}
    return Report("pages", number, figures, failures)


def _comparable(title: str) -> str:
    return "".join(fold(title).split())


def _shared_characters(texts: Sequence[str], gold: Sequence[str]) -> int:
    """Returns the number of shared characters under the best one-to-one matching of articles (Hungarian method)."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not texts or not gold:
        return 0
    shared_counts = np.array([[_common_characters(one, other) for other in gold] for one in texts])
    rows, columns = linear_sum_assignment(-shared_counts)
    return int(shared_counts[rows, columns].sum())


def _common_characters(one: str, other: str) -> int:
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= 8)


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Returns the median and the 95th percentile of seconds.

    >>> times([1.0])
    {'seconds_p50': 1.0}
    """
    if len(seconds) < 2:
        return {"seconds_p50": seconds[0]} if seconds else {}
    return {"seconds_p50": median(seconds), "seconds_p95": quantiles(seconds, n=20)[-1]}
