"""Gathers what the reader is trained with: ``examples.json.gz`` of documents, cut into sentences, and questions about them.

    python training/build_examples.py --shared DIR --questions training/questions --out examples.json.gz

``--shared`` holds ``train/reading*.jsonl.gz`` (CMRC 2018, DRCD, ChronoQA) and ``eval/corpus`` (news items). ``--questions`` holds
our own: ``news_*.jsonl`` (written from single news items: Chinese, English, answerable and not), ``english_*.jsonl``
(English forms of the Chinese questions) and ``translated.jsonl`` (the generator's Chinese of English ones). News items that any
evaluation set asks about are left out by ``apart.json``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import opencc
from dossier_examples import add_dossiers
from examples import PLACES, Examples, R, Row, item_sentences, named, other_place, person
from made_up import add_reports, add_shares, add_tables, add_timed_tables
from written_tables import add_written_tables

from rag.language.text import sentences
from rag.models import resolve
from rag.search.dictionary import Dictionary
from rag.search.query import with_translations

ITEMS = 2500  # news items from which questions are made in place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--tables", type=Path, required=True, help="an index of the pages that written_tables.py makes")
    parser.add_argument("--dossiers", type=Path, required=True, help="an index of the pages that dossiers.py makes")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    made = Examples()
    add_reading(made, arguments.shared, arguments.questions)
    corpus = {row["doc_id"]: row for row in rows(arguments.shared / "eval" / "corpus" / "xwlb.jsonl.gz")}
    add_written(made, corpus, arguments.questions)
    apart = set(json.loads((arguments.questions / "apart.json").read_text()))
    add_in_place(made, corpus, apart)
    add_lists(made, corpus, apart)
    add_tables(made)
    add_timed_tables(made)
    add_written_tables(made, arguments.tables)
    add_reports(made)
    add_shares(made)
    add_dossiers(made, arguments.dossiers)
    near = neighbours(made.docs)
    add_glosses(made, near)
    add_translations(made, arguments.questions)
    with gzip.open(arguments.out, "wt", encoding="utf-8") as out:
        json.dump({"docs": made.docs, "near": near, "questions": made.questions}, out, ensure_ascii=False)
    print(len(made.docs), "documents;", Counter(q["kind"] for q in made.questions))


def rows(path: Path) -> Iterator[Row]:
    with (gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")) as lines:
        for line in lines:
            yield json.loads(line)


def cut(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


def add_glosses(made: Examples, near: Sequence[Sequence[int]]) -> None:
    """To each English question what the dictionary gives for its words and its document, or one like it, has."""
    dictionary = Dictionary(resolve("CC-CEDICT"))
    for question in made.questions:
        if "_en" in question["kind"]:
            docs = [made.docs[doc] for doc in (question["doc"], *near[question["doc"]][:3])]
            texts = [doc["title"] + "".join(doc["sentences"]) for doc in docs]
            question["glossed"] = with_translations(question["text"], dictionary.terms(question["text"]), texts)


def add_translations(made: Examples, own: Path) -> None:
    """To each English question the generator's Chinese, where it was had, as the program puts it beside the glosses."""
    chinese = {row["en"]: row["zh"] for file in sorted(own.glob("translated*.jsonl")) for row in rows(file)}
    for question in made.questions:
        if written := question.pop("rough", "") or chinese.get(question["text"]):
            question["translated"] = f"{question.get('glossed', question['text'])} {written}"


def add_reading(made: Examples, shared: Path, own: Path) -> None:
    """CMRC, DRCD (mostly in simplified characters) and ChronoQA, with the English forms of some questions."""
    english = {row["id"]: row["en"] for file in sorted(own.glob("english_*.jsonl")) for row in rows(file)}
    documents = {row["doc_id"]: row for row in rows(shared / "train" / "reading.docs.jsonl.gz")}
    simplified = opencc.OpenCC("t2s").convert
    known: dict[tuple[str, bool], int] = {}
    for row in rows(shared / "train" / "reading.jsonl.gz"):
        turn = row["source"].startswith("drcd") and R.random() < 0.8
        change = simplified if turn else str
        document = documents[row["doc_ids"][0]]
        key = (document["doc_id"], turn)
        if key not in known:
            known[key] = made.doc(change(document.get("title") or ""), document.get("date") or "", cut(change(document["text"])))
        kind = row["source"].split("_")[0]
        answer = change(row["answers"][0])
        if made.ask(change(row["question"]), known[key], answer, kind) and row["id"] in english:
            text = "".join(made.docs[known[key]]["sentences"])
            made.ask(named(english[row["id"]], text) if R.random() < 0.5 else english[row["id"]], known[key], answer, kind + "_en")


