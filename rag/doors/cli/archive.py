"""Commands for the sources of the archive: ``rag build``, ``add``, ``remove``, ``restore`` and ``articles``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.doors.cli.app import ARCHIVE, command
from rag.doors.cli.options import PROGRESS, AsJson, ConfigFile, IndexFolder, open_rag
from rag.doors.cli.printing import print_articles, print_json
from rag.doors.cli.terminal import note, note_error

if TYPE_CHECKING:
    from rag.engine import Rag
    from rag.index.build import Report


@command(ARCHIVE, "rag build pages/ --watch")
def build(
    paths: Annotated[list[Path] | None, typer.Argument(
        parser=Path, metavar="PATH", help="The files or folders to read instead of source.paths of the config.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the index anew.")] = False,
    watch: Annotated[bool, typer.Option(
        "--watch", help="Go on, and follow every change of the sources until interrupted.")] = False,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Bring the index up to date with the sources."""
    from rag.index.build import wait_for_change

    rag = open_rag(config, index)
    code = bring_up_to_date(rag, paths or (), fresh=fresh, as_json=as_json)
    while watch:
        wait_for_change(rag.config, paths or [])
        code = bring_up_to_date(rag, paths or (), fresh=fresh, as_json=as_json)
    return code


@command(ARCHIVE, "rag add 2024-07-05.pdf")
def add(
    files: Annotated[list[Path], typer.Argument(parser=Path, metavar="FILE", help="The pages to add.")],
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Add pages to the archive, as the desk does; the files are copied."""
    from rag.doors.service.sources import add_files

    rag = open_rag(config, index)
    add_files(rag.config, files)
    return bring_up_to_date(rag)


@command(ARCHIVE, "rag remove pages/2024-07-05.pdf")
def remove(
    names: Annotated[list[str], typer.Argument(metavar="SOURCE", help="The sources, named as `rag search` prints them.")],
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Take sources out of the archive; their files stay, and `rag restore` brings them back."""
    from rag.doors.service.sources import remove_sources

    rag = open_rag(config, index)
    remove_sources(rag.config, names)
    return bring_up_to_date(rag)


@command(ARCHIVE, "rag restore pages/2024-07-05.pdf")
def restore(
    names: Annotated[list[str], typer.Argument(metavar="SOURCE", help="The removed sources, named as they were.")],
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Bring removed sources back."""
    from rag.doors.service.sources import restore_sources

    rag = open_rag(config, index)
    restore_sources(rag.config, names)
    return bring_up_to_date(rag)


@command(ARCHIVE, "rag articles pages/2024-07-05.pdf")
def articles(
    files: Annotated[list[Path], typer.Argument(parser=Path, metavar="FILE", help="The page to read, or the pages of an issue.")],
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Show the articles that a page is read as; stories that run over the pages given are joined."""
    from rag.pages import read_articles
    from rag.pages.issues import join_issues

    found = join_issues(article for file in files for article in read_articles(file))
    print_json([article.to_dict() for article in found]) if as_json else print_articles(found)
    return 0


def bring_up_to_date(rag: Rag, paths: Sequence[Path] = (), *, fresh: bool = False, as_json: bool = False) -> int:
    """Builds, prints what changed and each file that failed; returns the exit code."""
    from dataclasses import asdict

    report = rag.build(paths, fresh=fresh, progress=PROGRESS)
    PROGRESS.done()
    print_json(asdict(report)) if as_json else note(_summary(report))
    for line in report.failed:
        note_error(line)
    return 1 if report.failed else 0


def _summary(report: Report) -> str:
    done = f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, " \
           f"{len(report.unchanged)} unchanged"
    return f"index: {done}; {report.articles} articles, {report.passages} passages, {report.seconds:.1f} s"
