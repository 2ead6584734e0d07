"""From which layer of the embedder token vectors are taken, and how much they count: recall of English questions, none translated.

    python benchmarks/interaction.py CONFIG.yaml=QUESTIONS.jsonl [CONFIG.yaml=QUESTIONS.jsonl ...]

Every question is compared with its first 20 passages, not only those of which search is unsure; torch gives the states of all
layers. The table is ``interaction.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from run import right, write_table

from rag import Rag
from rag.index.embed.interaction import TextTokenizer, Tokens, weighted_max_sim
from rag.language.text import language
from rag.models import resolve
from rag.search.query import Query, read_query
from rag.search.retrieve import Scores, fuse

WEIGHTS = (0, 50, 100, 150)
COMPARED = 20
LOWEST = 6


@dataclass
class Asked:
    """A question with what the channels found, and its first rows with their texts."""

    row: dict[str, Any]
    query: Query
    channels: dict[str, Scores]
    texts: dict[int, str]


def main() -> None:
    """Writes the table, a line for each layer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="CONFIG=QUESTIONS")
    lines = [line for pair in parser.parse_args().sets for line in lines_of(*pair.split("="))]
    write_table("interaction", "Token vectors by layer and weight: recall@1 / @5 of English questions, none translated",
                ["questions", "layer", *(f"weight {weight}" for weight in WEIGHTS)], lines, "interaction.py CONFIG=QUESTIONS ...")


def lines_of(config: str, questions: str) -> Iterator[list[object]]:
    """Recall at every weight, by layer."""
    rag = Rag.open(config)
    asked = [a for line in Path(questions).read_text(encoding="utf-8").splitlines() if (a := put(rag, json.loads(line)))]
    states = States(rag)
    of_passages = states.of({row: text for a in asked for row, text in a.texts.items()}, "passage: ")
    of_questions = states.of({at: a.query.localised for at, a in enumerate(asked)}, "query: ")
    for layer in range(LOWEST, states.layers + 1):
        wide = {row: Tokens(layers[layer].vectors.astype(np.float32), layers[layer].rarity) for row, layers in of_passages.items()}
        met_by = [{row: weighted_max_sim(of_questions[at][layer], wide[row]) for row in a.texts} for at, a in enumerate(asked)]
        yield [f"{Path(questions).stem} ({len(asked)})", layer,
               *("{:.3f} / {:.3f}".format(*recall(rag, asked, met_by, weight)) for weight in WEIGHTS)]


def put(rag: Rag, row: dict[str, Any]) -> Asked | None:
    """The question, if it is one in English that the archive answers."""
    if language(row["question"]) != "en" or not (row.get("doc_ids") or row.get("evidence")):
        return None
    query = rag._with_names(read_query(row["question"]))
    channels = rag.retriever.channels(query)
    rows = [number for number, _ in fuse(channels, rag.retriever.weights(query))[:COMPARED]]
    passages = rag.retriever.store.archive.passages(rows)
    return Asked(row, query, channels, {number: f"{passages[number].context} {passages[number].text}" for number in rows})


class States:
    """The token vectors of texts in every layer."""

    def __init__(self, rag: Rag) -> None:
        from sentence_transformers import SentenceTransformer

        settings = rag.config.embedding
        folder = resolve(settings.model)
        self._model = SentenceTransformer(str(folder), device="cpu")[0].auto_model
        self._tokenizer = TextTokenizer(folder, settings.max_tokens)
        self.layers = self._model.config.num_hidden_layers

    def of(self, texts: dict[int, str], prefix: str) -> dict[int, dict[int, Tokens]]:
        """The tokens of each text, by layer from ``LOWEST`` on; in half precision, as there are many."""
        out = {}
        for key, text in texts.items():
            encodings = self._tokenizer.encode([prefix + text])
            with torch.no_grad():
                found = self._model(torch.tensor([encodings[0].ids]), output_hidden_states=True).hidden_states
            unit = {at: torch.nn.functional.normalize(found[at][0], dim=-1).half().numpy() for at in range(LOWEST, len(found))}
            out[key] = {at: self._tokenizer.tokens(encodings, prefix, [states])[0] for at, states in unit.items()}
        return out


def recall(rag: Rag, asked: list[Asked], met_by: list[Scores], weight: float) -> tuple[float, float]:
    """Recall@1 and @5 if tokens count that much."""
    found = []
    for a, scores in zip(asked, met_by, strict=True):
        ranked = fuse({**a.channels, "tokens": scores}, {**rag.retriever.weights(a.query), "tokens": weight})[:60]
        archive = rag.retriever.store.archive
        passages = archive.passages(number for number, _ in ranked)
        articles = archive.articles({p.article_id for p in passages.values()})
        found.append(right(a.row, [articles[passages[number].article_id].doc_id for number, _ in ranked],
                           [passages[number].text for number, _ in ranked]))
    return tuple(sum(any(f[:k]) for f in found) / len(found) for k in (1, 5))  # type: ignore[return-value]


if __name__ == "__main__":
    main()
