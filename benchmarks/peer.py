"""Search beside txtai with the same embedding model, over the same passages and questions. Writes ``peer.md``.

    pip install txtai   # in an environment of its own, or with --target and PYTHONPATH: it is no part of this project
    python benchmarks/peer.py --documents xquad_dev.docs.jsonl --questions xquad_dev_zh.jsonl xquad_dev_en2zh.jsonl

Both get the passages that ``rag build`` cuts, each with its heading. txtai runs as its documentation sets it up: vectors and BM25, half
and half (``hybrid``), with the prefixes that the model expects. A question is answered if a passage of its document that holds a gold
answer is among the first 1 or 5. The question's own embedding is part of the time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from run import write_table

from rag import Rag
from rag.config import Config, Embedding
from rag.models import resolve
from rag.records import Filter

Hits = list[tuple[str, str]]  # document and text of each passage found, best first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--questions", type=Path, nargs="+", required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rag = Rag.open(Config(source={"paths": [str(arguments.documents.resolve())]}, index={"dir": folder}))
        began = time.perf_counter()
        rag.build()
        built = {"Wenbao": time.perf_counter() - began}
        rag.search("x")
        rows = rag.retriever.store.archive.allowed(Filter())[0].tolist()
        passages = rag.retriever.store.archive.passages(rows)
        articles = rag.retriever.store.archive.articles({passage.article_id for passage in passages.values()})
        texts = {row: (articles[p.article_id].doc_id, f"{p.context} {p.text}") for row, p in passages.items()}
        began = time.perf_counter()
        peer = peer_of(texts)
        built["txtai"] = time.perf_counter() - began

        def ours(question: str) -> Hits:
            return [(hit.article.doc_id, hit.passage.text) for hit in rag.search(question, 5)]

        def theirs(question: str) -> Hits:
            return [texts[int(row)] for row, _ in peer.search(question, 5)]

        table = [[file.stem, name, f"{built[name]:.0f}", *measured(file, search)]
                 for file in arguments.questions for name, search in (("Wenbao", ours), ("txtai", theirs))]
    write_table("peer", f"Search over {len(texts):,} passages beside txtai", [
        "questions", "search", "seconds to index", "n", "first", "among five", "ms, median", "ms, 95 %"], table, "peer.py")


def peer_of(texts: dict[int, tuple[str, str]]) -> Any:
    """txtai's index of the passages."""
    from txtai import Embeddings

    peer = Embeddings(path=str(resolve(Embedding().model)), hybrid=True, instructions={"query": "query: ", "data": "passage: "})
    peer.index([(row, text, None) for row, (_, text) in texts.items()])
    return peer


def measured(file: Path, search: Any) -> list[str]:
    first, five, seconds = [], [], []
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        began = time.perf_counter()
        found = search(row["question"])
        seconds.append(time.perf_counter() - began)
        golds = ["".join(answer.split()) for answer in row["answers"]]
        told = [doc in row["doc_ids"] and any(gold in "".join(text.split()) for gold in golds) for doc, text in found]
        first.append(any(told[:1]))
        five.append(any(told))
    return [str(len(first)), f"{sum(first) / len(first):.3f}", f"{sum(five) / len(five):.3f}", f"{median(seconds) * 1000:.0f}",
            f"{quantiles(seconds, n=20)[-1] * 1000:.0f}"]


if __name__ == "__main__":
    main()
