"""Made-up material that teaches what news alone shows too seldom: tables, lists whose figures follow, and reports in which the same
thing is counted for this year so far, one month, last year and a plan. Places and people in it are nobody and nowhere.
"""

from __future__ import annotations

import calendar
import re
from pathlib import Path
from typing import Any

import yaml
from examples import PLACES, Examples, R, person, place_name

from rag.language.when import times_in_chinese

WORDS = yaml.safe_load(Path(__file__).with_name("made_up_words.yaml").read_text(encoding="utf-8"))

# -- tables ------------------------------------------------------------------------------------------------------

# Chinese, English, unit, least, most
COLUMNS = tuple((zh, en.replace("_", " "), unit.strip("-"), int(least), int(most)) for zh, en, unit, least, most in (
    column.split() for column in (
        "面积 area 亩 200 9000;产量 output 吨 20 900;户数 number_of_households 户 30 900;人口 population 人 200 90000;"
        "投资额 investment 亿元 2 90;产值 output_value 亿元 3 400;出口额 exports 万美元 100 9000;增速 growth_rate % 1 40;"
        "企业数 number_of_enterprises 家 5 600;在校学生 number_of_students 人 100 5000;教师 number_of_teachers 人 10 400;"
        "床位 number_of_beds 张 50 3000;客流量 passengers 万人次 2 800;航班 flights 班 10 900;里程 length 公里 10 900;"
        "票价 ticket_price 元 20 900;最高气温 highest_temperature ℃ 1 40;降雨量 rainfall 毫米 1 200;金牌 gold_medals 枚 1 40;"
        "银牌 silver_medals 枚 41 80;得分 score 分 20 140;得票 votes 票 100 9000;收入 revenue 万元 10 9000;利润 profit 万元 10 900;"
        "库存 stock 台 10 900;销量 sales 辆 100 9000;粮食 grain 万吨 1 900;发电量 electricity_generated 亿千瓦时 1 900;"
        "电话 telephone_number - 60000000 89999999;开工日期 start_date - 0 0;负责人 person_in_charge - 0 0;"
        "排名 rank - 1 30").split(";")))
ROWS = tuple(row.split() for row in (  # what stands in the first column, and how its names end
    "村 village 村;乡镇 township 镇;单位 unit 公司;学校 school 中学;医院 hospital 医院;城市 city 市;景区 scenic_area 景区;线路 line 线;"
    "园区 park 产业园;球队 team 队").split(";"))


def add_tables(made: Examples, count: int = 500) -> None:
    """Rows of made-up tables, as the program spells them: each cell behind the header of its column."""
    for _ in range(count):
        (head, head_en, end), columns = R.choice(ROWS), R.sample(COLUMNS, R.choice((2, 3, 3, 4, 5)))
        names = list(dict.fromkeys(place_name(end) for _ in range(R.choice((4, 6, 8, 12)))))
        absent, other = names.pop(), R.choice([column for column in COLUMNS if column not in columns])
        cells = [[value_of(column) for column in columns] for _ in names]
        headers = [f"{zh}({unit})" if unit and R.random() < 0.7 else zh for zh, _, unit, *_ in columns]
        title = f"{R.choice(PLACES)}{head}{columns[0][0]}" + R.choice(("一览表", "统计表", "", "情况", "公示"))
        lines = [" | ".join([f"{head} {name}", *(f"{h} {v}" for h, v in zip(headers, row, strict=True))])
                 for name, row in zip(names, cells, strict=True)]
        doc = made.doc(title, f"20{R.randint(15, 25)}-0{R.randint(1, 9)}-1{R.randint(0, 9)}", lines)
        for row in R.sample(range(len(names)), min(3, len(names))):
            column = R.randrange(len(columns))
            if lines[row].count(cells[row][column]) == 1:
                for english, kind in ((False, "table"), (True, "table_en")):
                    made.ask(asked_of(names[row], columns[column], english), doc, cells[row][column], kind, row)
            if R.random() < 0.4 and sum(cells[row][column] in line for line in lines) == 1:
                zh, en, unit = columns[column][:3]
                value = cells[row][column]
                made.ask(f"哪个{head}的{zh}是{value}{unit}?", doc, names[row], "table", row)
                made.ask(f"Which {head_en.replace('_', ' ')} has the {en} {value}?", doc, names[row], "table_en", row)
        column = R.choice(columns)
        for english, kind in ((False, "table_nothing"), (True, "table_en_nothing")):
            made.nothing(asked_of(absent, column, english), doc, kind)
            made.nothing(asked_of(R.choice(names), other, english), doc, kind)


