"""Question → plan as the generator drafts it, and the probability that the question takes several figures or facts at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.gather.operation import updated_by_plan
from rag.gather.prompts import DraftedPlan, plan_prompt, read_plan
from rag.generate import Draft, Generator
from rag.language.when import times_in
from rag.search.query import Query

ASKED_FROM = 0.2  # probability that a question takes several figures, from which they are looked for at all
_LONGEST = 200  # tokens of a plan


@dataclass(frozen=True)
class Planned:
    """The probability that a question needs several figures or facts, and its plan if that is likely."""

    plan: DraftedPlan | None
    several: float


def plan_question(query: Query, operation: str, several: float, generator: Generator, least: float) -> Planned:
    """Returns the plan of a question, translated where it needs to be.

    ``operation``: its likeliest operation but ``lookup``; ``several``: the probability that it asks for any but that, 1 if the
    operation is given. There is no plan if several figures are not likelier than ``least``.
    """
    if several < ASKED_FROM:
        return Planned(None, several)
    plan = None
    if several < 1:
        plan = draft_plan(with_chinese_names_and_times(query), generator)
        several = updated_by_plan(several, plan)
    if several <= least:
        return Planned(None, several)
    if plan is None or plan.operation == "lookup":
        plan = draft_plan(with_chinese_names_and_times(query), generator, "list" if operation == "filter" else operation)
    return Planned(with_parts_from_translation(plan, query.chinese, generator) if plan and query.chinese else plan, several)


def draft_plan(question: str, generator: Generator, operation: str = "") -> DraftedPlan | None:
    """Returns the plan that the generator writes for a question; ``None`` if it writes none.

    ``operation``: what is to be done, if it is known.
    """
    draft = Draft(generator.write(plan_prompt(question, operation), max_tokens=_LONGEST, stop=("\n",)))
    plan = read_plan("".join(draft), operation)
    return replace(plan, log_probability=draft.log_probability) if plan else None


def with_parts_from_translation(plan: DraftedPlan, chinese: str, generator: Generator) -> DraftedPlan:
    """Replaces the parts of an English question's plan by those drafted from its Chinese translation, if both plans have equally many
    parts with the same times.
    """
    again = draft_plan(chinese, generator, plan.operation)
    if again is None or list(map(_times, again.parts)) != list(map(_times, plan.parts)):
        return plan
    return replace(plan, parts=again.parts)


def _times(part: str) -> list[str]:
    return [time.when.iso for time in times_in(part)]


def with_chinese_names_and_times(query: Query) -> str:
    """Returns an English question with its times and known names in Chinese, a Chinese question unchanged.

    >>> with_chinese_names_and_times(Query("How many in May 2023?", "en")), with_chinese_names_and_times(Query("2023年5月多少?", "zh"))
    ('How many in 2023年5月?', '2023年5月多少?')
    """
    text = query.question
    if query.language == "zh":
        return text
    for time in reversed(times_in(text)):
        text = text[: time.start] + time.when.label + text[time.end :]
    for name, form in query.name_translations:
        text = text.replace(name, form)
    return text
