"""Sets news items as newspaper pages in PDF, with the truth beside them; the same pages as pictures for recognition.

    python benchmarks/newsprint.py --articles xwlb.jsonl --seed 11 --pages 20 --out DIR [--pictures 300]

Each page has a masthead, two to four decks of one to three stories, headlines across their columns, bylines, paragraphs with an indent,
names of sections over some, pictures with captions, and on some pages a table; what does not fit is left out of the
story, so that every story is whole.
``--pictures DPI`` draws the pages too, turned by up to a degree and with grain. The truth has the form of ``page_*.gold.json`` of the
evaluation sets. Names, photo credits and tables are made up.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDE, HIGH, MARGIN, GUTTER = 1000, 1400, 44, 16
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚华"
PAPERS = ("清河日报", "江南晚报", "东海商报", "云岭时报")
SECTIONS = ("本地新闻", "三农", "民生", "文教", "体育", "国际", "经济", "社会", "科技", "健康", "乡村", "法治")
VILLAGES = ("上坪村", "下坪村", "石门村", "白沙村", "青竹村", "柳林村")


@dataclass
class Flow:
    """Columns that text runs through: ``columns`` of (left, top, bottom); ``breaks``: where a column ended, in lines written."""

    columns: list[tuple[float, float, float]]
    width: float
    size: float
    at: int = 0
    y: float = 0.0
    written: list[tuple[int, str]] = field(default_factory=list)  # column, line

    @property
    def leading(self) -> float:
        return self.size * 1.5

    def room(self) -> int:
        """How many lines still fit."""
        rest = [bottom - top for _, top, bottom in self.columns[self.at + 1 :]]
        _, top, bottom = self.columns[self.at]
        return sum(int(high // self.leading) for high in [bottom - top - self.y, *rest])

    def line(self, canvas: Canvas, text: str, font: str) -> None:
        left, top, bottom = self.columns[self.at]
        if self.y + self.leading > bottom - top:
            self.at, self.y = self.at + 1, 0.0
            left, top, bottom = self.columns[self.at]
        indent = len(text) - len(text.lstrip("　"))
        canvas.setFont(font, self.size)
        canvas.drawString(left + indent * self.size, HIGH - (top + self.y + self.size), text.lstrip("　"))
        self.written.append((self.at, text))
        self.y += self.leading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", type=int, help="dots per inch")
    parser.add_argument("--font", help="a TrueType font with Chinese characters; needed for pictures")
    arguments = parser.parse_args()
    font = "STSong-Light"
    if arguments.font:
        font = "News"
        pdfmetrics.registerFont(TTFont(font, arguments.font))
    else:
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    chance = random.Random(arguments.seed)
    lines = arguments.articles.read_text(encoding="utf-8").splitlines()
    items = [row for row in map(json.loads, lines) if 150 < len(row["text"]) < 1500 and 6 < len(row["title"]) < 26]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.pages):
        file = arguments.out / f"page_{number:03}.pdf"
        gold = set_page(file, chance.sample(items, 14), font, chance)
        file.with_suffix(".gold.json").write_text(json.dumps(gold, ensure_ascii=False, indent=1), encoding="utf-8")
        if arguments.pictures:
            draw(file, arguments.pictures, chance)


def set_page(file: Path, items: Sequence[dict[str, Any]], font: str, chance: random.Random) -> list[dict[str, Any]]:
    canvas = Canvas(str(file), pagesize=(WIDE, HIGH))
    day = items[0]["date"]
    year, month, date = day.split("-")
    canvas.setFont(font, 13)
    canvas.drawString(MARGIN, HIGH - 34, f"{int(year)}年{int(month)}月{int(date)}日 星期三")
    canvas.drawCentredString(WIDE / 2, HIGH - 34, chance.choice(PAPERS))
    canvas.drawRightString(WIDE - MARGIN, HIGH - 34, f"第{chance.randint(1, 8)}版 责编 {name(chance)}")
    canvas.line(MARGIN, HIGH - 44, WIDE - MARGIN, HIGH - 44)
    gold, left = [], list(items)
    decks = chance.choice((2, 3, 3, 4))
    high = (HIGH - 70 - MARGIN) / decks
    with_table = chance.random() < 0.5
    for deck in range(decks):
        stories = chance.choice((1, 2, 2, 3)) if high > 300 else chance.choice((2, 2, 3))
        parts = split(stories, chance)
        x, whole = float(MARGIN), WIDE - 2 * MARGIN - GUTTER * 1.5 * (stories - 1)
        for part in parts:
            wide = whole * part
            box = (x, 60 + deck * high, wide, high - 26)
            table = with_table and deck == decks - 1 and part == parts[-1]
            gold.append(set_story(canvas, left.pop(), box, font, chance, table, day))
            x += wide + GUTTER * 1.5
    canvas.save()
    return gold


def split(stories: int, chance: random.Random) -> list[float]:
    ways = {1: [[1.0]], 2: [[0.5, 0.5], [0.4, 0.6], [0.62, 0.38]], 3: [[0.34, 0.33, 0.33], [0.5, 0.25, 0.25]]}
    return chance.choice(ways[stories])


def set_story(
    canvas: Canvas, item: dict[str, Any], box: tuple[float, float, float, float], font: str, chance: random.Random, table: bool,
    day: str,
) -> dict[str, Any]:
    x, y, wide, high = box
    size = chance.choice((10.5, 11, 12))
    section = chance.choice(SECTIONS) if chance.random() < 0.25 else ""
    if section:
        y = set_section(canvas, section, (x, y, wide), font)
        high -= y - box[1]
    columns = max(1, round(wide / (size * chance.choice((14, 17, 20)))))
    column = (wide - GUTTER * (columns - 1)) / columns
    title = item["title"]
    head = min(34.0, max(17.0, wide / (len(title) + 1)))
    top = y
    for line in folded(title, int(wide // head)):
        canvas.setFont(font, head)
        canvas.drawString(x + max(0.0, (wide - head * len(line)) / 2), HIGH - (top + head), line)
        top += head * 1.25
    writer = name(chance) if chance.random() < 0.6 else ""
    if writer:
        canvas.setFont(font, size)
        canvas.drawString(x + wide / 2 - size * 4, HIGH - (top + size + 3), f"本报记者 {writer}")
        top += size * 1.9
    top += 10
    bottoms = [y + high] * columns
    captions = picture(canvas, x, column, bottoms, font, chance) if chance.random() < 0.35 and high > 250 else []
    flow = Flow([(x + n * (column + GUTTER), top, bottom) for n, bottom in enumerate(bottoms)], column, size)
    rows = made_table(chance) if table else []
    balance(flow, item, len(rows) + 1 if rows else 0)
    paragraphs, cuts = body(canvas, flow, item, font, len(rows) + 1 if rows else 0)
    if rows:
        set_table(canvas, flow, rows, font)
    return {"kind": "article", "section": section or None, "kicker": None, "title": title, "byline": writer or None, "truncated": False,
            "continued_to": False, "continued_from": False, "subheads": [], "paragraphs": paragraphs, "captions": captions,
            "cuts": cuts, "displaced": None, "pull_quotes": [], "markers": [], "noise": [], "doc_id": item["doc_id"], "date": day,
            "tables": [rows] if rows else []}


def set_section(canvas: Canvas, section: str, place: tuple[float, float, float], font: str) -> float:
    """The name of a section over a story, in the middle or at the left, a rule below it; returns where the story begins."""
    x, top, wide = place
    size = 13.0
    canvas.setFont(font, size)
    left = x if len(section) % 2 else x + (wide - size * len(section)) / 2
    canvas.drawString(left, HIGH - (top + size), section)
    canvas.setLineWidth(0.6)
    canvas.line(x, HIGH - (top + size + 5), x + wide, HIGH - (top + size + 5))
    return top + size + 14


def balance(flow: Flow, item: dict[str, Any], reserved: int) -> None:
    """Shortens the columns to what the story needs."""
    width = int(flow.width // flow.size) - 1
    lines = reserved + sum(len(list(folded("　　" + part, width))) for part in said_in(item))
    high = flow.leading * (-(-lines // len(flow.columns)) + 1)
    flow.columns = [(left, top, min(bottom, top + high)) for left, top, bottom in flow.columns]


def said_in(item: dict[str, Any]) -> list[str]:
    said = item["text"].split("[查看")[0].replace("央视网消息（新闻联播）：", "本报讯 ").strip()
    return [part.strip() for part in said.split("\n")]


def body(canvas: Canvas, flow: Flow, item: dict[str, Any], font: str, reserved: int) -> tuple[list[str], list[dict[str, Any]]]:
    """Whole paragraphs while they fit, at least one sentence; and where columns cut them."""
    paragraphs, cuts = [], []
    for text in said_in(item):
        text = shortened(text, int(flow.width // flow.size) - 1, flow.room() - reserved - 1)
        if not text:
            break
        before = len(flow.written)
        for line in folded("　　" + text, int(flow.width // flow.size) - 1):
            flow.line(canvas, line, font)
        paragraphs.append(text)
        own, at = flow.written[before:], 0
        for (one, line), (other, _) in pairwise(own):
            at += len(line.lstrip("　"))
            if one != other and text[at - 1] not in "。！？":
                cuts.append({"before": text[max(0, at - 12) : at], "after": text[at : at + 12], "kind": "column"})
    return paragraphs, cuts


def shortened(text: str, width: int, lines: int) -> str:
    """Whole sentences that fit."""
    kept = ""
    for sentence in text.replace("。", "。\0").split("\0"):
        if len(list(folded("　　" + kept + sentence, width))) > lines:
            break
        kept += sentence
    return kept


def folded(text: str, width: int) -> Iterator[str]:
    """Lines of at most so many characters; a mark that closes never begins one."""
    width = max(4, width)
    while text:
        end = min(width, len(text))
        while end < len(text) and text[end] in "，。、；：！？”》）" and end < width + 1:
            end += 1
        yield text[:end]
        text = text[end:]


def picture(canvas: Canvas, x: float, column: float, bottoms: list[float], font: str, chance: random.Random) -> list[dict[str, str]]:
    """A grey box at the foot of one column, its caption and credit below."""
    at = chance.randrange(len(bottoms))
    left, foot = x + at * (column + GUTTER), bottoms[at]
    text, credit = chance.choice(("图为活动现场。", "图为村民在采摘。", "图为施工现场。", "图为演练现场。")), name(chance)
    high = min(110.0, column * 0.6)
    canvas.setFillGray(0.75)
    canvas.rect(left, HIGH - (foot - 30), column, high, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.setFont(font, 8.5)
    canvas.drawString(left, HIGH - (foot - 14), f"{text} {credit} 摄")
    bottoms[at] = foot - 30 - high - 14
    return [{"text": text, "credit": credit}]


def made_table(chance: random.Random) -> list[list[str]]:
    header = ["村", "面积(亩)", "产量(吨)"]
    return [header, *([v, str(chance.randint(800, 3000)), str(chance.randint(40, 200))] for v in chance.sample(VILLAGES, 3))]


def set_table(canvas: Canvas, flow: Flow, rows: list[list[str]], font: str) -> None:
    """Rows with a rule below each; smaller than the text where a cell would run into the next one."""
    size = min(flow.size, flow.width / len(rows[0]) / (max(len(cell) for row in rows for cell in row) + 1))
    left, top, bottom = flow.columns[flow.at]
    if flow.y + len(rows) * flow.leading > bottom - top and flow.at + 1 < len(flow.columns):  # no table is cut
        flow.at, flow.y = flow.at + 1, 0.0
        left, top, bottom = flow.columns[flow.at]
    for row in rows:
        canvas.setFont(font, size)
        for n, cell in enumerate(row):
            canvas.drawString(left + n * flow.width / len(row), HIGH - (top + flow.y + flow.size), cell)
        canvas.setLineWidth(0.4)
        canvas.line(left, HIGH - (top + flow.y + flow.leading - 2), left + flow.width, HIGH - (top + flow.y + flow.leading - 2))
        flow.y += flow.leading


def name(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2))))


def draw(file: Path, dpi: int, chance: random.Random) -> None:
    """The page as a picture, a little turned and with grain."""
    import numpy as np
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(file)
    picture = document[0].render(scale=dpi / 72 * 0.6).to_pil().convert("L")  # 1,000 points stand for some 21 cm
    turned = picture.rotate(chance.uniform(-1, 1), resample=Image.Resampling.BICUBIC, fillcolor=255, expand=True)
    grain = np.random.default_rng(chance.randrange(10**6)).normal(0, 12, turned.size[::-1])
    Image.fromarray(np.clip(np.asarray(turned, float) + grain, 0, 255).astype(np.uint8)).save(file.with_suffix(".png"))
    document.close()


if __name__ == "__main__":
    main()
