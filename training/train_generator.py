"""Trains an adapter (LoRA [1]_) for the small generator: reading, taking questions apart, translating them.

    python training/train_generator.py --model FILE.gguf --examples generator.json.gz --out rag/generate/adapter.npz --minutes 60

The weights of the GGUF file are widened to bfloat16 and stay as they are; only the adapter of the upper layers is trained, so the lower
ones need no gradients. Several questions share one prompt and one context: a mask hides them from one another, so a question costs its
own tokens only. Takes a GPU if there is one.

.. [1] Hu et al., *LoRA: Low-Rank Adaptation of Large Language Models*, ICLR 2022.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

UPPER = 14  # layers that are adapted
RANK, SCALE = 8, 2.0
RATE, WARM_UP = 5e-4, 0.05  # the highest learning rate; share of the time until it is reached
LONGEST = 1800  # tokens of a pack
KEPT_BACK = 0.02  # share of the contexts that are only evaluated
PARTS = {"self_attn": ("q_proj", "k_proj", "v_proj", "o_proj"), "mlp": ("gate_proj", "up_proj", "down_proj")}
NAMES = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
         "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm",
         "ffn_norm": "post_attention_layernorm"}


class Adapted(nn.Module):
    """A linear layer and the product of two thin matrices beside it."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        device = layer.weight.device
        self.down = nn.Parameter(torch.randn(RANK, layer.in_features, device=device) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, RANK, device=device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        thin = functional.linear(functional.linear(x, self.down.to(x.dtype)), self.up.to(x.dtype))
        return self.layer(x) + SCALE * thin


def load(file: Path, device: str) -> Any:
    """The model of a GGUF file in bfloat16, its weights fixed."""
    import gguf
    from transformers import Qwen2Config, Qwen2ForCausalLM
    from transformers.models.qwen2.modeling_qwen2 import Qwen2RotaryEmbedding

    reader = gguf.GGUFReader(file)

    def field(name: str) -> Any:
        return reader.fields[f"qwen2.{name}"].contents()

    config = Qwen2Config(
        vocab_size=151936, hidden_size=field("embedding_length"), intermediate_size=field("feed_forward_length"),
        num_hidden_layers=field("block_count"), num_attention_heads=field("attention.head_count"),
        num_key_value_heads=field("attention.head_count_kv"), rope_theta=field("rope.freq_base"),
        rms_norm_eps=field("attention.layer_norm_rms_epsilon"), tie_word_embeddings=False, attn_implementation="sdpa")
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    weights = {_name(tensor.name): torch.from_numpy(np.array(gguf.quants.dequantize(tensor.data, tensor.tensor_type))).to(
        device, torch.bfloat16) for tensor in reader.tensors}
    weights.setdefault("lm_head.weight", weights["model.embed_tokens.weight"])
    model.load_state_dict(weights, assign=True)
    model.model.rotary_emb = Qwen2RotaryEmbedding(config).to(device)
    return model.requires_grad_(False)


def _name(name: str) -> str:
    whole = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
             "output.weight": "lm_head.weight"}
    if name in whole:
        return whole[name]
    _, number, part, end = name.split(".")
    return f"model.layers.{number}.{NAMES[part]}.{end}"


def adapt(model: Any) -> dict[str, Adapted]:
    """Puts adapters into the upper layers; returns them by the names of the GGUF file."""
    short = {full: gguf_name for gguf_name, full in NAMES.items()}
    adapted = {}
    for number, layer in list(enumerate(model.model.layers))[-UPPER:]:
        for block, parts in PARTS.items():
            for part in parts:
                module = Adapted(getattr(getattr(layer, block), part))
                setattr(getattr(layer, block), part, module)
                adapted[f"blk.{number}.{short[f'{block}.{part}']}"] = module
    return adapted


@dataclass
class Pack:
    """One sequence: tokens, their positions, who sees whom, where a token of an answer is to come, which, and its weight."""

    tokens: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    at: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor


def packs(examples: dict[str, Any], tokenizer: Any, contexts: Sequence[dict[str, Any]]) -> list[Pack]:
    """Packs of contexts with one prompt, up to ``LONGEST`` tokens each."""
    made: list[Pack] = []
    for task, beginning in examples["prompts"].items():
        open_pack = _Open(tokenizer(beginning)["input_ids"])
        for context in (one for one in contexts if one["task"] == task):
            block = [tokenizer(context["user"])["input_ids"] if context["user"] else []]
            asks = [(tokenizer(ask)["input_ids"], tokenizer(answer + "<|im_end|>")["input_ids"]) for ask, answer in context["asks"]]
            size = len(block[0]) + sum(len(ask) + len(answer) for ask, answer in asks)
            if open_pack.contexts and len(open_pack.tokens) + size > LONGEST:
                made.append(open_pack.close())
                open_pack = _Open(tokenizer(beginning)["input_ids"])
            open_pack.add(block[0], asks)
        if open_pack.contexts:
            made.append(open_pack.close())
    return made


