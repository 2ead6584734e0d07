"""Asks a set of gathered questions and writes ``benchmarks/gathered.md``: by language and by operation.

    python benchmarks/gathered.py --config corpus.yaml --questions benchmarks/sets/gathered_report.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

from run import write_table

from rag import Rag
from rag.doors.evaluate_gathered import judged

FIGURES = ("recall", "precision", "derived", "right", "wrong", "incomplete_said")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--out", default="gathered", help="name of the table")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    rag = Rag.open(arguments.config)
    rag.warm_up()
    told = [(row, answer, judged(row, answer)) for row in rows for answer in [rag.ask(row["question"])]]
    groups = {"all": told}
    for key in ("question_lang", "operation"):
        for value in sorted({row[key] for row in rows}):
            groups[value] = [one for one in told if one[0][key] == value]
    for name, worked in (("taken for one of these", True), ("looked up", False)):
        groups[name] = [one for one in told if (one[1].operation != "lookup") == worked]
    lines = [[name, len(group), *figures_of([one for _, _, one in group])] for name, group in groups.items() if group]
    seconds = [answer.seconds["total"] for _, answer, _ in told]
    head = ("questions", "n", "rows recall", "rows precision", "worked out rightly", "right", "wrong", "said incomplete")
    write_table(arguments.out, "Answers that were gathered and worked out", head, lines,
                f"gathered.py --config corpus.yaml --questions benchmarks/sets/{arguments.questions.name}")
    print(f"seconds: median {median(seconds):.1f}, 95 % {quantiles(seconds, n=20)[-1]:.1f}")


def figures_of(judgements: Sequence[Mapping[str, Any]]) -> list[str]:
    """The means of the figures, a dash for one that applies to none."""
    values = {name: [float(one[name]) for one in judgements if one[name] is not None] for name in FIGURES}
    return [f"{mean(values[name]):.2f}" if values[name] else "–" for name in FIGURES]


if __name__ == "__main__":
    main()
