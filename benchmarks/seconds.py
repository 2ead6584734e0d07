"""How long `rag search` takes, as a user waits for it, and where the time goes. Run it with nothing else on the machine.

    python benchmarks/seconds.py --every 3 CONFIG.yaml=QUESTIONS.jsonl [CONFIG.yaml=QUESTIONS.jsonl ...]

The models are warm. Milliseconds are medians over the questions. The table is ``seconds.md``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import groupby
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from run import write_table

from rag import Rag
from rag.index.embed import SentenceEmbedder
from rag.index.store import Archive
from rag.index.store.vectors import VectorIndex
from rag.language.text import language
from rag.search.retrieve import Retriever

STAGES: dict[str, tuple[type, str]] = {
    "question's vector": (Retriever, "vectors"), "FAISS": (VectorIndex, "search"), "BM25": (Archive, "lexical"),
    "names": (Archive, "phrases"), "dictionary": (Retriever, "_dictionary_scores"), "period": (Retriever, "_other_period_scores"),
    "tokens": (SentenceEmbedder, "interaction"),
}


def main() -> None:
    """Times every set and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="CONFIG=QUESTIONS")
    parser.add_argument("--every", type=int, default=1, help="take every n-th question")
    arguments = parser.parse_args()
    spent: dict[str, float] = defaultdict(float)
    for name, (owner, method) in STAGES.items():
        setattr(owner, method, clocked(getattr(owner, method), name, spent))
    rows = [row for pair in arguments.sets for row in rows_of(*pair.split("="), arguments.every, spent)]
    write_table("seconds", "Milliseconds of `rag search`: all questions, those compared token by token, and each stage (medians)",
                ["questions", "passages", "number", "median", "90 %", "compared", "these", *STAGES], rows,
                "seconds.py CONFIG=QUESTIONS ...")


def rows_of(config: str, questions: str, every: int, spent: dict[str, float]) -> Iterator[list[object]]:
    """One row for each language that is asked in."""
    rag = Rag.open(config)
    rag.warm_up()
    texts = [json.loads(line)["question"] for line in Path(questions).read_text(encoding="utf-8").splitlines()][::every]
    for tongue, asked in groupby(sorted(texts, key=language), key=language):
        totals, compared, stages = [], [], defaultdict(list)
        for text in asked:
            spent.clear()
            began = time.perf_counter()
            rag.search(text)
            totals.append(1000 * (time.perf_counter() - began))
            compared += [totals[-1]] if spent["tokens"] else []
            for name in STAGES:
                stages[name].append(1000 * spent[name])
        yield [f"{Path(questions).stem}, {tongue}", f"{rag.retriever.store.manifest.passages:,}", len(totals),
               f"{median(totals):.0f}", f"{quantiles(totals, n=10)[-1]:.0f}", f"{len(compared) / len(totals):.0%}",
               f"{median(compared):.0f}" if compared else "-", *(f"{median(stages[name]):.0f}" for name in STAGES)]


def clocked(method: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The same method, its seconds added to ``spent[name]``."""

    @wraps(method)
    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - began

    return timed


if __name__ == "__main__":
    main()