# Chinese, English, how many there may be; what comes after the year in a row or a header
YEARS = [(f"{year}年", f"{year}") for year in range(2015, 2026)]
QUARTERS = [(f"{zh}季度", f"the {en} quarter of") for zh, en in zip("一二三四", ("first", "second", "third", "fourth"), strict=True)]
MONTHS = [(f"{number}月", calendar.month_name[number]) for number in range(1, 13)]
HALVES = [("上半年", "the first half of"), ("下半年", "the second half of")]
UNDATED = {"电话", "开工日期", "负责人", "排名"}  # columns that no time changes


def add_timed_tables(made: Examples, count: int = 500) -> None:
    """Rows of tables with a column for each year, half or quarter, or a row for each; what they are about stands above them.

    The program shows the reader the line above a table before each of its rows, and so do these.
    """
    for _ in range(count):
        table = TimedTable()
        doc = made.doc(table.title, f"{table.years[-1][1]}-12-2{R.randint(0, 9)}", table.lines)
        for row, column in R.sample(table.places, min(4, len(table.places))):
            if table.lines[row].count(table.cells[row][column]) == 1:
                for kind, question in zip(("timed", "timed_en"), table.asked(row, column), strict=True):
                    made.ask(question, doc, table.cells[row][column], kind, row)
        for kind, question in table.unanswered():
            made.nothing(question, doc, kind)


class TimedTable:
    """``lines``: the rows, then a sentence or two beside them; ``cells``: by row and column; ``places``: the rows and columns."""

    def __init__(self) -> None:
        self.place = place_name(R.choice(("县", "市", "区", "镇"))) if R.random() < 0.7 else R.choice(PLACES)
        self.head, self.head_en, self.end = R.choice(ROWS)
        first = R.randrange(len(YEARS) - 3)
        self.years = YEARS[first : first + R.choice((2, 2, 3))]
        self.measures = R.sample([c for c in COLUMNS if c[0] not in UNDATED], R.choice((1, 1, 2)))
        self.parts = R.choice(([], [], QUARTERS, MONTHS[: R.choice((5, 6, 12))]))  # a row for each, else a row for each name
        within = R.choice(("", "", "上半年", "1至6月", "底")) if not self.parts else ""
        self.columns = [(measure, year) for measure in self.measures for year in self.years]
        self.rows = [zh for zh, _ in self.parts] or list(dict.fromkeys(place_name(self.end) for _ in range(R.choice((4, 5, 7)))))
        self.absent = self.rows.pop(R.randrange(len(self.rows)))
        self.cells = [[value_of(measure) for measure, _ in self.columns] for _ in self.rows]
        if R.random() < 0.4:
            self.rows.append(R.choice(("合计", "全市", "总计")) if not self.parts else R.choice(("全年", "合计")))
            self.cells.append([f"{sum(float(row[at]) for row in self.cells):.0f}" for at in range(len(self.columns))])
        self.within = within
        self.told = "、".join(measure[0] for measure in self.measures)
        caption = self.caption()
        self.title = R.choice((caption, caption, f"{self.place}发展提速", f"{self.place}公布{self.told}", "一组数字看变化"))
        above = "" if self.title == caption and R.random() < 0.5 else f"{caption} "
        headers = self.headers()
        self.lines = [f"{above}{self.label} {row} | " + " | ".join(map(" ".join, zip(headers, cells, strict=True)))
                      for row, cells in zip(self.rows, self.cells, strict=True)]
        self.places = [(row, column) for row in range(len(self.rows)) for column in range(len(self.columns))]
        zh, _, unit, *_ = self.measures[0]
        beside = (f"{self.place}统计局日前公布{self.told}。", f"{self.rows[0]}有关负责人说,变化与{R.choice(COLUMNS)[0]}有关。",
                  f"全年{zh}共{value_of(self.measures[0])}{unit},比上年有所增加。")
        self.lines += R.sample(beside, R.choice((0, 1, 2)))

    def caption(self) -> str:
        """The line above the table."""
        if self.parts:
            return R.choice((f"{self.place}{self.told}", f"{self.place}分{self.label}{self.told}"))
        return R.choice((f"{self.place}{self.head}{self.told}", f"{self.place}各{self.head}{self.told}统计表",
                         f"表:{self.place}{self.told}", f"近年来{self.place}{self.told}"))

    @property
    def label(self) -> str:
        """The header of the first column."""
        return self.head if not self.parts else "季度" if self.parts is QUARTERS else "月份"

    def headers(self) -> list[str]:
        """The header of each column: its year, and what it tells where the table tells of more than one thing."""
        style = R.random()
        named = len(self.measures) > 1 or style < 0.4
        within = self.within if style < 0.7 else ""
        units = [f"({measure[2]})" if measure[2] and style < 0.8 else "" for measure, _ in self.columns]
        return [f"{year}{within}{measure[0] if named else ''}{unit}"
                for (measure, (year, _)), unit in zip(self.columns, units, strict=True)]

    def asked(self, row: int, column: int, name: str = "", year: tuple[str, str] | None = None, what: Any = None) -> tuple[str, str]:
        """A question for a cell in both languages, or for one that is not there."""
        measure, (zh_year, en_year) = what or self.columns[column][0], year or self.columns[column][1]
        name = name or self.rows[row]
        whole = name in ("合计", "总计", "全市", "全年")
        who = "" if self.parts or whole else name
        part = next(((zh, en) for zh, en in self.parts if zh == name), ("", ""))
        zh, en, unit = measure[:3]
        when, place = f"{zh_year}{part[0]}{self.within}", self.place if R.random() < 0.7 or not who else ""
        half = {"上半年": "the first half of", "1至6月": "January to June", "底": "the end of"}.get(self.within, "")
        when_en = " ".join(filter(None, (half, part[1], en_year)))
        asks = R.choice((f"是多少{unit}?", f"有多少{unit}?", f"达到多少{unit}?", "多少?", "?"))
        what_zh, what_en = zh, en.replace("_", " ")
        if whole and not self.parts:
            what_zh, what_en = R.choice(("一共", "合计", "总的")) + zh, "total " + what_en
        chinese = R.choice((f"{place}{who}{when}{what_zh}{asks}", f"{when}{place}{who}的{what_zh}{asks}",
                            f"{when},{place}{who}{what_zh}{asks}"))
        of = R.choice((place, self.place)) if not who else who + (f" in {place}" if place and R.random() < 0.5 else "")
        english = R.choice((f"What was the {what_en} of {of} in {when_en}?", f"How high was the {what_en} of {of} in {when_en}?",
                            f"In {when_en}, what did the {what_en} of {of} come to?"))
        return chinese, times_in_chinese(english)

    def unanswered(self) -> list[tuple[str, str]]:
        """Questions that no cell answers: a row, a year, a measure or a place that is not there."""
        row, column = R.choice(self.places)
        other_year = R.choice([year for year in YEARS if year not in self.years])
        other = R.choice([c for c in COLUMNS if c not in self.measures and c[0] not in UNDATED])
        asked = [self.asked(row, column, self.absent), self.asked(row, column, year=other_year), self.asked(row, column, what=other)]
        kinds = ("timed_nothing", "timed_en_nothing")
        return [(kinds[at], pair[at]) for pair in asked for at in (0, 1) if R.random() < 0.6]


