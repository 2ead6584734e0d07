"""Rows and what was worked out from them → the text of an answer in Chinese or English, made by code alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rag.gather.compute import Value
from rag.language.figures import without_direction
from rag.language.quantities import exact, glossary, scaled
from rag.language.units import english_unit

Named = Callable[[str], str]  # a Chinese label → the same in the language of the answer

_MINUTE = 60  # seconds
_PLACES, _EXACT = 2, 6  # decimals of what is no exact decimal, and most decimals of what is one
_SCALES = {"万亿": 10**12, "亿": 10**8, "万": 10**4}
_SCALE = re.compile("万亿|亿|万")


@dataclass(frozen=True)
class Line:
    """A row as it is told: what it is about, its figure as printed, the marks of its citations.

    ``total``: what several figures add up to, as it is written.
    """

    label: str
    shown: str
    marks: str
    value: Value | None = None
    total: str = ""


def in_language(shown: str, language: str) -> str:
    """Returns a printed figure in the language of the answer.

    >>> in_language("86.8亿元", "en"), in_language("86.8亿元", "zh"), in_language("下降约5%", "en")
    ('8.68 billion yuan', '86.8亿元', 'down about 5%')
    """
    if language == "zh":
        return shown
    direction, shown = without_direction(shown)
    for chinese, english in glossary(shown):
        shown = shown.replace(chinese, english, 1)
    return ("", "up ", "down ")[direction] + {"持平": "unchanged"}.get(shown, shown)


def written(value: Value, printed: Sequence[str], language: str) -> str:
    """Returns a figure that was worked out, in the scale of those it was worked out from; rounded to two places if it ends nowhere, a
    percentage to one.

    >>> written(Value(Fraction(66400000000), unit="千瓦时"), ["8475亿", "7811亿"], "zh")
    '664亿千瓦时'
    >>> written(Value(Fraction(66400000000), unit="千瓦时"), ["8475亿"], "en"), written(Value(Fraction(100, 3), "percent"), [], "zh")
    ('66.4 billion kilowatt-hours', '约33.3%')
    >>> written(Value(Fraction(793, 379), "percent"), ["38726亿", "37933亿"], "zh")
    '约2.1%'
    >>> written(Value(Fraction(85), "clock"), ["8:40", "10:05"], "zh")
    '1:25'
    """
    if value.kind == "clock":
        return "{}:{:02}".format(*divmod(round(abs(value.value)), 60))
    if value.unit == "秒" and abs(value.value) >= _MINUTE:
        return _lasting(value, language)
    power, name = _scale_of(value, printed)
    number = value.value / power if language == "zh" else value.value
    is_share = value.kind != "number"  # papers print 63.6% and 0.53%
    power = power if language == "en" else 1
    number, rounded = _to_places(number, power, _PLACES if is_share else _EXACT, 1 if is_share and abs(number) >= 1 else _PLACES)
    about = ("约" if language == "zh" else "about ") if rounded or value.rough else ""
    if value.kind == "percent":
        return f"{about}{_signed(number)}%"
    if value.kind == "points":
        return f"{about}{_signed(number)}" + ("个百分点" if language == "zh" else " percentage points")
    if language == "zh":
        return f"{about}{_signed(number, grouped=False)}{name}{value.unit}"
    english = scaled(abs(number)) if abs(number) >= 10**6 else exact(abs(number))
    unit = english_unit(value.unit, number)
    return f"{about}{'−' if number < 0 else ''}{english}{' ' + unit if unit else ''}"


def _lasting(value: Value, language: str) -> str:
    """Returns a length of time of a minute or more.

    >>> _lasting(Value(Fraction("4812.5"), unit="秒"), "zh"), _lasting(Value(Fraction(1080), unit="秒"), "en")
    ('1小时20分12.5秒', '18 minutes')
    """
    whole = int(abs(value.value))
    hours, minutes = divmod(whole // _MINUTE, _MINUTE)
    seconds = abs(value.value) - whole + whole % _MINUTE
    told = [(Fraction(hours), "小时", "hour"), (Fraction(minutes), "分" if seconds else "分钟", "minute"), (seconds, "秒", "second")]
    if language == "zh":
        return "".join(f"{exact(number)}{unit}" for number, unit, _ in told if number)
    return " ".join(f"{exact(number)} {unit}{'s' if number != 1 else ''}" for number, _, unit in told if number)


def _scale_of(value: Value, printed: Sequence[str]) -> tuple[int, str]:
    """Returns the scale that all the printed figures share; of figures in several scales the largest that is not above the value.

    >>> _scale_of(Value(Fraction(348930000000)), ["14613万吨", "566.7亿斤"]), _scale_of(Value(Fraction("3.9e12")), ["30万亿", "26万亿"])
    ((100000000, '亿'), (1000000000000, '万亿'))
    """
    if value.kind != "number" or not printed:
        return 1, ""
    named = [set(_SCALE.findall(one)) for one in printed]
    shared = set.intersection(*named)
    known = shared or (set.union(*named) if all(named) else set())
    return next(((power, name) for name, power in _SCALES.items() if name in known and (shared or abs(value.value) >= power)), (1, ""))


def _signed(number: Fraction, *, grouped: bool = True) -> str:
    return ("−" if number < 0 else "") + exact(abs(number), grouped=grouped)


def _to_places(value: Fraction, power: int, exact_to: int, places: int) -> tuple[Fraction, bool]:
    """Returns a value as a decimal: exact where it has at most ``exact_to`` places, else to ``places`` (of its scale)."""
    unit = Fraction(1, 10**exact_to) * power
    if (value / unit).denominator == 1:
        return value, False
    step = Fraction(1, 10**places) * power
    return round(value / step) * step, True


_WORDS = {
    "zh": {"difference": "{a}比{b}{more}{d}", "sum": "合计{d}", "average": "平均{d}", "share": "占{d}", "change": "{a}比{b}{rose}{d}",
           "most": "{of}最高的是{a}:{v}", "least": "{of}最低的是{a}:{v}", "of": "{n}项中", "of these": "其余各项中",
           "kept": "{m}项中有{n}项({c}):{a}", "none kept": "{m}项中没有一项({c})", "first": "最早的是{a}({v})",
           "last": "最晚的是{a}({v})", "missing": "资料里没有{m}的数字", "untold": "资料里没有说:{m}",
           "days": "相隔{n}天", "cannot": "无法算出:{why}", "so far": "资料里有的:", "in all": "资料里共有{n}条:", "found": "资料里有:",
           "higher": "{a}高于{b},相差{d}", "equal": "两者相同", "no report": "资料里没有{m}的报道",
           "differ": "各处报道的数字不一致", "agree": "各处报道的数字一致",
           "apart": ",相隔{n}天", "tied": "{a}在同一时间({v})",
           "latest": "最近的报道({a}):{v}", "first report": "最早的报道({a}):{v}",
           "and": "、", "sep": ";", "end": "。"},
    "en": {"difference": "{a} is {d} {more} than {b}", "sum": "{d} in total", "average": "{d} on average", "share": "{d}",
           "change": "{a} {rose} by {d} against {b}", "most": "Highest{of}: {a}, {v}", "least": "Lowest{of}: {a}, {v}", "of": " of {n}",
           "of these": " of the others",
           "kept": "{n} of {m} ({c}): {a}", "none kept": "None of the {m} ({c})",
           "first": "{a} came first ({v})", "last": "{a} came last ({v})",
           "missing": "The archive has no figure for {m}", "untold": "The archive does not say: {m}",
           "days": "{n} days apart", "cannot": "It cannot be worked out: {why}",
           "so far": "What the archive has: ", "in all": "{n} in the reports of this archive: ",
           "found": "In the reports of this archive: ",
           "higher": "{a} is higher than {b}, by {d}", "equal": "Both are the same", "and": ", ",
           "apart": ", {n} days apart", "tied": "{a} came at the same time ({v})",
           "latest": "The latest report ({a}): {v} ", "first report": "The first report ({a}): {v} ",
           "differ": "The reports differ", "agree": "The reports agree",
           "no report": "The archive has no report of {m}", "sep": "; ", "end": ". "},
}


def words(language: str, key: str, **values: object) -> str:
    """Returns a set phrase of answers.

    >>> words("en", "sum", d="5 tonnes")
    '5 tonnes in total'
    """
    return _WORDS[language][key].format(**values)


def in_full(line: Line, language: str) -> str:
    """Returns the figure of a row; what several figures add up to with these.

    >>> in_full(Line("甲队", "3枚 + 4枚", "[1]", total="7枚"), "zh")
    '7枚(3枚 + 4枚)'
    """
    return f"{line.total}{'' if language == 'zh' else ' '}({line.shown})" if line.total else line.shown


def listed(lines: Sequence[Line], language: str) -> str:
    """Returns the rows one after the other, each with its citations.

    >>> listed([Line("3月", "5%", "[1]"), Line("4月", "6%", "[2]")], "zh")
    '3月:5%[1];4月:6%[2]'
    >>> listed([Line("甲队", "3枚 + 4枚", "[1]", total="7枚")], "zh")
    '甲队:7枚(3枚 + 4枚)[1]'
    """
    joint, space = (":", "") if language == "zh" else (": ", " ")

    def told(line: Line) -> str:
        shown = in_full(line, language)
        return f"{line.label}{joint if line.label and shown else ''}{shown}{space}{line.marks}"

    return _WORDS[language]["sep"].join(map(told, lines))
