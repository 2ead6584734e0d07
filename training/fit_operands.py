"""Fits how sure the program is of the operands that its generator takes, on the dossiers that are kept back from training.

    python training/fit_operands.py --index DOSSIERS/index --out rag/gather/fitted.json

Each question is asked of the reports of its dossier, as of an archive of its own. What is taken is right if the same comes out as from
the figures of the question. Prints how many are, by operation, and a reliability table; writes the weights of ``operands``.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dossiers import EACH, LOOKED_UP, UNTOLD_BY_ALL, Dossiers, asks_two_places, dossiers, is_kept_back
from sklearn.linear_model import LogisticRegression

from rag.answer.choose import CandidateSentence, choose_pieces
from rag.gather.execute import compute_from_operands
from rag.gather.operands import Operands, lines_to_read, read_operands, take_operands
from rag.search.query import Query

Row = dict[str, Any]


def outcome(taken: Operands | None, lines: Sequence[CandidateSentence], query: Query) -> str:
    """What comes out, whichever of two is subtracted from the other; ``""`` where nothing does."""
    answer = compute_from_operands(taken, lines, query, str) if taken else None
    if answer is None or answer.refused or answer.missing:
        return ""
    return re.sub(r"[−-]", "", answer.derived.shown if answer.derived else answer.text)


def right_outcome(program: Dossiers, number: int, question: Row, query: Query) -> str:
    """What comes out of the figures of a question; ``""`` where one sentence answers it, or a figure is nowhere."""
    lines = program.lines_with_all(number, question)
    written, is_whole = program.written(number, question, lines)
    return outcome(read_operands(written), lines, query) if written and is_whole else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first dossier that is asked about")
    arguments = parser.parse_args()
    program = Dossiers(arguments.index, 0)
    rag = program.rag
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    signs, right = [], []
    for number, dossier in enumerate(dossiers()):
        for question in dossier["questions"] if is_kept_back(number) and number >= arguments.first else ():
            is_single = question["op"] in (LOOKED_UP, UNTOLD_BY_ALL) and not asks_two_places(question)
            kind = EACH if asks_two_places(question) else question["op"]
            query, hits = program.found(number, question)
            lines = lines_to_read(choose_pieces(rag.retriever, rag.reader, query, hits, rag.config.answering))
            taken = take_operands(query.localised or query.question, lines, rag.generator)
            told = outcome(taken, lines, query)
            if taken is None or taken.operation == "lookup" or not told:
                seen[kind]["right" if is_single else "nothing worked out"] += 1
                continue
            good = told == right_outcome(program, number, question, query)
            seen[kind]["right" if good else "wrong"] += 1
            signs.append([taken.log_probability or 0.0])
            right.append(good)
            if not good:
                print(question["q"], "|", question.get("gold"), "|", told, "|", round(taken.log_probability or 0.0, 2), flush=True)
    for name, counts in sorted(seen.items()):
        print(name, dict(counts))
    x, y = np.array(signs), np.array(right)
    model = LogisticRegression(C=10.0).fit(x, y)
    stated = model.predict_proba(x)[:, 1]
    for low in (0.0, 0.25, 0.5, 0.75):
        inside = (stated >= low) & (stated < low + 0.25 + (low == 0.75))
        if inside.any():
            print(f"stated {low}: {inside.sum()} questions, mean {stated[inside].mean():.2f}, right {y[inside].mean():.2f}")
    if arguments.out:
        weights = json.loads(arguments.out.read_text(encoding="utf-8"))
        weights["operands"] = {"constant": round(float(model.intercept_[0]), 3), "surely": round(float(model.coef_[0][0]), 3),
                               "usual": round(float(x[:, 0].mean()), 3)}
        arguments.out.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
