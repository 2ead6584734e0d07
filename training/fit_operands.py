"""Fits how sure the program is of the operands that its generator takes, on the dossiers that are kept back from training.

    python training/fit_operands.py --index DOSSIERS/index --out rag/gather/fitted.json

Each question is asked of the reports of its dossier, as of an archive of its own. What is taken is right if it is the same operation
with the same figures. Prints how many are, by operation, and for those without a missing figure a reliability table; writes the
weights of ``operands``.
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
from dossiers import EACH, LOOKED_UP, UNTOLD_BY_ALL, asks_two_places, dossiers, is_kept_back, name_of
from sklearn.linear_model import LogisticRegression

from rag import Rag
from rag.answer.choose import Piece, choose_pieces
from rag.answer.tables import cell_under
from rag.gather.operands import Operands, Printed, lines_to_read, take_operands
from rag.gather.prompts import ENDS, operation_of
from rag.gather.taken import by_rows
from rag.records import Filter
from rag.steps import PASSAGES

Row = dict[str, Any]
Told = tuple[str, str, list[tuple[str, ...]]]
_ORDERED = {"share", "percent_change"}


def gold_of(question: Row) -> Told:
    """The operation, the ends of a rank or the condition of a filter, and the figures of each item, without their units."""
    if asks_two_places(question):
        return "each", "most", [(f"+{_plain(part[0])}",) for part in question["answer"]]
    figures = [tuple(sorted(f"{sign}{_plain(str(words))}" for sign, words, *_ in item["take"])) for item in question.get("items", ())]
    told = "".join(question.get("cond", "")) or "".join(ENDS.get(question.get("end", ""), ("most",)))
    return operation_of(question["op"]), told, figures


def told_by(taken: Operands, lines: Sequence[Piece]) -> Told:
    """The same of what the generator took: the figures of whole columns by row."""
    spread = by_rows(taken, lines)
    figures = [tuple(sorted(f"{'+' if one.sign > 0 else '-'}{_plain(_words_of(one, lines))}" for one in item.figures))
               for item in spread.operands]
    return taken.operation, taken.condition or "".join(taken.ends), figures


def _words_of(printed: Printed, lines: Sequence[Piece]) -> str:
    if printed.last is None or not 0 <= printed.line < len(lines):
        return printed.words
    cell = cell_under(lines[printed.line].text, printed.words)
    return lines[printed.line].text[slice(*cell)] if cell else ""


def _plain(words: str) -> str:
    return re.sub(r"[^\d.零一二两三四五六七八九十百千万亿-]", "", words) or words


def is_right(question: Row, taken: Operands, lines: Sequence[Piece]) -> bool:
    operation, ends, figures = gold_of(question)
    own, own_ends, told = told_by(taken, lines)
    if operation not in _ORDERED:
        figures, told = sorted(figures), sorted(told)
    return (operation, ends, figures) == (own, own_ends, told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first dossier that is asked about")
    arguments = parser.parse_args()
    rag = Rag.open(index=arguments.index)
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    signs, right = [], []
    for number, dossier in enumerate(dossiers()):
        for question in dossier["questions"] if is_kept_back(number) and number >= arguments.first else ():
            is_single = question["op"] in (LOOKED_UP, UNTOLD_BY_ALL) and not asks_two_places(question)
            kind = EACH if asks_two_places(question) else question["op"]
            query = rag.understand(question["q"])
            hits = rag.retriever.search(query, PASSAGES, Filter(source=name_of(number, 0).removesuffix("0.md")))
            lines = lines_to_read(choose_pieces(rag.retriever, rag.reader, query, hits, rag.config.answering))
            taken = take_operands(query.named or query.question, lines, rag.generator)
            if taken is None or taken.operation == "lookup":
                seen[kind]["right" if taken and is_single else "looked up"] += 1
                continue
            good = not is_single and is_right(question, taken, lines)
            seen[kind]["right" if good else "wrong"] += 1
            if all(one.figures for one in taken.operands):  # else nothing is worked out
                signs.append([taken.log_probability or 0.0])
                right.append(good)
            if not good:
                print(question["q"], "|", gold_of(question), "|", told_by(taken, lines), "|", round(taken.log_probability or 0.0, 2))
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
