"""Measures this machine and writes the tables beside this file.

    python benchmarks/run.py runtimes           seconds per question of each generator runtime
    python benchmarks/run.py answers --questions Q.jsonl --scorer score_qa.py
    python benchmarks/run.py retrieval --config C.yaml --questions Q.jsonl     what each channel of search adds
    python benchmarks/run.py pages --scorer score_pages.py --pages DIR ...     damaged pages against their true articles
    python benchmarks/run.py start              seconds of `import rag` and `rag --help` beside an empty Python

Without a name, everything that needs no further file is measured. All figures of a table come from one run.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

from rag.config import load_config
from rag.engine import Rag
from rag.errors import RagError
from rag.pages import articles_of, read_articles
from rag.pages.fitted import fitted
from rag.search.retrieve import fuse

HERE = Path(__file__).parent
ROOT = HERE.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*MEASUREMENTS, []])
    parser.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yaml", help="with answers and retrieval")
    parser.add_argument("--scorer", type=Path, help="score_qa.py or score_pages.py of the evaluation sets")
    parser.add_argument("--pages", type=Path, nargs="+", help="with pages: folders of page_*.txt and page_*.gold.json, or X.gold.json")
    parser.add_argument("--backend", help="with runtimes: only this one, in this process")
    arguments = parser.parse_args()
    if arguments.backend:
        print(json.dumps(answer_all(arguments.questions, arguments.backend)))
        return
    for what in arguments.what or ["start", "runtimes"]:
        MEASUREMENTS[what](arguments)


# -- the measurements -----------------------------------------------------------------------------------------


def start(arguments: argparse.Namespace) -> None:
    """Whole processes, the quickest of seven."""
    commands = {"python -c pass": ["-c", "pass"], "import rag": ["-c", "import rag"], "rag --help": ["-m", "rag", "--help"]}
    seconds = {name: min(timed(lambda c=command: run(c)) for _ in range(7)) for name, command in commands.items()}
    base = seconds["python -c pass"]
    write_table("start", "Start-up", ["command", "seconds", "ratio"],
                [[name, f"{took:.3f}", f"{took / base:.1f}"] for name, took in seconds.items()])


def runtimes(arguments: argparse.Namespace) -> None:
    """Each runtime in a process of its own, so that its memory can be told."""
    rows = []
    for backend in ("openvino", "llamacpp"):
        told = run([__file__, "--backend", backend, "--questions", str(arguments.questions)])
        r = json.loads(told.stdout.splitlines()[-1])
        rows.append([backend, f"{r['load']:.1f}", f"{r['p50']:.2f}", f"{r['p95']:.2f}", f"{r['first']:.2f}", r["right"],
                     f"{r['memory']:.1f}"])
    write_table("runtimes", f"Runtimes of the generator, {arguments.questions.name}",
                ["backend", "load and warm-up (s)", "median (s)", "95th percentile (s)", "first text, median (s)", "right",
                 "peak memory (GiB)"], rows)


def answers(arguments: argparse.Namespace) -> None:
    """Answers a question set through the command and scores it with the scorer that belongs to it."""
    out = HERE / "answers.jsonl"
    run(["-m", "rag", "ask", "--config", str(arguments.config), "--batch", str(arguments.questions), "--out", str(out)])
    kind = "seed" if '"must"' in arguments.questions.read_text(encoding="utf-8") else "answers"
    told = run([str(arguments.scorer), kind, "--questions", str(arguments.questions), "--pred", str(out)])
    score = json.loads(told.stdout)
    out.unlink()
    shown = ["questions", "contains_num", "correct", "wrong", "refused_wrongly", "cited", "refusal_precision", "refusal_recall",
             "number_faithful", "number_faithful_digits", "seconds_p50", "seconds_p95"]
    write_table(f"answers-{arguments.questions.stem}", f"Answers, {arguments.questions.name}", ["figure", "value"],
                [[name, score[name]] for name in shown if name in score])


WAYS = {
    "BM25": ("lexical",), "passage vectors": ("dense",), "sentence vectors": ("sentence",), "both vectors": ("dense", "sentence"),
    "vectors and BM25": ("dense", "sentence", "lexical"), "and names": ("dense", "sentence", "lexical", "names"),
    "and dictionary": ("dense", "sentence", "lexical", "names", "dictionary"),
    "and period": ("dense", "sentence", "lexical", "names", "dictionary", "period"),
    "and tokens where unsure (as shipped)": ("dense", "sentence", "lexical", "names", "dictionary", "period", "tokens"),
}


def retrieval(arguments: argparse.Namespace) -> None:
    """Recall of each channel alone and together, with and without the translation of English questions.

    Of questions with ``doc_ids`` documents are counted, of those with ``evidence`` the passages that hold a piece of it.
    """
    rag = Rag.open(arguments.config)
    rows = [json.loads(line) for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row.get("doc_ids") or row.get("evidence")]
    _ = rag.retriever, rag.parse_question(rows[0]["question"])
    seconds: dict[str, list[float]] = {"understand": [], "search": []}
    table: dict[str, list[list[str]]] = {}
    for row in rows:
        query = clocked(seconds["understand"], lambda r=row: rag.parse_question(r["question"]))
        clocked(seconds["search"], lambda q=query: rag.retriever.search(q, 10))
        channels, weights = rag.retriever.rerank_by_tokens(query, rag.retriever.channels(query)), rag.retriever.weights(query)
        for way, used in WAYS.items():
            table.setdefault(way, []).append(fused_finds(rag, channels, {name: weights[name] for name in used}, row))
        hits = rag.search(row["question"], 60)
        table.setdefault(f"rag search, {query.language} questions", []).append(right(
            row, [hit.article.doc_id for hit in hits], [hit.passage.text for hit in hits]))
    lines = [[way, len(found), *(f"{sum(any(f[:k]) for f in found) / len(found):.3f}" for k in (1, 5, 10))]
             for way, found in table.items()]
    took = "; ".join(f"{name} {1000 * median(values):.0f} ms" for name, values in seconds.items())
    write_table(f"retrieval-{arguments.questions.stem}", f"Search, {arguments.questions.name} ({took}, median)",
                ["way", "questions", "recall@1", "recall@5", "recall@10"], lines)


PAGE_FIGURES = ["title_recall", "title_precision", "article_f1", "order", "cuts_repaired", "captions_kept_out", "chars_lost",
                "chars_invented", "breaks_kept", "displaced_repaired"]


def pages(arguments: argparse.Namespace) -> None:
    """Every set read by this reader and by the scorer's naive one; then a thousand pages in a row for time and memory."""
    rows, texts = [], []
    for gold in arguments.pages:
        files = sorted(gold.glob("page_*.txt")) if gold.is_dir() else [gold.with_name(gold.name.replace(".gold.json", ".txt"))]
        texts += [file.read_text(encoding="utf-8") for file in files]
        with tempfile.TemporaryDirectory() as folder:
            for file in files:
                read = json.dumps([a.to_dict() for a in read_articles(file)], ensure_ascii=False)
                Path(folder, f"{file.stem}.json").write_text(read, encoding="utf-8")
            told = Path(folder) if gold.is_dir() else Path(folder, f"{files[0].stem}.json")
            score = page_score(arguments.scorer, gold, "--pred", str(told))
        naive = page_score(arguments.scorer, gold, "--naive")
        rows += [[f"{gold.name} ({len(files)})", *score], [f"{gold.name}, split at every heading", *naive]]
    seconds, memory = [], []
    for n, text in zip(range(1000), itertools.cycle(texts)):
        seconds.append(timed(lambda t=text: articles_of(t, "page")))
        if n in (99, 999):
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    write_table("pages", f"Damaged pages; of 1,000 in a row the median took {median(seconds):.3f} s, the slowest {max(seconds):.2f} s; "
                f"{memory[0]:.0f} MiB at most after 100 pages, {memory[1]:.0f} after 1,000", ["pages", *PAGE_FIGURES], rows)


