"""What a computation takes: the generator reads some sentences at once and copies the figures that are worked with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.answer.choose import SIGNATURES, CandidateSentence
from rag.gather.prompts import ENDS, operation_from_keyword
from rag.generate import Draft, Generator, Prompt
from rag.index.passages import passages_of
from rag.language.dates import in_chinese
from rag.language.figures import CELLS
from rag.language.text import simplified

_OPERANDS = """\
问题要用资料里的几个数字来算。先写做法,再写每一项:名称、等号、@行号、冒号、那一行里的原数字;一项是几个数字相加减的,用加号减号连起来;\
表格里接连几行的同一栏,写@首行~末行、冒号、栏名,合计行不算在内;资料没有的写“无”。一行里就写着答案的,只写“查一”。
做法:相差(前一项减后一项)、合计、平均、占比(部分、全部)、增幅(后来、原先)、比较、最多、最少、筛选(后写条件)、走势、各问、相隔、先后
资料:
《甲县茶叶》2020年5月2日
1 今年甲县产春茶A吨,乙县B吨。
2 镇 丙镇 | 绿茶 C吨 | 红茶 D吨
3 镇 戊镇 | 绿茶 F吨 | 红茶 G吨
问题:甲县的春茶比乙县多多少?
取数:相差|甲县=@1:A吨|乙县=@1:B吨
问题:绿茶和红茶都算上,丙镇占甲县春茶的百分之几?
取数:占比|丙镇=@2:C吨+@2:D吨|甲县=@1:A吨
问题:How much spring tea did 甲县 and 丁县 pick together?
取数:合计|甲县=@1:A吨|丁县=无
问题:哪个镇红茶比绿茶多得最多?
取数:最多|红茶比绿茶=@2~3:红茶-@2~3:绿茶
问题:哪几个镇的绿茶不到E吨?
取数:筛选|<E吨|绿茶=@2~3:绿茶"""
_AT = re.compile(r"(^|[+\-])@(\d+)(?:~(\d+))?:")
_CONDITION = re.compile(r"[<>]=?|=")
_LONGEST = 300  # tokens of what is taken


@dataclass(frozen=True)
class CopiedFigure:
    """A reference to a figure as the generator copied it: its sign (1 or -1), the number of its line (from 0) and its text.

    ``last``: that of the last line where ``words`` are the header of a column; then the figures are those under it in these rows.
    """

    sign: int
    line: int
    words: str
    last: int | None = None


@dataclass(frozen=True)
class Operand:
    """One thing that is worked with: the figures that add up to it; none if no line tells it."""

    label: str
    figures: tuple[CopiedFigure, ...] = ()


@dataclass(frozen=True)
class Operands:
    """What the generator takes from some lines to work out an answer; ``log_probability``: that of its text.

    ``condition``: what is true of the figures that a ``filter`` keeps, as ``<1000亩``.
    """

    operation: str
    operands: tuple[Operand, ...] = ()
    ends: tuple[str, ...] = ("most",)
    condition: str = ""
    log_probability: float | None = field(default=None, compare=False)


def operands_prompt(question: str, pieces: Sequence[CandidateSentence]) -> Prompt:
    """Asks for the figures with which a question is worked out; ``pieces`` are shown in their order, those of an article together."""
    lines: list[str] = []
    title = caption = ""
    for number, piece in enumerate(pieces, 1):
        if (own := f"《{piece.heading}》{in_chinese(piece.article.date)}") != title:
            lines.append(title := own)
            caption = ""
        before = "" if piece.before == caption else piece.before  # the line above a table is shown once
        caption = piece.before
        lines.append(f"{number} {before}{simplified(piece.text)}")
    shown = "\n".join(lines)
    return Prompt("operands", _OPERANDS, f"资料:\n{shown}\n问题:{question}\n取数:")


def take_operands(question: str, pieces: Sequence[CandidateSentence], generator: Generator) -> Operands | None:
    """Returns what the generator takes from some sentences to work out the answer of a question; ``None`` if it names nothing to be
    done.
    """
    draft = Draft(generator.write(operands_prompt(question, pieces), max_tokens=_LONGEST, stop=("\n",)))
    found = read_operands("".join(draft))
    return replace(found, log_probability=draft.log_probability) if found else None


def read_operands(text: str) -> Operands | None:
    """Returns what the generator took; ``None`` if it names nothing that is to be done.

    >>> read_operands("占比|丙镇=@2:C吨+@2:D吨|甲县=@1:A吨").operands[0].figures[1]
    CopiedFigure(sign=1, line=1, words='D吨', last=None)
    >>> taken = read_operands("筛选|<0|红茶比绿茶=@2~3:红茶-@2~3:绿茶")
    >>> taken.condition, taken.operands[0].figures[1]
    ('<0', CopiedFigure(sign=-1, line=1, words='绿茶', last=2))
    >>> read_operands("合计|丁县=无").operands, read_operands("最少|甲=@1:-2.9").operands[0].figures[0].words
    ((Operand(label='丁县', figures=()),), '-2.9')
    """
    named, *items = [part.strip() for part in text.split("|") if part.strip()] or [""]
    ends = ENDS.get(named)
    operation = "rank" if ends else operation_from_keyword(named)
    condition = simplified(items.pop(0)) if operation == "filter" and items and _CONDITION.match(items[0]) else ""
    return Operands(operation, tuple(map(_operand, items)), ends or ("most",), condition) if operation else None


def _operand(item: str) -> Operand:
    label, told = ("", item) if _AT.match(item) else item.split("=", 1) if "=" in item else (item, "")
    _, *parts = _AT.split(told)
    figures = zip(parts[::4], parts[1::4], parts[2::4], parts[3::4], strict=True)
    printed = [CopiedFigure(-1 if sign == "-" else 1, int(line) - 1, words.strip(), int(last) - 1 if last else None)
               for sign, line, last, words in figures]
    return Operand(label.strip(), tuple(printed))


# -- the sentences that are read ------------------------------------------------------------------------------------

_SENTENCES = 10  # the likeliest ones
_ROWS = 14  # of one table, at most
_LINES = 28


def lines_to_read(pieces: Sequence[CandidateSentence], others: Sequence[CandidateSentence] = ()) -> list[CandidateSentence]:
    """Returns the sentences among which the operands are looked for, by day, article and place: the likeliest of ``pieces``,
    ``others``, and for each row of a table the other rows; all rows of a table count as one sentence.
    """
    lines: dict[tuple[str, str, int, int], CandidateSentence] = {}
    rows: dict[tuple[str, str, int, int], CandidateSentence] = {}
    for piece in (*others, *(piece for piece in pieces if piece.passage.field not in SIGNATURES)):
        if len(lines) < _SENTENCES + len(others) and _place(piece) not in rows:
            lines[_place(piece)] = piece
            rows.update({_place(row): row for row in rows_beside(piece)} if piece.is_row else {})
    found = [*lines.values(), *(row for place, row in rows.items() if place not in lines)][:_LINES]
    return sorted(found, key=lambda one: (one.article.date, *_place(one)))


def _place(piece: CandidateSentence) -> tuple[str, str, int, int]:
    return piece.article.article_id, piece.passage.field, piece.passage.item, piece.start


def rows_beside(piece: CandidateSentence) -> list[CandidateSentence]:
    """Returns the rows of the table in which a row stands, itself among them; of a longer one the first :data:`_ROWS`."""
    text, rows = piece.article.text, []
    start = piece.start
    while start and CELLS in (above := text[:start].rstrip("\n").rsplit("\n", 1)[-1]):
        start = text[:start].rstrip("\n").rindex(above)
    passages = [passage for passage in passages_of(piece.article) if passage.field == "text"]
    for line in text[start:].split("\n")[:_ROWS]:
        if CELLS not in line:
            break
        passage = next((one for one in passages if one.start <= start < one.end), piece.passage)
        rows.append(CandidateSentence(piece.article, passage, start, start + len(line), line))
        start += len(line) + 1
    return rows
