"""What the generator is asked before anything is gathered: what is to be done, and which figures or facts it takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.generate import Prompt
from rag.language.text import simplified

_PLAN = """\
一个问题要从报上查什么,再做什么?先写做法,再写要各自去查的每一件,用竖线隔开。每一件用中文写全时间、地点、名称和单位,能单独去查;\
问题没有说的不写。只算其中几件,或另有次序,最后写它们的序号。
做法:
查一:一处报道就写着答案,后面什么也不写
各问:几件不同的事,各自回答
走势:各个时间的数字,怎样变化
排名:哪个最多、最高、最少;要查的后面写“最多”“最少”,两样都问就写“两头”
比较:两个数字谁大
相差:前一个数字减后一个
合计:几个数字之和
平均:几个数字的平均
占比:部分除以全部,先写部分
增幅:由两个数字算出变化百分之几,先写后来的
先后:哪件事在先
相隔:几件事相隔多少天
同时:是否在同一天、同一月、同一年
次数:一共有几次、几个
列举:逐一列出
最新:最近一次的数字或情况
首次:何时第一次报道
说法:各处报道是否一致
问题:甲城今年新增了多少座图书馆,比去年多几座?
查一
问题:How many visitors did the flower show in 乙县 draw in 2020年 and 2021年, and how many more in 2021年?
相差|乙县2020年花展的参观人数|乙县2021年花展的参观人数|21
问题:丙镇2020年1月至6月的茶叶出口量走势如何?
走势|丙镇2020年1月至6月的茶叶出口量
问题:甲县2020年哪个季度的出口最少?
排名|甲县2020年各季度的出口额|最少
问题:Which came first, the opening of the airport in 甲城 or the flood in 乙县?
先后|甲城机场启用|乙县洪水
问题:第五届、第六届书展分别在哪里举行?
各问|第五届书展在哪里举行?|第六届书展在哪里举行?"""
_WORDS = {
    "查一": "lookup", "各问": "each", "走势": "series", "排名": "rank", "比较": "compare", "相差": "difference", "合计": "sum",
    "平均": "average", "占比": "share", "增幅": "percent_change", "先后": "first", "相隔": "apart", "同时": "coincide", "次数": "count",
    "列举": "list", "筛选": "filter", "最新": "latest", "首次": "first", "说法": "conflict"}
_WITHOUT_ORDER = frozenset("sum average compare rank".split())  # what is done with their parts is the same in any order
_RANK = "排名"
ENDS = {"最多": ("most",), "最少": ("least",), "两头": ("most", "least")}  # what a rank asks for
_DONE = "做法:"
_DIGITS = "0123456789、,"


@dataclass(frozen=True)
class DraftedPlan:
    """A plan as the generator writes it.

    ``order``: the positions of the parts that are worked with, in their order; all if empty. ``ends``: whether a rank asks for the
    ``most``, the ``least`` or both. ``log_probability``: that of its text, ``None`` if the generator does not tell it.
    """

    operation: str
    parts: tuple[str, ...] = ()
    order: tuple[int, ...] = ()
    ends: tuple[str, ...] = ("most",)
    log_probability: float | None = field(default=None, compare=False)


def plan_prompt(question: str, operation: str = "") -> Prompt:
    """Asks for the plan of a question; for its parts alone, if the operation is known.

    >>> plan_prompt("甲城有几座桥?").user, plan_prompt("甲城有几座桥?", "count").user
    ('问题:甲城有几座桥?', '问题:甲城有几座桥?\\n做法:次数')
    """
    word = next((word for word, named in _WORDS.items() if named == operation), "")
    return Prompt("plan", _PLAN, f"问题:{question}" + (f"\n{_DONE}{word}" if word else ""))


def operation_from_keyword(word: str) -> str:
    """Returns the operation of a word of a plan, ``""`` for a word that names none.

    >>> operation_from_keyword("排名"), operation_from_keyword("无")
    ('rank', '')
    """
    return _WORDS.get(word, "")


def read_plan(text: str, operation: str = "") -> DraftedPlan | None:
    """Returns the plan that the generator wrote; ``None`` if it names no operation.

    >>> read_plan("相差|甲县2021年产粮|甲县2022年产粮|21").order, read_plan("排名|甲县各月产粮|最少").ends
    ((1, 0), ('least',))
    >>> read_plan("最少|甲县各月产粮") == read_plan("排名|甲县各月产粮|最少")
    True
    >>> read_plan("甲桥通车|乙桥通车", "coincide").parts, read_plan("无")
    (('甲桥通车', '乙桥通车'), None)
    """
    parts = [part.strip() for part in simplified(text).replace("\uff5c", "|").split("|") if part.strip()]
    if parts and parts[0] in ENDS:
        parts = [_RANK, *parts[1:], parts[0]]
    named = operation_from_keyword(parts[0]) if parts else ""
    if named:
        del parts[0]
    if not (operation or named):
        return None
    order: tuple[int, ...] = ()
    if len(parts) > 1 and set(parts[-1]) <= set(_DIGITS):
        order = tuple(int(digit) - 1 for digit in parts.pop() if digit.isdecimal())
    ends = ENDS.get(parts[-1] if parts else "")
    if ends:
        parts.pop()
    is_order = len(set(order)) == len(order) and all(0 <= at < len(parts) for at in order)
    is_told = is_order and ((operation or named) not in _WITHOUT_ORDER or list(order) == sorted(order))
    return DraftedPlan(operation or named, tuple(parts), order if is_told else (), ends or ("most",))
