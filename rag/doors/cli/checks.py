"""Commands that check answers, models and the installation: ``rag verify``, ``models`` and ``doctor``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.doors.cli.app import CHECK, command
from rag.doors.cli.options import PROGRESS, AsJson, ConfigFile, IndexFolder, open_rag
from rag.doors.cli.printing import print_checks, print_findings, print_json, print_models
from rag.errors import SourceError

if TYPE_CHECKING:
    from rag.config import Config


@command(CHECK, "rag verify answer.json")
def verify(
    file: Annotated[Path, typer.Argument(parser=Path, metavar="ANSWER.json", help="A file that `rag ask --json` printed.")],
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """Check a saved answer against index and sources, offline."""
    from dataclasses import asdict

    answer = _read_json(file)
    checks = open_rag(config, index).verify(answer)
    print_json([asdict(check) for check in checks]) if as_json else print_checks(checks)
    return 0 if all(check.holds for check in checks) else 1


@command(CHECK, "rag models --fetch")
def models(
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch what the configuration needs.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Hash anew the files in the cache.")] = False,
    config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False,
) -> int:
    """List, fetch and verify models."""
    from dataclasses import asdict

    from rag.config import load_config
    from rag.models import status
    from rag.models import verify as verify_files

    settings = load_config(config)
    if fetch:
        _fetch(settings)
    found = status()
    checked = {model.name: verify_files(model.name) for model in found if model.cached} if verify else {}
    if as_json:
        print_json([{**asdict(model), "files_verified": checked.get(model.name)} for model in found])
    else:
        print_models(found, checked)
    return 0


@command(CHECK, "rag doctor")
def doctor(config: ConfigFile = None, index: IndexFolder = None, as_json: AsJson = False) -> int:
    """Check the installation; each finding comes with its remedy."""
    from dataclasses import asdict

    from rag.doors.doctor import examine

    findings = list(examine(open_rag(config, index).config))
    print_json([asdict(finding) for finding in findings]) if as_json else print_findings(findings)
    return 0 if all(finding.well for finding in findings) else 1


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{file}: cannot be read as JSON ({error}); save `rag ask --json` there") from error


def _fetch(config: Config) -> None:
    from rag.models import resolve

    for name in config.model_names:
        resolve(name, offline=config.models.offline, progress=PROGRESS)
        PROGRESS.done()
