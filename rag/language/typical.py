"""Typical questions to a newspaper, without names.

Their mean vector is the direction that all questions of a language share. :mod:`rag.index.store.vectors` subtracts it from
a question's vector before comparing. The questions have no other use.
"""

from __future__ import annotations

TYPICAL_QUESTIONS: dict[str, tuple[str, ...]] = {
    "en": (
        "How many people took part in the event?", "When did the meeting take place?",
        "Who is the head of the organisation?", "What was the total investment of the project?",
        "By how much did exports grow in the first quarter?", "Which company won the contract?",
        "Where was the exhibition held?", "Why was the bridge closed?", "How long is the new railway?",
        "What did the minister say about prices?", "Which cities joined the programme?",
        "What is the name of the new service?", "How was the problem solved?", "Was the target reached?",
        "What share of the households has been connected?", "How much money was raised?",
        "Who wrote the report?", "What are the two parts of the plan?", "How many new schools were opened?",
        "Is the figure higher than last year's?",
    ),
    "zh": (
        "有多少人参加了这次活动?", "会议是什么时候举行的?", "这家机构的负责人是谁?", "项目总投资是多少?",
        "第一季度出口增长了多少?", "哪家公司中标?", "展览在哪里举办?", "大桥为什么关闭?", "新铁路全长多少公里?",
        "部长对物价说了什么?", "哪些城市加入了这项计划?", "新服务叫什么名字?", "这个问题是怎样解决的?",
        "目标实现了吗?", "接入的家庭占多大比例?", "筹集了多少资金?", "这篇报道是谁写的?",
        "方案包括哪两个部分?", "新建了多少所学校?", "这个数字是否高于去年?",
    ),
}
