"""Loads a running server and writes ``load.md``: many who ask and search, and clients that hang up.

    rag serve --port 7860 &      # with answering.kept: 0, so that no answer comes from memory
    python benchmarks/load.py --server http://127.0.0.1:7860 --pid $! --questions Q.jsonl --seconds 120

Each searcher waits ``--pause`` seconds between two searches, as somebody who types does; each asker asks the next question at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx
from run import machine

HERE = Path(__file__).parent
DOCUMENTED = {200, 429, 503}


@dataclass
class Seen:
    """What the clients saw."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"search": [], "evidence": [], "answer": []})
    statuses: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    memory: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="http://127.0.0.1:7860")
    parser.add_argument("--pid", type=int, help="process of the server, for its memory")
    parser.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--askers", type=int, default=8)
    parser.add_argument("--searchers", type=int, default=32)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two searches of one searcher")
    parser.add_argument("--hang-ups", type=int, default=50)
    arguments = parser.parse_args()
    questions = [json.loads(line)["question"] for line in arguments.questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    seen, alone, freed = asyncio.run(_run(arguments, questions))
    table = _table(arguments, seen, alone, freed)
    (HERE / "load.md").write_text(table, encoding="utf-8")
    print(table)


async def _run(arguments: argparse.Namespace, questions: list[str]) -> tuple[Seen, list[float], list[float]]:
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=arguments.server, timeout=120, limits=limits, trust_env=False) as client:
        alone = [await _evidence_alone(client, question) for question in questions[:20]]
        seen, ends = Seen(), time.monotonic() + arguments.seconds
        askers = [_asker(client, f"asker {n}", questions, ends, seen) for n in range(arguments.askers)]
        searchers = [_searcher(client, n, questions, ends, arguments.pause, seen) for n in range(arguments.searchers)]
        await asyncio.gather(*askers, *searchers, _memory(arguments.pid, ends, seen))
        freed = [await _hang_up(client, n, random.choice(questions)) for n in range(arguments.hang_ups)]
    return seen, alone, freed


async def _evidence_alone(client: httpx.AsyncClient, question: str) -> float:
    """Seconds from asking to the first evidence, with nobody else there."""
    seconds, *_ = await _ask(client, "alone", question)
    return seconds


async def _ask(client: httpx.AsyncClient, name: str, question: str) -> tuple[float, float, int, bool]:
    """Seconds until the evidence and until the answer, the status, and whether an answer or a documented error came."""
    began, evidence, status, came = time.perf_counter(), 0.0, 0, False
    async with client.stream("POST", "/api/ask", json={"question": question, "stream": True},
                             headers={"x-wenbao-client": name}) as response:
        status = response.status_code
        async for line in response.aiter_lines():
            if line == "event: evidence" and not evidence:
                evidence = time.perf_counter() - began
            came = came or line in ("event: answer", "event: error")
    return evidence, time.perf_counter() - began, status, came


async def _asker(client: httpx.AsyncClient, name: str, questions: list[str], ends: float, seen: Seen) -> None:
    chosen = random.Random(name)
    while time.monotonic() < ends:
        evidence, whole, status, came = await _ask(client, name, chosen.choice(questions))
        seen.statuses[f"ask {status}"] += 1
        seen.lost += not came
        seen.seconds["evidence"].append(evidence)
        seen.seconds["answer"].append(whole)


async def _searcher(client: httpx.AsyncClient, number: int, questions: list[str], ends: float, pause: float, seen: Seen) -> None:
    chosen = random.Random(number)
    await asyncio.sleep(chosen.random() * pause)
    while time.monotonic() < ends:
        question = chosen.choice(questions)
        typed = question[: chosen.randint(max(2, len(question) // 2), len(question))]
        began = time.perf_counter()
        response = await client.get("/api/search", params={"q": typed})
        seen.seconds["search"].append(time.perf_counter() - began)
        seen.statuses[f"search {response.status_code}"] += 1
        seen.lost += response.status_code not in DOCUMENTED
        await asyncio.sleep(pause)


async def _memory(pid: int | None, ends: float, seen: Seen) -> None:
    while pid and time.monotonic() < ends:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                seen.memory.append(int(line.split()[1]) / 2**20)
        await asyncio.sleep(1)


async def _hang_up(client: httpx.AsyncClient, number: int, question: str) -> float:
    """Asks, leaves in the middle, and tells how many seconds pass until nobody is served."""
    async with client.stream("POST", "/api/ask", json={"question": question, "stream": True},
                             headers={"x-wenbao-client": f"leaver {number}"}) as response:
        wait = random.random()
        began = time.perf_counter()
        async for _ in response.aiter_lines():
            if time.perf_counter() - began > wait:
                break
    left = time.perf_counter()
    while (queue := (await client.get("/api/health")).json()["queue"])["writing"] or queue["waiting"]:
        await asyncio.sleep(0.02)
    return time.perf_counter() - left


def _table(arguments: argparse.Namespace, seen: Seen, alone: list[float], freed: list[float]) -> str:
    def told(values: list[float]) -> str:
        if len(values) < 2:
            return "–"
        return f"{median(values):.3f} · {quantiles(values, n=20)[-1]:.3f} · {max(values):.3f}"

    memory = seen.memory or [0.0]
    statuses = ", ".join(f"{count} × {name}" for name, count in sorted(seen.statuses.items()))
    return "\n".join([
        "# Many at once", "",
        f"{machine()}; {arguments.askers} askers without a pause and {arguments.searchers} searchers with a "
        f"pause of {arguments.pause} s, {arguments.seconds:.0f} s, loopback. `python benchmarks/load.py --questions "
        f"{arguments.questions.name}`", "",
        "| measured | median · 95 % · most, seconds |", "|---|---|",
        f"| first evidence, nobody else there ({len(alone)} questions) | {told(alone)} |",
        f"| search while answers are written ({len(seen.seconds['search'])}) | {told(seen.seconds['search'])} |",
        f"| first evidence among all ({len(seen.seconds['evidence'])}) | {told(seen.seconds['evidence'])} |",
        f"| answer among all | {told(seen.seconds['answer'])} |",
        f"| a client hangs up: until its place is free ({len(freed)}) | {told(freed)} |", "",
        f"Answered: {statuses}; lost or with an error that is not documented: {seen.lost}. "
        f"Memory of the server: {memory[0]:.2f} GiB at the beginning, {max(memory):.2f} at most, {memory[-1]:.2f} at the end.", ""])


if __name__ == "__main__":
    main()
