"""Lays news items out as issues of two or three damaged pages whose stories run over pages, and measures how they are joined.

    python benchmarks/issues.py --articles xwlb.jsonl.gz --pagesmith pagesmith.py --seed 7 --issues 20 [--out DIR]
    python benchmarks/issues.py … --seed 101 --issues 200 --write      fits the weights of the joints instead

Every second day with news enough is for fitting, the others are for measuring, with all their items. More issues than days: a day is
laid out again in other ways.

The pages are those of ``pagesmith.py`` (columns out of order, cut sentences, jump lines that lead nowhere); into them are put one or
two stories that go on inside, one whose rest is missing, and headlines with a line or two that only point to a story inside.
The inner headline is the same, shortened or missing; one jump line in ten is lost, and one page header in five.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from run import write_fitted, write_table
from sklearn.linear_model import LogisticRegressionCV

from rag.language.text import fold
from rag.pages import read_articles
from rag.pages.issues import candidates, continuation_features, issue_of, join_issues
from rag.pages.ngram_model import lexicon
from rag.pages.seams import page_seams
from rag.records import Article

_PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # inverse strengths, the best by ten folds is taken
_LOST_MARK, _LOST_HEADER, _MISSING, _MID_SENTENCE, _PROBE = 0.1, 0.2, 0.3, 0.7, 18
Item = dict[str, Any]  # a clean article of pagesmith: title, paragraphs, date
Pair = tuple[str, str]  # two beginnings of texts that tell two articles


@dataclass
class Issue:
    """The pages of an issue, what stands on them beside pagesmith's, and which texts belong together."""

    pages: list[list[str]]
    continued: list[tuple[str, str, Pair]] = field(default_factory=list)  # inner headline, marks, texts
    told: list[Pair] = field(default_factory=list)


