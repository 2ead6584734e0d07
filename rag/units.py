"""Units behind figures: which a question asks for, which are printed, and which measure the same kind of thing."""

from __future__ import annotations

import re

from rag.text import fold

_MONEY = {"美元": "US dollars", "欧元": "euros", "港元": "Hong Kong dollars", "日元": "yen", "英镑": "pounds",
          "元": "yuan"}
_MEASURES = {
    "平方公里": "square kilometres", "平方米": "square metres", "立方米": "cubic metres", "公里": "kilometres",
    "千米": "kilometres", "千瓦时": "kilowatt-hours", "千瓦": "kilowatts", "公顷": "hectares",
    "公斤级": "kilogram class", "公斤": "kilograms", "吨": "tonnes", "米": "metres", "亩": "mu", "斤": "jin",
    "人次": "visits", "人": "people", "个月": "months", "小时": "hours", "分钟": "minutes", "天": "days", "年": "years",
    "个百分点": "percentage points",
}
UNITS = {**_MONEY, **_MEASURES}
_KINDS = ("人 人次 名 位", " ".join(_MONEY), "公里 千米 米", "平方公里 平方米 公顷 亩", "吨 公斤 斤", "千瓦时 千瓦",
          "年 个月 天 小时 分钟")
_NO_UNIT = "(?![素件旦首老民才工物质类群均然空气])"  # 元素 is no money, 人民币 no people, 天然气 no days
_ASKED = re.compile("(?:多少|几)[十百千万亿]*(" + "|".join(sorted(UNITS, key=len, reverse=True)) + ")" + _NO_UNIT)
_ENGLISH = {english.lower(): chinese for chinese, english in UNITS.items()} | {
    "dollars": "美元", "kilometers": "公里", "meters": "米", "square kilometers": "平方公里", "square meters": "平方米",
    "cubic meters": "立方米", "tons": "吨"}
_ASKED_EN = re.compile(r"\bhow many (?:(?:more|hundred|thousand|million|billion) )*(" +
                       "|".join(sorted(_ENGLISH, key=len, reverse=True)) + r")\b", re.I)
_CLASSIFIERS = "个名位家所项条件座台辆次种场份套户只头张支批组间期届款类起例棵株艘架栋幢篇册枚颗列趟宗笔块班"
UNIT = re.compile("|".join([*sorted(UNITS, key=len, reverse=True), f"[{_CLASSIFIERS}]"]))


def asked_unit(question: str) -> str:
    """The unit in which a question wants its figure, ``""`` where it names none; what is merely counted has none.

    >>> [asked_unit(q) for q in ("总投资是多少亿元?", "全长多少公里?", "新开工多少个项目?", "加入多少元素?")]
    ['元', '公里', '', '']
    >>> asked_unit("By how many percentage points did it rise?"), asked_unit("How many million tonnes were sold?")
    ('个百分点', '吨')
    >>> asked_unit("How many US dollars did it cost?"), asked_unit("How many square meters does it cover?")
    ('美元', '平方米')
    """
    if match := _ASKED.search(fold(question)):
        return match.group(1)
    match = _ASKED_EN.search(question)
    return _ENGLISH[match.group(1).lower()] if match else ""


def is_alike(unit: str, other: str) -> bool:
    """Whether two units measure the same kind of thing.

    >>> is_alike("人", "名"), is_alike("公顷", "亩"), is_alike("元", "座")
    (True, True, False)
    """
    return other.startswith(unit) or other.endswith(unit) or any(unit in kind.split() and other in kind.split() for kind in _KINDS)


def unit_at(folded: str, at: int) -> str:
    """The unit that stands at a place of a folded text, ``""`` if none does.

    >>> unit_at("8270万人次", 5), unit_at("47个", 0)
    ('人次', '')
    """
    match = UNIT.match(folded, at + folded[at : at + 1].isspace())
    return match.group() if match else ""
