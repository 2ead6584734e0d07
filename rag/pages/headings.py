"""Classifies headings as title, kicker, section or sub-heading.

The page marks them all alike. A logistic regression decides from the text before (an article that ended or broke off), the
text after (a byline, a lead), whether the topic continues across the heading, and whether the heading repeats a clause of
its paragraph, as sub-headings do.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rag.language.places import places_in
from rag.language.text import fold
from rag.pages.blocks import Block, is_whole
from rag.pages.fitted import fitted
from rag.pages.marks import (
    author_of,
    continued_from,
    continued_to,
    has_dateline,
    is_section_name,
    pointed_to,
    reporter_of,
)
from rag.pages.seams import Seams, is_dated

# Set by hand while the failures of generated pages were read; measured on pages that were only counted (docs/research.md).
CERTAIN = 4.0  # nats from which a heading is certainly a title; below the negative it certainly is not
_MAX_STACK = 4  # headings in a row: section, kicker, title, sub-heading
_MAX_KICKER = 16  # characters
_MAX_CLAUSE = 16  # characters; a lead often repeats a longer headline
_MIN_CONTINUATION = 3.0  # nats from which a text certainly continues a sentence
_DAY = re.compile(r"\W*(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日")
_MAX_SECTION_NAME = 4  # characters of a section's name that is no usual one
_TYPICAL_STORY = 500  # characters of a typical story
_MAX_PARAGRAPHS = 12  # paragraphs of an article that are compared


@dataclass(frozen=True)
class Stack:
    """Consecutive headings, with the body text before and after them (all as block numbers)."""

    headings: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    byline: bool
    section: bool


def label_headings(blocks: list[Block], labels: list[str], seams: Seams) -> None:
    """Replaces each ``heading`` in ``labels``, in place, by title, kicker, section or subhead."""
    stacks = stacks_of(labels)
    broken = broken_off_texts(blocks, labels)
    kind = heading_model(blocks)
    local = [log_odds(adjacent_features(blocks, labels, stack, broken, seams), kind) for stack in stacks]
    weight = _level_weight(blocks, stacks, local)
    article: list[int] = []
    above = 0  # level of the headline of the article
    for stack, score in zip(stacks, local, strict=True):
        article += stack.before
        level = weight * (1.0 if blocks[stack.headings[0]].level == 1 else -1.0)
        article_evidence = {} if abs(score) > 2 * CERTAIN else article_features(blocks, article, stack, seams)
        depth = blocks[stack.headings[0]].level
        is_title = score + level + log_odds(article_evidence, kind) > 0 and not (0 < above < depth and _heads_table(labels, stack))
        _label_stack(blocks, labels, stack, is_title)
        if is_title:
            article, above = [], depth


def _heads_table(labels: list[str], stack: Stack) -> bool:
    """Tells whether there is nothing but a table below a heading: it is the line above the table, not a headline."""
    below = itertools.takewhile(lambda label: label != "heading", labels[stack.headings[-1] + 1 :])
    found = set(below)
    return "row" in found and not found & {"text", "byline"}


def heading_model(blocks: list[Block]) -> str:
    """Returns which weights are for the headings of a page: ``plain headings`` where it marks none, or all with a single ``#``, as a
    newsroom does that writes a story under each; else ``headings``.

    >>> from rag.pages.blocks import split_blocks
    >>> [heading_model(split_blocks(page)) for page in ("# 甲\\n\\n文。\\n\\n# 乙\\n\\n文。", "# 甲\\n\\n文。\\n\\n## 乙\\n\\n文。")]
    ['plain headings', 'headings']
    """
    return "plain headings" if all(block.level <= 1 for block in blocks) else "headings"


def log_odds(evidence: Mapping[str, float], kind: str = "headings") -> float:
    """Returns the log odds (nats) that an article begins at a heading with these features, on a page of this kind.

    >>> log_odds({"byline": 1.0}) > 0 > log_odds({"comma": 1.0})
    True
    """
    weights = fitted()[kind]
    return sum(weights[name] * value for name, value in evidence.items())


def stacks_of(labels: list[str]) -> list[Stack]:
    """Returns the stacks of consecutive headings on a page.

    >>> [(stack.headings, stack.after) for stack in stacks_of(["heading", "heading", "text", "heading", "text"])]
    [((0, 1), (2,)), ((3,), (4,))]
    >>> [stack.headings for stack in stacks_of(["heading", "row", "heading", "text"])]  # a table stands between
    [(0,), (2,)]
    """
    flow = [at for at, label in enumerate(labels) if label in ("text", "heading", "byline", "section", "row")]
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


def adjacent_features(
    blocks: list[Block], labels: list[str], stack: Stack, broken: list[tuple[str, str]], seams: Seams
) -> dict[str, float]:
    """Returns the features of a stack from its headings and the blocks next to them."""
    paragraphs = [blocks[at].text for at in stack.after]
    features = {
        "bias": 1.0, "byline": stack.byline, "section": stack.section, "stack": len(stack.headings) > 1,
        "first": not any(labels[at] in ("text", "heading") for at in range(stack.headings[0])),
        "length after": _length_feature(paragraphs),
    }
    if stack.before:
        last = blocks[stack.before[-1]].text
        ended = author_of(last) is not None or continued_to(last) < len(last) or bool(pointed_to(last))
        whole = is_whole(last) or last.endswith(("：", ":", "；", ";"))
        features |= {"ended": ended, "broken": not ended and not whole, "awaits": not ended and whole and _awaits_author(blocks, stack)}
    if paragraphs:
        features |= _wording_features(blocks[stack.headings[-1]].text, paragraphs)
        features["lead"] = features["lead"] or _has_jump_line(blocks[stack.headings[-1] + 1 : stack.after[0]])
        features["resumed"] = _is_resumed(blocks, stack, broken, seams)
    return {name: float(value) for name, value in features.items()}


def _has_jump_line(between: list[Block]) -> bool:
    """Tells whether one of the blocks between a heading and its text says that the text continues a story (上接…)."""
    return any(continued_from(block.text) for block in between)


def _wording_features(heading: str, paragraphs: list[str]) -> dict[str, float]:
    """Returns the features of the wording: sub-headings are short, have commas where headlines have spaces, and repeat clauses."""
    first = paragraphs[0]
    clauses = _repeats_clauses(heading, first)
    return {
        "lead": has_dateline(first) or continued_from(first) > 0 or (len(paragraphs) == 1 and bool(pointed_to(first))),
        "opening": is_dated(first), "day": bool(_DAY.match(first)),
        "whole": is_whole(first),
        "clauses": clauses, "clauses below": not clauses and any(_repeats_clauses(heading, p) for p in paragraphs[1:_MAX_PARAGRAPHS]),
        "short": len(heading) <= 10, "long": len(heading) >= 14, "comma": "," in fold(heading),
    }


def broken_off_texts(blocks: list[Block], labels: list[str]) -> list[tuple[str, str]]:
    """Returns the texts that end inside a sentence, each with the text after it on the page.

    >>> from rag.pages.blocks import split_blocks
    >>> broken_off_texts(split_blocks("新渠\\n\\n通水。"), ["text", "text"])
    [('新渠', '通水。')]
    """
    texts = [blocks[at].text for at, label in enumerate(labels) if label == "text"]
    return [(one, other) for one, other in itertools.zip_longest(texts, texts[1:], fillvalue="")
            if not is_whole(one) and author_of(one) is None and continued_to(one) == len(one)]


def _is_resumed(blocks: list[Block], stack: Stack, broken: list[tuple[str, str]], seams: Seams) -> bool:
    """Tells whether the text under a headline continues a sentence that broke off elsewhere, as with displaced columns."""
    if stack.before and not is_whole(blocks[stack.before[-1]].text):
        return False
    first = blocks[stack.after[0]].text
    found = [seams.continues(one, first) for one, behind in broken
             if behind != first and seams.continues(one, first) > seams.continues(one, behind)]
    return max(found, default=0.0) > _MIN_CONTINUATION


def _awaits_author(blocks: list[Block], stack: Stack) -> bool:
    """Tells whether the report before the heading is still open: one that opens with 本报讯 and no reporter is signed at its end."""
    if stack.after and has_dateline(blocks[stack.after[0]].text):
        return False  # a new report opens after the heading
    opened = [at for at in stack.before if has_dateline(blocks[at].text) and not reporter_of(blocks[at].text)]
    return bool(opened) and not any(author_of(blocks[at].text) for at in stack.before if at >= opened[-1])


def _repeats_clauses(heading: str, paragraph: str) -> bool:
    """Tells whether a heading consists of whole clauses of a paragraph (titles rarely do).

    >>> [_repeats_clauses("盘活资源", p) for p in ("盘活资源,增收节支。", "要求加快盘活资源。")]
    [True, False]
    """
    text = f",{fold(paragraph)},"
    clauses = [c for c in fold(heading).replace(",", " ").split() if c]
    return bool(clauses) and all(4 <= len(c) <= _MAX_CLAUSE and re.search(rf"\W{re.escape(c)}\W", text) for c in clauses)


def article_features(blocks: list[Block], article: list[int], stack: Stack, seams: Seams) -> dict[str, float]:
    """Returns the features of the article so far: repeated names on both sides of the heading suggest one article."""
    if not article or not stack.after:
        return {}
    before = [blocks[at].text for at in article]
    after = [blocks[at].text for at in stack.after[:_MAX_PARAGRAPHS]]
    enough = min(1.0, sum(map(len, after)) / 200)
    return {"similarity": enough * seams.similarity(before[-_MAX_PARAGRAPHS:], after),
            "length before": _length_feature(before)}


def _length_feature(paragraphs: list[str]) -> float:
    """Returns the log of the length relative to a typical story, clipped to -1 (a brief) to 1."""
    return max(-1.0, min(1.0, math.log((sum(map(len, paragraphs)) + 1) / _TYPICAL_STORY)))


def _level_weight(blocks: list[Block], stacks: list[Stack], local: list[float]) -> float:
    """Returns the weight of the heading levels, 0 to 6 nats; 0 unless all certain titles have level 1 and no sub-heading has.

    The first heading is a title in any case, so it tells of its level only where another one has that too.
    """
    level_of = [blocks[s.headings[-1]].level for s in stacks]
    first = int(bool(level_of) and level_of[0] not in level_of[1:])
    sure = [level for level, score in list(zip(level_of, local, strict=True))[first:] if score >= CERTAIN]
    subs = [blocks[s.headings[-1]].level for s, score in zip(stacks, local, strict=True) if score <= -CERTAIN]
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
        if at and _names_section(blocks, stack):
            names[0] = "section"
    for at, name in zip(stack.headings, names, strict=True):
        labels[at] = name


def _names_section(blocks: list[Block], stack: Stack) -> bool:
    """Tells whether the first heading above a title names a section: a usual name, or a few characters that are no place and that the
    story does not say. A kicker names a place or a body that the story tells of.
    """
    name = blocks[stack.headings[0]].text.replace(" ", "")
    if is_section_name(name):
        return True
    is_short = len(name) <= _MAX_SECTION_NAME and name.isalpha() and not stack.section
    return is_short and not any(name in blocks[at].text for at in stack.after) and not places_in(name)


def _title_place(blocks: list[Block], stack: Stack) -> int:
    """Returns the position of the title in a stack: the last heading, unless it repeats clauses of its paragraph or is short."""
    headings = [blocks[at].text for at in stack.headings]
    if len(headings) == 1 or len(headings) > _MAX_STACK:
        return 0
    first = blocks[stack.after[0]].text if stack.after else ""
    last = len(headings) - 1
    while last > 0 and not stack.byline:
        if _repeats_clauses(headings[last], first) and len(headings[last - 1]) > len(headings[last]):
            last -= 1
        else:
            break
    while last > 0 and len(headings[last - 1]) > _MAX_KICKER and len(headings[last - 1]) > len(headings[last]) + 4:
        last -= 1
    return last