def asked_of(name: str, column: tuple[str, str, str, int, int], english: bool = False) -> str:
    """A question about a cell; an English one has its names in Chinese already."""
    zh, en, unit, *_ = column
    if english:
        return R.choice((f"What is the {en} of {name}?", f"What is {name}'s {en}?", f"{en} of {name}?", f"{name} {en}"))
    if not unit:
        return R.choice((f"{name}的{zh}是什么?", f"{name}的{zh}?", f"{name} {zh}"))
    return R.choice((f"{name}的{zh}是多少?", f"{name}{zh}多少{unit}?", f"{name}的{zh}有多少{unit}?", f"{name} {zh}"))


def value_of(column: tuple[str, str, str, int, int]) -> str:
    """Something that a cell of a column may hold."""
    zh, _, _, least, most = column
    if zh == "开工日期":
        return f"{R.randint(1, 12)}月{R.randint(1, 28)}日"
    if zh == "负责人":
        return person()
    return f"{R.uniform(least, most):.1f}" if most < 500 and R.random() < 0.4 else str(R.randint(least, most))


# -- reports -----------------------------------------------------------------------------------------------------

SCOPES = ("so far", "part", "past")  # of a figure, the widest first


def add_reports(made: Examples, count: int = 900) -> None:
    """What a place did; a question that names no time is about the year so far, if that is told."""
    for _ in range(count):
        report = Report()
        lines = report.lines()
        doc = made.doc(R.choice(WORDS["titles"]).format(place=report.place), R.choice(("", f"2024-{report.month:02d}-20")), lines)
        others = [*SCOPES, "planned"]
        for scope in ["any", *(others if R.random() < 0.6 else R.sample(others, 2))]:
            widest = next((s for s in SCOPES if s in report.told), "") if scope == "any" else scope
            report.ask(made, doc, lines, report.told.get(widest, ""), report.act, scope)
        if R.random() < 0.4:
            report.ask(made, doc, lines, "", R.choice([act for act in WORDS["acts"] if act not in (report.act, report.other)]), "any")