def add_written(made: Examples, corpus: dict[str, Row], own: Path) -> None:
    """Our own questions about news items."""
    known: dict[str, int] = {}
    dropped = 0
    for row in (row for file in sorted(own.glob("news_*.jsonl")) for row in rows(file)):
        item = corpus[row["doc"]]
        if row["doc"] not in known:
            known[row["doc"]] = made.doc(item["title"], item["date"], item_sentences(item["text"]))
        doc = known[row["doc"]]
        text = "".join(made.docs[doc]["sentences"])
        english = named(row["en"], text) if R.random() < 0.65 else row["en"]
        for kind, question in (("news", row["zh"]), ("news_en", english)):
            if row["s"] < 0:
                made.nothing(question, doc, kind + "_nothing", dated=row.get("kind") == "time")
            elif row["s"] >= len(made.docs[doc]["sentences"]) or not made.ask(question, doc, row["a"], kind, row["s"]):
                dropped += 1
            else:
                add_moved(made, question, doc, row, item, kind)
    print("own questions whose answer was not found:", dropped)


def add_moved(made: Examples, question: str, doc: int, row: Row, item: Row, kind: str) -> None:
    """The same question about its year, about another one, and about another place, which the item does not answer."""
    year, chinese = int(item["date"][:4]), not kind.endswith("_en")
    in_year = (lambda y: f"{y}年{question}") if chinese else lambda y: f"{question.rstrip('? ')} in {y}?"
    if R.random() < 0.25 and not re.search(r"\d{4}|年|year|今|去|this|last", question):
        made.ask(in_year(year), doc, row["a"], kind, row["s"])
        if (other := year + R.choice((-3, -2, -1, 1, 2))) and str(other) not in item["text"]:
            made.nothing(in_year(other), doc, kind + "_nothing", dated=True)
    elsewhere = other_place(question, item["title"] + item["text"])
    if elsewhere and R.random() < 0.7:
        made.nothing(elsewhere, doc, kind + "_nothing")


# -- questions made in place: Chinese keeps its question words where the answer stands ---------------------------

NUMBER = re.compile(r"(?<![\d.第])((?:近|约|超过|超)?\d[\d,]*(?:\.\d+)?(?:多?[万亿千百]*[多余]?))"
                    r"(个百分点|平方公里|亿元|万元|元|公顷|公里|万吨|[个家名人吨件项座条次亩台辆艘架位所届种只株户趟班列村场处倍米岁]|%)")
DAY = re.compile(r"\d{1,2}月\d{1,2}日")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d年")
PERIOD = re.compile(r"(?<!\d)(\d{1,2})月")
PLACE = re.compile("[\u4e00-\u9fff]{2,3}(?:省|市|县)")
SMALL = re.compile("(?:今天|昨天|目前|截至目前|据介绍|据悉|据了解|其中|共|已经|已|将|累计|总计|同时|此外)")
LIKE = [("新增", "增加"), ("达到", "有"), ("增长", "上升"), ("完成", "实现"), ("举行", "召开"), ("启动", "开始"), ("超过", "多于"),
        ("建成", "建好"), ("公布", "发布"), ("目前", "现在"), ("我国", "中国")]


BYLINES = ("{}", "▶ {}", "本报记者 {}", "▶ 本报记者 {}", "■ 记者 {}", "本报记者 {} 通讯员 李晓明", "{}/文")
WHO_WROTE = ("“{}”的作者是谁?", "关于{}的报道是谁写的?", "谁采写了{}?", "{}这篇文章的记者是谁?", "{} 作者",
             "Who wrote the article “{}”?", "Who is the author of the report on {}?", "Which reporter wrote about {}?",
             "Who covered {} for the paper?")


