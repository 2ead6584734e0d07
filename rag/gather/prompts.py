"""What the generator is asked while a question is taken apart.

The worked examples are turns of a conversation: a small model follows them much better than the same examples in one text. They hold
invented names, as in :mod:`rag.answer.prompts`; the answers are Chinese, as the archive is.
"""

from __future__ import annotations

from rag.generate import Prompt

_Examples = tuple[tuple[str, str], ...]

_TASKS: dict[str, tuple[str, _Examples]] = {
    "single": ("写出问题问的是什么数字。用中文名词短语,保留时间和名称,不要“每个月”“最高”“平均”“多多少”之类的话。", (
        ("乙县2019年1月每个月的游客人数走势如何?", "乙县2019年1月的游客人数"),
        ("What was the average monthly tea export of 丙镇 in 2020年4月, in tonnes?", "丙镇2020年4月的茶叶出口量(吨)"),
        ("丙镇2022年5月哪个月的毕业生同比增长最快?请比较各月。", "丙镇2022年5月毕业生的同比增长率"),
        ("By how much did 甲城's 2020年一季度 house sales exceed those of ?", "甲城2020年一季度的房屋销售量"),
        ("How did the city's total of cars change in each month from 2021年2月?", "该市2021年2月的汽车总数"),
        ("甲城2021年3月的用电量多多少亿千瓦时,哪个更高?", "甲城2021年3月的用电量(亿千瓦时)"))),
    "level": ("写出问题里说的是什么数字的增减。用中文名词短语,保留时间和名称,不写“增长”“下降”“百分之几”。", (
        ("乙县2019年1月的游客人数增长百分之几?", "乙县2019年1月的游客人数"),
        ("By what percentage did 丙镇's tea export grow from 2020年4月 to ?", "丙镇2020年4月的茶叶出口量"),
        ("甲公司2022年一季度的营业收入同比变化了多少个百分比?", "甲公司2022年一季度的营业收入"),
        ("What was the percentage change in the number of buses in 甲城 in 2021年?", "甲城2021年的公交车数量"))),
    "share": ("把问题拆成两个数字:先写部分,再写全部。都用中文名词短语,写全时间和地点,用竖线隔开。", (
        ("甲公司2022年的出口占全部销售额的百分之几?", "甲公司2022年的出口额|甲公司2022年的全部销售额"),
        ("What percentage of the tea planted in 丙镇 in 2020年 was black tea?", "丙镇2020年红茶的种植面积|丙镇2020年茶叶的种植总面积"),
        ("2021年3月,乙县的女工人数占当月全部工人数的比重是多少?", "2021年3月乙县的女工人数|2021年3月乙县的全部工人数"),
        ("What share of 甲城's buses were electric at the end of 2019年?", "2019年底甲城的电动公交车数|2019年底甲城的公交车总数"))),
    "two": ("把问题拆成两个数字,先写前者,再写后者。都用中文名词短语,写全时间和地点,用竖线隔开。", (
        ("丙镇2020年种的茶比丁镇多多少亩?", "丙镇2020年的种茶面积(亩)|丁镇2020年的种茶面积(亩)"),
        ("By what percentage did the cars of 甲城 increase from 2018年 to 2022年?", "甲城2022年的汽车数量|甲城2018年的汽车数量"),
        ("2021年5月,小学和中学哪个招生更多,各招了多少?", "2021年5月小学招生人数|2021年5月中学招生人数"),
        ("How many more visitors did the flower show in 乙县 draw than the book fair in 2021年?",
         "乙县2021年花展的参观人数|乙县2021年书展的参观人数"))),
    "several": ("写出要合在一起算的每个数字。都用中文名词短语,写全时间和地点,用竖线隔开。", (
        ("丙镇、丁镇和戊镇2020年一共种了多少亩茶?", "丙镇2020年的种茶面积(亩)|丁镇2020年的种茶面积(亩)|戊镇2020年的种茶面积(亩)"),
        ("What was the combined output of wheat and rice in 乙县 in 2019年?", "乙县2019年的小麦产量|乙县2019年的水稻产量"),
        ("Of the floods in 甲城, 乙县 and 己市 in 2021年, which displaced the most people?",
         "2021年甲城洪水转移的人数|2021年乙县洪水转移的人数|2021年己市洪水转移的人数"),
        ("第五届和第六届书展平均有多少家出版社参加?", "第五届书展参展的出版社数量|第六届书展参展的出版社数量"))),
    "events": ("写出问题里所比较的各件事,用中文,用竖线隔开,不加别的话。", (
        ("戊桥通车和己矿停产是在同一年吗?", "戊桥通车|己矿停产"),
        ("甲城开办大学、乙县设立医院、丙镇修通铁路,哪个事件最早发生?", "甲城开办大学|乙县设立医院|丙镇修通铁路"),
        ("张某和李某谁更早当选议员?", "张某当选议员|李某当选议员"),
        ("Which came first, the opening of the airport in 甲城 or the flood in 乙县?", "甲城机场启用|乙县洪水"),
        ("2019年甲公司上市与丁河发大水,哪一件在先?", "2019年甲公司上市|丁河发大水"))),
    "topic": ("写出问题问的是什么事,用中文名词短语,保留时间、地点和名称。", (
        ("乙县2019年3月一共报道了几次火灾?", "乙县2019年3月的火灾"),
        ("Which bridges were opened to traffic in 丙镇 in 2020年?", "丙镇2020年通车的大桥"),
        ("What is the latest number of members of 甲公司's union?", "甲公司工会的会员人数"),
        ("各条报道对乙县2021年上半年的茶叶产量说法一致吗?", "乙县2021年上半年的茶叶产量"),
        ("列出2018年甲城所有新建的学校。", "甲城2018年新建的学校"),
        ("When was the new vaccine of 丁公司 first reported?", "丁公司的新疫苗"))),
}
_PLAN = """\
一个问题要拿报上的数字或事件做什么?只写一个词。
查一:一处报道就写着答案
走势:各个时间的数字,怎样变化
最新:最近一次的数字或情况
先后:哪件事在先,何时第一次
排名:哪个最多、最高、最少
比较:两个数字谁大
相差:两个数字之差
合计:几个数字之和
平均:几个数字的平均
占比:部分除以全部
增幅:由两个数字算出变化百分之几
次数:一共有几次、几个
列举:逐一列出
说法:各处报道是否一致
同时:是否在同一天、同一月、同一年"""
_WORDS = {
    "lookup": "查一", "series": "走势", "latest": "最新", "first": "先后", "rank": "排名", "compare": "比较", "difference": "相差",
    "sum": "合计", "average": "平均", "share": "占比", "percent_change": "增幅", "count": "次数", "list": "列举", "conflict": "说法",
    "coincide": "同时"}
