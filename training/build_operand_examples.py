"""Gathers what the generator's adapter is trained with about dossiers: figures that a computation takes, answers to read, and some
contexts of runs before.

    python training/build_operand_examples.py --dossiers DOSSIERS/index --before generator.json.gz --out operands.json.gz

``--before`` is what ``build_generator_examples.py`` made: a share of it keeps the adapter from forgetting.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from pathlib import Path

from build_generator_examples import beginning
from dossiers import Dossiers, Row, dossiers

from rag.answer.prompts import NOT_SAID, read_prompt
from rag.gather.operands import operands_prompt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dossiers", type=Path, required=True, help="an index of the pages that dossiers.py makes")
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=1, help="contexts of each dossier, for figures")
    parser.add_argument("--each-read", type=int, default=1, help="contexts of each dossier, for reading")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first dossier of which all contexts are taken")
    parser.add_argument("--older", type=float, default=0.3, help="share of the dossiers before that one")
    parser.add_argument("--further", action="store_true", help="also with the questions of cells.jsonl, told.jsonl and parts.jsonl")
    parser.add_argument("--share", type=float, default=0.25, help="share of the contexts of the runs before")
    parser.add_argument("--seed", type=int, default=35)
    arguments = parser.parse_args()
    with gzip.open(arguments.before, "rt", encoding="utf-8") as lines:
        examples = json.load(lines)
    draw = random.Random(arguments.seed)
    before = draw.sample(examples["contexts"], round(arguments.share * len(examples["contexts"])))
    chosen = [number for number in range(len(dossiers())) if number >= arguments.first or draw.random() < arguments.older]
    program = Dossiers(arguments.dossiers, arguments.seed, arguments.further)
    own = [as_asked(one, "问题:{}\n取数:") for one in program.contexts(chosen, arguments.each)]
    own += [as_asked(one, "问题:{}\n回答:") for one in program.read_contexts(chosen, arguments.each_read)]
    examples["contexts"] = own + before
    examples["prompts"] |= {"operands": beginning(operands_prompt("", ())), "read": beginning(read_prompt("", ()))}
    with gzip.open(arguments.out, "wt", encoding="utf-8") as out:
        json.dump(examples, out, ensure_ascii=False)
    for task in ("operands", "read"):
        asks = [told for one in own if one["task"] == task for _, told in one["asks"]]
        print(sum(one["task"] == task for one in own), f"contexts of dossiers ({task}) with", len(asks), "questions,",
              sum("=无" in told or told == NOT_SAID for told in asks), "with something that is not told")
    print(len(before), "contexts of before;", program.lost, "figures not found on their page")


def as_asked(context: Row, form: str) -> Row:
    """A context whose questions are put as the prompt puts them."""
    turn = "<|im_end|>\n<|im_start|>assistant\n"
    return {**context, "asks": [(form.format(ask) + turn, told) for ask, told in context["asks"]]}


if __name__ == "__main__":
    main()
