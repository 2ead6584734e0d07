"""Fits the weights by which a story's first paragraph is told (``lead`` in ``rag/pages/fitted.json``), and tests them.

    python benchmarks/openings.py --fit PAGES --test OTHER_PAGES [--write]      folders with page_*.gold.json

Fitted is a logistic regression over pairs of paragraphs of one story, of which the first is the lead. Tested is
what the reader needs it for: a story whose columns were swapped between two paragraphs must look swapped, and one
that was not must not.
"""

from __future__ import annotations

import argparse
import json
from itertools import accumulate
from pathlib import Path

import numpy as np
from run import write_fitted, write_table
from sklearn.linear_model import LogisticRegression

from rag.pages.fitted import fitted
from rag.pages.ngram_model import lexicon
from rag.pages.seams import page_seams

FEATURES = tuple(fitted()["lead"])
Story = tuple[np.ndarray, list[int]]  # evidence (paragraphs, 5) and the places where columns may have been swapped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="write the weights to rag/pages/fitted.json")
    arguments = parser.parse_args()
    learnt, tested = stories(arguments.fit), stories(arguments.test)
    weights = fit(learnt)
    if arguments.write:
        write_fitted("lead", dict(zip(FEATURES, weights, strict=True)))
    rows = [[name, ", ".join(f"{w:.1f}" for w in used), *(f"{share:.3f}" for share in found(tested, used))]
            for name, used in (("headline only", fit(learnt, [0])), ("and the rest", fit(learnt, [0, 1])),
                               ("and the date", fit(learnt, [0, 1, 2])), ("and the first word", fit(learnt, [0, 1, 2, 3])),
                               ("and who speaks", weights), ("as shipped", np.array(list(fitted()["lead"].values()))))]
    write_table("openings", f"Swapped columns found at three rates of false alarm, {len(learnt)} stories to fit, {len(tested)} to test",
                ["evidence", "weights", "0.5 %", "1 %", "2 %"], rows, "openings.py --fit PAGES --test OTHER_PAGES")


def stories(folder: Path) -> list[Story]:
    found = []
    for file in sorted(folder.glob("page_*.gold.json")):
        for gold in json.loads(file.read_text(encoding="utf-8")):
            texts = gold["paragraphs"]
            starts = [0, *accumulate(map(len, texts))]
            places = [j for j in range(1, len(texts)) if 0.2 < starts[j] / starts[-1] < 0.65]
            if not gold["title"] or gold.get("continued_from") or starts[-1] < 500 or len(texts) < 4 or not places:
                continue
            texts = [text.removeprefix("\u672c\u62a5\u8baf ") for text in texts]
            seams = page_seams(lexicon(), texts)
            evidence = [seams.lead_features(gold["title"], t, texts[:k] + texts[k + 1:]) for k, t in enumerate(texts)]
            found.append((np.array(evidence), places))
    return found


def fit(data: list[Story], columns: list[int] | None = None) -> np.ndarray:
    pairs = np.concatenate([evidence[:1] - evidence[1:] for evidence, _ in data])
    used = columns or list(range(len(FEATURES)))
    signs = np.where(np.arange(len(pairs)) % 2, 1, -1)
    scale = pairs.std(axis=0)[used]
    model = LogisticRegression(C=0.1, fit_intercept=False).fit(pairs[:, used] / scale * signs[:, None], signs > 0)
    weights = np.zeros(len(FEATURES))
    weights[used] = model.coef_[0] / scale
    return weights


def found(data: list[Story], weights: np.ndarray) -> list[float]:
    scores = [(evidence @ weights, places) for evidence, places in data]
    alarms = np.sort([max(s[1:]) - s[0] for s, _ in scores])[::-1]
    swapped = np.array([s[0] - max(s[1:]) if s[0] < max(s[1:]) else s[0] - s[j] for s, places in scores for j in places])
    return [float((swapped > alarms[int(rate * len(alarms))]).mean()) for rate in (0.005, 0.01, 0.02)]


if __name__ == "__main__":
    main()
