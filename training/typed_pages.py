"""Sets stories as typists, scanners and careless editors leave pages of plain text, with the truth and a label for each line.

    python training/typed_pages.py --articles xwlb.jsonl --seed 5 --pages 60 --out DIR

How a page is set is drawn by chance: the width at which lines are wrapped, indents, blank lines, how headlines, bylines, sub-headings,
briefs and tables look, the masthead and the foot, rulers, spaces between letters. The truth has the form of ``page_*.gold.json`` of the
evaluation sets. Names, tables and heads of papers are made up.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
HAN = WORDS["han"]


@dataclass
class Style:
    """How a page is set."""

    wrap: int
    indent: str
    gap: bool  # blank lines between paragraphs
    head: str  # way of headlines
    ornament: str
    apart: int  # blank lines between stories
    below: int  # blank lines below a headline
    byline: str  # where the author stands
    spaced: bool
    ruler: str
    wide_titles: bool  # a space inside headlines
    sub: str
    framed: bool


@dataclass
class Page:
    """The lines of a page with their labels, and its true stories."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    stories: list[dict[str, Any]] = field(default_factory=list)

    def add(self, label: str, *texts: str) -> None:
        self.lines += [(text, label) for text in texts]

    def blank(self, count: int = 1) -> None:
        self.lines += [("", "")] * count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    items = items_of(arguments.articles)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.pages):
        page = typed_page(items, random.Random(f"{arguments.seed} {number}"))
        (arguments.out / f"page_{number:03}.txt").write_text("\n".join(line for line, _ in page.lines) + "\n", encoding="utf-8")
        (arguments.out / f"page_{number:03}.gold.json").write_text(json.dumps(page.stories, ensure_ascii=False), encoding="utf-8")


def items_of(path: Path) -> list[dict[str, Any]]:
    """The items of an archive that can be a story; a title that recurs names a column."""
    rows = list(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    often = Counter(row["title"] for row in rows)
    return [row for row in rows if 60 < len(row["text"]) < 2500 and 5 < len(row["title"]) < 40 and often[row["title"]] == 1]


def style_of(chance: random.Random) -> Style:
    wrap = chance.choice((0, 0, chance.randint(14, 22), chance.randint(20, 32), chance.randint(28, 42)))
    indent = chance.choice(("", "", "　　", "　　", "　　", "    ", "  ", "　"))
    head = chance.choice(
        (
            "bare",
            "bare",
            "ornament",
            "ornament",
            "both",
            "bracket",
            "bracket",
            "number",
            "number",
            "number",
            "centred",
            "centred ornament",
            "indented",
        )
    )
    gap = chance.random() < (0.25 if indent else 0.75)
    apart = chance.choice((1, 1, 1, 2, 0 if not wrap or (head not in ("bare", "indented") and indent) else 1))
    gap = gap and apart > 0
    ornament = chance.choice(WORDS["ornaments"])
    marks = [
        mark
        for mark in WORDS["subhead_marks"]
        if not mark or (mark[0] not in ornament and not ("{" in mark and head == "number") and not (mark == "【" and head == "bracket"))
    ]
    return Style(
        wrap,
        indent,
        gap,
        head,
        ornament,
        apart,
        (chance.choice((0, 0, 1)) if not gap else chance.choice((0, 1, 1))) * (apart > 0),
        chance.choice(("none", "below", "below", "inline", "end", "own line", "mixed", "mixed")),
        chance.random() < 0.12,
        chance.choice(WORDS["rulers"]),
        chance.random() < 0.3,
        chance.choice(marks),
        chance.random() < 0.05,
    )


def typed_page(items: Sequence[dict[str, Any]], chance: random.Random) -> Page:
    """A page in one style."""
    page, style = Page(), style_of(chance)
    width = style.wrap or 32
    masthead(page, style, chance, width)
    count = chance.choice((1, 2, 3, 3, 4, 5, 6))
    briefs = chance.randrange(count) if chance.random() < 0.35 else -1
    loose = chance.randrange(count) if chance.random() < 0.3 else -1
    between = chance.random() < 0.25
    for number, item in enumerate(chance.sample(items, count)):
        if number and between:
            page.blank(chance.choice((0, style.apart)))
            page.add("F", ruler(style, chance, width))
        page.blank(max(style.apart, int(not number and chance.random() < 0.8 and style.apart > 0)))
        if chance.random() < 0.06:
            page.add("F", chance.choice(WORDS["names"]) if chance.random() < 0.6 else f"（{chance.choice(WORDS['names'])}）")
            page.blank(chance.choice((0, 1)))
        if number == briefs:
            brief_column(page, style, chance, chance.sample(items, chance.choice((3, 4, 5))))
        elif number == loose:
            notice(page, style, chance, width)
        else:
            story(page, style, chance, item, number + 1)
    foot(page, style, chance, width)
    if chance.random() < 0.12:
        from opencc import OpenCC

        convert = OpenCC("s2tw").convert
        page.lines = [(convert(text), label) for text, label in page.lines]
        page.stories = json.loads(convert(json.dumps(page.stories, ensure_ascii=False)))
    if style.spaced:
        page.lines = [(" ".join(re.sub(r"\s", "", text)) if label != "R" else text, label) for text, label in page.lines]
    return page


def signed_by(form: str, names: Sequence[str], chance: random.Random) -> str:
    """A byline in one of its forms: with an office, a class, or a space in a short name."""
    apart = names[0][0] + "　" + names[0][1] if len(names[0]) == 2 else names[0]
    return form.format(*names, place(chance), chance.randint(1, 28), chance.choice(WORDS["units"]), apart)


def person(chance: random.Random) -> str:
    return chance.choice(WORDS["surnames"]) + "".join(chance.sample(WORDS["given"], chance.choice((1, 2, 2))))


def place(chance: random.Random) -> str:
    at = 2 * chance.randrange(len(WORDS["places"]) // 2)
    return WORDS["places"][at : at + 2]


def filled(form: str, chance: random.Random) -> str:
    number = chance.choice((chance.randint(1, 16), chance.randint(20, 9000)))
    return form.format(
        person(chance),
        person(chance),
        place(chance),
        chance.randint(1, 28),
        n=number,
        w=chance.choice(WORDS["week"]),
        l=chance.choice(WORDS["months"]) + "初" + chance.choice(HAN),
        p=person(chance),
        h=chance.choice(HAN),
        c=chance.choice("①②③④"),
        unit=place(chance) + chance.choice(WORDS["organisations"]),
    )


def han_year(year: int) -> str:
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))


