"""Writes conditions in the expression language of Milvus.

milvus-lite accepts no parameters beside a condition, so values are quoted into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL_CHARACTERS = re.compile(r"""[%_\\"'\x00-\x1f]""")  # special in patterns or in quoted texts


def literal(value: str | int) -> str:
    """Quotes a value; a text cannot end its own quotation.

    >>> literal('甲" or row > 0'), literal(7)
    ('"甲\\\\" or row > 0"', '7')
    """
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def is_in(field: str, values: Iterable[str | int]) -> str:
    """Returns the condition that a field has one of the values.

    >>> is_in("row", [1, 2])
    'row in [1, 2]'
    """
    return f"{field} in [{', '.join(map(literal, values))}]"


def contains(field: str, text: str) -> str:
    """Returns the condition that a field contains a text; pattern characters in the text match any character.

    >>> contains("record", "5%的")
    'record like "%5_的%"'
    """
    return f"{field} like {literal('%' + _SPECIAL_CHARACTERS.sub('_', text) + '%')}"


def period_text(since: str, until: str) -> str:
    """Returns how the period of a figure is stored.

    >>> contains("tells", period_text("2024-02-01", "2024-02-29"))
    'tells like "%2024-02-01/2024-02-29%"'
    """
    return f"{since}/{until}"


def matches_exactly(text: str) -> bool:
    """Tells whether :func:`contains` matches this text only.

    >>> matches_exactly("5万"), matches_exactly("5%")
    (True, False)
    """
    return not _SPECIAL_CHARACTERS.search(text)


def all_of(*conditions: str) -> str:
    """Returns the condition that all conditions hold; empty conditions are ignored.

    >>> all_of("a > 1", "", "b == 2 or c == 3")
    '(a > 1) and (b == 2 or c == 3)'
    """
    present = [condition for condition in conditions if condition]
    return present[0] if len(present) == 1 else " and ".join(f"({condition})" for condition in present)
