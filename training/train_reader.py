"""Trains the reader's adapter, on a GPU if there is one and on the CPU otherwise, and says which it used.

    python training/train_reader.py --examples examples.json.gz --minutes 50 --from rag/reader/adapter.npz --out adapter.npz

``--layers N`` trains the upper N of the twelve layers alone, which makes a step on a CPU half as long again as quick. One document of
25 is kept back, and at the end the share of right choices is printed for each kind of question about these.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from rag.models import resolve
from rag.reader.network import ReaderNetwork
from rag.reader.reader import BACKBONE
from rag.reader.windows import PAD, QUESTION_TOKENS, SENTENCE_TOKENS, TITLE_TOKENS, Window, windows

Row = dict[str, Any]
WEIGHTS = {"cmrc2018": 0.2, "drcd": 0.1, "chronoqa": 0.3, "cmrc2018_en": 2.0, "drcd_en": 1.5, "chronoqa_en": 2.5,
           "news": 2.0, "news_en": 4.0, "news_nothing": 2.5, "news_en_nothing": 3.5, "made": 0.2, "made_nothing": 0.3, "byline": 0.7,
           "list": 2.0, "table": 0.4, "table_en": 0.4, "table_nothing": 0.3, "table_en_nothing": 0.3,
           "timed": 0.8, "timed_en": 0.8, "timed_nothing": 0.8, "timed_en_nothing": 0.8,
           "written_table": 8.0, "written_table_en": 16.0, "written_table_nothing": 8.0, "written_table_en_nothing": 12.0,
           "dossier": 2.0, "dossier_en": 4.0, "dossier_nothing": 1.5, "dossier_en_nothing": 2.0,
           "cell": 4.0, "cell_en": 8.0, "cell_nothing": 4.0, "cell_en_nothing": 6.0,
           "told": 3.0, "told_en": 5.0, "told_nothing": 3.0, "told_en_nothing": 4.0,
           "report": 0.4, "report_en": 0.6, "report_nothing": 0.3, "report_en_nothing": 0.4, "share": 0.3, "share_en": 0.3}
TAKEN_OUT = 0.2  # share of answerable questions that are shown without their answer
LENGTHS = (96, 128, 192, 256, 320)  # windows are filled up to one of these


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--from", dest="start", type=Path)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=4096, help="of a batch")
    parser.add_argument("--mostly", nargs="+", default=(), metavar="KIND",
                        help="first words of the kinds that half of the examples are of")
    parser.add_argument("--rate", type=float, default=1.2e-4)
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    folder = resolve(BACKBONE)
    with gzip.open(arguments.examples, "rt", encoding="utf-8") as examples:
        data = Data(json.load(examples), Tokenizer.from_file(str(folder / "tokenizer.json")), arguments.mostly)
    network = ReaderNetwork(folder)
    if arguments.start:
        network.load(np.load(arguments.start))
    trained = trainable(network, arguments.layers)
    network.to(device)
    weights = sum(parameter.numel() for parameter in trained)
    print(f"on {device}; {len(data.learnt)} questions, {len(data.kept)} kept back; {weights:,} weights", flush=True)
    fit(network, trained, data, arguments, device)
    save(network, arguments.out)
    network.load(np.load(arguments.out))  # what is measured is what was saved
    for kind, figures in measure(network, data, device).items():
        print(kind, json.dumps(figures), flush=True)


def trainable(network: ReaderNetwork, layers: int) -> list[torch.nn.Parameter]:
    """The adapters, norms and biases of the upper layers, and the heads; dropout is off, as it costs a CPU a third of its time."""
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for parameter in network.bert.parameters():
        parameter.requires_grad_(False)
    for layer in network.bert.encoder.layer[len(network.bert.encoder.layer) - layers :]:
        for name, parameter in layer.named_parameters():
            parameter.requires_grad_(name.endswith((".A", ".B", "bias")) or "LayerNorm" in name)
    return [p for p in network.parameters() if p.requires_grad]


class Data:
    """Tokenised documents and questions, and the windows made of them anew each time."""

    def __init__(self, read: Row, tokenizer: Tokenizer, mostly: Sequence[str] = (), seed: int = 0) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self.random = random.Random(seed)
        self.near, self.docs = read["near"], read["docs"]
        encode = lambda texts: tokenizer.encode_batch(texts, add_special_tokens=False)  # noqa: E731
        self.titles = [e.ids for e in encode([d["title"] for d in self.docs])]
        self.dates = [e.ids for e in encode([d["date"] for d in self.docs])]
        flat = encode([s for d in self.docs for s in d["sentences"]])
        self.sentences: list[list[Any]] = []
        for doc in self.docs:
            self.sentences.append(flat[: len(doc["sentences"])])
            del flat[: len(doc["sentences"])]
        for question, encoding in zip(read["questions"], encode([q["text"] for q in read["questions"]]), strict=True):
            question["ids"] = [encoding.ids]
        glosses = [question for question in read["questions"] if question.get("glossed", question["text"]) != question["text"]]
        for question, encoding in zip(glosses, encode([q["glossed"] for q in glosses]), strict=True):
            question["ids"] += [encoding.ids] * 2  # two times of three with them
        translated = [question for question in read["questions"] if "translated" in question]
        for question, encoding in zip(translated, encode([q["translated"] for q in translated]), strict=True):
            question["ids"] = [question["ids"][-1], *[encoding.ids] * 3]  # three times of four with the translation too
        self.kept = [q for q in read["questions"] if q["doc"] % 25 == 0]
        self.learnt = [q for q in read["questions"] if q["doc"] % 25]
        shares = {True: 0.0, False: 0.0}
        for question in self.learnt:
            shares[question["kind"].split("_")[0] in mostly] += WEIGHTS[question["kind"]]
        self.more = dict.fromkeys(mostly, shares[False] / max(shares[True], 1.0))

    def epoch(self) -> list[Row]:
        """Questions in random order, each as often as its kind's weight says, or as half of all are to be of its kind."""
        draw = self.random.random
        often = {kind: weight * self.more.get(kind.split("_")[0], 1.0) for kind, weight in WEIGHTS.items()}
        chosen = [q for q in self.learnt for _ in range(int(often[q["kind"]] + draw()))]
        self.random.shuffle(chosen)
        return chosen

    def example(self, question: Row) -> tuple[Window, tuple[int, int, int]] | None:
        """A window with the sentence that answers or without, and (sentence in it or -1, first token, last token)."""
        draw, gold = self.random, (question["doc"], question["sentence"])
        absent = question["sentence"] < 0 or draw.random() < TAKEN_OUT
        chosen = self._own(question, absent) + self._others(question["doc"])
        if not absent and gold not in chosen:
            chosen.append(gold)
        chosen = chosen or [(draw.randrange(len(self.docs)), 0)]
        titled, dated = draw.random() < 0.95, question.get("dated") or draw.random() < 0.8
        groups: dict[int, list[tuple[int, int]]] = {}
        for piece in chosen:
            groups.setdefault(piece[0], []).append(piece)
        order = draw.sample(list(groups), len(groups))
        pieces = [piece for doc in order for piece in groups[doc]]
        texts = [(self._head(doc, titled, dated), self.sentences[doc][s].ids[:SENTENCE_TOKENS]) for doc, s in pieces]
        made = list(windows(draw.choice(question["ids"])[:QUESTION_TOKENS], texts))
        place = pieces.index(gold) if not absent else -1
        window = next((w for w in made if any(n == place for n, _, _ in w.sentences)), made[0])
        return (window, self._target(window, question, place))

    def _own(self, question: Row, absent: bool) -> list[tuple[int, int]]:
        """Sentences of the question's own document, around the one that answers."""
        doc, size = question["doc"], len(self.sentences[question["doc"]])
        middle = question["sentence"] if question["sentence"] >= 0 else self.random.randrange(size)
        wide = self.random.choice((2, 3, 4, 5, 6, 8, 12))
        low = self.random.randint(max(0, middle - wide + 1), middle)
        gold = self.docs[doc]["sentences"][question["sentence"]] if question["sentence"] >= 0 else None
        return [(doc, s) for s in range(low, min(size, low + wide)) if not (absent and self.docs[doc]["sentences"][s] == gold)]

    def _others(self, doc: int) -> list[tuple[int, int]]:
        found = []
        for other in self.random.sample(self.near[doc], min(len(self.near[doc]), self.random.choice((0, 0, 1, 2, 3)))):
            if self.docs[other]["sentences"] != self.docs[doc]["sentences"]:
                first = self.random.randrange(len(self.sentences[other]))
                found += [(other, s) for s in range(first, min(len(self.sentences[other]), first + self.random.choice((1, 2, 3))))]
        return found

    def _head(self, doc: int, titled: bool, dated: bool) -> list[int]:
        date = self.dates[doc] if dated else []
        return [*(self.titles[doc][: TITLE_TOKENS - len(date)] if titled else []), *date]

    def _target(self, window: Window, question: Row, place: int) -> tuple[int, int, int]:
        for row, (number, mark, size) in enumerate(window.sentences):
            if number == place:
                offsets = self.sentences[question["doc"]][question["sentence"]].offsets[:size]
                inside = [t for t, (a, b) in enumerate(offsets) if a < question["end"] and b > question["start"]]
                return (row, mark + 1 + inside[0], mark + 1 + inside[-1]) if inside else (row, -1, -1)
        return -1, -1, -1


