"""Vector search at 10⁴, 10⁵ and 10⁶ passages against exact search: recall, seconds, memory, bytes. Writes ``scale.md``.

    python benchmarks/scale.py --config C.yaml --questions Q.jsonl [--sizes 10000 100000 1000000]

The vectors are those of the passages and sentences of an index, then copies of them with noise (a cosine of about 0.9 to the original);
the questions are real. Each size runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
from run import machine

from rag.config import load_config
from rag.index.embed import open_embedder
from rag.index.store import Archive, layout, read_manifest
from rag.index.store.vectors import centred, open_vectors, update_vectors

HERE = Path(__file__).parent
_NOISE = 0.48  # length of the noise beside a vector of length 1, for a cosine of 0.9
_PART = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--one", nargs=3, metavar=("SIZE", "REAL", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(int(arguments.one[0]), Path(arguments.one[1]), Path(arguments.one[2]))))
        return
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        real = Path(folder) / "real.npz"
        np.savez(real, **real_vectors(arguments.config, arguments.questions))
        rows = []
        for size in arguments.sizes:
            home = Path(folder) / str(size)
            home.mkdir()
            told = subprocess.run([sys.executable, __file__, "--config", arguments.config, "--questions", arguments.questions, "--one",
                                   str(size), str(real), str(home)], check=True, capture_output=True, text=True).stdout
            rows.append(json.loads(told.strip().splitlines()[-1]))
            print(rows[-1], flush=True)
    (HERE / "scale.md").write_text(_table(rows, arguments), encoding="utf-8")


def real_vectors(config_file: Path, questions_file: Path) -> dict[str, np.ndarray]:
    """The vectors of an index and of some questions."""
    config = load_config(config_file)
    folder = config.index.dir
    archive = Archive.open(folder / read_manifest(folder).generation / layout.ARCHIVE)
    kept = [archive.vectors(table, archive.vector_rows(table)) for table in ("passages", "sentences")]
    questions = [json.loads(line)["question"] for line in questions_file.read_text(encoding="utf-8").splitlines() if line.strip()]
    centres = archive.centres()
    asked = open_embedder(config.embedding).queries(questions)
    languages = ["zh" if any("\u3400" < c < "\u9fff" for c in question) else "en" for question in questions]
    moved = np.stack([centred(vector[None], centres[language])[0] for vector, language in zip(asked, languages, strict=True)])
    return {"vectors": np.concatenate(kept), "questions": moved}


def measure(size: int, real: Path, home: Path) -> dict[str, Any]:
    """One size: made, built, searched, compared with exact search."""
    data = np.load(real)
    store(size, data["vectors"], home / "vectors.sqlite")
    archive = Archive(sqlite3.connect(home / "vectors.sqlite"))
    rows, vectors = np.arange(1, size + 1), partial(archive.vectors, "passages")
    began = time.perf_counter()
    found = update_vectors(home / "passages.faiss", rows, vectors, data["vectors"].shape[1], {})
    built = time.perf_counter() - began
    del data
    questions = np.load(real)["questions"]
    index = open_vectors(home / "passages.faiss", {f"passages.{name}": value for name, value in found.items()}, "passages", vectors)
    before = memory()
    seconds, hits = [], []
    for question in questions:
        began = time.perf_counter()
        hits.append([row for row, _ in index.search(question, 10)])
        seconds.append(time.perf_counter() - began)
    resident = memory()
    exact = nearest(questions, rows, vectors, found["centre"])
    recall = float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(hits, exact, strict=True)]))
    return {"size": size, "kind": type(index.index).__name__, "built": round(built, 1), "recall": round(recall, 3),
            "p50": round(median(seconds) * 1000, 2), "p95": round(quantiles(seconds, n=20)[-1] * 1000, 2),
            "memory": round(resident, 2), "before": round(before, 2), "file": (home / "passages.faiss").stat().st_size,
            "peak": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)}


def store(size: int, real: np.ndarray, file: Path) -> None:
    """The real vectors, then copies of them with noise, in a table like that of an archive."""
    chance = np.random.default_rng(5)
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE passages (row INTEGER PRIMARY KEY, vector BLOB)")
    for at in range(0, size, _PART):
        wanted = np.arange(at, min(at + _PART, size))
        part = real[wanted % len(real)]
        noise = chance.standard_normal(part.shape).astype(np.float32)
        noise *= _NOISE / np.linalg.norm(noise, axis=1, keepdims=True) * (wanted >= len(real))[:, None]
        part = part + noise
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        connection.executemany("INSERT INTO passages VALUES (?, ?)",
                               [(int(row) + 1, vector.astype(np.float32).tobytes()) for row, vector in zip(wanted, part, strict=True)])
    connection.commit()
    connection.close()


def nearest(questions: np.ndarray, rows: np.ndarray, vectors: Any, centre: np.ndarray) -> list[list[int]]:
    """The ten nearest rows of each question by comparing it with all."""
    best_scores = np.full((len(questions), 10), -2.0)
    best_rows = np.zeros((len(questions), 10), np.int64)
    for at in range(0, len(rows), _PART):
        part = rows[at : at + _PART]
        scores = np.concatenate([best_scores, questions @ centred(vectors(part), centre).T], axis=1)
        ids = np.concatenate([best_rows, np.broadcast_to(part, (len(questions), len(part)))], axis=1)
        order = np.argsort(-scores, axis=1)[:, :10]
        best_scores, best_rows = np.take_along_axis(scores, order, 1), np.take_along_axis(ids, order, 1)
    return best_rows.tolist()


def memory() -> float:
    """Resident memory of this process in GiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 2**20
    return 0.0


def _table(rows: list[dict[str, Any]], arguments: argparse.Namespace) -> str:
    lines = [f"| {row['size']:,} | {row['kind']} | {row['built']} | {row['recall']} | {row['p50']} · {row['p95']} | {row['memory']} "
             f"(of it before the first search {row['before']}) | {row['file'] / 1e6:,.0f} |" for row in rows]
    return "\n".join([
        "# Vector search by size", "", f"{machine()}. `python benchmarks/scale.py --questions {arguments.questions.name}`; the "
        "vectors of an index and copies of them with noise; the questions are real.", "",
        "| passages | FAISS index | seconds to build | recall@10 of exact | ms, median · 95 % | GiB resident | MB on disk |",
        "|---|---|---|---|---|---|---|", *lines, ""])


if __name__ == "__main__":
    main()
