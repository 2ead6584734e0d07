"""Parallel enumerations: 分别 ("respectively") pairs names with values, and a small model pairs them wrongly."""

from __future__ import annotations

import re

from rag.language.text import fold

_RESPECTIVELY = re.compile("(?:同比|环比|均)?分别")
_BETWEEN = re.compile("、|和|与|及|以及|,")
_CLAUSE = re.compile("[,;\uff1b。!?:]")
_DIGIT = re.compile("[0-9一二三四五六七八九十百两]")


def pairs(text: str) -> list[tuple[str, str]]:
    """Names and values that 分别 puts together, in order; ``[]`` where their numbers differ.

    >>> pairs("杨树、柳树成活率分别达63.38%和69.12%。")
    [('杨树', '63.38%'), ('柳树成活率', '69.12%')]
    """
    found: list[tuple[str, str]] = []
    folded = fold(text)
    for match in _RESPECTIVELY.finditer(folded):
        begin = max((m.end() for m in _CLAUSE.finditer(folded, 0, match.start())), default=0)
        ends = [m.start() for m in _CLAUSE.finditer(folded, match.end()) if not folded[m.end() : m.end() + 1].isdigit()]
        names = [n for n in _BETWEEN.split(text[begin : match.start()]) if n.strip()]
        values = [v for v in _BETWEEN.split(text[match.end() : ends[0] if ends else len(text)]) if v.strip()]
        if len(names) == len(values) > 1 and all(_DIGIT.search(value) for value in values):
            first = _DIGIT.search(values[0])
            values[0] = values[0][first.start() :] if first else values[0]
            found += zip((n.strip() for n in names), values, strict=True)
    return found


def unfolded(text: str) -> str:
    """A sentence with what 分别 says written out behind it.

    >>> unfolded("杨树、柳树成活率分别达63.38%和69.12%。")
    '杨树、柳树成活率分别达63.38%和69.12%。(即:杨树63.38%;柳树成活率69.12%)'
    """
    told = ";".join(f"{name}{value}" for name, value in pairs(text))
    return f"{text}(即:{told})" if told else text
