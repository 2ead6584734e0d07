"""Conditions as Milvus takes them: a language of its own, in which no value may be more than a value.

milvus-lite takes no values beside a condition, so they are written into it, quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"""[%_\\"'\x00-\x1f]""")  # what means something in a pattern, or in one of the two notations of a text


def literal(value: str | int) -> str:
    """A value as Milvus writes it in a condition; no text can end its own quotation.

    >>> literal('甲" or row > 0'), literal(7)
    ('"甲\\\\" or row > 0"', '7')
    """
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def among(field: str, values: Iterable[str | int]) -> str:
    """The condition that a field has one of some values.

    >>> among("row", [1, 2])
    'row in [1, 2]'
    """
    return f"{field} in [{', '.join(map(literal, values))}]"


def holds(field: str, text: str) -> str:
    """The condition that a field holds a text; characters with a meaning in patterns stand for any character.

    >>> holds("record", "5%的")
    'record like "%5_的%"'
    """
    return f"{field} like {literal('%' + _SPECIAL.sub('_', text) + '%')}"


def is_plain(text: str) -> bool:
    """Whether :func:`holds` finds this very text and no other."""
    return not _SPECIAL.search(text)


def both(*conditions: str) -> str:
    """The condition that all of some conditions hold; empty ones say nothing.

    >>> both("a > 1", "", "b == 2 or c == 3")
    '(a > 1) and (b == 2 or c == 3)'
    """
    given = [condition for condition in conditions if condition]
    return given[0] if len(given) == 1 else " and ".join(f"({condition})" for condition in given)