def han_number(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else HAN[tens - 1]) + "十" if tens else "") + (HAN[ones - 1] if ones else "")


def day_of(chance: random.Random) -> str:
    year, month, day = chance.randint(1950, 2025), chance.randint(1, 12), chance.randint(1, 28)
    republic = chance.randint(12, 60)
    return chance.choice(
        (
            f"{year}年{month}月{day}日",
            f"{year}年{month}月{day}日",
            f"{year}.{month}.{day}",
            f"{year}-{month:02}-{day:02}",
            f"{han_year(year)}年{han_number(month)}月{han_number(day)}日",
            f"民國{han_number(republic)}年{han_number(month)}月{han_number(day)}日",
            f"中华民国{han_number(republic)}年{han_number(month)}月{han_number(day)}日",
            f"{year} 年 {month} 月 {day} 日",
            f"公元{year}年{month}月{day}日",
        )
    )


def masthead(page: Page, style: Style, chance: random.Random, width: int) -> None:
    """The head of a page: its paper, its day and what else stands there, in one line or several."""
    if chance.random() < 0.06:
        return
    paper = place(chance) + chance.choice(WORDS["papers"])
    if chance.random() < 0.4:
        paper = chance.choice((" ", "　", "  ")).join(paper)
    paper = chance.choice(("{}", "{}", "{}", "《{}》", "【{}】", "★ {} ★")).format(paper)
    parts = [day_of(chance), *[filled(form, chance) for form in chance.sample(WORDS["headers"], chance.choice((0, 1, 1, 2, 3, 4)))]]
    if chance.random() < 0.3:
        parts.append(chance.choice(WORDS["names"]))
    chance.shuffle(parts)
    gap = chance.choice(("  ", "　", " ", "    ", "　　", " | ", " · "))
    around = chance.random() < 0.3
    if around and chance.random() < 0.5:
        page.add("F", ruler(style, chance, width))
    cut = chance.randint(1, len(parts))
    lines = chance.choice(
        ([gap.join([paper, *parts])], [paper, gap.join(parts)], [paper, gap.join(parts[:cut]), gap.join(parts[cut:])])
    )
    for line in filter(None, lines):
        page.add("F", (" " * chance.randint(4, 16) if chance.random() < 0.2 else "") + line)
        page.blank(int(chance.random() < 0.15))
    if around or chance.random() < 0.25:
        page.add("F", ruler(style, chance, width))


