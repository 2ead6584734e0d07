"""Trains the layer that tells what a question asks to be done; prints how well it does on questions kept back.

    python training/train_planner.py --out rag/gather/operations.npz

Six minutes on two cores. The questions are ``plans.jsonl``, ``routed.jsonl``, ``planned.jsonl``, ``tables.jsonl``,
``dossiers.jsonl``, ``cells.jsonl``, ``told.jsonl`` and ``parts.jsonl`` in ``training/questions``, and the reader's own training
questions, which one sentence answers.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from dossier_examples import questions_of_dossiers
from dossiers import UNTOLD_BY_ALL, Row, dossiers
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from written_tables import tables

from rag.gather.operation import packed
from rag.gather.prompts import operation_from_keyword
from rag.models import resolve
from rag.reader.network import QUESTION_LAYER, ReaderNetwork
from rag.reader.reader import BACKBONE

HERE = Path(__file__).parent
LONGEST, BATCH, RATE = 64, 32, 4e-4
FOLDS = 5


class Planner(nn.Module):
    """The layer above those that the reader lends, and what is told from its tokens."""

    def __init__(self, layer: nn.Module, operations: int) -> None:
        super().__init__()
        self.layer = copy.deepcopy(layer)
        self.att, self.drop, self.out = nn.Linear(384, 1), nn.Dropout(0.2), nn.Linear(768, operations)
        for parameter in self.parameters():
            parameter.requires_grad_(True)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        tokens = self.layer(states, ((1 - mask) * -1e9)[:, None, None, :])
        tokens = tokens[0] if isinstance(tokens, tuple) else tokens
        attention = (self.att(tokens)[..., 0] - (1 - mask) * 1e9).softmax(-1)
        mean = (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.out(self.drop(torch.cat([(tokens * attention[..., None]).sum(1), mean], -1)))


def questions(more: Path | None) -> tuple[list[str], list[str]]:
    """The questions and their operations."""
    rows = [json.loads(line) for name in ("plans", "routed")
            for line in (HERE / "questions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [(row["question"], row["operation"]) for row in rows]
    planned = map(json.loads, (HERE / "questions" / "planned.jsonl").read_text(encoding="utf-8").splitlines())
    asked += [(row["question"], operation_from_keyword(row["plan"].split("|")[0])) for row in planned]
    for table in tables():
        asked += [(one["q"], operation_from_keyword(one.get("plan", "查一").split("|")[0])) for one in table["questions"]]
    for dossier in dossiers():
        asked += [(one["q"], _done(one)) for one in dossier["questions"]]
    asked += [(one["q"], "lookup") for name in ("cells", "told") for one in questions_of_dossiers(name)]
    asked += [(one["q"], one["op"]) for one in questions_of_dossiers("parts")]
    for name in ("news_own", "english_own"):
        lines = (HERE / "questions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        asked += [(row[key], "lookup") for row in map(json.loads, lines) for key in ("zh", "en") if row.get(key)]
    if more:
        with gzip.open(more, "rt", encoding="utf-8") as lines_of:
            asked += [(json.loads(line)["question"], "lookup") for line in list(lines_of)[::4]]
    known = dict(asked)
    return list(known), list(known.values())


def _done(question: Row) -> str:
    """The operation of a question of a dossier; whether one sentence tells both of two parts, the question does not show."""
    if len(question.get("answer", ())) > 1:
        return "each"
    return "lookup" if question["op"] == UNTOLD_BY_ALL else operation_from_keyword(question["op"])


def states_of(texts: list[str]) -> tuple[torch.Tensor, torch.Tensor, nn.Module]:
    """States ``(n, LONGEST, dim)`` and mask of each question, and the layer that would come next."""
    folder = resolve(BACKBONE)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    network = ReaderNetwork(folder)
    network.load(np.load(HERE.parent / "rag" / "reader" / "adapter.npz"))
    network.merge().eval()
    states, mask = torch.zeros(len(texts), LONGEST, 384, dtype=torch.float16), torch.zeros(len(texts), LONGEST)
    with torch.no_grad():
        for at in range(0, len(texts), 64):
            ids = [tokenizer.encode(text).ids for text in texts[at : at + 64]]
            size = max(map(len, ids))
            batch = torch.tensor([own + [1] * (size - len(own)) for own in ids])
            own_mask = (batch != 1).long()
            states[at : at + 64, :size] = network.question_states(batch, own_mask).half()
            mask[at : at + 64, :size] = own_mask.float()
    return states, mask, network.bert.encoder.layer[QUESTION_LAYER]


def train(
    layer: nn.Module, states: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, rows: np.ndarray, epochs: int
) -> Planner:
    planner = Planner(layer, int(labels.max()) + 1)
    steps = epochs * -(-len(rows) // BATCH) + epochs
    optimizer = torch.optim.AdamW(planner.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    lengths = mask.sum(1).numpy()
    for _ in range(epochs):
        planner.train()
        mixed = np.random.permutation(rows)
        for part in np.array_split(mixed, max(1, len(mixed) // 512)):  # of one length, so that little is padding
            part = part[np.argsort(lengths[part], kind="stable")]
            for at in range(0, len(part), BATCH):
                own = part[at : at + BATCH]
                size = int(lengths[own].max())
                told = planner(states[own, :size].float(), mask[own, :size])
                loss = functional.cross_entropy(told, labels[own], label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if schedule.last_epoch < steps - 1:
                    schedule.step()
    return planner.eval()


def measure(planner: Planner, states: torch.Tensor, mask: torch.Tensor, labels: np.ndarray, rows: np.ndarray, names: list[str]) -> str:
    with torch.no_grad():
        told = torch.cat([planner(states[part].float(), mask[part]).softmax(-1) for part in np.array_split(rows, 16)]).numpy()
    right, lookup = told.argmax(1) == labels[rows], labels[rows] == names.index("lookup")
    taken = 1 - told[:, names.index("lookup")]
    lines = [f"{len(rows)} kept back: {right.mean():.3f} right; of {lookup.sum()} lookups {right[lookup].mean():.3f}"]
    lines += [f"sure {sure}: {(taken[lookup] >= sure).mean():.3f} of lookups worked out, "
              f"{(taken[~lookup] < sure).mean():.3f} of others looked up" for sure in (0.5, 0.6, 0.7, 0.8, 0.9)]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lookups", type=Path, help="more questions that one sentence answers, as .jsonl.gz")
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    np.random.seed(0)
    asked, operations = questions(arguments.lookups)
    names = sorted(set(operations))
    labels = np.array([names.index(operation) for operation in operations])
    states, mask, layer = states_of(asked)
    order = np.random.permutation(len(asked))
    kept, rest = order[: len(order) // FOLDS], order[len(order) // FOLDS :]
    tried = train(layer, states, mask, torch.tensor(labels), rest, arguments.epochs)
    print(measure(tried, states, mask, labels, kept, names), flush=True)
    planner = train(layer, states, mask, torch.tensor(labels), order, arguments.epochs)
    weights = packed({name: value.numpy() for name, value in planner.state_dict().items()})
    np.savez_compressed(arguments.out, names=np.array(names), **weights)
    print(f"{len(asked)} questions; {arguments.out}: {arguments.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
