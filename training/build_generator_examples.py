"""Gathers what the generator's adapter is trained with: contexts of a few sentences with questions, in the prompts of the program.

    python training/build_generator_examples.py --reader examples.json.gz --out generator.json.gz

``--reader`` is what ``build_examples.py`` made. From ``training/questions`` come ``yes_no.jsonl`` (whether the words that answer mean
yes or no), ``planned.jsonl`` (questions and their plans) and ``news_*.jsonl`` (questions in both languages, for translating).
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import written_tables
from found_contexts import FoundContexts, FoundTables

from rag.answer.prompts import NOT_SAID, read_prompt, translate_prompt
from rag.gather.draft import with_chinese_names_and_times
from rag.gather.prompts import operation_from_keyword, plan_prompt
from rag.generate import Prompt
from rag.language.dates import in_chinese
from rag.language.enumerations import with_pairs_spelled_out
from rag.language.text import language

QUESTIONS = Path(__file__).parent / "questions"
R = random.Random()
OF_KIND = {"news": 400, "chronoqa": 50, "cmrc2018": 20, "report": 30, "table": 10, "timed": 60}  # documents
MOST = {"news": 7, "chronoqa": 4, "cmrc2018": 5, "report": 4, "table": 4, "timed": 5}  # questions with an answer, of one context
LEFT_OUT = {"list", "share", "share_en", "made", "made_nothing", "byline"}
Row = dict[str, Any]


class Documents:
    """The reader's documents with the questions about each."""

    def __init__(self, file: Path) -> None:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            made = json.load(lines)
        self.docs, self.near = made["docs"], made["near"]
        self.questions: dict[int, list[Row]] = defaultdict(list)
        for question in made["questions"]:
            if question["text"] and question["kind"] not in LEFT_OUT and not question.get("dated"):
                self.questions[question["doc"]].append(question)
        verdicts = {}
        for line in (QUESTIONS / "yes_no.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            verdicts[row["question"], row["answer"]] = row["verdict"]
        for row in map(json.loads, (QUESTIONS / "news_exchanged.jsonl").read_text(encoding="utf-8").splitlines()):
            for question in (row["zh"], row["en"]) if "verdict" in row else ():
                verdicts[question, row["a"]] = row["verdict"]
        self.verdicts = verdicts

    def of_kind(self, kind: str) -> list[int]:
        return [doc for doc, asked in self.questions.items() if any(question["kind"] == kind for question in asked)]

    def answer(self, question: Row) -> str | None:
        """The words that answer, as they are to be written."""
        sentence = self.docs[question["doc"]]["sentences"][question["sentence"]]
        return self.written(question["text"], sentence[question["start"] : question["end"]])

    def written(self, question: str, words: str) -> str | None:
        """The words that answer; with yes or no before them where that is asked for and known."""
        if not asks_yes_or_no(question):
            return words
        verdict = self.verdicts.get((question, words))
        return f"{verdict},{words}" if verdict else None

    def shown(self, doc: int, numbers: set[int], other: tuple[int, int] | None) -> str:
        places = [(doc, number) for number in sorted(numbers)] + ([other] if other else [])
        lines = ["资料:"]
        for one, number in places:
            title = f"《{self.docs[one]['title']}》{in_chinese(self.docs[one]['date'])}"
            if title != "《》" and title not in lines:
                lines.append(title)
            lines.append(with_pairs_spelled_out(self.docs[one]["sentences"][number]))
        return "\n".join(lines) + "\n"
_YES_NO_ZH = re.compile(r"是否|能否|可否|有无|吗|(.)[不没]\1")
_YES_NO_EN = re.compile(r"(?:^|[,;:] )(?:(?:and|but|so) )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|"
                        r"must)\b", re.I)


_CHOICE_EN = r"(?i)\b(?:\w+er|more|less)\b.* or "


def asks_yes_or_no(question: str) -> bool:
    """Tells whether "yes" or "no" can answer a question; a question that offers a choice needs one of its options.

    >>> [asks_yes_or_no(q) for q in ("In April, did it grow?", "随州是否领先?", "有没有上市公司?", "What did it sign?")]
    [True, True, True, False]
    >>> asks_yes_or_no("Is the yield higher in wet years or in dry ones?")
    False
    """
    asks, choice = (_YES_NO_ZH, "还是") if language(question) == "zh" else (_YES_NO_EN, _CHOICE_EN)
    return bool(asks.search(question)) and not re.search(choice, question)


def context(documents: Documents, doc: int, kind: str) -> Row | None:
    """Up to three sentences of a document and of one like it, with questions that they answer and that they do not."""
    asked = documents.questions[doc]
    told = [question for question in asked if question["sentence"] >= 0]
    if not told:
        return None
    count = len(documents.docs[doc]["sentences"])
    numbers = {R.choice(told)["sentence"]}
    wanted = min(R.choice((1, 2, 2, 2, 3, 3)), count)
    while len(numbers) < wanted:
        beside = [n for b in numbers for n in (b - 1, b + 1) if 0 <= n < count and n not in numbers]
        numbers.add(R.choice(beside) if beside and R.random() < 0.6 else R.randrange(count))
    other = None
    if len(numbers) < 3 and documents.near[doc] and R.random() < 0.6:
        like = R.choice(documents.near[doc])
        other = (like, R.randrange(len(documents.docs[like]["sentences"])))
    have = [(question["text"], answer) for question in told
            if question["sentence"] in numbers and (answer := documents.answer(question))]
    elsewhere = [(question["text"], NOT_SAID) for question in told if question["sentence"] not in numbers]
    nothing = [(question["text"], NOT_SAID) for question in asked if question["sentence"] < 0]
    for some in (have, elsewhere, nothing):
        R.shuffle(some)
    have = have[: MOST[kind]]
    asks = have + nothing[: max(1, int(0.45 * len(have)))] + elsewhere[: max(1, int(0.25 * len(have)))] + two_at_once(have)
    R.shuffle(asks)
    return {"task": "read", "user": documents.shown(doc, numbers, other), "asks": as_asked(asks)}


def two_at_once(have: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One question made of two, for half the contexts that have two in one language."""
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for ask, answer in have:
        if ask[-1] in "?\uff1f" and not asks_yes_or_no(ask):
            by_language[language(ask)].append((ask, answer))
    pairs = [some[:2] for some in by_language.values() if len(some) > 1 and some[0][1] != some[1][1]]
    if not pairs or R.random() < 0.5:
        return []
    (first, one), (second, two) = R.choice(pairs)
    joint = R.choice((", and ", "; ")) if language(first) == "en" else R.choice((",", ";"))
    second = second[0].lower() + second[1:] if language(first) == "en" else second
    return [(first.rstrip("?\uff1f") + joint + second, f"{one},{two}")]


def found(program: FoundContexts, count: int, exchanged: int) -> list[Row]:
    """Contexts as search and reader find them, with questions and with two of them as one."""
    contexts = list(program.contexts(count, exchanged))
    for one in contexts:
        asks = one["asks"] + two_at_once([(ask, answer) for ask, answer in one["asks"] if answer != NOT_SAID])
        one["asks"] = as_asked(asks)
    return contexts


def as_asked(asks: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Questions as the prompt puts them, and their answers."""
    return [(f"问题:{ask}\n回答:", answer) for ask, answer in asks]


_TOGETHER = 8  # plans in one context
_KNOWN = 0.2  # share of the plans that are also asked for with what is to be done


def plans(count: int, put: Callable[[str], str]) -> list[Row]:
    """Questions as the program ``put``s them and their plans; a quarter can be looked up."""
    planned, asked = (list(map(json.loads, (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()))
                      for name in ("planned", "plans"))
    looked_up = [{**row, "plan": "查一"} for row in asked if row["operation"] == "lookup"]
    rows = R.sample(planned, min(len(planned), count * 3 // 4)) + R.sample(looked_up, count // 4)
    asks = [(plan_prompt(put(row["question"])).user, row["plan"]) for row in rows]
    for row in rows:
        word, _, parts = row["plan"].partition("|")
        if parts and R.random() < _KNOWN:
            asks.append((plan_prompt(put(row["question"]), operation_from_keyword(word)).user, parts))
    return _plan_contexts(asks)


def table_plans(put: Callable[[str], str]) -> list[Row]:
    """The questions about written tables that take several cells, and as many that one cell answers."""
    planned = written_tables.plans()
    asked = [question for table in written_tables.tables() for question in table["questions"]]
    single = [question["q"] for question in asked if question["kind"] in ("cell", "none")]
    rows = planned + [{"question": text, "plan": "查一"} for text in R.sample(single, min(len(single), len(planned)))]
    return _plan_contexts([(plan_prompt(put(row["question"])).user, row["plan"]) for row in rows])


def _plan_contexts(asks: list[tuple[str, str]]) -> list[Row]:
    R.shuffle(asks)
    return [{"task": "plan", "user": "", "asks": asks[at : at + _TOGETHER]} for at in range(0, len(asks), _TOGETHER)]


def translations(documents: Documents, count: int) -> list[Row]:
    """English questions about the news as the program puts them, and the Chinese ones about the same words."""
    pairs = {}
    for asked in documents.questions.values():
        by_answer: dict[tuple[int, int, int], dict[str, Row]] = defaultdict(dict)
        for question in asked:
            if question["kind"] in ("news", "news_en") and question["sentence"] >= 0 and not re.search(r"20\d\d", question["text"]):
                key = (question["sentence"], question["start"], question["end"])
                by_answer[key].setdefault(question["kind"], question)
        for both in by_answer.values():
            if len(both) == 2:
                pairs[both["news_en"]["text"]] = both["news"]["text"]
    chosen = R.sample(sorted(pairs.items()), count)
    return [{"task": "translate", "user": "", "asks": [(translate_prompt(en).user, zh)]} for en, zh in chosen]


def beginning(prompt: Prompt) -> str:
    """What stands before the user's text, in the form of Qwen's conversations."""
    turns = "".join(f"<|im_start|>user\n{ask}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"
                    for ask, answer in prompt.examples)
    return f"<|im_start|>system\n{prompt.system}<|im_end|>\n{turns}<|im_start|>user\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--translations", type=int, default=300)
    parser.add_argument("--plans", type=int, default=2300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--made", type=float, default=1.0, help="share of the contexts put together at random")
    parser.add_argument("--index", type=Path, required=True, help="an index of the news items: contexts as search and reader find them")
    parser.add_argument("--found", type=int, default=0, help="how many of these")
    parser.add_argument("--exchanged", type=int, default=0, help="and how many of items with exchanged questions")
    parser.add_argument("--tables", type=Path, required=True, help="an index of the pages that written_tables.py makes")
    parser.add_argument("--of-table", type=int, default=2, help="contexts of each of these tables")
    arguments = parser.parse_args()
    R.seed(arguments.seed)
    documents = Documents(arguments.reader)
    chosen = [(doc, kind) for kind, count in OF_KIND.items()
              for doc in R.sample(documents.of_kind(kind), round(arguments.made * count))]
    contexts = [made for doc, kind in chosen if (made := context(documents, doc, kind)) and made["asks"]]
    program = FoundContexts(arguments.index, documents.written, arguments.seed)
    contexts += found(program, arguments.found, arguments.exchanged)
    contexts += plans(arguments.plans, lambda question: with_chinese_names_and_times(program.rag.parse_question(question)))
    about = FoundTables(arguments.tables, arguments.seed)
    contexts += [{**one, "asks": as_asked(one["asks"])} for one in about.contexts(arguments.of_table)]
    contexts += table_plans(lambda question: with_chinese_names_and_times(about.rag.parse_question(question)))
    contexts += translations(documents, arguments.translations)
    for one in contexts:
        one["asks"] = [(f"{ask}<|im_end|>\n<|im_start|>assistant\n", answer) for ask, answer in one["asks"]]
    prompts = {prompt.task: beginning(prompt) for prompt in (read_prompt("", ()), translate_prompt(""), plan_prompt(""))}
    with gzip.open(arguments.out, "wt", encoding="utf-8") as out:
        json.dump({"prompts": prompts, "contexts": contexts}, out, ensure_ascii=False)
    asks = [answer for one in contexts if one["task"] == "read" for _, answer in one["asks"]]
    print(len(contexts), "contexts;", len(asks), "questions to read, of which", asks.count(NOT_SAID), "have no answer")


if __name__ == "__main__":
    main()
