"""Prompts for the small generator. Worked examples describe each task.

The system prompt of a task is constant, so the generator keeps it in its prefix cache and the examples cost nothing after
the first question. The examples have letters for figures and invented names, because a small model copies plausible ones
into its answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answer.choose import CandidateSentence
from rag.generate import Prompt
from rag.language.dates import in_chinese
from rag.language.enumerations import with_pairs_spelled_out
from rag.records import Turn

NOT_SAID = "无"

_READ = """\
根据资料回答问题,用中文,只用资料里的原话,名称和数字照抄,不解释。资料没有说的,只回答“无”。
资料:
甲城今年新增图书馆A座,比上年增长B%。
乙县计划三年内建成C座。
问题:甲城今年新增了多少座图书馆?
回答:A座
资料:
乙县计划三年内建成C座图书馆。
问题:Who is the head of 甲城?
回答:无
资料:
甲城图书馆由丙公司和丁公司共同建设,张某任馆长。
问题:Which companies built the library?
回答:丙公司和丁公司
资料:
丙公司的利润率为D%,比丁公司高E个百分点。
问题:丙公司的利润率是否高于丁公司?
回答:是,比丁公司高E个百分点
资料:
甲城图书馆F月G日开馆,H余名读者到场。
问题:On what date did the library of 甲城 open, and how many readers came?
回答:F月G日,H余名"""

_RENDER = """\
Write one plain English sentence that answers the question with what the source says, and when if the source says it. \
Copy figures, dates and names that are already in English exactly. Add nothing that the source does not say.
Question: How many libraries did Jia City add?
Source: So far this year, Jia City 新增图书馆A座, total investment of B billion yuan
Answer: A座
Sentence: So far this year Jia City has added A libraries, with a total investment of B billion yuan.
Question: Which companies built the library?
Source: Jia City图书馆由丙建筑公司和丁公司共同建设
Answer: 丙建筑公司和丁公司
Sentence: The Jia City library was built by the Bing Construction Company and the Ding Company together.
Question: Is Bing's margin higher than Ding's?
Source: 丙公司的利润率为D%,比丁公司高 E percentage points
Answer: Yes
Sentence: Yes, Bing's margin is D%, E percentage points higher than Ding's.
Question: On what date did the library open?
Source: July F,Jia City图书馆开馆,H余名读者到场
Answer: July F
Sentence: The Jia City library opened on July F."""

_TERM = """\
Translate the Chinese newspaper term into English. Write only the English.
Chinese: 图书馆、博物馆
English: libraries and museums
Chinese: 科技金融服务
English: sci-tech financial services
Chinese: 丙建筑公司
English: Bing Construction Company
Chinese: “一站式”办理
English: "one-stop" handling"""

_REWRITE = """\
Rewrite the last question so that it can be understood without the conversation. Keep its language. Write only the question.
Conversation:
Q: How many libraries does Jia City have?
A: Jia City has A libraries.
Last question: And Yi County?
Rewritten: How many libraries does Yi County have?
Conversation:
Q: 甲城今年新增了多少座图书馆?
A: A座
Last question: 那乙县呢?
Rewritten: 乙县今年新增了多少座图书馆?"""


_TRANSLATE = """\
把问题译成中文,像中文报纸的读者那样问。已经是中文的名称和数字照抄,只写译出的问题。
Question: How many new libraries did 甲城 add this year, and what did they cost?
中文: 甲城今年新增了多少座图书馆?耗资多少?
Question: Which two companies built the science museum in 乙县?
中文: 乙县的科技馆是由哪两家公司建设的?
Question: By how much did the grain output of 丙镇 grow year on year in the first half of 2021?
中文: 丙镇2021年上半年的粮食产量同比增长多少?
Question: Who wrote the report about the flower show?
中文: 关于花展的报道是谁写的?
Question: When is the bridge expected to open to traffic?
中文: 大桥预计什么时候通车?"""


def translate_prompt(question: str) -> Prompt:
    """Asks for the Chinese translation of an English question whose names are in Chinese.

    >>> translate_prompt("Who runs 甲城?").user
    'Question: Who runs 甲城?\\n中文:'
    """
    return Prompt("translate", _TRANSLATE, f"Question: {question}\n中文:")


def read_prompt(question: str, pieces: Sequence[CandidateSentence], more: Sequence[CandidateSentence] = ()) -> Prompt:
    """Asks for the words of the sentences that answer a question in Chinese or English, its names in Chinese.

    ``more`` sentences come last, so that the generator keeps what it has read of the others.
    """
    shown = "\n".join(filter(None, map(_shown, (pieces, more))))
    return Prompt("read", _READ, f"资料:\n{shown}\n问题:{question}\n回答:")


def _shown(pieces: Sequence[CandidateSentence]) -> str:
    """Lists the sentences in page order under the title and day of their article; the article of the first piece comes first."""
    lines, articles = [], list(dict.fromkeys(piece.article.article_id for piece in pieces))
    for piece in sorted(pieces, key=lambda p: (articles.index(p.article.article_id), p.passage.field, p.passage.item, p.start)):
        if (title := f"《{piece.heading}》{in_chinese(piece.article.date)}") not in lines:
            lines.append(title)
        lines.append(with_pairs_spelled_out(piece.read_as.text))
    return "\n".join(lines)


def render_prompt(question: str, source: str, answer: str) -> Prompt:
    """Asks for an English sentence; the figures and names in ``source`` and ``answer`` are already in English."""
    return Prompt("render", _RENDER, f"Question: {question}\nSource: {source}\nAnswer: {answer}\nSentence:")


def term_prompt(term: str) -> Prompt:
    """Asks for the English translation of a term or of a list of terms.

    >>> term_prompt("图书馆").user
    'Chinese: 图书馆\\nEnglish:'
    """
    return Prompt("term", _TERM, f"Chinese: {term}\nEnglish:")


def rewrite_prompt(question: str, history: Sequence[Turn]) -> Prompt:
    """Asks for a self-contained form of a follow-up question, given the last two turns."""
    said = "\n".join(f"Q: {turn.question}\nA: {turn.answer}" for turn in history[-2:])
    return Prompt("rewrite", _REWRITE, f"Conversation:\n{said}\nLast question: {question}\nRewritten:")


def warm_up_prompts() -> list[Prompt]:
    """Returns a prompt of each task with an empty user text, to fill the generator's prefix cache."""
    texts = (("read", _READ), ("render", _RENDER), ("term", _TERM), ("rewrite", _REWRITE), ("translate", _TRANSLATE))
    return [Prompt(task, system, "") for task, system in texts]
