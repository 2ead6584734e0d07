"""The network of the reader: multilingual-e5-small with LoRA adapters and heads for spans, sentences and "no answer".

Imported only to convert the network and to train it, because it needs torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_LORA_ALPHA = 32.0  # the adapter is scaled by alpha / rank
QUESTION_LAYER = 8  # its states classify the operation of a question (rag/gather/operation.py)
_LINEAR = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense",
           "output.dense")


class LoraLinear(nn.Module):
    """A linear layer with a low-rank adapter (Hu et al., *LoRA*, ICLR 2022)."""

    def __init__(self, plain: nn.Linear, rank: int) -> None:
        super().__init__()
        self.lin, self.scale = plain, _LORA_ALPHA / rank
        self.A = nn.Parameter(torch.randn(rank, plain.in_features) / math.sqrt(plain.in_features))
        self.B = nn.Parameter(torch.zeros(plain.out_features, rank))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Maps states ``(…, in)`` to ``(…, out)``."""
        out: torch.Tensor = self.lin(states) + functional.linear(functional.linear(states, self.A), self.B) * self.scale
        return out


class ReaderNetwork(nn.Module):
    """Token ids and mask ``(n, tokens)`` → five outputs.

    Logits of start, end and sentence, ``(n, tokens)`` each; the logit of "no answer", ``(n,)``; and the states of layer
    ``QUESTION_LAYER``, ``(n, tokens, dim)``.
    """

    def __init__(self, folder: Path, rank: int = 64) -> None:
        from transformers import AutoModel

        super().__init__()
        self.bert = AutoModel.from_pretrained(str(folder), add_pooling_layer=False, attn_implementation="sdpa").float()
        hidden_size = self.bert.config.hidden_size
        for layer in self.bert.encoder.layer:
            for path in _LINEAR:
                parent_path, _, name = path.rpartition(".")
                parent = layer.get_submodule(parent_path)
                setattr(parent, name, LoraLinear(getattr(parent, name), rank))
        self.span = nn.Linear(hidden_size, 2)
        self.sent = nn.Sequential(nn.Linear(hidden_size, hidden_size), nn.Tanh(), nn.Linear(hidden_size, 1))
        self.null = nn.Sequential(nn.Linear(hidden_size, hidden_size), nn.Tanh(), nn.Linear(hidden_size, 1))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """See the class."""
        output = self.bert(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        states = output.last_hidden_state
        spans = self.span(states)
        return (spans[..., 0], spans[..., 1], self.sent(states)[..., 0], self.null(states[:, 0])[..., 0],
                output.hidden_states[QUESTION_LAYER])

    def question_states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Returns the states of layer ``QUESTION_LAYER``, ``(n, tokens, dim)``."""
        states: torch.Tensor = self.bert(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[QUESTION_LAYER]
        return states

    def load(self, adapter: Mapping[str, np.ndarray]) -> None:
        """Loads the trained weights of an ``adapter.npz``. Raises ``RuntimeError`` for an unknown name."""
        weights = {name: torch.tensor(np.asarray(adapter[name], np.float32)) for name in adapter}
        unknown = set(weights) - set(self.state_dict())
        if unknown:
            raise RuntimeError(f"the adapter has weights that the network has not: {sorted(unknown)[:3]}")
        self.load_state_dict(weights, strict=False)

    def merge(self) -> ReaderNetwork:
        """Merges the adapters into their linear layers, so that they cost nothing at inference."""
        for module in list(self.modules()):
            for name, child in list(module.named_children()):
                if isinstance(child, LoraLinear):
                    child.lin.weight.data += child.scale * child.B.data @ child.A.data
                    setattr(module, name, child.lin)
        return self