_OPERATIONS = {word: operation for operation, word in _WORDS.items()}
_TASK_OF = {"share": "share", "compare": "two", "difference": "two", "percent_change": "two", "sum": "several", "average": "several",
            "rank": "several", "first": "events", "coincide": "events", "single": "single", "level": "level"}


def parts_prompt(question: str, operation: str) -> Prompt:
    """Asks for the figures or events that a question takes, divided by ``|``; ``single`` asks for the one figure of a question about
    one time, an operation without parts for what it is about.
    """
    task = _TASK_OF.get(operation, "topic")
    system, examples = _TASKS[task]
    return Prompt(f"parts-{task}", system, question, examples)


def operation_prompt(question: str) -> Prompt:
    """Asks what is to be done with figures or events of the archive, in one word.

    >>> operation_prompt("甲城有几座桥?").user, operation_of_word("排名"), operation_of_word("无")
    ('问题:甲城有几座桥?', 'rank', None)
    """
    return Prompt("plan", _PLAN, f"问题:{question}")


def operation_of_word(word: str) -> str | None:
    """The operation that a word of the generator names."""
    return _OPERATIONS.get(word.strip()[:2])


def word_of(operation: str) -> str:
    """The word of an operation, as it is trained."""
    return _WORDS[operation]


def asks_figure(operation: str) -> bool:
    """Whether the parts of an operation are figures, and no events or topics.

    >>> asks_figure("share"), asks_figure("first"), asks_figure("list")
    (True, False, False)
    """
    return _TASK_OF.get(operation, "topic") not in ("events", "topic")


def gather_prompts() -> list[Prompt]:
    """One prompt of each task, to fill the generator's cache with their examples."""
    return [operation_prompt(""), *(Prompt(f"parts-{task}", system, "", examples) for task, (system, examples) in _TASKS.items())]
