"""The Typer application: its name, command groups and help."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

NAME = "rag"
GROUPS = ASK, ARCHIVE, DOORS, CHECK = "Ask", "Archive", "Doors", "Check"

Run = TypeVar("Run", bound=Callable[..., int])


class Groups(TyperGroup):
    """Lists the commands by group, in plain help and in coloured help."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Returns the names of the commands, in the order of ``GROUPS``."""
        return sorted(self.commands, key=lambda name: GROUPS.index(self._group(name)))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes a section for each group, with the full sentence of each command."""
        width = max(map(len, self.commands))
        for group, names in groupby(self.list_commands(ctx), key=self._group):
            with formatter.section(group):
                formatter.write_dl([(name.ljust(width), self.commands[name].help or "") for name in names])

    def _group(self, name: str) -> str:
        command: Any = self.commands[name]
        return str(command.rich_help_panel)


app = typer.Typer(
    name=NAME, cls=Groups, no_args_is_help=True, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="Exit codes: 0 done, 1 an error in one line that says what to do, 2 wrong usage.")


def command(group: str, example: str, *, name: str | None = None, text: str | None = None) -> Callable[[Run], Run]:
    """Registers a function as a command of a group; ``example`` is a command line for its help."""
    return app.command(name, help=text, rich_help_panel=group, epilog=f"Example: {example}")


def _show_version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        typer.echo(f"wenbao {version('wenbao')}")
        raise typer.Exit


@app.callback()
def rag(
    version: Annotated[bool, typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """Ask a newspaper archive 问报: every statement of an answer is quoted word for word."""
