"""Conditions as Milvus takes them: a language of its own, in which no value may be more than a value.

milvus-lite takes no values beside a condition, so they are written into it, quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL_CHARACTERS = re.compile(r"""[%_\\"'\x00-\x1f]""")  # what means something in a pattern, or in one of the two notations of a text


def literal(value: str | int) -> str:
    """A value as Milvus writes it in a condition; no text can end its own quotation.

    >>> literal('甲" or row > 0'), literal(7)
    ('"甲\\\\" or row > 0"', '7')
    """
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def is_in(field: str, values: Iterable[str | int]) -> str:
    """The condition that a field has one of some values.

    >>> is_in("row", [1, 2])
    'row in [1, 2]'
    """
    return f"{field} in [{', '.join(map(literal, values))}]"


def contains(field: str, text: str) -> str:
    """The condition that a field holds a text; characters with a meaning in patterns stand for any character.

    >>> contains("record", "5%的")
    'record like "%5_的%"'
    """
    return f"{field} like {literal('%' + _SPECIAL_CHARACTERS.sub('_', text) + '%')}"


def matches_exactly(text: str) -> bool:
    """Whether :func:`contains` finds this very text and no other."""
    return not _SPECIAL_CHARACTERS.search(text)


def all_of(*conditions: str) -> str:
    """The condition that all of some conditions hold; empty ones say nothing.

    >>> all_of("a > 1", "", "b == 2 or c == 3")
    '(a > 1) and (b == 2 or c == 3)'
    """
    present = [condition for condition in conditions if condition]
    return present[0] if len(present) == 1 else " and ".join(f"({condition})" for condition in present)