def page_score(scorer: Path, gold: Path, *more: str) -> list[str]:
    score = json.loads(run([str(scorer), "--gold", str(gold), *more]).stdout)
    score = score.get("micro", score)
    return [f"{value:.3f}" if (value := {**score, **score["extra"]}[name]) is not None else "" for name in PAGE_FIGURES]


def fused_finds(rag: Rag, channels: dict[str, Any], weights: dict[str, float], row: dict[str, Any]) -> list[bool]:
    """Whether each of the first ten documents (or passages) of a ranking is right."""
    used = {name: scores for name, scores in channels.items() if name in weights}
    ranked = [number for number, _ in fuse(used, weights)][:60]
    archive = rag.retriever.store.archive
    passages = archive.passages(ranked)
    articles = archive.articles({p.article_id for p in passages.values()})
    return right(row, [articles[passages[number].article_id].doc_id for number in ranked], [passages[number].text for number in ranked])


def right(row: dict[str, Any], documents: list[str], texts: list[str]) -> list[bool]:
    """Whether each of the first ten documents is right; of questions with ``evidence`` each of the first ten passages."""
    if row.get("doc_ids"):
        return [doc in row["doc_ids"] for doc in dict.fromkeys(documents)][:10]
    plain = ["".join(text.split()) for text in texts[:10]]
    return [any("".join(piece.split()) in text for piece in row["evidence"]) for text in plain]


