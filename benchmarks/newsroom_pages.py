"""Sets news items as the plain pages that newsrooms and local archives keep, with the truth beside them.

    python benchmarks/newsroom_pages.py --articles xwlb.jsonl --seed 5 --pages 60 --out DIR [--typed]

A page has two to six stories, most of them short, in one of the ways in which such files mark headlines: not at all (a line of its
own), ``#`` with or without ``##`` for sub-headings, ``##`` for all, or ``#`` for the first alone. Some stories open with 本报讯, some
are signed, some long ones have sub-headings. The truth has the form of ``page_*.gold.json`` of the evaluation sets.
``--typed``: as typists and scanners leave them, with an ornament before each headline, paragraphs two characters in, lines that are
wrapped, or spaces between all characters.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from newsprint import GIVEN, PAPERS, SURNAMES

LEADS = ("本报讯 ", "本报讯(记者 {}) ", "本报讯(记者 {} 通讯员 {})", "【本报讯】", "(记者 {})", "", "", "", "")
BYLINES = ("本报记者 {}", "记者 {}", "{}/文", "文/{}", "□ {}", "通讯员 {}", "", "", "", "", "")
SIGNED = ("({})", "(记者 {})", "({} {})", "", "", "", "", "")
HEADS = ("{paper} {day} {week} 第{page}版", "{paper}\n{day}　{week}　第{page}版　{name}", "{paper}　{day}　第{page}版　{name}",
         "{day} {week} 第{page}版:{name}", "{spaced}\n\n{day} 第{page}版")
NAMES = ("要闻", "民生", "综合新闻", "本地", "城事", "经济")
FOOTS = ("责任编辑 {} 版式 {}", "本版责编:{} 美编:{}", "", "", "")
TYPED = ("ornament", "ornament", "wrapped", "spaced", "spaced")
ORNAMENTS = "■◆●◎▲★"
WAYS = ("plain", "plain", "tight", "one level", "two levels", "second level", "first level")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--typed", action="store_true")
    arguments = parser.parse_args()
    lines = arguments.articles.read_text(encoding="utf-8").splitlines()
    rows = list(map(json.loads, lines))
    often = Counter(row["title"] for row in rows)  # a column's title names no story
    items = [row for row in rows if 60 < len(row["text"]) < 2500 and 5 < len(row["title"]) < 34 and often[row["title"]] == 1]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.pages):
        page, stories = set_page(items, random.Random(f"{arguments.seed} {number}"), TYPED if arguments.typed else WAYS)
        (arguments.out / f"page_{number:03}.txt").write_text(page, encoding="utf-8")
        gold = json.dumps(stories, ensure_ascii=False)
        (arguments.out / f"page_{number:03}.gold.json").write_text(gold, encoding="utf-8")


def set_page(items: Sequence[dict[str, Any]], chance: random.Random, ways: Sequence[str]) -> tuple[str, list[dict[str, Any]]]:
    """The text of a page and its true stories."""
    way = chance.choice(ways)
    stories = [story_of(item, chance, way) for item in chance.sample(items, chance.choice((2, 3, 3, 4, 5, 6)))]
    paper = chance.choice(PAPERS)
    head = chance.choice(HEADS).format(
        paper=paper, spaced=" ".join(paper), day=f"{chance.randint(1980, 2025)}年{chance.randint(1, 12)}月{chance.randint(1, 28)}日",
        week="星期" + chance.choice("一二三四五六日"), page=chance.randint(1, 16), name=chance.choice(NAMES))
    foot = chance.choice(FOOTS).format(person(chance), person(chance))
    if way in TYPED:
        ornament, width = chance.choice(ORNAMENTS), chance.randint(20, 32)
        told = [typed_story(story, way, ornament, width) for story in stories]
        head, foot = (spaced(text) if way == "spaced" else text for text in (head, foot))
    else:
        told = [set_story(story, way, not at) for at, story in enumerate(stories)]
    return "\n\n".join(filter(None, [head, *told, foot])) + "\n", stories


def story_of(item: dict[str, Any], chance: random.Random, way: str) -> dict[str, Any]:
    """An item as a story: whole or its first sentences, with or without a lead, an author and sub-headings."""
    names = [person(chance), person(chance)]
    text = re.sub(r"^央视网消息\s*[\uff08(].*?[\uff09)][:\uff1a]\s*", "", item["text"].replace("\n", ""))
    sentences = re.findall(r"[^。!?\uff01\uff1f]+[。!?\uff01\uff1f]+[”’」』]*", text) or [text]
    is_long = len(sentences) > 7 and chance.random() < 0.3
    kept = sentences[: 14 if is_long else chance.choice((1, 1, 2, 2, 3, 4, 6))]
    if len(kept) == 1 and chance.random() < 0.5:
        kept = [re.split("[,\uff0c]", kept[0])[0][:60].rstrip("。") + "。"]
    size = chance.choice((2, 3, 4)) if is_long else len(kept) if chance.random() < 0.7 else 3
    paragraphs = ["".join(kept[at : at + size]) for at in range(0, len(kept), size)]
    subheads: dict[int, str] = {}
    if is_long and len(paragraphs) > 2 and chance.random() < 0.5:
        for at in range(chance.choice((1, 2)), len(paragraphs), chance.choice((2, 3))):
            subheads[at] = subhead_of(paragraphs[at], chance)
    paragraphs[0] = chance.choice(LEADS).format(*names) + paragraphs[0]
    byline = chance.choice(BYLINES).format(names[0]) if "记者" not in paragraphs[0][:12] else ""
    signed = chance.choice(SIGNED) if not byline and "记者" not in paragraphs[0][:12] else ""
    title = item["title"].replace(" ", "\u3000") if chance.random() < 0.3 else item["title"]
    if chance.random() < 0.6:  # the headlines of local papers are shorter than those of the corpus
        title = title[: chance.randint(6, 13)].strip("“《【 \u3000,\uff0c—")
    end = signed.format(*names)
    nothing: dict[str, Any] = {
        **dict.fromkeys(("section", "kicker", "displaced")), **dict.fromkeys(("truncated", "continued_to", "continued_from"), False),
        **{name: [] for name in ("captions", "cuts", "pull_quotes", "markers", "noise")}}
    return {"kind": "article", "title": title, "byline": byline.strip("□ ") or end.strip("()") or None, "paragraphs": paragraphs,
            "subheads": list(subheads.values()), "before": subheads, "line": byline, "end": end, **nothing}


def person(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice((1, 2))))


def subhead_of(section: str, chance: random.Random) -> str:
    """A clause of a section, or some words out of the midst of one."""
    clauses = [clause for clause in re.split(r"[,\uff0c。;\uff1b:\uff1a、“”《》]", section) if 4 <= len(clause) <= 24] or [section[:8]]
    clause = chance.choice(clauses)
    if len(clause) <= 12 and chance.random() < 0.4:
        return clause
    size = min(len(clause), chance.randint(4, 9))
    start = chance.randint(0, len(clause) - size)
    return clause[start : start + size]


def typed_story(story: dict[str, Any], way: str, ornament: str, width: int) -> str:
    """A story as it was typed or scanned; it has no sub-headings, and no spaces in its headline."""
    story["title"] = re.sub(r"\s", "", story["title"])
    story["subheads"], paragraphs = [], [*story["paragraphs"][:-1], story["paragraphs"][-1] + story["end"]]
    if way == "ornament":
        return "\n".join([ornament + story["title"], *("\u3000\u3000" + line for line in [story["line"], *paragraphs] if line)])
    wrapped = ["\n".join(text[at : at + width] for at in range(0, len(text), width)) for text in paragraphs]
    whole = "\n\n".join(filter(None, [story["title"], story["line"], *wrapped]))
    return spaced(whole) if way == "spaced" else whole


def spaced(text: str) -> str:
    """A text with a space between all characters of a line."""
    return "\n".join(" ".join(line.replace(" ", "")) for line in text.split("\n"))


def set_story(story: dict[str, Any], way: str, is_first: bool) -> str:
    title, below = {"plain": ("", ""), "tight": ("", ""), "one level": ("# ", "# "), "two levels": ("# ", "## "),
                    "second level": ("## ", "## "), "first level": ("# " if is_first else "## ", "### ")}[way]
    parts = [f"{title}{story['title']}"] + ([story["line"]] if story["line"] else [])
    for at, paragraph in enumerate(story["paragraphs"]):
        parts += [f"{below}{story['before'][at]}"] if at in story["before"] else []
        parts.append(paragraph)
    parts[-1] += story["end"]
    return ("\n" if way == "tight" else "\n\n").join(parts)


if __name__ == "__main__":
    main()