class _Open:
    def __init__(self, beginning: list[int]) -> None:
        self.tokens, self.positions = list(beginning), list(range(len(beginning)))
        self.context_of, self.ask_of = [0] * len(beginning), [0] * len(beginning)
        self.at: list[int] = []
        self.targets: list[int] = []
        self.weights: list[float] = []
        self.contexts = self.asks = 0
        self.start = len(beginning)

    def add(self, context: list[int], asks: Sequence[tuple[list[int], list[int]]]) -> None:
        self.contexts += 1
        self._put(context, self.start, 0)
        for ask, answer in asks:
            self.asks += 1
            first = len(self.tokens) + len(ask)
            self._put(ask + answer[:-1], self.start + len(context), self.asks)
            self.at += range(first - 1, first - 1 + len(answer))
            self.targets += answer
            self.weights += [1 / len(answer)] * len(answer)

    def _put(self, tokens: list[int], position: int, ask: int) -> None:
        self.tokens += tokens
        self.positions += range(position, position + len(tokens))
        self.context_of += [self.contexts] * len(tokens)
        self.ask_of += [ask] * len(tokens)

    def close(self) -> Pack:
        context, ask = torch.tensor(self.context_of), torch.tensor(self.ask_of)
        same = (context[None] == 0) | ((context[:, None] == context[None]) & ((ask[None] == 0) | (ask[:, None] == ask[None])))
        seen = same & torch.ones(len(context), len(context), dtype=torch.bool).tril()
        weights = torch.tensor(self.weights)
        return Pack(torch.tensor(self.tokens)[None], torch.tensor(self.positions)[None], seen[None, None],
                    torch.tensor(self.at), torch.tensor(self.targets), weights / weights.sum())


def logits(model: Any, pack: Pack) -> torch.Tensor:
    """``(targets, vocabulary)``: the next token at the places where an answer is written."""
    device = model.lm_head.weight.device
    x = model.model.embed_tokens(pack.tokens.to(device))
    turned = model.model.rotary_emb(x, pack.positions.to(device))
    mask = torch.zeros(pack.mask.shape, dtype=x.dtype, device=device).masked_fill_(~pack.mask.to(device), -1e9)
    for number, layer in enumerate(model.model.layers):
        with torch.set_grad_enabled(torch.is_grad_enabled() and number >= len(model.model.layers) - UPPER):
            out = layer(x, attention_mask=mask, position_ids=pack.positions.to(device), position_embeddings=turned)
            x = out[0] if isinstance(out, tuple) else out
    return model.lm_head(model.model.norm(x[0, pack.at.to(device)])).float()


def evaluate(model: Any, kept: Sequence[Pack]) -> tuple[float, float]:
    """The mean loss, and the share of answers of which every token is the likeliest."""
    losses, right = [], []
    with torch.no_grad():
        for pack in kept:
            scores = logits(model, pack)
            targets = pack.targets.to(scores.device)
            loss = functional.cross_entropy(scores, targets, reduction="none")
            losses.append(float((loss * pack.weights.to(loss.device)).sum()))
            hits = (scores.argmax(-1) == targets).cpu()
            ends = (pack.targets == pack.targets[-1]).nonzero()[:, 0].tolist()
            right += [bool(hits[a : b + 1].all()) for a, b in zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True)]
    return sum(losses) / len(losses), sum(right) / len(right)


def forever(made: list[Pack]) -> Iterator[Pack]:
    while True:
        random.shuffle(made)
        yield from made


def save(adapted: dict[str, Adapted], file: Path) -> None:
    """Half precision; the scale is in ``up``."""
    matrices = {}
    for name, module in adapted.items():
        matrices[f"{name}.down"] = module.down.detach().cpu().numpy().astype(np.float16)
        matrices[f"{name}.up"] = (SCALE * module.up.detach()).cpu().numpy().astype(np.float16)
    np.savez_compressed(file, **matrices)


def restore(adapted: dict[str, Adapted], file: Path) -> None:
    with np.load(file) as matrices:
        for name, module in adapted.items():
            module.down.data.copy_(torch.from_numpy(matrices[f"{name}.down"].astype(np.float32)))
            module.up.data.copy_(torch.from_numpy(matrices[f"{name}.up"].astype(np.float32)) / SCALE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--from", dest="start", type=Path, help="an adapter to go on from")
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    random.seed(1)
    torch.manual_seed(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print("training on", device, flush=True)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(arguments.model.parent), gguf_file=arguments.model.name)
    with gzip.open(arguments.examples, "rt", encoding="utf-8") as lines:
        examples = json.load(lines)
    contexts = examples["contexts"]
    random.shuffle(contexts)
    kept_back = int(len(contexts) * KEPT_BACK)
    kept, made = (packs(examples, tokenizer, part) for part in (contexts[:kept_back], contexts[kept_back:]))
    print(len(made), "packs of", sum(pack.tokens.shape[1] for pack in made), "tokens;", len(kept), "kept back", flush=True)
    model = load(arguments.model, device)
    adapted = adapt(model)
    if arguments.start:
        restore(adapted, arguments.start)
    print("before: loss {:.3f}, right {:.3f}".format(*evaluate(model, kept)), flush=True)
    train(model, adapted, made, arguments.minutes, arguments.out)
    print("after: loss {:.3f}, right {:.3f}".format(*evaluate(model, kept)), flush=True)


def train(model: Any, adapted: dict[str, Adapted], made: list[Pack], minutes: float, out: Path) -> None:
    parameters = [parameter for module in adapted.values() for parameter in (module.down, module.up)]
    optimiser = torch.optim.AdamW(parameters, lr=0, betas=(0.9, 0.98), weight_decay=0.01)
    began, smooth = time.time(), None
    for step, pack in enumerate(forever(made), 1):
        done = (time.time() - began) / 60 / minutes
        if done >= 1:
            break
        rate = RATE * min(1, step / 8, done / WARM_UP + 0.1) * max(0.02, 1 - done)
        for group in optimiser.param_groups:
            group["lr"] = rate
        scores = logits(model, pack)
        losses = functional.cross_entropy(scores, pack.targets.to(scores.device), reduction="none")
        loss = (losses * pack.weights.to(scores.device)).sum()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        smooth = loss.item() if smooth is None else 0.9 * smooth + 0.1 * loss.item()
        if step % 5 == 0:
            print(f"{step}: {(time.time() - began) / 60:.1f} min, loss {smooth:.3f}", flush=True)
        if step % 25 == 0:
            save(adapted, out)
    save(adapted, out)


if __name__ == "__main__":
    main()
