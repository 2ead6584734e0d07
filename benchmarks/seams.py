"""What reading the damaged page into articles does for the answers: the same questions over the page split at every heading.

    python benchmarks/seams.py --questions seed_dev.jsonl --scorer score_qa.py

Questions are told apart by their ``type``; the table is ``seams.md``.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from run import ROOT, run, write_table


def main() -> None:
    """Answers over both readings and scores them, all together and by type."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--scorer", type=Path, required=True)
    arguments = parser.parse_args()
    questions = [json.loads(line) for line in arguments.questions.read_text(encoding="utf-8").splitlines()]
    kinds = {"all": questions} | {
        kind: [q for q in questions if q["type"] == kind] for kind in sorted({q["type"] for q in questions if q["answerable"]})}
    rows = [[kind, sum(q["answerable"] for q in some)] for kind, some in kinds.items()]
    page = next((ROOT / "seeds").glob("*.txt"))
    for naive in (True, False):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source = folder / "page.jsonl" if naive else page
            if naive:
                lines = [json.dumps(a, ensure_ascii=False) for a in split_at_headings(page.read_text(encoding="utf-8"))]
                source.write_text("\n".join(lines) + "\n", encoding="utf-8")
            pred = folder / "answers.jsonl"
            index = ["--index", str(folder / "index")]
            run(["-m", "rag", "build", *index, str(source)])
            run(["-m", "rag", "ask", *index, "--batch", str(arguments.questions), "--out", str(pred)])
            for row, some in zip(rows, kinds.values(), strict=True):
                row += score(arguments.scorer, some, pred, folder)
    write_table("seams", "Seed questions over the page split at every heading, and over the articles read from it",
                ["type", "answerable", "split: correct", "split: cited", "articles: correct", "articles: cited"], rows,
                "seams.py --questions seed_dev.jsonl --scorer score_qa.py")


def split_at_headings(page: str) -> Iterator[dict[str, Any]]:
    """The plain reading: every heading begins an article, its lines stay as they are."""
    parts = re.split(r"^#+\s+(.*)$", page, flags=re.M)
    for number, (title, text) in enumerate(zip(["", *parts[1::2]], parts[::2], strict=True)):
        if text.strip():
            yield {"doc_id": f"part-{number}", "title": title.strip(), "text": text.strip()}


def score(scorer: Path, questions: list[dict[str, Any]], pred: Path, folder: Path) -> list[str]:
    """Shares of the answerable questions answered and cited rightly."""
    some = folder / "questions.jsonl"
    some.write_text("\n".join(json.dumps(q, ensure_ascii=False) for q in questions) + "\n", encoding="utf-8")
    told = json.loads(run([str(scorer), "seed", "--questions", str(some), "--pred", str(pred)]).stdout)
    return [f"{told[name]:.2f}" if told.get(name) is not None else "-" for name in ("correct", "cited")]


if __name__ == "__main__":
    main()
