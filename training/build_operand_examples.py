"""Gathers what the generator's adapter is trained with to take the figures of a computation, and some contexts of runs before.

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
from dossiers import Dossiers

from rag.gather.operands import operands_prompt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dossiers", type=Path, required=True, help="an index of the pages that dossiers.py makes")
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=1, help="contexts of each dossier")
    parser.add_argument("--share", type=float, default=0.25, help="share of the contexts of the runs before")
    parser.add_argument("--seed", type=int, default=35)
    arguments = parser.parse_args()
    with gzip.open(arguments.before, "rt", encoding="utf-8") as lines:
        examples = json.load(lines)
    before = random.Random(arguments.seed).sample(examples["contexts"], round(arguments.share * len(examples["contexts"])))
    program = Dossiers(arguments.dossiers, arguments.seed)
    own = [{**one, "asks": [(f"问题:{ask}\n取数:<|im_end|>\n<|im_start|>assistant\n", told) for ask, told in one["asks"]]}
           for one in program.contexts(arguments.each)]
    examples["contexts"] = own + before
    examples["prompts"]["operands"] = beginning(operands_prompt("", ()))
    with gzip.open(arguments.out, "wt", encoding="utf-8") as out:
        json.dump(examples, out, ensure_ascii=False)
    asks = [told for one in own for _, told in one["asks"]]
    print(len(own), "contexts of dossiers with", len(asks), "questions,", sum("=无" in told for told in asks), "with a figure missing;",
          len(before), "contexts of before;", program.lost, "figures not found on their page")


if __name__ == "__main__":
    main()