def ruler(style: Style, chance: random.Random, width: int) -> str:
    return (style.ruler * chance.randint(max(3, width // 2), width + 8)).strip()


def foot(page: Page, style: Style, chance: random.Random, width: int) -> None:
    if chance.random() < 0.5:
        return
    page.blank(chance.choice((0, 1, 1, 2)))
    if chance.random() < 0.4:
        page.add("F", ruler(style, chance, width))
    gap = chance.choice(("　", "    ", " "))
    for _ in range(chance.choice((1, 1, 2, 3))):
        page.add("F", gap.join(filled(form, chance) for form in chance.sample(WORDS["foots"], chance.choice((1, 1, 2, 3)))))


def sentences_of(item: dict[str, Any]) -> list[str]:
    text = re.sub(r"^央视网消息\s*[(（].*?[)）][:：]\s*", "", item["text"].replace("\n", ""))
    text = re.sub(r"\[?[^\[\]。]{0,12}\]?\(?https?://\S+|\s+", "", text)
    return re.findall(r"[^。!?！？]+[。!?！？]+[”’」』]*", text) or [text + "。"]


def title_of(item: dict[str, Any], chance: random.Random) -> str:
    title = re.sub(r"\s+", "", item["title"])
    if re.match("【[^】]+】.", title) and chance.random() < 0.7:
        return title
    if chance.random() < 0.6:  # the headlines of local papers are shorter than those of the corpus
        title = title[: chance.randint(4, 14)]
    title = title.strip("“《【 　,，—：:、（(")
    for mark, close in ("“”", "《》", "（）", "()", "【】", "‘’"):
        title = title.replace(mark, "").replace(close, "") if title.count(mark) != title.count(close) else title
    return title or "新渠通水"


def told(title: str, byline: str, paragraphs: Sequence[str], subheads: Sequence[str], kicker: str | None = None) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        **dict.fromkeys(("section", "displaced")),
        **dict.fromkeys(("truncated", "continued_to", "continued_from"), False),
        **{name: [] for name in ("captions", "cuts", "pull_quotes", "markers", "noise")},
    }
    return {
        "kind": "article",
        "title": title or None,
        "byline": byline or None,
        "paragraphs": list(paragraphs),
        "subheads": list(subheads),
        "kicker": kicker,
        **nothing,
    }


def wrapped(style: Style, text: str, indent: str) -> list[str]:
    """A paragraph as lines; no line begins with a mark that closes."""
    whole = indent + text
    if not style.wrap:
        return [whole]
    lines: list[str] = []
    while whole:
        cut = style.wrap
        while cut < len(whole) and cut < style.wrap + 3 and whole[cut] in "，。、；：！？”）」』》,.":
            cut += 1
        lines.append(whole[:cut])
        whole = whole[cut:]
    return lines


def paragraph(page: Page, style: Style, text: str, indent: str | None = None) -> None:
    first, *rest = wrapped(style, text, style.indent if indent is None else indent)
    page.add("P", first)
    page.add("I", *rest)


def head_line(page: Page, style: Style, chance: random.Random, title: str, number: int, beside: str = "") -> None:
    """A headline in the way of the page; some are broken into two lines or have a line above or below."""
    spaced = chance.choice((" ", "　")).join(title) if len(title) <= 5 and chance.random() < 0.4 else title
    if style.wide_titles and spaced == title and len(title) > 7:
        at = chance.randint(3, len(title) - 3)
        spaced = title[:at] + chance.choice(("　", " ")) + title[at:]
    one, other = style.ornament, style.ornament
    if style.head == "bracket":
        one, other = WORDS["brackets"][len(style.ornament + style.ruler + style.indent) % len(WORDS["brackets"])]
    before = {
        "bare": "",
        "ornament": one + chance.choice(("", " ", "　")) if len(one) == 1 else one + " ",
        "both": one + " ",
        "bracket": one,
        "centred": "",
        "centred ornament": one + " ",
        "indented": "",
        "number": numbered(style, number),
    }[style.head]
    after = {"both": " " + other, "bracket": other}.get(style.head, "")
    pad = {
        "centred": " " * chance.randint(6, 20),
        "centred ornament": " " * chance.randint(4, 14),
        "indented": chance.choice(("　　", "    ", "　　　　")),
    }.get(style.head, "")
    lines = [spaced]
    if len(title) > 11 and spaced == title and chance.random() < 0.3:
        at = chance.randint(len(title) // 2 - 2, len(title) // 2 + 2)
        lines = [title[:at], title[at:]]
    elif style.wrap and len(before + spaced) > style.wrap:
        lines = [spaced[: style.wrap - len(before)], spaced[style.wrap - len(before) :]]
    lines[0] = before + lines[0]
    lines[-1] += after
    hang = " " * 2 * len(before) if len(lines) > 1 and chance.random() < 0.5 else ""
    frame = style.framed and chance.random() < 0.8
    if frame:
        page.add("F", pad + ruler(style, chance, 8))
    page.add("H", pad + lines[0] + (" " * chance.randint(3, 20) + beside if beside and len(lines) == 1 else ""))
    page.add("h", *(pad + hang + line for line in lines[1:]))
    if beside and len(lines) > 1:
        page.add("B", " " * chance.randint(8, 24) + beside)
    if frame:
        page.add("F", pad + ruler(style, chance, 8))


def numbered(style: Style, number: int) -> str:
    form = WORDS["numbers"][len(style.ornament + style.ruler + style.indent + style.sub) % len(WORDS["numbers"])]
    return form.format(h=HAN[number - 1], n=number, c="①②③④⑤⑥⑦⑧"[number - 1])


def story(page: Page, style: Style, chance: random.Random, item: dict[str, Any], number: int) -> None:
    """A story with its headline, author, paragraphs, sub-headings, and perhaps a table or a caption."""
    title, sentences = title_of(item, chance), sentences_of(item)
    names = [person(chance), person(chance)]
    way = chance.choice(("none", "below", "end", "inline", "own line")) if style.byline == "mixed" else style.byline
    lead = chance.choice(WORDS["leads"]).format(*names, place(chance), chance.randint(1, 28)) if way in ("none", "end") else ""
    kept = sentences[: chance.choice((1, 1, 2, 2, 3, 4, 5, 6, 9, 12))]
    if len(kept) == 1 and chance.random() < 0.4:
        kept = [re.split("[,，]", kept[0])[0][:50].rstrip("。") + "。"]
    texts = paragraphs_of(kept, chance)
    back = f"（上接第{chance.choice('一二123A')}版）" if chance.random() < 0.04 else ""
    texts[0] = (back or lead) + texts[0]
    if back and chance.random() < 0.6:
        continued(page, style, chance, texts)
        return
    author = ""
    line = signed_by(chance.choice(WORDS["bylines"]), names, chance)
    if way in ("below", "inline"):
        author = " ".join(name for name in names if name in re.sub("　", "", line))
    kicker = ""
    if chance.random() < 0.08:
        kicker = re.split("[,，。]", sentences[-1])[0][:14].strip("“”《》")
        around = chance.choice(("{}", "{}", "{}", "（{}）", "——{}——", "～{}～", "【{}】"))
        page.add("K", (" " * chance.randint(4, 12) if "centred" in style.head else "") + around.format(kicker))
    inline = line if way == "inline" and chance.random() < 0.9 else ""
    head_line(page, style, chance, title, number, inline)
    if chance.random() < 0.08:
        words = re.split("[,，。]", sentences[0])[0][:16]
        page.add(
            "K", chance.choice(("　　", "", " " * chance.randint(2, 14))) + chance.choice(("——", "——", "", "—— ", "（副题）")) + words
        )
    if way == "below":
        page.blank(chance.choice((0, style.below)))
        page.add("B", chance.choice(("", "", "", " " * chance.randint(6, 24), "　　")) + line)
    page.blank(style.below)
    subheads = sub_headings(texts, chance)
    written = body(page, style, chance, texts, subheads, names, way)
    if way in ("end", "own line"):
        author = " ".join(name for name in names if name in written[1])
    if not author and lead:
        author = " ".join(name for name in names if name in lead)
    page.stories.append(told(title, author, written[0], list(subheads.values()), kicker or None))


def continued(page: Page, style: Style, chance: random.Random, texts: Sequence[str]) -> None:
    """The rest of a story of another page, without a headline."""
    onward = chance.choice(("", "", "（下转第四版）", "(下转第5版)"))
    for at, text in enumerate(texts):
        page.blank(int(style.gap and at > 0))
        paragraph(page, style, text + (onward if at == len(texts) - 1 else ""))
    open_at(page, texts[0])
    page.stories.append(told("", "", [texts[0].partition("）")[2], *texts[1:]], ()))


def paragraphs_of(kept: Sequence[str], chance: random.Random) -> list[str]:
    texts: list[str] = []
    at = 0
    while at < len(kept):
        size = chance.choice((1, 2, 2, 3, 4))
        texts.append("".join(kept[at : at + size]))
        at += size
    if chance.random() < 0.04:  # asked and answered
        texts = [("问：" if not n % 2 else "答：") + text for n, text in enumerate(texts)]
    return texts


def sub_headings(texts: Sequence[str], chance: random.Random) -> dict[int, str]:
    """Words out of a paragraph as the heading above it, for some longer stories."""
    if len(texts) < 3 or chance.random() < 0.5:
        return {}
    found: dict[int, str] = {}
    for at in range(chance.choice((0, 1)), len(texts), chance.choice((1, 2))):
        clauses = [one for one in re.split("[，,。；;：:、“”《》]", texts[at]) if 4 <= len(one) <= 20] or [texts[at][:6]]
        found[at] = chance.choice(clauses)[: chance.choice((6, 8, 12, 20))]
    return found


def body(
    page: Page, style: Style, chance: random.Random, texts: list[str], subheads: dict[int, str], names: Sequence[str], way: str
) -> tuple[list[str], str]:
    """Writes the body of a story; returns its paragraphs and how it is signed."""
    sign = signed_by(chance.choice(WORDS["signed"]), names, chance) if way == "end" else ""
    table_at = chance.randrange(len(texts)) if chance.random() < 0.14 and not style.spaced else -1
    caption_at = chance.randrange(len(texts)) if chance.random() < 0.08 else -1
    paragraphs: list[str] = []
    for at, text in enumerate(texts):
        if at and style.gap:
            page.blank()
        if at in subheads:
            mark = style.sub.format(h=HAN[min(at, 9)], n=at + 1)
            page.blank(int(style.gap or chance.random() < 0.3) if at else 0)
            page.add("S", (style.indent if chance.random() < 0.5 else "") + mark + subheads[at] + ("】" if mark == "【" else ""))
            page.blank(int(style.gap) if chance.random() < 0.7 else 0)
        is_last = at == len(texts) - 1
        paragraph(page, style, text + (sign if is_last else ""))
        paragraphs.append(text)
        if at == caption_at:
            page.blank(int(style.gap))
            paragraph(
                page,
                style,
                chance.choice(WORDS["captions"]).format(re.split("[,，。]", text)[0][:20], person(chance)),
                chance.choice(("", style.indent)),
            )
        if at == table_at:
            paragraphs += table(page, style, chance)
    if way == "own line":
        sign = signed_by(chance.choice(WORDS["signed"] + WORDS["bylines"]), names, chance).strip()
        page.blank(int(style.gap and chance.random() < 0.5))
        page.add("B", chance.choice((" " * chance.randint(8, 28), "　　", "　" * 8)) + sign)
    elif chance.random() < 0.04:
        page.add("F", f"（下转第{chance.choice('二三四')}版）")
    return paragraphs, sign


def table(page: Page, style: Style, chance: random.Random) -> list[str]:
    """A table set with spaces or tabs; returns its lines as paragraphs."""
    caption = chance.choice(WORDS["table_captions"]).format(place(chance))
    tabs = chance.random() < 0.3
    columns = chance.randint(3, 5)
    header = [chance.choice(WORDS["rows"]), *chance.sample(WORDS["columns"], columns - 1)]
    rows = [
        [
            place(chance) + chance.choice(("", "村", "站", "厂")),
            *(
                str(chance.randint(3, 9000)) if chance.random() < 0.8 else f"{chance.randint(1, 90)}.{chance.randint(0, 9)}"
                for _ in header[1:]
            ),
        ]
        for _ in range(chance.randint(3, 7))
    ]
    page.blank(int(style.gap or chance.random() < 0.5))
    found = []
    if caption:
        page.add("P", chance.choice(("", style.indent, "      ")) + caption)
        found.append(caption)
    for row in (header, *rows):
        page.add(
            "R",
            chance.choice(("", ""))
            + ("\t".join(row) if tabs else "  " + "".join(cell + " " * max(3, 14 - 2 * len(cell)) for cell in row).rstrip()),
        )
        found.append("".join(row))
    page.blank(int(chance.random() < 0.6))
    return found


def brief_column(page: Page, style: Style, chance: random.Random, items: Sequence[dict[str, Any]]) -> None:
    """News in brief under one headline, or without one."""
    title = chance.choice(WORDS["briefs"])
    if chance.random() < 0.85:
        head_line(page, style, chance, title, 1)
        page.blank(style.below)
    else:
        title = ""
    bullet = chance.choice((*WORDS["bullets"], *WORDS["bullets"], "", *WORDS["numbers"][:6]))
    gap = chance.random() < 0.3
    indent = chance.choice((style.indent, "", "　　"))
    paragraphs = []
    for number, item in enumerate(items):
        text = "".join(sentences_of(item)[: chance.choice((1, 1, 2))])[:120]
        mark = bullet.format(h=HAN[number], n=number + 1, c="①②③④⑤"[number]) if "{" in bullet else bullet
        page.blank(int(gap and number > 0))
        paragraph(page, style, mark + text, indent)
        paragraphs.append(mark + text)
    if not title:
        open_at(page, paragraphs[0])
    page.stories.append(told(title, "", paragraphs, ()))


def open_at(page: Page, first: str) -> None:
    """Labels the first line of a paragraph as the beginning of a story without a headline."""
    at = max(at for at, (text, label) in enumerate(page.lines) if label == "P" and first.startswith(text.strip()[:8]))
    page.lines[at] = (page.lines[at][0], "N")


def notice(page: Page, style: Style, chance: random.Random, width: int) -> None:
    """A notice with numbered lines and who signs it."""
    unit = place(chance) + chance.choice(WORDS["who_gives_notice"])
    title = chance.choice(WORDS["notices"])
    has_title = chance.random() < 0.5
    if has_title:
        head_line(page, style, chance, title, 2)
        page.blank(style.below)
    elif chance.random() < 0.7:
        page.add("F", ruler(style, chance, width))
        page.blank(chance.choice((0, 1)))
    texts = [
        f"因{chance.choice(WORDS['reasons'])}，{unit}定于{chance.randint(1, 12)}月{chance.randint(1, 28)}日起"
        f"{chance.choice(WORDS['measures'])}。",
        *(
            f"{HAN[n]}、{chance.choice(WORDS['points'])}".format(n=chance.randint(10, 9000), p=place(chance))
            + chance.choice(("。", "；", ""))
            for n in range(chance.choice((0, 2, 3, 4)))
        ),
    ]
    if has_title and chance.random() < 0.3:
        texts.insert(0, chance.choice(WORDS["salutes"]))
        page.add("P", texts[0])
    for text in texts[len(texts) - len([one for one in texts if not one.endswith(("：", ":"))]) :]:
        paragraph(page, style, text)
    paragraphs = list(texts)
    if not has_title:
        open_at(page, texts[0])
    if chance.random() < 0.7:
        pad = chance.choice((" " * chance.randint(8, 24), "　" * 6, "　　"))
        for line in (unit, f"{chance.randint(1, 12)}月{chance.randint(1, 28)}日")[: chance.choice((1, 2))]:
            page.add("P", pad + line)
            paragraphs.append(line)
    page.stories.append(told(title if has_title else "", "", paragraphs, ()))


if __name__ == "__main__":
    main()
