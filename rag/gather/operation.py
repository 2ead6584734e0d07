"""Question classifier: one transformer layer over the reader's hidden states of the question tokens predicts the operation.

The layer was trained on some 7,100 questions written for it, and on thousands that one sentence answers
(``training/train_planner.py``). It is small enough for numpy.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources

import numpy as np

from rag.answer.confidence import sureness
from rag.gather.candidates import chance_of, fitted
from rag.gather.operands import Operands
from rag.gather.prompts import DraftedPlan

_HEADS = 12
SCALE = "/scale"  # behind the name of a matrix: the scales of its rows
Weights = Mapping[str, np.ndarray]


def one_sentence_confidence(several: float, looked_up: float) -> float:
    """Returns the probability that a one-sentence answer is right, from its own confidence and the probability that the question
    needs several figures.

    ``several``: the probability that the question takes several figures. ``looked_up``: that of the answer which was looked up.

    >>> one_sentence_confidence(0.95, 0.6) < one_sentence_confidence(0.55, 0.95)
    True
    """
    weights = fitted()["alone"]
    score = weights["constant"] + weights["several"] * log_odds(several) + weights["looked_up"] * log_odds(looked_up)
    return chance_of(score)


def updated_by_plan(several: float, drafted: DraftedPlan | None) -> float:
    """Updates the probability that a question needs several figures by the operation of the generator's plan, and by how sure it was
    if that is ``lookup``.

    >>> updated_by_plan(0.6, DraftedPlan("lookup")) < 0.5 < updated_by_plan(0.4, DraftedPlan("sum", ("甲镇产粮", "乙镇产粮")))
    True
    """
    if drafted is None:
        return several
    weights = fitted()["planned"]
    return chance_of(weights["constant"] + weights["question"] * log_odds(several) + weights["surely"] * surely_one(drafted))


def updated_by_operands(several: float, taken: Operands | None) -> float:
    """Updates the probability that a question needs several figures by the operation that the generator chose when it read the
    sentences.

    >>> updated_by_operands(0.6, Operands("lookup", log_probability=-0.01)) < 0.5, updated_by_operands(0.6, Operands("sum"))
    (True, 0.6)
    """
    if taken is None or taken.operation != "lookup":
        return several
    return updated_by_plan(several, DraftedPlan("lookup", log_probability=taken.log_probability))


def surely_one(drafted: DraftedPlan) -> float:
    """Returns how sure the generator is that a question asks for one thing: -ln(1 - p), 0 to 7; 0 for the plan of several."""
    return sureness(drafted.log_probability) if drafted.operation == "lookup" else 0.0


def log_odds(probability: float) -> float:
    """Returns the log odds of a probability clipped to 0.01 – 0.99.

    >>> log_odds(0.5)
    0.0
    """
    kept = min(max(probability, 0.01), 0.99)
    return math.log(kept / (1.0 - kept))


def classify_operation(states: np.ndarray) -> tuple[str, float]:
    """Returns the likeliest operation beside ``lookup``, and the probability that a question asks for any but that.

    ``states``: ``(tokens, dim)``, what the reader makes of the tokens of a question.
    """
    chances = operation_chances(states)
    return max((name for name in chances if name != "lookup"), key=chances.__getitem__), 1.0 - chances["lookup"]


def operation_chances(states: np.ndarray) -> dict[str, float]:
    """Returns the probability of each operation; they sum to 1."""
    weights, names = trained()
    logits = logits_of(states, weights)
    odds = np.exp(logits - logits.max())
    return dict(zip(names, map(float, odds / odds.sum()), strict=True))


@cache
def trained() -> tuple[Weights, tuple[str, ...]]:
    """Returns the trained weights and the names of the operations."""
    raw = np.load(io.BytesIO(resources.files(__package__).joinpath("operations.npz").read_bytes()))
    whole = {name: raw[name].astype(np.float32) for name in raw if name != "names" and not name.endswith(SCALE)}
    weights = {name: rows * raw[name + SCALE].astype(np.float32)[:, None] if name + SCALE in raw else rows
               for name, rows in whole.items()}
    return weights, tuple(map(str, raw["names"]))


def packed(weights: Weights) -> dict[str, np.ndarray]:
    """Weights as they are kept: each row of a matrix in 8 bits with its own scale, all else in 16 bits.

    >>> sorted((name, kept.dtype.name) for name, kept in packed({"out.weight": np.ones((2, 3)), "out.bias": np.ones(2)}).items())
    [('out.bias', 'float16'), ('out.weight', 'int8'), ('out.weight/scale', 'float16')]
    """
    kept: dict[str, np.ndarray] = {}
    for name, rows in weights.items():
        if rows.ndim < 2:
            kept[name] = rows.astype(np.float16)
            continue
        scale = np.abs(rows).max(axis=1) / 127 + 1e-8
        kept[name], kept[name + SCALE] = np.round(rows / scale[:, None]).astype(np.int8), scale.astype(np.float16)
    return kept


def logits_of(states: np.ndarray, weights: Weights) -> np.ndarray:
    """``(operations,)``: a transformer layer, then the mean of its tokens and a weighted mean beside it."""
    tokens = _layer(states, weights)
    attention = _softmax(tokens @ weights["att.weight"][0] + weights["att.bias"][0])
    pooled = np.concatenate([attention @ tokens, tokens.mean(axis=0)])
    return np.asarray(weights["out.weight"] @ pooled + weights["out.bias"])


def _layer(states: np.ndarray, weights: Weights) -> np.ndarray:
    """Returns a layer of BERT (Devlin et al., 2019) over ``(tokens, dim)``."""
    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return np.asarray(x @ weights[f"layer.{name}.weight"].T + weights[f"layer.{name}.bias"])

    def norm(name: str, x: np.ndarray) -> np.ndarray:
        mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
        return np.asarray((x - mean) / np.sqrt(variance + 1e-12) * weights[f"layer.{name}.weight"] + weights[f"layer.{name}.bias"])

    size = states.shape[1] // _HEADS
    query, key, value = (linear(f"attention.self.{name}", states).reshape(len(states), _HEADS, size).transpose(1, 0, 2)
                         for name in ("query", "key", "value"))
    attention = _softmax(query @ key.transpose(0, 2, 1) / math.sqrt(size))
    mixed = (attention @ value).transpose(1, 0, 2).reshape(states.shape)
    states = norm("attention.output.LayerNorm", linear("attention.output.dense", mixed) + states)
    inner = _gelu(linear("intermediate.dense", states))
    return norm("output.LayerNorm", linear("output.dense", inner) + states)


def _softmax(x: np.ndarray) -> np.ndarray:
    odds = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


def _gelu(x: np.ndarray) -> np.ndarray:
    from scipy.special import erf

    return np.asarray(x * 0.5 * (1.0 + erf(x / math.sqrt(2.0))))
