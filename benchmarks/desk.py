"""Measures the desk in a real browser and writes ``desk.md``: its weight, when it can be used, when the first evidence is there.

    rag serve --port 7860 &
    python benchmarks/desk.py --server http://127.0.0.1:7860 --questions Q.jsonl
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from run import machine

HERE = Path(__file__).parent
OPENED = 5  # times that each page is opened
WATCH = """() => { window.seen = 0; new MutationObserver(() => {
  if (!window.seen && document.querySelector('#turns section.turn:last-child .evidence, #turns section.turn:last-child .answer'))
    window.seen = performance.now(); }).observe(document.querySelector('#turns'), {childList: true, subtree: true}); }"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="http://127.0.0.1:7860")
    parser.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    arguments = parser.parse_args()
    questions = [json.loads(line)["question"] for line in arguments.questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        desk = [opened(browser, arguments.server, "/", "#question") for _ in range(OPENED)]
        plain = [opened(browser, arguments.server, "/gradio/", "textarea") for _ in range(OPENED)]
        seconds = evidence(browser, arguments.server, questions)
        browser.close()
    table = _table(desk, plain, seconds, arguments.questions.name)
    (HERE / "desk.md").write_text(table, encoding="utf-8")
    print(table)


def opened(browser: Any, server: str, path: str, field: str) -> tuple[int, int, float]:
    """Requests, bytes over the wire, and seconds until one can type, of a page that is opened for the first time."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sizes: list[int] = []
    parts = ("responseBodySize", "responseHeadersSize")
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes()[part] for part in parts)))
    page.goto(server + path)
    page.locator(field).first.fill("?")
    ready = page.evaluate("performance.now()") / 1000
    page.wait_for_timeout(1000)
    context.close()
    return len(sizes), sum(sizes), ready


def evidence(browser: Any, server: str, questions: list[str]) -> list[float]:
    """Seconds from Enter to the first evidence on the page, each question once, with nobody else there."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(server)
    page.wait_for_selector("#question")
    seconds = []
    for number, question in enumerate(questions):
        page.fill("#question", question)
        page.evaluate(WATCH)
        began = page.evaluate("performance.now()")
        page.keyboard.press("Enter")
        page.wait_for_function("() => window.seen > 0")
        seconds.append((page.evaluate("window.seen") - began) / 1000)
        page.wait_for_function("n => document.querySelectorAll('#turns .turn.done, #turns .turn.failed').length > n", arg=number)
    return seconds


def _table(desk: list[Any], plain: list[Any], seconds: list[float], questions: str) -> str:
    def row(name: str, runs: list[Any]) -> str:
        requests, size, ready = (median(column) for column in zip(*runs, strict=True))
        return f"| {name} | {requests:.0f} | {size / 1000:,.0f} | {ready:.2f} |"

    return "\n".join([
        "# The desk in a browser", "", f"{machine()}, Chromium on the same machine, medians of {OPENED} first visits. "
        f"`python benchmarks/desk.py --questions {questions}`", "",
        "| page | requests | kB over the wire | seconds until one can type |", "|---|---|---|---|",
        row("desk", desk), row("plain Gradio chat", plain), "",
        f"First evidence after Enter, {len(seconds)} questions, nobody else there: median {median(seconds):.3f} s, "
        f"95 % {quantiles(seconds, n=20)[-1]:.3f} s, most {max(seconds):.3f} s.", ""])


if __name__ == "__main__":
    main()
