"""What the reader's examples are kept in, and the words that made-up ones are put together from."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from rag.answer.english import zones_in_chinese
from rag.language.names import chinese_form, romanised_names
from rag.language.quantities import figures_in_chinese
from rag.language.when import times_in_chinese

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


SWAPPED = (
    "北京=Beijing 上海=Shanghai 天津=Tianjin 重庆=Chongqing 浙江=Zhejiang 湖北=Hubei 四川=Sichuan 河南=Henan 山东=Shandong "
    "广东=Guangdong 福建=Fujian 云南=Yunnan 江苏=Jiangsu 江西=Jiangxi 湖南=Hunan 安徽=Anhui 河北=Hebei 山西=Shanxi 陕西=Shaanxi "
    "甘肃=Gansu 青海=Qinghai 辽宁=Liaoning 吉林=Jilin 黑龙江=Heilongjiang 贵州=Guizhou 海南=Hainan 新疆=Xinjiang 广西=Guangxi "
    "宁夏=Ningxia 西藏=Tibet",
    "南昌=Nanchang 苏州=Suzhou 武汉=Wuhan 成都=Chengdu 长沙=Changsha 杭州=Hangzhou 广州=Guangzhou 深圳=Shenzhen 厦门=Xiamen "
    "青岛=Qingdao 大连=Dalian 南京=Nanjing 合肥=Hefei 西安=Xi'an 郑州=Zhengzhou 宁波=Ningbo 无锡=Wuxi 珠海=Zhuhai 襄阳=Xiangyang "
    "温州=Wenzhou",
    "美国=the_US 英国=Britain 法国=France 德国=Germany 日本=Japan 韩国=South_Korea 印度=India 巴西=Brazil 俄罗斯=Russia 乌克兰=Ukraine "
    "以色列=Israel 伊朗=Iran 埃及=Egypt 南非=South_Africa 澳大利亚=Australia 加拿大=Canada 意大利=Italy 西班牙=Spain 墨西哥=Mexico "
    "印度尼西亚=Indonesia 泰国=Thailand 越南=Vietnam 巴基斯坦=Pakistan 土耳其=Turkey 匈牙利=Hungary 波兰=Poland 希腊=Greece",
)


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


def named(question: str, text: str) -> str:
    """An English question as the program reads it: names, dates and figures that the text has in Chinese."""
    for name in romanised_names(question):
        form = chinese_form(name, [text])
        question = question.replace(name, form) if form else question
    return times_in_chinese(figures_in_chinese(zones_in_chinese(question)))


def other_place(question: str, text: str) -> str:
    """The question about another place of the same kind that a text does not name; ``""`` if it names none.

    >>> other_place("How many homes did Hunan build?", "湖南建房") != ""
    True
    """
    for kind in SWAPPED:
        names = dict(pair.split("=") for pair in kind.split())
        for chinese, english in names.items():
            rest = [(c, e) for c, e in names.items() if c not in text]
            if not rest:
                break
            other = R.choice(rest)
            if chinese in question:
                return question.replace(chinese, other[0])
            if re.search(rf"\b{english.replace('_', ' ')}\b", question):
                return question.replace(english.replace("_", " "), other[1].replace("_", " "))
    return ""


def item_sentences(text: str) -> list[str]:
    """The sentences as they were numbered for those who wrote the questions."""
    found = []
    for line in text.split("\n"):
        found += [s.strip() for s in re.findall(r"[^。!?！？;；]+[。!?！？;；]*[”’」』]*", line) if s.strip()]
    return found
