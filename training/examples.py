"""What the reader's examples are kept in, and the words that made-up ones are put together from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
R = random.Random(3)
PLACES = "北京市 上海市 浙江省 湖北省 四川省 河南省 山东省 广东省 福建省 云南省 南昌市 苏州市 武汉市 成都市 长沙市".split()
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈姚卢姜崔钟"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚英华玉兰文斌波宁洁琳晨曦凯佳慧婷雪鹏飞宇浩思远志国建辉晓东春燕海立新"
BEFORE = "东西南北上下新安平和清白金石河江湖长大永福宁阳泉柳桃松竹马龙云兴"
AFTER = "坪山水河湾桥岭塘溪田庄港口林原峰洲陵川城堡沟坝洋浦屯寨"


def place_name(end: str) -> str:
    """A place that is nowhere."""
    return R.choice(BEFORE) + R.choice(AFTER) + end


def person() -> str:
    """Somebody who is nobody."""
    return R.choice(SURNAMES) + "".join(R.sample(GIVEN, R.choice((1, 2))))


class Examples:
    """Documents ``{title, date, sentences}`` and questions ``{text, doc, sentence, start, end, kind}``; sentence -1: no answer."""

    def __init__(self) -> None:
        self.docs: list[Row] = []
        self.questions: list[Row] = []

    def doc(self, title: str, date: str, parts: Sequence[str]) -> int:
        self.docs.append({"title": title, "date": date, "sentences": [p[:300] for p in parts]})
        return len(self.docs) - 1

    def ask(self, text: str, doc: int, answer: str, kind: str, sentence: int | None = None) -> bool:
        """Adds a question; False if its answer stands in no sentence."""
        parts = self.docs[doc]["sentences"]
        for number in [sentence] if sentence is not None else range(len(parts)):
            at = parts[number].find(answer)
            if at >= 0:
                self.questions.append(
                    {"text": text, "doc": doc, "sentence": number, "start": at, "end": at + len(answer), "kind": kind})
                return True
        return False

    def nothing(self, text: str, doc: int, kind: str, dated: bool = False) -> None:
        """Adds a question that the document does not answer; ``dated``: only its date tells so, which is then always shown."""
        self.questions.append({"text": text, "doc": doc, "sentence": -1, "start": 0, "end": 0, "kind": kind, "dated": dated})
