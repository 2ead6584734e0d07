"""Trains the labels of lines on pages of plain text, and writes ``rag/pages/line_labels.npz``.

    python training/train_lines.py --articles xwlb.jsonl --pages 3000 [--units 64] [--nets 4] [--without WRITER] [--out FILE.npz]

The pages are set by chance (``typed_pages.py``) or put together from written ones (``written_pages.py``). Two cores need some minutes.
It prints the share of right labels, and of pages without a wrong one, on 300 set pages of another seed, and on those of the writer
that is left out.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from typed_pages import Page, items_of, typed_page
from written_pages import varied, written_pages

from rag.pages.aligned import with_bars
from rag.pages.blocks import split_blocks
from rag.pages.line_labels import LABELS, LineModel, headline_style, in_context, line_features, with_headline_style
from rag.pages.plain_text_blocks import split_author
from rag.pages.tables import with_rows

_NEVER = -30.0  # nats
_UNSEEN, _UNUSED = 0.1, 0.3  # shares of the features and of the hidden units that are left out at a time
KEPT_BACK = 300  # pages that only test
Sequenced = tuple[np.ndarray, np.ndarray]  # features (n, features), labels (n,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--nets", type=int, default=4, help="networks whose scores are averaged")
    parser.add_argument("--written", type=int, default=12, help="pages put together from each written one")
    parser.add_argument("--without", default="", help="a writer whose pages only test")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "rag" / "pages" / "line_labels.npz")
    arguments = parser.parse_args()
    started = time.time()
    items = items_of(arguments.articles)
    chances = [random.Random(f"lines {number}") for number in range(arguments.pages + KEPT_BACK)]
    pages = [labelled(typed_page(items, chance), chance) for chance in chances]
    print(f"{len(pages):,} pages, {sum(len(y) for _, y in pages):,} lines, {time.time() - started:.0f} s")
    test, train = pages[:KEPT_BACK], pages[KEPT_BACK:]
    for at, (writer, lines) in enumerate(written_pages()):
        chances = [random.Random(f"written {at} {number}") for number in range(arguments.written)]
        train += [labelled(varied(lines, chance), chance) for chance in chances if writer != arguments.without]
    model = joined([fitted(seed, train, test, arguments) for seed in range(arguments.nets)])
    left_out = [labelled(Page(lines), random.Random(0)) for writer, lines in written_pages() if writer == arguments.without]
    for name, some in (("kept back", test), ("left out", left_out)):
        if some:
            print(f"{name}: {tested(model, some)}")
    np.savez_compressed(arguments.out, **{name: value.astype(np.float16) for name, value in vars(model).items()})
    print(f"{arguments.out.name}: {arguments.out.stat().st_size:,} bytes, {time.time() - started:.0f} s")


def fitted(seed: int, train: Sequence[Sequenced], test: Sequence[Sequenced], arguments: argparse.Namespace) -> LineModel:
    torch.manual_seed(seed)
    field = Field(train[0][0].shape[1], arguments.units)
    fit(field, train, test, arguments.epochs)
    return field.model()


def joined(models: Sequence[LineModel]) -> LineModel:
    """One network with the mean scores of several: their hidden layers stand side by side.

    >>> one, other = (LineModel(np.full((4, 1), k), np.full((2, 3), k), np.full((3, 3), k), np.full(3, k)) for k in (1.0, 3.0))
    >>> joined([one, other]).hidden.shape, joined([one, other]).output.tolist()
    ((4, 2), [[0.5, 0.5, 0.5], [1.5, 1.5, 1.5], [2.0, 2.0, 2.0]])
    """
    output = np.vstack([*(one.output[:-1] for one in models), sum(one.output[-1:] for one in models)]) / len(models)
    return LineModel(np.hstack([one.hidden for one in models]), output,
                     np.mean([one.transitions for one in models], 0), np.mean([one.start_scores for one in models], 0))


def labelled(page: Page, chance: random.Random) -> Sequenced:
    """The features and the labels of the lines of a page, as the program reads them; of some pages the first headline is not known."""
    told = [(text, label) for text, label in page.lines if text.strip()]
    text = with_bars("\n".join(line for line, _ in page.lines))
    lines = [part for block in with_rows(text, split_blocks(text)) for part in split_author(text, block)]
    labels, at = [], 0
    for line in lines:
        if line.row or line.ruled:
            labels.append("R")
            continue
        bare = "".join(line.text.split())
        found = next((place for place in range(at, len(told)) if _holds(told[place][0], bare)), None)
        if found is None:  # a row of a table that was not seen as one
            labels.append("P")
            continue
        at = found
        whole = "".join(told[at][0].split())
        is_author = told[at][1] == "H" and not whole.startswith(bare)
        label = "B" if is_author else {"M": "F", "R": "P"}.get(told[at][1], told[at][1])
        labels.append("M" if label == "F" and set(labels) <= {"M"} else label)
        if whole.endswith(bare):
            at += 1
    ways = [headline_style(text, line) for line in lines]
    first = ways[labels.index("H")] if "H" in labels and chance.random() < 0.75 else None
    return with_headline_style(line_features(text, lines), ways, first), np.array([LABELS.index(label) for label in labels])


def _holds(line: str, bare: str) -> bool:
    whole = "".join(line.split())
    return whole.startswith(bare) or whole.endswith(bare)


class Field(torch.nn.Module):
    """The random field with its forward algorithm."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.hidden = torch.nn.Linear(3 * features, units)
        self.some, self.most = torch.nn.Dropout(_UNSEEN), torch.nn.Dropout(_UNUSED)
        self.output = torch.nn.Linear(units, len(LABELS))
        self.transitions = torch.nn.Parameter(torch.zeros(len(LABELS), len(LABELS)))
        self.start_scores = torch.nn.Parameter(torch.zeros(len(LABELS)))

    def loss(self, rows: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The mean negative log likelihood of a batch (pages, lines, ...), per line."""
        scores = self.output(self.most(torch.relu(self.hidden(self.some(rows)))))
        path = torch.gather(scores, 2, labels[:, :, None])[:, :, 0]
        steps = self.transitions[labels[:, :-1], labels[:, 1:]]
        told = self.start_scores[labels[:, 0]] + (path * mask).sum(1) + (steps * mask[:, 1:]).sum(1)
        ahead = self.start_scores + scores[:, 0]
        for at in range(1, scores.shape[1]):
            further = torch.logsumexp(ahead[:, :, None] + self.transitions, 1) + scores[:, at]
            ahead = torch.where(mask[:, at, None] > 0, further, ahead)
        return (torch.logsumexp(ahead, 1) - told).sum() / mask.sum()

    def model(self) -> LineModel:
        with torch.no_grad():
            stacked = [torch.cat([part.weight.T, part.bias[None]]).numpy() for part in (self.hidden, self.output)]
            transitions = self.transitions.numpy().copy()
            transitions[1:, LABELS.index("M")] = _NEVER  # the head of a page ends once
            return LineModel(stacked[0], stacked[1], transitions, self.start_scores.numpy().copy())


def fit(field: Field, train: Sequence[Sequenced], test: Sequence[Sequenced], epochs: int) -> None:
    data = sorted(
        ((torch.tensor(in_context(x), dtype=torch.float32), torch.tensor(y)) for x, y in train), key=lambda pair: len(pair[1])
    )
    batches = [padded(data[at : at + 32]) for at in range(0, len(data), 32)]
    steps = epochs * len(batches)
    optimiser = torch.optim.AdamW(field.parameters(), lr=5e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps)
    for epoch in range(epochs):
        random.Random(epoch).shuffle(batches)
        total = 0.0
        for batch in batches:
            optimiser.zero_grad()
            loss = field.loss(*batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(field.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        if epoch % 3 == 2 or epoch == epochs - 1:
            print(f"epoch {epoch + 1}: {total / len(batches):.4f} nats a line; {tested(field.model(), test)}", flush=True)


def padded(pages: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rows = torch.nn.utils.rnn.pad_sequence([x for x, _ in pages], batch_first=True)
    labels = torch.nn.utils.rnn.pad_sequence([y for _, y in pages], batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(y)) for _, y in pages], batch_first=True)
    return rows, labels, mask


def tested(model: LineModel, test: Sequence[Sequenced]) -> str:
    right = lines = whole = 0
    missed: dict[tuple[str, str], int] = {}
    for features, labels in test:
        given = model.labels(features)
        truth = "".join(LABELS[at] for at in labels)
        hits = sum(one == other for one, other in zip(given, truth, strict=True))
        right, lines, whole = right + hits, lines + len(truth), whole + (hits == len(truth))
        for one, other in zip(truth, given, strict=True):
            if one != other:
                missed[one, other] = missed.get((one, other), 0) + 1
    worst: list[Any] = sorted(missed.items(), key=lambda pair: -pair[1])[:6]
    return f"{right / lines:.4f} of lines, {whole / len(test):.3f} of pages right; " + ", ".join(
        f"{a} as {b} {n}" for (a, b), n in worst
    )


if __name__ == "__main__":
    main()
