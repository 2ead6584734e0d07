"""Parallel enumerations: 分别 ("respectively") pairs names with values, which a small model pairs wrongly."""

from __future__ import annotations

import re

from rag.language.text import fold

_RESPECTIVELY = re.compile("(?:同比|环比|均)?分别")
_SEPARATORS = re.compile("、|和|与|及|以及|,")
_CLAUSE_END = re.compile("[,;\uff1b。!?:]")
_DIGIT = re.compile("[0-9一二三四五六七八九十百两]")


def pairs(text: str) -> list[tuple[str, str]]:
    """Returns the names and values that 分别 pairs, in order; ``[]`` if there are more of one than of the other.

    >>> pairs("杨树、柳树成活率分别达63.38%和69.12%。")
    [('杨树', '63.38%'), ('柳树成活率', '69.12%')]
    """
    found: list[tuple[str, str]] = []
    folded = fold(text)
    for match in _RESPECTIVELY.finditer(folded):
        begin = max((m.end() for m in _CLAUSE_END.finditer(folded, 0, match.start())), default=0)
        ends = [m.start() for m in _CLAUSE_END.finditer(folded, match.end()) if not folded[m.end() : m.end() + 1].isdigit()]
        names = [n for n in _SEPARATORS.split(text[begin : match.start()]) if n.strip()]
        values = [v for v in _SEPARATORS.split(text[match.end() : ends[0] if ends else len(text)]) if v.strip()]
        if len(names) == len(values) > 1 and all(_DIGIT.search(value) for value in values):
            first = _DIGIT.search(values[0])
            values[0] = values[0][first.start() :] if first else values[0]
            found += zip((n.strip() for n in names), values, strict=True)
    return found


def with_pairs_spelled_out(text: str) -> str:
    """Appends to a sentence the pairs that its 分别 stands for.

    >>> with_pairs_spelled_out("杨树、柳树成活率分别达63.38%和69.12%。")
    '杨树、柳树成活率分别达63.38%和69.12%。(即:杨树63.38%;柳树成活率69.12%)'
    """
    listed = ";".join(f"{name}{value}" for name, value in pairs(text))
    return f"{text}(即:{listed})" if listed else text
