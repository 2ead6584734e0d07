"""Lets the generator draft the plans of questions whose plans are known; writes ``benchmarks/plans.md``.

    python benchmarks/plans.py --index NEWS --questions benchmarks/sets/plans_report.jsonl

``NEWS``: an index of the news items, whose names are put into English questions. A plan is alike if it has as many parts, in their
order, each of which shares at least two in five pairs of letters with that of the plan written by hand.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from run import write_table

from rag import Rag
from rag.gather.draft import draft_plan, with_chinese_names_and_times
from rag.gather.prompts import DraftedPlan, read_plan
from rag.language.text import jaccard, letter_pairs

LEAST = 0.4  # of the pairs of letters of two parts that are alike


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    arguments = parser.parse_args()
    rag = Rag.open(index=arguments.index)
    rows = [json.loads(line) for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    told = [(row["lang"], draft_plan(with_chinese_names_and_times(rag.parse_question(row["question"])), rag.generator), plan)
            for row in rows if (plan := read_plan(row["plan"]))]
    groups = {"all": told, **{name: [one for one in told if one[0] == name] for name in ("zh", "en")}}
    lines = [[name, len(group), *figures_of([(draft, plan) for _, draft, plan in group])] for name, group in groups.items()]
    head = ("questions", "n", "operation right", "plan alike", "several seen", "one seen")
    write_table("plans", "Plans that the generator drafts", head, lines,
                f"plans.py --index NEWS --questions benchmarks/sets/{arguments.questions.name}")


def figures_of(told: Sequence[tuple[DraftedPlan | None, DraftedPlan]]) -> list[str]:
    right = [draft is not None and draft.operation == plan.operation for draft, plan in told]
    alike = [draft is not None and is_alike(draft, plan) for draft, plan in told]
    one = [(draft is None or draft.operation == "lookup", plan.operation == "lookup") for draft, plan in told]
    several_seen = [not seen for seen, is_one in one if not is_one]
    one_seen = [seen for seen, is_one in one if is_one]
    return [f"{sum(right) / len(told):.2f}", f"{sum(alike) / len(told):.2f}", f"{sum(several_seen)} of {len(several_seen)}",
            f"{sum(one_seen)} of {len(one_seen)}"]


def is_alike(draft: DraftedPlan, plan: DraftedPlan) -> bool:
    """Whether two plans do the same with much the same parts.

    >>> is_alike(DraftedPlan("sum", ("甲镇产粮量", "乙镇产粮量")), DraftedPlan("sum", ("甲镇的产粮量", "乙镇的产粮量"), (0, 1)))
    True
    """
    places = range(len(plan.parts))
    same = draft.operation == plan.operation and len(draft.parts) == len(plan.parts)
    return same and tuple(draft.order or places) == tuple(plan.order or places) and all(
        jaccard(letter_pairs(one), letter_pairs(other)) >= LEAST for one, other in zip(draft.parts, plan.parts, strict=True))


if __name__ == "__main__":
    main()