def clocked(seconds: list[float], work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    done = work()
    seconds.append(time.perf_counter() - began)
    return done


MEASUREMENTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "runtimes": runtimes, "answers": answers, "retrieval": retrieval, "pages": pages, "start": start}


# -- helpers --------------------------------------------------------------------------------------------------


def answer_all(file: Path, backend: str) -> dict[str, Any]:
    """Loads, warms up, then asks every question once."""
    config = load_config(ROOT / "config.yaml")
    rag = Rag.open(config.model_copy(update={"generation": config.generation.model_copy(update={"backend": backend})}))
    load = timed(rag.warm_up)
    questions = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    results = [rag.ask(q["question"]) for q in questions]
    seconds = [a.seconds["total"] for a in results]
    right = sum(a.refused if q.get("expected") is None else q["expected"] in a.text
                for q, a in zip(questions, results, strict=True))
    return {
        "load": load, "p50": median(seconds), "p95": quantiles(seconds, n=20)[-1], "right": f"{right} of {len(results)}",
        "first": median(a.seconds["first_text"] for a in results if "first_text" in a.seconds),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RagError(f"{' '.join(command)}: {done.stderr[-500:]}")
    return done


def machine() -> str:
    """The processor, its number of cores and what it can do that matters here."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    name = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")), platform.machine())
    can = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f" {flag}" in info]
    return f"{name}, {os.cpu_count()} cores, {' '.join(can)}; Python {platform.python_version()}"


def write_table(name: str, title: str, head: Iterable[str], rows: Iterable[Iterable[object]],
                script: str = "") -> None:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False)
    head = list(head)
    command = script or "run.py " + name.split("-")[0]
    lines = [f"# {title}", "", f"{machine()}; commit {commit.stdout.strip()}; {time.strftime('%Y-%m-%d')}  ",
             f"`python benchmarks/{command}`", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    (HERE / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines), end="\n\n")


def write_fitted(name: str, weights: Mapping[str, float]) -> None:
    """Writes one group of weights to ``rag/pages/fitted.json``, rounded to a tenth; the other groups stay."""
    told = {**fitted(), name: {feature: round(float(weight), 1) for feature, weight in weights.items()}}
    (ROOT / "rag" / "pages" / "fitted.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    fitted.cache_clear()


if __name__ == "__main__":
    np.seterr(all="raise")
    main()