class Report:
    """``told``: by scope the sentence that tells of it."""

    def __init__(self) -> None:
        self.end = R.choice(("县", "市", "区", "镇", "开发区", "高新区"))
        self.place = place_name(self.end)
        self.called = self.place if R.random() < 0.6 else self.place[:2]  # in questions
        self.thing, self.act = R.choice(WORDS["things"]), R.choice(WORDS["acts"])
        self.other = R.choice([act for act in WORDS["acts"] if act is not self.act])
        self.month = R.randint(1, 12)
        self.numbers = R.sample(range(2, 400), 9)
        self.told = {scope: self.line("told", self.act, self.thing, scope) for scope in R.sample(SCOPES, R.choice((1, 2, 2, 3)))}
        if R.random() < 0.6:
            self.told["planned"] = self.line("planned", self.act, self.thing)

    def line(self, form: str, act: Any, thing: Any, scope: str = "") -> str:
        """One sentence."""
        when = R.choice(WORDS["when"][scope]).format(m=self.month, d=R.randint(1, 28)) if scope else ""
        return R.choice(WORDS[form]).format(
            when=when, place=self.place, end=self.end, act=R.choice(act[0]), thing=thing[0], n=f"{self.numbers.pop()}{thing[2]}",
            sum=f"{R.uniform(1, 90):.1f}")

    def lines(self) -> list[str]:
        """What is told, among sentences about something else."""
        another = R.choice([thing for thing in WORDS["things"] if thing is not self.thing])
        beside = [self.line("told", self.other, self.thing, "so far"), self.line("told", self.act, another, "part"), shares()[0]]
        lines = [*self.told.values(), *R.sample(beside, R.choice((0, 1, 2, 3)))]
        R.shuffle(lines)
        return lines

    def ask(self, made: Examples, doc: int, lines: list[str], line: str, act: Any, scope: str) -> None:
        """One question in both languages, the English one with a rough translation too; if ``line`` is empty nothing answers it."""
        thing, things, unit = self.thing
        words = {"place": self.called, "thing": thing, "things": things, "unit": unit, "m": self.month}
        chinese, rough = (R.choice(WORDS["zh"][scope]).format(act=R.choice(act[0]), **words) for _ in range(2))
        english = R.choice(WORDS["en"][scope]).format(
            done=R.choice(act[1]), do=R.choice(act[2]), month=calendar.month_name[self.month], **words)
        figure = re.search(rf"\d+{unit}", line)
        for kind, question in (("report", chinese), ("report_en", english)):
            if figure:
                made.ask(question, doc, figure.group(), kind, lines.index(line))
            else:
                made.nothing(question, doc, kind + "_nothing")
        made.questions[-1]["rough"] = R.choice((rough, f"{self.called}有多少个{thing}?", ""))


# -- lists -------------------------------------------------------------------------------------------------------


def add_shares(made: Examples, count: int = 600) -> None:
    """Lists whose figures follow, one of them asked for."""
    for _ in range(count):
        line, facts = shares()
        lines = [line, *(shares()[0] for _ in range(R.choice((0, 1, 2))))]
        R.shuffle(lines)
        doc = made.doc(place_name(R.choice(("县经济运行平稳", "市上半年数据公布", "区发展提速"))), "", lines)
        for name, what, english, value in facts:
            asked = R.choice((f"{name}{what}是多少?", f"{name}的{what}?", f"{name}{what}达到多少?"))
            made.ask(asked, doc, value, "share", lines.index(line))
            made.ask(f"What is the {english} of {name}?", doc, value, "share_en", lines.index(line))


def shares() -> tuple[str, list[tuple[str, str, str, str]]]:
    """A sentence that tells of two or three at once; of each who, what in both languages, and how much."""
    what, english, unit, told = R.choice(WORDS["shares"])
    names = R.sample(R.choice(WORDS["sharers"]).split(), R.choice((2, 2, 3)))
    values = [f"{value / 100:.{R.choice((1, 2))}f}{unit}" for value in R.sample(range(100, 9900), len(names))]
    listed = "、".join(names) if len(names) > 2 or R.random() < 0.5 else "和".join(names)
    line = f"{listed}{what}{told}{'、'.join(values[:-1])}{R.choice(('和', '、'))}{values[-1]}。"
    return line, [(name, what, english, value) for name, value in zip(names, values, strict=True)]
