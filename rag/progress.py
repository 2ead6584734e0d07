"""Progress of long work: bars on a terminal, a line every 30 seconds in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

_LOG_INTERVAL = 30.0  # seconds between two log lines


class Bars:
    """Progress bars on stderr, one for each stage. Call it with ``(stage, done, total)``; ``total`` 0 means unknown.

    ``live``: whether a terminal gets bars, which need rich; else it gets the lines of a log.
    """

    def __init__(self, *, live: bool = True) -> None:
        self._live = live
        self._display: Progress | None = None
        self._tasks: dict[str, Any] = {}
        self._started: dict[str, float] = {}
        self._last_logged = time.monotonic()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Updates the bar of a stage."""
        self._started.setdefault(stage, time.monotonic())
        if self._live and sys.stderr.isatty():
            self._move(stage, done, total)
        elif done == total or time.monotonic() - self._last_logged > _LOG_INTERVAL:
            self._last_logged = time.monotonic()
            print(self._line(stage, done, total), file=sys.stderr, flush=True)

    def done(self) -> None:
        """Removes the bars. The next call starts new ones."""
        if self._display is not None:
            self._display.stop()
        self._display, self._tasks, self._started = None, {}, {}

    def _move(self, stage: str, done: int, total: int) -> None:
        if self._display is None:
            self._display = _new_display()
            self._display.start()
        if stage not in self._tasks:
            self._tasks[stage] = self._display.add_task(stage, total=total or None)
        self._display.update(self._tasks[stage], completed=done, total=total or None)

    def _line(self, stage: str, done: int, total: int) -> str:
        """Returns a log line: ``embed: 10,240 of 161,768, 63 a second, 40 min left``."""
        of = f" of {total:,}" if total else ""
        rate = done / max(time.monotonic() - self._started[stage], 0.001)
        left = f", {rate:,.0f} a second, {_minutes((total - done) / rate)} left" if rate and 0 < done < total else ""
        return f"{stage}: {done:,}{of}{left}"


def _minutes(seconds: float) -> str:
    """Formats a duration: seconds below 90 s, else minutes.

    >>> _minutes(42), _minutes(2400)
    ('42 s', '40 min')
    """
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _new_display() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