def main() -> None:
    """Writes ``issues.md``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--pagesmith", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--issues", type=int, default=20)
    parser.add_argument("--out", type=Path, help="keep the pages here")
    parser.add_argument("--write", action="store_true", help="fit the weights to these issues and write them to rag/pages/fitted.json")
    arguments = parser.parse_args()
    smith = loaded(arguments.pagesmith)
    all_days = items_by_day(smith, arguments.articles)
    by_day = {day: all_days[day] for day in sorted(all_days)[0 if arguments.write else 1 :: 2]}
    chance = random.Random(arguments.seed)
    full = [day for day, items in by_day.items() if len(items) >= 10]
    days = [day for _ in range(-(-arguments.issues // len(full))) for day in chance.sample(full, len(full))][: arguments.issues]
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.out or Path(name)
        if folder.exists() and any(folder.iterdir()):
            parser.error(f"--out {folder}: is not empty; its pages would be read too")
        others = [item for day in sorted(by_day.keys() - set(days)) for item in by_day[day]]
        issues = [set_issue(folder / str(number // len(full)), day, by_day[day], others, smith, chance)
                  for number, day in enumerate(days)]
        articles = join_issues(a for file in sorted(folder.rglob("*.txt")) for a in read_articles(file, str(file.relative_to(folder))))
    if arguments.write:
        write_fitted("jumps", fitted_to(issues, articles))
        return
    rows = list(table(issues, articles))
    told = f"issues.py --seed {arguments.seed} --issues {arguments.issues}"
    write_table("issues", f"Stories over the pages of {len(issues)} issues, {sum(len(issue.pages) for issue in issues)} pages",
                ["", "in the paper", "joined", "missed", "wrong"], rows, f"{told} --articles xwlb.jsonl.gz --pagesmith pagesmith.py")


def fitted_to(issues: Sequence[Issue], articles: Sequence[Article]) -> dict[str, float]:
    """The weights by logistic regression over the pairs of parts of each issue that a jump line may join."""
    pairs = [pair for issue in issues for _, _, pair in issue.continued]
    by_issue: dict[tuple[str, str], list[Article]] = defaultdict(list)
    for article in articles:
        by_issue[issue_of(article)].append(article)
    told, labels = [], []
    for pages in by_issue.values():
        seams = page_seams(lexicon(), [article.text for article in pages])
        for one, rest in candidates(pages):
            told.append(continuation_features(one, rest, seams))
            labels.append(any(fits(pair, one, rest) for pair in pairs))
    names = list(told[0])
    model = LogisticRegressionCV(Cs=_PENALTIES, cv=10, scoring="neg_log_loss", fit_intercept=False, max_iter=2000)
    model.fit([list(one.values()) for one in told], labels)
    print(f"{len(told)} pairs, {sum(labels)} of one story; inverse strength {model.C_}")
    return dict(zip(names, model.coef_[0], strict=True))


def loaded(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location("pagesmith", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def items_by_day(smith: Any, file: Path) -> dict[str, list[Item]]:
    with tempfile.TemporaryDirectory() as name:
        plain = Path(name) / "articles.jsonl"
        plain.write_bytes(gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes())
        by_day: dict[str, list[Item]] = defaultdict(list)
        for item in smith.load_articles(str(plain)):
            by_day[item["date"]].append(item)
    return by_day


def set_issue(folder: Path, day: str, items: Sequence[Item], others: Sequence[Item], smith: Any, chance: random.Random) -> Issue:
    """Writes the pages of a day, filled up with items of other days; half of the issues have a folder named for the day."""
    numbers = chance.choice(([1, 2], [1, 3], [1, 2, 3], [1, 4, 5]))
    rest = chance.sample(list(items), len(items))
    issue = Issue([[] for _ in numbers])
    stories = sorted(rest, key=lambda item: -sum(map(len, item["paragraphs"])))[: 3]
    inner = chance.choice(range(1, len(numbers)))
    rest = [*chance.sample(others, 12), *(item for item in rest if item not in stories)]
    orphan = chance.random() < _MISSING
    for at, story in enumerate(stories[: 2 if orphan else chance.choice((1, 2))]):
        add_story(issue, story, numbers, 0 if orphan and not at else inner, chance)
    add_pointer(issue, stories[2], numbers, inner, chance)
    for at, number in enumerate(numbers):
        text = smith.make_page([rest.pop() for _ in range(4)], chance, {"header": 0.0})[0]
        mark = "# " if re.search("^# ", text, re.M) else "## "  # of the page's headlines
        blocks = [re.sub("^## ", mark, block) for block in issue.pages[at]]
        blocks.insert(chance.randrange(1, len(blocks) + 1) if at and blocks and not blocks[0].startswith("#") else
                      chance.randrange(len(blocks) + 1), text.strip("\n"))
        head = "" if chance.random() < _LOST_HEADER else header(day, number, chance)
        own = folder / day / f"{number:02}.txt" if int(day[-1]) % 2 else folder / "paper" / f"{day}_{number:02}.txt"
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text("\n\n".join(part for part in (head, *blocks) if part) + "\n", encoding="utf-8")
    return issue


def header(day: str, number: int, chance: random.Random) -> str:
    year, month, date = map(int, day.split("-"))
    return chance.choice((f"{year}年{month}月{date}日 星期三 第{number}版", f"第{number}版 要闻 {year}年{month}月{date}日"))


def add_story(issue: Issue, item: Item, numbers: list[int], inner: int, chance: random.Random) -> None:
    """Puts a story on the first page and its rest on page ``inner`` (0: nowhere)."""
    first, rest = broken(item["paragraphs"], chance)
    page = numbers[inner] if inner else max(numbers) + 1
    to, back = f"（下转第{chance.choice((page, '一二三四五六七八九'[page - 1]))}版）", f"（上接第{chance.choice(('1', '一'))}版）"
    lost = chance.choices(("none", "下转", "上接"), (1 - 2 * _LOST_MARK, _LOST_MARK, _LOST_MARK))[0] if inner else "none"
    to, back = "" if lost == "下转" else to, "" if lost == "上接" else back
    last = first[-1] + (chance.choice(("", "\n\n")) if to else "") + to
    issue.pages[0].append("\n\n".join([f"## {item['title']}", *first[:-1], last]))
    if not inner:
        return
    kind = chance.choices(("same", "shortened", "none"), (35, 35, 30))[0] if back else "same"
    title = {"same": item["title"], "shortened": shortened(item["title"], chance), "none": ""}[kind]
    opening = back + chance.choice(("", "\n\n")) + rest[0] if back else rest[0]
    blocks = [f"## {title}"] * bool(title) + [opening, *rest[1:]]
    issue.pages[inner].insert(0, "\n\n".join(blocks))
    issue.continued.append((kind, lost, (probe(first[0]), probe(rest[0]))))


def broken(paragraphs: Sequence[str], chance: random.Random) -> tuple[list[str], list[str]]:
    """Breaks a story in two, mostly inside a sentence."""
    at = chance.randrange(len(paragraphs)) if len(paragraphs) == 1 else chance.randrange(max(1, len(paragraphs) // 3), len(paragraphs))
    whole = paragraphs[at]
    if (chance.random() < _MID_SENTENCE or not at) and len(whole) > 80:
        cut = chance.randrange(30, len(whole) - 40)
        return [*paragraphs[:at], whole[:cut]], [whole[cut:], *paragraphs[at + 1 :]]
    return list(paragraphs[: max(at, 1)]), list(paragraphs[max(at, 1) :]) or [whole]


def shortened(title: str, chance: random.Random) -> str:
    parts = title.split()
    return max(parts, key=len) if len(parts) > 1 else title[: max(5, len(title) * 3 // 5)] if chance.random() < 0.5 else title[-9:]


def add_pointer(issue: Issue, item: Item, numbers: list[int], inner: int, chance: random.Random) -> None:
    """Puts a headline with the first sentence of its story on the first page, and the story on page ``inner`` or nowhere."""
    line = item["paragraphs"][0].partition("。")[0][:90]
    issue.pages[0].append(f"## {item['title']}\n\n{line}。（{chance.choice(('详见', '报道见', '见'))}第{numbers[inner]}版）")
    if chance.random() < _MISSING:
        return
    title = chance.choice((item["title"], shortened(item["title"], chance)))
    issue.pages[inner].append("\n\n".join([f"## {title}", *item["paragraphs"]]))
    issue.told.append((probe(line), probe("".join(item["paragraphs"])[len(line) + 1 :])))


def probe(text: str) -> str:
    return fold(text[:_PROBE])


def table(issues: Sequence[Issue], articles: Sequence[Article]) -> Iterator[list[object]]:
    """The rows: stories by their inner headline and by what is left of their jump lines, and pointers."""
    by_id = {article.article_id: article for article in articles}
    made = [(by_id[a.links.continues], a) for a in articles if a.links and a.links.continues]
    told = [(a, by_id[a.links.told_in]) for a in articles if a.links and a.links.told_in]
    pairs = [pair for issue in issues for _, _, pair in issue.continued]
    wrong = [f"{one.title} | {rest.title or rest.text[:20]}" for one, rest in made if not any(fits(pair, one, rest) for pair in pairs)]
    print(*wrong, *(pair for pair in pairs if not any(fits(pair, *both) for both in made)), sep="\n", end="\n\n")
    for name in ("same", "shortened", "none"):
        some = [pair for issue in issues for kind, lost, pair in issue.continued if kind == name and lost == "none"]
        yield [f"continued, inner headline: {name}", *counted(some, made), ""]
    some = [pair for issue in issues for _, lost, pair in issue.continued if lost != "none"]
    yield ["continued, one jump line lost", *counted(some, made), ""]
    yield ["continued, all", *counted(pairs, made), len(wrong)]
    inside = [pair for issue in issues for pair in issue.told]
    yield ["pointers with their story", *counted(inside, told), sum(not any(fits(pair, *both) for pair in inside) for both in told)]


def counted(pairs: Sequence[Pair], made: Sequence[tuple[Article, Article]]) -> tuple[int, int, int]:
    found = sum(any(fits(pair, *both) for both in made) for pair in pairs)
    return len(pairs), found, len(pairs) - found


def fits(pair: Pair, one: Article, other: Article) -> bool:
    return all(text in fold(article.text).replace("\n", "") for text, article in zip(pair, (one, other), strict=True))


if __name__ == "__main__":
    main()