def add_in_place(made: Examples, corpus: dict[str, Row], apart: set[str]) -> None:
    """Two or three questions a news item, and forms of them that the item does not answer."""
    items = [row for row in corpus.values() if row["doc_id"] not in apart and 80 < len(row["text"]) < 1800]
    nouns: dict[str, list[str]] = {}
    for item in R.sample(items, min(ITEMS, len(items))):
        signed = R.random() < 0.15
        name = person()
        byline = [f"作者:{R.choice(BYLINES).format(name)}"] if signed and R.random() < 0.7 else []
        doc = made.doc(item["title"], item["date"], [*cut(item["text"]), *byline])
        parts = made.docs[doc]["sentences"]
        if signed:
            question = R.choice(WHO_WROTE).format(R.choice((item["title"], item["title"][: len(item["title"]) * 2 // 3])))
            if not byline:
                made.nothing(question, doc, "byline")
            else:
                made.ask(question, doc, name, "byline", len(parts) - 1)
        for number in R.sample(range(len(parts)), len(parts))[:4]:
            asked = in_place(parts[number])
            if asked:
                question, answer = asked
                made.ask(question, doc, answer, "made", number)
                spoilt = spoil(question, parts[number], item, nouns)
                if spoilt and R.random() < 0.6:
                    made.nothing(spoilt, doc, "made_nothing")


def in_place(text: str) -> tuple[str, str] | None:
    found = [*NUMBER.finditer(text), *DAY.finditer(text), *YEAR.finditer(text)] if 12 < len(text) < 160 else []
    if not found:
        return None
    match = R.choice(found)
    start, end = match.span()
    if match.re is NUMBER:
        unit = match.group(2)
        word = "百分之多少" if unit == "%" else ("几" if len(unit) == 1 and R.random() < 0.2 else "多少") + unit
    else:
        word = R.choice(["什么时候", "哪天"] if match.re is DAY else ["哪一年", "哪年"])
    first = max(text.rfind(mark, 0, start) for mark in "，,;；。:：") + 1
    if R.random() < 0.5 and first > 1:
        earlier = max(text.rfind(mark, 0, first - 1) for mark in "，,;；。:：") + 1
        first = earlier if first - earlier < 30 else first
    last = min((at for mark in "，,;；。:：！？" if (at := text.find(mark, end)) >= 0), default=len(text))
    before, after = text[first:start], text[end:last]
    if R.random() < 0.6:
        before = SMALL.sub("", before)
    for one, other in LIKE:
        if R.random() < 0.3:
            before, after = before.replace(one, other), after.replace(one, other)
    question = f"{before}{word}{after}".strip("“”\"' 、，,")
    return (question + R.choice("??？ ").strip(), text[start:end]) if 6 < len(question) - len(word) < 60 else None


def spoil(question: str, text: str, item: Row, nouns: dict[str, list[str]]) -> str:
    """A question like this one that the sentence does not answer: another noun, place, month or year; ``""`` if none was found."""
    whole = item["title"] + item["text"]
    noun = re.search(r"(?:多少|几)([个家名人座项条位所件台辆])的?([\u4e00-\u9fff]{2,5})", question)
    if noun:
        others = [n for n in nouns.get(noun.group(1), []) if n[:2] not in whole]
        nouns.setdefault(noun.group(1), []).append(noun.group(2))
        if others and R.random() < 0.6:
            return question.replace(noun.group(2), R.choice(others))
    if R.random() < 0.5 and (elsewhere := other_place(question, whole)):
        return elsewhere
    place, month, year = PLACE.search(question), PERIOD.search(question), YEAR.search(question)
    if place and (other := R.choice(PLACES))[:2] not in whole:
        return question.replace(place.group(), other)
    if month and (other := f"{(int(month.group(1)) + R.randint(1, 10)) % 12 + 1}月") not in whole:
        return question.replace(month.group(), other)
    if year and (other := f"{int(year.group()[:4]) - R.randint(1, 4)}年") not in whole:
        return question.replace(year.group(), other)
    return ""


# -- lists whose figures follow later ("A and B grew by x and y respectively"), and tables ------------------------

RESPECTIVELY = re.compile(
    r"(?<![、和与\u4e00-\u9fffA-Z“”])(?P<a>[\u4e00-\u9fffA-Z“”]{2,10})(?:、|和|与)(?P<b>[\u4e00-\u9fffA-Z“”]{2,10}?)(?P<of>[^。,，;；、\d]{0,12}?)分别(?P<did>[^。;；,，\d]{0,8})"
    r"(?P<x>\d[\d.]*[^\d、和，,。;；]{1,4})(?:、|和)(?P<y>\d[\d.]*[^\d、和，,。;；]{1,4})(?=[，,。;；])")


def add_lists(made: Examples, corpus: dict[str, Row], apart: set[str]) -> None:
    """Who of two got which of two figures."""
    for item in (row for row in corpus.values() if row["doc_id"] not in apart):
        found = list(RESPECTIVELY.finditer(item["text"]))
        doc = made.doc(item["title"], item["date"], cut(item["text"])) if found else -1
        for match in found:
            for name, answer in (("a", "x"), ("b", "y")):
                unit = re.sub(r"^[\d.]+", "", match[answer])
                asked = "百分之多少" if unit == "%" else "多少" + unit
                question = f"{match[name]}{match['of']}{match['did']}{R.choice((asked, '多少'))}?".replace("“", "").replace("”", "")
                made.ask(question, doc, match[answer], "list")


def neighbours(docs: Sequence[Row]) -> list[list[int]]:
    """For each document the eight that share most rare pairs of characters with it."""
    pairs = [{t[i : i + 2] for i in range(len(t) - 1)} for t in ("".join(d["sentences"]) for d in docs)]
    counts = Counter(pair for own in pairs for pair in own)
    homes: dict[str, list[int]] = {}
    for number, own in enumerate(pairs):
        for pair in own:
            if counts[pair] <= 60:
                homes.setdefault(pair, []).append(number)
    out = []
    for number, own in enumerate(pairs):
        shared: Counter[int] = Counter()
        for pair in sorted((p for p in own if 2 <= counts[p] <= 60), key=counts.__getitem__)[:60]:
            shared.update(other for other in homes[pair] if other != number)
        out.append([other for other, _ in shared.most_common(8)])
    return out


if __name__ == "__main__":
    main()
