"""Chinese units of figures and their English names."""

from __future__ import annotations

import re
from fractions import Fraction

_MONEY = {"美元": "US dollars", "欧元": "euros", "港元": "Hong Kong dollars", "日元": "yen", "英镑": "pounds",
          "元": "yuan"}
_MEASURES = {
    "平方公里": "square kilometres", "平方米": "square metres", "立方米": "cubic metres", "公里": "kilometres",
    "千米": "kilometres", "千瓦时": "kilowatt-hours", "千瓦": "kilowatts", "公顷": "hectares",
    "公斤级": "kilogram class", "公斤": "kilograms", "公吨": "tonnes", "吨": "tonnes", "米": "metres", "亩": "mu", "斤": "jin",
    "人次": "visits", "人": "people", "个月": "months", "小时": "hours", "分钟": "minutes", "秒": "seconds", "天": "days",
    "年": "years",
    "个百分点": "percentage points",
}
RATIO = re.compile(r"率|幅|增速|百分|同比|环比|比重|占比|percent|\brate\b|growth|%|share", re.I)  # what is measured is a ratio
UNITS = {**_MONEY, **_MEASURES}
_EXACT = {  # what a unit measures, and how many of the smallest unit of that it is
    "吨": ("mass", Fraction(2000)), "公吨": ("mass", Fraction(2000)), "公斤": ("mass", Fraction(2)), "斤": ("mass", Fraction(1)),
    "公里": ("length", Fraction(1000)), "千米": ("length", Fraction(1000)), "米": ("length", Fraction(1)),
    "平方公里": ("area", Fraction(1500)), "公顷": ("area", Fraction(15)), "亩": ("area", Fraction(1)),
    "平方米": ("area", Fraction(3, 2000)),
    "小时": ("time", Fraction(3600)), "分钟": ("time", Fraction(60)), "秒": ("time", Fraction(1)),
    "人": ("people", Fraction(1)), "名": ("people", Fraction(1)), "位": ("people", Fraction(1))}
_CLASSIFIERS = "个名位家所项条件座台辆次种场份套户只头张支批组间期届款类起例棵株艘架栋幢篇册枚颗列趟宗笔块班"
UNIT = re.compile("|".join([*sorted(UNITS, key=len, reverse=True), f"[{_CLASSIFIERS}]"]))

_WHOLE = re.compile(f"(?:[百千]?万|[百千万]?亿)?(?:{UNIT.pattern})(?:/\\d*\\w{{1,3}})?")


def is_unit(text: str) -> bool:
    """Tells whether a text is a unit and nothing else, also one of a scale or one for an amount of something.

    >>> is_unit("万人次"), is_unit("元/500克"), is_unit("月度")
    (True, True, False)
    """
    return bool(_WHOLE.fullmatch(text))


_ASKED = re.compile(f"多少[百千万亿]*({UNIT.pattern})")


def unit_asked(question: str) -> str:
    """Returns the unit in which a Chinese question asks for a figure, ``""`` if it names none.

    >>> unit_asked("夏粮和早稻一共多少亿斤?"), unit_asked("一共多少?")
    ('斤', '')
    """
    match = _ASKED.search(question)
    return match[1] if match else ""


def english_unit(unit: str, value: Fraction) -> str:
    """Returns the English name of a unit behind a value; ``""`` if it has none, as counters.

    >>> english_unit("小时", Fraction(1)), english_unit("小时", Fraction(2)), english_unit("个", Fraction(2))
    ('hour', 'hours', '')
    """
    name = UNITS.get(unit, "")
    return name.removesuffix("s") if abs(value) == 1 and not name.endswith("ss") else name


def is_counter(unit: str) -> bool:
    """Tells whether a unit counts things one by one, and measures nothing.

    >>> is_counter("张"), is_counter("人"), is_counter("元")
    (True, True, False)
    """
    return unit == "人" or (len(unit) == 1 and unit in _CLASSIFIERS)


def factor(unit: str, wanted: str) -> Fraction | None:
    """Returns how many of the wanted unit one unit is, exactly; ``None`` if they measure different things.

    >>> factor("吨", "斤"), factor("公顷", "亩"), factor("人", "人次")
    (Fraction(2000, 1), Fraction(15, 1), None)
    """
    if unit == wanted:
        return Fraction(1)
    (kind, size), (other, smaller) = (_EXACT.get(name, ("", Fraction(1))) for name in (unit, wanted))
    return size / smaller if kind and kind == other else None


def unit_at(folded: str, at: int) -> str:
    """Returns the unit at a character offset of a folded text, after an optional space; ``""`` if there is none.

    >>> unit_at("8270万人次", 5), unit_at("47个", 0)
    ('人次', '')
    """
    match = UNIT.match(folded, at + folded[at : at + 1].isspace())
    return match.group() if match else ""
