"""Averages two adapters of the generator [1]_ and writes one of the same rank.

    python training/merge_adapters.py before.npz after.npz --out rag/generate/adapter.npz

An adapter that is trained on other questions answers more, and refuses less than the one that it came from; their average keeps what
both have learned. The average of two products of thin matrices has twice their rank; the best one of the same rank (by singular
values) holds all but a thousandth of it, as both began at the same place.

.. [1] Wortsman et al., *Model soups: averaging weights of multiple fine-tuned models*, ICML 2022.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapters", type=Path, nargs=2)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="of the second adapter")
    arguments = parser.parse_args()
    merged: dict[str, np.ndarray] = {}
    lost = []
    with np.load(arguments.adapters[0]) as one, np.load(arguments.adapters[1]) as other:
        for name in sorted(file.removesuffix(".up") for file in one.files if file.endswith(".up")):
            down = np.vstack([one[f"{name}.down"], other[f"{name}.down"]]).astype(np.float64)
            up = np.hstack([(1 - arguments.share) * one[f"{name}.up"], arguments.share * other[f"{name}.up"]]).astype(np.float64)
            merged[f"{name}.down"], merged[f"{name}.up"], left_out = of_rank(down, up, len(one[f"{name}.down"]))
            lost.append(left_out)
    print(f"{len(lost)} products; left out of their squares at the median {np.median(lost):.4f}, at most {max(lost):.4f}")
    np.savez_compressed(arguments.out, **merged)


def of_rank(down: np.ndarray, up: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The best ``(rank, in)`` and ``(out, rank)`` matrices for ``up @ down``, and the share of its squares that they leave out."""
    left, left_rest = np.linalg.qr(up)
    right, right_rest = np.linalg.qr(down.T)
    outer, strength, inner = np.linalg.svd(left_rest @ right_rest.T)
    root = np.sqrt(strength[:rank])
    left_out = float((strength[rank:] ** 2).sum() / (strength**2).sum())
    return ((right @ inner[:rank].T * root).T.astype(np.float16), (left @ outer[:, :rank] * root).astype(np.float16), left_out)


if __name__ == "__main__":
    main()
