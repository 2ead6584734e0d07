"""Fits the weights by which headlines are told from sub-headings (``headings`` in ``rag/pages/fitted.json``), and tests them.

    python benchmarks/headings.py --fit PAGES [PAGES ...] --test PAGES [PAGES ...] [--kind KIND] [--write]

``PAGES``: folders with page_*.gold.json.

Each kind of page has its own: ``headings``, and ``plain headings`` for pages that mark no heading, or all with a single ``#``.

Fitted is a logistic regression over the stacks of headings of pages whose articles are known. Generated pages make
their sub-headings out of clauses of the section; real ones seldom do. So each of these counts a second time, at a
third of the weight, as if it took nothing up: without this the weights hold for generated pages only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from run import write_fitted, write_table
from sklearn.linear_model import LogisticRegression

from rag.language.text import fold
from rag.pages.fitted import fitted
from rag.pages.headings import adjacent_features, article_features, broken_off_texts, heading_model, stacks_of
from rag.pages.page_parser import label_all_but_headings, read_blocks

_UNLIKE = 0.3  # of the weight of a sub-heading, for its double that repeats no clause
FEATURES = tuple(fitted()["headings"])
Stacks = tuple[np.ndarray, np.ndarray]  # evidence (n, weights), whether an article begins (n,)


def main() -> None:
    """Writes ``headings.md``, prints the weights, and with ``--write`` puts them into the program before they are tested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=Path, nargs="+", required=True)
    parser.add_argument("--test", type=Path, nargs="+", required=True)
    parser.add_argument("--kind", choices=["headings", "plain headings"], default="headings")
    parser.add_argument("--write", action="store_true", help="write the weights to rag/pages/fitted.json")
    arguments = parser.parse_args()
    found = [stacks(folder, arguments.kind) for folder in arguments.fit]
    evidence, begins = (np.concatenate(part) for part in zip(*found, strict=True))
    learnt, plain = fit(evidence, begins, _UNLIKE), fit(evidence, begins, 0.0)
    print(json.dumps(learnt))
    if arguments.write:
        write_fitted(arguments.kind, learnt)
    rows = []
    for folder in arguments.test:
        data = stacks(folder, arguments.kind)
        rows += [[folder.name, len(data[1]), name, *errors(data, weights)]
                 for name, weights in (("without the doubles", plain), ("as shipped", fitted()[arguments.kind]))]
    write_table("headings", f"Headlines told from sub-headings, {len(begins):,} to fit",
                ["pages", "headings", "weights", "missed", "extra"], rows, "headings.py --fit PAGES --test OTHER_PAGES")


def fit(evidence: np.ndarray, begins: np.ndarray, doubles: float) -> dict[str, float]:
    """The weights, rounded to a tenth; that of the first heading of a page is set, as there is nothing for it to divide."""
    later = evidence[:, FEATURES.index("first")] == 0
    evidence, begins = evidence[later], begins[later]
    clauses = [at for at, name in enumerate(FEATURES) if name.startswith("clauses")]
    unlike = evidence[~begins & evidence[:, clauses].any(axis=1)]
    unlike[:, clauses] = 0.0
    weight = np.concatenate([np.ones(len(evidence)), np.full(len(unlike), doubles)])
    model = LogisticRegression(max_iter=5000, fit_intercept=False).fit(
        np.concatenate([evidence, unlike]), np.concatenate([begins, np.zeros(len(unlike), bool)]), weight)
    return dict(zip(FEATURES, model.coef_[0].round(1).tolist(), strict=True)) | {"first": fitted()["headings"]["first"]}


def stacks(folder: Path, kind: str) -> Stacks:
    """All headings of the pages of a kind in a folder; those that are neither headline nor sub-heading (over pictures) are left out."""
    rows, begins = zip(*(row for file in sorted(folder.glob("page_*.gold.json")) for row in _of_page(file, kind)), strict=True)
    return np.array(rows), np.array(begins)


def _of_page(gold: Path, kind: str) -> Iterator[tuple[list[float], bool]]:
    articles = json.loads(gold.read_text(encoding="utf-8"))
    titles = {_plain(a["title"]) for a in articles if a["title"]}
    subheads = {_plain(s) for a in articles for s in a["subheads"]}
    page = gold.with_name(gold.name.replace(".gold.json", ".txt")).read_text(encoding="utf-8")
    blocks = read_blocks(page)
    if heading_model(blocks) != kind:
        return
    labels, seams = label_all_but_headings(blocks)
    broken = broken_off_texts(blocks, labels)
    article: list[int] = []
    for stack in stacks_of(labels):
        article += stack.before
        headings = {_plain(blocks[at].text) for at in stack.headings}
        if headings & (titles | subheads):
            told = adjacent_features(blocks, labels, stack, broken, seams) | article_features(blocks, article, stack, seams)
            yield [told.get(name, 0.0) for name in FEATURES], bool(headings & titles)
        if headings & titles:
            article = []


def errors(data: Stacks, weights: Mapping[str, float]) -> tuple[int, int]:
    """Headlines missed, and sub-headings taken for headlines."""
    told = data[0] @ np.array([weights[name] for name in FEATURES]) > 0
    return int((~told & data[1]).sum()), int((told & ~data[1]).sum())


def _plain(text: str) -> str:
    return "".join(fold(text).split())


if __name__ == "__main__":
    main()
