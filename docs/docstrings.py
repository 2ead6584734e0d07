"""Docstrings as Markdown: their examples and blocks become code blocks, the names that they refer to become code."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:class|func|mod|meth|data|attr):`~?([^`]+)`")


class AsMarkdown(griffe.Extension):
    """Rewrites every docstring that the site shows."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Called by griffe for each module, class, function and attribute."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """The docstring ``text`` in Markdown.

    >>> as_markdown("Adds, see :func:`~rag.ask`.")
    'Adds, see `rag.ask`.'
    >>> as_markdown("Drawn::\\n\\n    a -> b").split("\\n")
    ['Drawn:', '', '```text', '    a -> b', '```']
    """
    out: list[str] = []
    blocks = re.split(r"\n\s*\n", text)
    literal = False  # the block before ended with "::"
    for block in blocks:
        lines = block.split("\n")
        if literal and lines[0].startswith("    "):
            out.append(_fenced("text", block))
            continue
        literal = block.rstrip().endswith("::")
        if lines[0].lstrip().startswith(">>> "):
            out.append(_fenced("pycon", block))
        elif block.strip() == "::":
            continue
        else:
            out.append(ROLE.sub(r"`\1`", re.sub(r"::$", ":", block.rstrip())))
    return "\n\n".join(out)


def _fenced(language: str, block: str) -> str:
    return f"```{language}\n{block}\n```"