def batches(data: Data, questions: Sequence[Row], tokens: int) -> Any:
    """Tensors ``ids, marks, targets`` and the questions of each, windows of like length together."""
    waiting: dict[int, list[Any]] = {length: [] for length in LENGTHS}
    for question in questions:
        made = data.example(question)
        if made is None:
            continue
        length = next((n for n in LENGTHS if n >= len(made[0].ids)), LENGTHS[-1])
        waiting[length].append((*made, question))
        if len(waiting[length]) * length >= tokens:
            yield collate(waiting[length], length)
            waiting[length] = []
    for length, rest in waiting.items():
        if rest:
            yield collate(rest, length)


def collate(rows: Sequence[Any], length: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Row]]:
    most = max(len(window.sentences) for window, _, _ in rows)
    ids, marks = torch.full((len(rows), length), PAD), torch.full((len(rows), most), -1)
    for row, (window, _, _) in enumerate(rows):
        kept = window.ids[:length]
        ids[row, : len(kept)] = torch.tensor(kept)
        marks[row, : len(window.sentences)] = torch.tensor([mark if mark < length else -1 for _, mark, _ in window.sentences])
    return ids, marks, torch.tensor([target for _, target, _ in rows]), [q for _, _, q in rows]


def losses(network: ReaderNetwork, ids: torch.Tensor, marks: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The loss, and the scores of nothing and of each sentence ``(n, 1 + sentences)``, starts and ends ``(n, tokens)``."""
    starts, ends, sentence, nothing = (out.float() for out in network(ids, (ids != PAD).long())[:4])
    scores = torch.where(marks >= 0, sentence.gather(1, marks.clamp(min=0)), torch.full_like(marks, -1e4, dtype=torch.float))
    scores = torch.cat([nothing[:, None], scores], 1)
    loss = functional.cross_entropy(scores, targets[:, 0] + 1)
    spans = targets[:, 1] >= 0
    pad = ids == PAD
    if spans.any():
        loss = loss + 0.4 * sum(functional.cross_entropy(logits.masked_fill(pad, -1e4)[spans], targets[spans, k])
                                for logits, k in ((starts, 1), (ends, 2)))
    return loss, scores, starts, ends


def fit(network: ReaderNetwork, trained: list[torch.nn.Parameter], data: Data, arguments: argparse.Namespace, device: str) -> None:
    began = said = time.time()
    halved = device == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()  # a CPU that only emulates it says no
    optimizer = torch.optim.AdamW(trained, lr=arguments.rate, weight_decay=0.01, betas=(0.9, 0.98))
    step, seen, mean = 0, 0, 0.0
    network.train()
    while True:
        for ids, marks, targets, asked in batches(data, data.epoch(), arguments.tokens):
            done = (time.time() - began) / (arguments.minutes * 60)
            if done >= 1:
                print(f"trained {step} steps, {seen} examples, {time.time() - began:.0f} s", flush=True)
                return
            for group in optimizer.param_groups:
                group["lr"] = arguments.rate * min(1, step / 40) * (1 - done)
            with torch.autocast(device, dtype=torch.bfloat16, enabled=halved):
                loss, *_ = losses(network, ids.to(device), marks.to(device), targets.to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            step, seen, mean = step + 1, seen + len(asked), 0.98 * mean + 0.02 * loss.item()
            if time.time() - said > 60:
                said = time.time()
                print(f"{said - began:.0f} s, step {step}, {seen} examples, loss {mean / (1 - 0.98**step):.3f}", flush=True)
                save(network, arguments.out)


def save(network: ReaderNetwork, out: Path) -> None:
    """All weights that differ from the backbone, in half precision."""
    kept = {name: p.detach().half().cpu().numpy() for name, p in network.named_parameters()
            if name.endswith((".A", ".B", "bias")) or "LayerNorm" in name or not name.startswith("bert.")}
    np.savez(out, **kept)


@torch.no_grad()
def measure(network: ReaderNetwork, data: Data, device: str) -> dict[str, dict[str, float]]:
    """By kind, of the questions kept back: how often the right sentence (or nothing) is chosen, and the exact span."""
    network.eval()
    data.random.seed(5)
    found: dict[str, list[tuple[bool, bool, bool, float]]] = {}
    for ids, marks, targets, asked in batches(data, data.kept, 8192):
        _, scores, starts, ends = losses(network, ids.to(device), marks.to(device), targets.to(device))
        right = scores.argmax(1).cpu() == targets[:, 0] + 1
        margin = (scores[:, 1:].max(1).values - scores[:, 0]).cpu()
        exact = (starts.argmax(1).cpu() == targets[:, 1]) & (ends.argmax(1).cpu() == targets[:, 2])
        for row, question in enumerate(asked):
            answered = bool(targets[row, 0] >= 0)
            found.setdefault(question["kind"], []).append((answered, bool(right[row]), bool(exact[row]), float(margin[row])))
    out = {}
    for kind, rows in sorted(found.items()):
        answered = [row for row in rows if row[0]]
        out[kind] = {"n": len(rows), "choice": round(sum(r[1] for r in rows) / len(rows), 3),
                     "span": round(sum(r[2] for r in answered) / max(1, len(answered)), 3)}
    return out


if __name__ == "__main__":
    main()
