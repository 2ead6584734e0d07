"""Tells the headings apart: which begins an article, which is its kicker or section, which only divides it.

A parser prints them all alike. What decides: what stands right before (an article that ended or broke off) and
after (a byline, a lead), whether the matter goes on across the heading, and whether the heading repeats a clause
of its paragraph, as sub-headings do.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.language.text import fold
from rag.pages.blocks import Block, is_whole
from rag.pages.marks import author_of, continued_from, continued_to, has_lead, is_section_name, reporter_of
from rag.pages.seams import Seams, is_dated

SURE = 4.0
_LONGEST_STACK = 4  # headings in a row that can be section, kicker, title, sub-heading
_KICKER_AT_MOST = 16
_CLAUSE_AT_MOST = 16  # a longer one that stands in the paragraph too is a headline taken up by its lead
_GOES_ON = 3.0  # nats from which a text surely goes on with a sentence
_DAY = re.compile(r"\W*(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日")
_STORY = 500  # characters of a middling story
_PARAGRAPHS = 12  # of an article that are looked at to know its matter


# Log odds, fitted by `benchmarks/headings.py` on generated pages whose articles are known.
WEIGHTS = {
    "bias": 0.3, "byline": 3.5, "section": 0.6, "stack": 2.8, "first": 14.0, "ended": 2.6, "broken": 2.3, "awaits": -1.7,
    "lead": 3.4, "opening": 1.8, "day": 0.6, "whole": 1.0, "clauses": -2.5, "clauses below": -1.3, "short": -1.2,
    "long": 2.1, "comma": -3.5, "resumed": 1.6, "length after": 1.4, "likeness": -5.5, "length before": 1.2,
}


@dataclass(frozen=True)
class Stack:
    """Headings in a row, with the flow of text before and after them (block numbers)."""

    headings: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    byline: bool
    section: bool


def label_headings(blocks: list[Block], labels: list[str], seams: Seams) -> None:
    """Turns every ``heading`` in ``labels`` into title, kicker, section or subhead."""
    stacks = stacks_of(labels)
    broken = texts_broken_off(blocks, labels)
    local = [weigh(touching(blocks, labels, stack, broken, seams)) for stack in stacks]
    weight = _level_weight(blocks, stacks, local)
    article: list[int] = []
    for stack, score in zip(stacks, local, strict=True):
        article += stack.before
        level = weight * (1.0 if blocks[stack.headings[0]].level == 1 else -1.0)
        matter = {} if abs(score) > 2 * SURE else around(blocks, article, stack, seams)
        is_title = score + level + weigh(matter) > 0
        _label_stack(blocks, labels, stack, is_title)
        if is_title:
            article = []


def weigh(evidence: Mapping[str, float]) -> float:
    """Nats for "an article begins here" (log odds)."""
    return sum(WEIGHTS[name] * value for name, value in evidence.items())


def stacks_of(labels: list[str]) -> list[Stack]:
    """All headings of a page, those in a row together."""
    flow = [at for at, label in enumerate(labels) if label in ("text", "heading", "byline", "section")]
    found: list[tuple[list[int], list[int], bool, bool]] = []
    texts: list[int] = []
    for place, at in enumerate(flow):
        if labels[at] == "heading":
            if place and labels[flow[place - 1]] == "heading":
                found[-1][0].append(at)
            else:
                section = bool(place) and labels[flow[place - 1]] == "section"
                found.append(([at], texts, False, section))
                texts = []
        elif labels[at] == "byline" and place and labels[flow[place - 1]] == "heading":
            found[-1] = (found[-1][0], found[-1][1], True, found[-1][3])
        elif labels[at] == "text":
            texts.append(at)
    if not found:
        return []
    afters = [f[1] for f in found[1:]] + [texts]
    return [Stack(tuple(h), tuple(b), tuple(a), y, s) for (h, b, y, s), a in zip(found, afters, strict=True)]


def touching(
    blocks: list[Block], labels: list[str], stack: Stack, broken: list[tuple[str, str]], seams: Seams
) -> dict[str, float]:
    """Evidence from the headings and from what touches them."""
    paragraphs = [blocks[at].text for at in stack.after]
    told = {
        "bias": 1.0, "byline": stack.byline, "section": stack.section, "stack": len(stack.headings) > 1,
        "first": not any(labels[at] in ("text", "heading") for at in range(stack.headings[0])),
        "length after": _length(paragraphs),
    }
    if stack.before:
        last = blocks[stack.before[-1]].text
        ended = author_of(last) is not None or continued_to(last) < len(last)
        whole = is_whole(last) or last.endswith(("：", ":", "；", ";"))
        told |= {"ended": ended, "broken": not ended and not whole, "awaits": not ended and whole and _awaits_author(blocks, stack)}
    if paragraphs:
        told |= _wording(blocks[stack.headings[-1]].text, paragraphs)
        told["resumed"] = _is_resumed(blocks, stack, broken, seams)
    return {name: float(value) for name, value in told.items()}


def _wording(heading: str, paragraphs: list[str]) -> dict[str, float]:
    """Evidence from the words: sub-headings are short, have commas where headlines have spaces, and repeat their section."""
    first = paragraphs[0]
    clauses = _are_clauses(heading, first)
    return {
        "lead": has_lead(first) or continued_from(first) > 0,
        "opening": is_dated(first), "day": bool(_DAY.match(first)),
        "whole": is_whole(first),
        "clauses": clauses, "clauses below": not clauses and any(_are_clauses(heading, p) for p in paragraphs[1:_PARAGRAPHS]),
        "short": len(heading) <= 10, "long": len(heading) >= 14, "comma": "," in fold(heading),
    }


def texts_broken_off(blocks: list[Block], labels: list[str]) -> list[tuple[str, str]]:
    """Each text of the page that stops inside a sentence, with the text that stands behind it."""
    texts = [blocks[at].text for at, label in enumerate(labels) if label == "text"]
    return [(one, other) for one, other in itertools.zip_longest(texts, texts[1:], fillvalue="")
            if not is_whole(one) and author_of(one) is None and continued_to(one) == len(one)]


def _is_resumed(blocks: list[Block], stack: Stack, broken: list[tuple[str, str]], seams: Seams) -> bool:
    """Whether the text under a headline goes on with a sentence that broke off elsewhere, as under columns out of order."""
    if stack.before and not is_whole(blocks[stack.before[-1]].text):
        return False
    first = blocks[stack.after[0]].text
    found = [seams.continues(one, first) for one, behind in broken
             if behind != first and seams.continues(one, first) > seams.continues(one, behind)]
    return max(found, default=0.0) > _GOES_ON


def _awaits_author(blocks: list[Block], stack: Stack) -> bool:
    """A report that opened with 本报讯, and not with who wrote it, is signed at its end; until then it goes on."""
    if stack.after and has_lead(blocks[stack.after[0]].text):
        return False  # another report opens
    opened = [at for at in stack.before if has_lead(blocks[at].text) and not reporter_of(blocks[at].text)]
    return bool(opened) and not any(author_of(blocks[at].text) for at in stack.before if at >= opened[-1])


def _are_clauses(heading: str, paragraph: str) -> bool:
    """Whether a heading is made of whole clauses of a paragraph (a headline that its lead takes up seldom is).

    >>> [_are_clauses("盘活资源", p) for p in ("盘活资源,增收节支。", "要求加快盘活资源。")]
    [True, False]
    """
    text = f",{fold(paragraph)},"
    clauses = [c for c in fold(heading).replace(",", " ").split() if c]
    return bool(clauses) and all(4 <= len(c) <= _CLAUSE_AT_MOST and re.search(rf"\W{re.escape(c)}\W", text) for c in clauses)


def around(blocks: list[Block], article: list[int], stack: Stack, seams: Seams) -> dict[str, float]:
    """Evidence from the article so far: the same names on both sides, again and again, speak for one article."""
    if not article or not stack.after:
        return {}
    before = [blocks[at].text for at in article]
    after = [blocks[at].text for at in stack.after[:_PARAGRAPHS]]
    enough = min(1.0, sum(map(len, after)) / 200)
    return {"likeness": enough * seams.likeness(before[-_PARAGRAPHS:], after),
            "length before": _length(before)}


def _length(paragraphs: list[str]) -> float:
    """How long a text is beside a middling story: -1 (a brief) to 1."""
    return max(-1.0, min(1.0, math.log((sum(map(len, paragraphs)) + 1) / _STORY)))


def _level_weight(blocks: list[Block], stacks: list[Stack], local: list[float]) -> float:
    """How far the page's heading levels can be believed: only if all sure titles stand at the top level."""
    sure = [blocks[s.headings[-1]].level for s, score in zip(stacks, local, strict=True) if score >= SURE]
    subs = [blocks[s.headings[-1]].level for s, score in zip(stacks, local, strict=True) if score <= -SURE]
    levels = {blocks[at].level for s in stacks for at in s.headings}
    if len(levels) < 2 or not sure or any(level != 1 for level in sure) or 1 in subs:
        return 0.0
    return min(6.0, 1.5 + 1.5 * len(sure))


def _label_stack(blocks: list[Block], labels: list[str], stack: Stack, is_title: bool) -> None:
    names = ["subhead"] * len(stack.headings)
    if is_title:
        at = _title_place(blocks, stack)
        names[at] = "title"
        for k in range(at):
            names[k] = "kicker"
        if at and is_section_name(blocks[stack.headings[0]].text):
            names[0] = "section"
    for at, name in zip(stack.headings, names, strict=True):
        labels[at] = name


def _title_place(blocks: list[Block], stack: Stack) -> int:
    """Which heading of the stack is the headline: the last one, unless that repeats its paragraph's words."""
    headings = [blocks[at].text for at in stack.headings]
    if len(headings) == 1 or len(headings) > _LONGEST_STACK:
        return 0
    first = blocks[stack.after[0]].text if stack.after else ""
    last = len(headings) - 1
    while last > 0 and not stack.byline:
        if _are_clauses(headings[last], first) and len(headings[last - 1]) > len(headings[last]):
            last -= 1
        else:
            break
    while last > 0 and len(headings[last - 1]) > _KICKER_AT_MOST and len(headings[last - 1]) > len(headings[last]) + 4:
        last -= 1
    return last
