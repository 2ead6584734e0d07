"""The ``rag`` command; the only place that prints and sets exit codes.

Exit codes: 0 success, 1 an error in one line, 2 wrong usage. With ``--json``, stdout contains only JSON;
progress and log lines go to stderr. Colours and tables appear only on a terminal.

Files in reading order: ``app`` (the command and its groups), ``options`` (shared options), ``asking``, ``batch``,
``archive``, ``doors``, ``checks``, ``evaluating``; ``printing`` (results), ``terminal`` (colours, tables, stderr).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.completion import shell_complete
from typer.main import get_command

from rag.doors.cli import archive, asking, checks, doors, evaluating  # noqa: F401  each adds its commands to the app
from rag.doors.cli.app import NAME, app
from rag.doors.cli.terminal import is_terminal, note_error, show_warnings, show_wrong_usage
from rag.errors import RagError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code. Raises ``SystemExit`` after help (0) and after wrong usage (2)."""
    app.rich_markup_mode = "rich" if is_terminal(sys.stdout) else None
    command = get_command(app)
    _complete(command)
    show_warnings()
    try:
        with command.make_context(NAME, list(sys.argv[1:] if argv is None else argv)) as context:
            return command.invoke(context) or 0
    except typer.Exit as ended:
        raise SystemExit(ended.exit_code) from None
    except typer.TyperException as error:
        show_wrong_usage(error)
        raise SystemExit(error.exit_code) from None
    except RagError as error:
        note_error(" ".join(str(error).split()))
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        note_error("stopped")
        return 130


def _complete(command: Any) -> None:
    """Prints the completions if the shell asks for them, and ends."""
    variable = f"_{NAME.upper()}_COMPLETE"
    if instruction := os.environ.get(variable):
        raise SystemExit(shell_complete(command, {}, NAME, variable, instruction))
