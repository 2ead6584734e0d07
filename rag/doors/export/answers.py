"""Exports an answer with its evidence as Markdown, JSON or a Word document.

``_blocks`` defines the content of both documents; ``as_markdown`` and ``as_docx`` format it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rag.doors.export.cells import one_line, printable
from rag.doors.export.hits import json_text
from rag.errors import SourceError

if TYPE_CHECKING:
    from rag.verify import Check

_FONT = "宋体"
_WORDS = {
    "zh": {
        "refused": "未作回答:报纸没有说明,以下是最接近的原文。", "quotations": "引文", "figures": "文中其他数字", "times": "相对时间",
        "warnings": "提醒", "checked": "核对结果", "made": "如何得出", "check": "如何核对", "untitled": "无题",
        "figure": "数字", "counts": "所指", "quotation": "引文", "title": "题名", "date": "日期", "source": "来源", "page": "第{}页",
        "text": "正文", "kicker": "引题", "section": "栏目", "byline": "署名", "caption": "图片说明", "credit": "图片来源",
        "place": "位置:文章{field}字符 {start}–{end};原页字符 {spans}", "word": "文中", "means": "即", "reckoned": "据文章日期",
        "chance": "正确的可能性", "seconds": "用时(秒)", "rewritten": "按上文理解为", "corrected": "人工更正,原页为",
        "holds": "符合", "fails": "不符", "index": "索引", "embedder": "向量模型", "generator": "生成模型", "reader": "阅读模型",
        "how": "将此答案导出为 JSON,然后运行(不需要网络):",
        "worked": "由{n}条报道算出", "worked 1": "由1条报道算出", "gathered": "由{n}条报道汇集", "gathered 1": "由1条报道汇集",
        "parts": "分别查找", "row": "项目", "shown": "原文数字", "taken": "用于计算", "none": "没有报道", "result": "结果",
        "difference": "相差", "sum": "合计", "average": "平均", "share": "占比", "percent_change": "变化", "count": "条数",
        "filter": "筛选", "compare": "相差", "first": "相隔天数", "apart": "相隔天数",
        "holds the figure of row": "含有第{}行的数字", "holds the words of row": "含有第{}行的原文",
        "follows from its rows": "{}可由各行算出",
        "is stated as it was worked out": "{}与算出的相符",
        "stands in its article": "见于文章", "stands in its page": "见于原页",
        "every figure of the answer stands in a quotation": "答案中的数字都见于引文"},
    "en": {
        "refused": "Not answered: the paper does not say it. The nearest that it says follows.", "quotations": "Quotations",
        "figures": "Other figures of the article", "times": "Relative times", "warnings": "Warnings", "checked": "Checked",
        "made": "How it was made", "check": "How to check it", "untitled": "untitled", "figure": "Figure", "counts": "Counts",
        "quotation": "Quotation", "title": "Title", "date": "Date", "source": "Source", "page": "page {}",
        "place": "At characters {start}–{end} of the article's {field}; in the raw page at {spans}",
        "word": "In the text", "means": "Means", "reckoned": "From the article's date",
        "chance": "Chance that it is right", "seconds": "Seconds", "rewritten": "Understood as",
        "corrected": "corrected by hand, the page has", "holds": "holds", "fails": "does not hold",
        "index": "Index", "embedder": "Embedder", "generator": "Generator", "reader": "Reader",
        "how": "Export this answer as JSON and run (no network is needed):",
        "worked": "Worked out from {n} reports", "worked 1": "Worked out from 1 report", "gathered": "Gathered from {n} reports",
        "gathered 1": "Gathered from 1 report", "parts": "Asked of the archive", "row": "Which", "shown": "As printed",
        "taken": "Worked with", "none": "no report", "result": "Result"},
}
_COMMAND = "rag verify ANSWER.json"
_MARKDOWN_SIGNS = re.compile(r"([\\`*{}\[\]<>|~$&#!@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_BLOCK_STARTS = re.compile(r"^(\d+(?=[.)])|(?=[-+=]))")


@dataclass(frozen=True)
class _Block:
    """``kind``: ``title``, ``heading``, ``entry``, ``text``, ``quote``, ``item``, ``command`` or ``table`` (first row: header)."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def as_json(receipt: Mapping[str, Any], checks: Sequence[Check] = ()) -> str:
    """Returns the JSON that ``rag verify`` checks; ``verified`` holds the checks already done.

    >>> as_json({"answer": "47个[1]"})
    '{\\n "answer": "47个[1]"\\n}\\n'
    """
    verified = [{"what": check.what, "holds": check.holds, "seen": check.seen} for check in checks]
    return json_text({**receipt, **({"verified": verified} if checks else {})}, indent=1) + "\n"


def as_markdown(receipt: Mapping[str, Any], checks: Sequence[Check] = ()) -> str:
    """Returns the answer as Markdown, in its language. Text of the page is escaped: it cannot become a link, heading or HTML.

    Raises :class:`SourceError` if ``receipt`` is not an answer.
    """
    marks = {"title": "# ", "heading": "## ", "entry": "### ", "quote": "> ", "item": "- "}
    parts, before = [], ""
    for block in _blocks_of(receipt, checks):
        if block.kind == "table":
            header, *rows = [f"| {' | '.join(map(_escaped_line, row))} |" for row in block.rows]
            text = "\n".join([header, "|" + "---|" * len(block.rows[0]), *rows])
        elif block.kind == "command":
            text = f"    {block.text}"
        elif block.kind == "quote":
            text = "\n>\n".join(marks["quote"] + line for line in _escaped_lines(block.text))
        elif block.kind == "text":
            text = "\n\n".join(_escaped_lines(block.text))
        else:
            text = marks[block.kind] + _escaped_line(block.text)
        parts.append(("\n" if block.kind == before == "item" else "\n\n") + text)
        before = block.kind
    return "".join(parts).strip("\n") + "\n"


def as_docx(receipt: Mapping[str, Any], checks: Sequence[Check] = ()) -> bytes:
    """Returns the answer as a Word document, without macros or links.

    Raises :class:`SourceError` if ``receipt`` is not an answer.
    """
    from docx import Document

    document = Document()
    _set_up(document, one_line(receipt.get("question")))
    styles = {"title": "Title", "heading": "Heading 1", "entry": "Heading 2", "quote": "Quote", "item": "List Bullet", "text": "Normal"}
    for block in _blocks_of(receipt, checks):
        if block.kind == "table":
            _add_table(document, block.rows)
        elif block.kind == "command":
            document.add_paragraph().add_run(block.text).font.name = "Courier New"
        else:
            document.add_paragraph(printable(block.text), style=styles[block.kind])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_up(document: Any, question: str) -> None:
    """Sets the East Asian font of every style (removes the theme font, which has precedence) and the document properties."""
    from docx.oxml.ns import qn

    document.styles["Normal"].font.name = "Times New Roman"
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        fonts.attrib.pop(qn("w:eastAsiaTheme"), None)
        fonts.set(qn("w:eastAsia"), _FONT)
    about = document.core_properties
    about.author, about.title, about.comments = "Wenbao", question[:250], ""
    about.created = about.modified = datetime.now(UTC).replace(tzinfo=None)


def _add_table(document: Any, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for place, row in enumerate(rows):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            run = cell.paragraphs[0].add_run(printable(text))
            run.bold = place == 0


def _blocks_of(receipt: Mapping[str, Any], checks: Sequence[Check]) -> list[_Block]:
    try:
        return list(_blocks(receipt, checks))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"this is no answer of `rag ask --json` ({type(error).__name__}: {error})") from error


def _blocks(receipt: Mapping[str, Any], checks: Sequence[Check]) -> Iterator[_Block]:
    words = _WORDS["zh" if receipt["language"] == "zh" else "en"]
    yield _Block("title", receipt["question"])
    if receipt.get("rewritten"):
        yield _Block("text", f"{words['rewritten']}: {receipt['rewritten']}")
    yield _Block("text", receipt["answer"])
    if receipt["refused"]:
        yield _Block("text", words["refused"])
    yield from _rows_of(receipt, words)
    if receipt["citations"]:
        yield _Block("heading", words["quotations"])
    for citation in receipt["citations"]:
        yield from _quotation(citation, words)
    yield from _tables(receipt, words)
    if receipt.get("warnings"):
        yield _Block("heading", words["warnings"])
        yield from (_Block("item", warning) for warning in receipt["warnings"])
    if checks:
        yield _Block("heading", words["checked"])
        yield from (_Block("item", _check_line(check, words)) for check in checks)
    yield from _provenance(receipt, words)


def _rows_of(receipt: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[_Block]:
    """Yields the rows of a gathered answer, the result, the missing parts, and the questions that were searched."""
    rows, derived, missing = receipt.get("rows") or [], receipt.get("derived"), receipt.get("missing") or []
    if not rows and not missing:
        return
    reports = len({citation["article_id"] for citation in receipt["citations"]})
    how = "worked" if derived and derived["shown"] else "gathered"
    yield _Block("heading", words[f"{how} 1" if reports == 1 else how].format(n=reports))
    used = derived["rows"] if derived and derived["value"] else ()
    table_rows = [(row["label"], row["shown"], "".join(f"[{number}]" for number in row["citations"]), "✓" if at in used else "")
            for at, row in enumerate(rows)]
    table_rows += [(label, f"— ({words['none']})", "", "") for label in missing]
    columns = ("row", "shown", "quotation", "taken")
    yield _table([words[name] for name in columns], table_rows)
    if derived and derived["shown"]:
        name = words.get(derived["operation"], derived["operation"].replace("_", " "))
        yield _Block("text", f"{words['result']} ({name}): {derived['shown']}")
    if parts := receipt.get("parts"):
        yield _Block("text", f"{words['parts']}:")
        yield from (_Block("item", part) for part in parts)


def _quotation(citation: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[_Block]:
    yield _Block("entry", f"[{citation['number']}] {citation['title'] or words['untitled']}")
    yield _Block("quote", citation["quote"])
    page = words["page"].format(citation["page"]) if citation.get("page") else ""
    about = _join_present(citation["byline"], citation["date"], citation["source"], page)
    corrected = "; ".join(f"{words.get(field, field)}: {was}" for field, was in citation.get("corrected", {}).items())
    yield _Block("text", about + (f" ({words['corrected']} {corrected})" if corrected else ""))
    spans = ", ".join(f"{start}–{end}" for start, end in citation["source_spans"])
    field = words.get(citation["field"], citation["field"]).lower()
    place = words["place"].format(field=field, start=citation["start"], end=citation["end"], spans=spans or "?")
    yield _Block("text", f"{place}; SHA-256 {citation.get('sha256') or '?'}")


def _tables(receipt: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[_Block]:
    if figures := receipt.get("figures"):
        yield _Block("heading", words["figures"])
        rows = [(f["text"], f["counts"], f["date"], f"[{c['number']}] {c['quote']}", _join_present(c["title"], c["source"]))
                for f in figures for c in [f["citation"]]]
        yield _table([words[name] for name in ("figure", "counts", "date", "quotation", "source")], rows)
    if times := receipt.get("times"):
        yield _Block("heading", words["times"])
        yield _table([words[name] for name in ("word", "means", "reckoned")], [(t["text"], t["means"], t["date"]) for t in times])


def _join_present(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> _Block:
    return _Block("table", rows=tuple(tuple(one_line(cell) for cell in row) for row in (header, *rows)))


def _check_line(check: Check, words: Mapping[str, str]) -> str:
    number, rest = re.fullmatch(r"(\[\d+\] )?(.*)", check.what, re.DOTALL).groups("")  # type: ignore[union-attr]
    what = number + _in_words(rest, words)
    detail = "" if check.holds else f" ({check.seen})"
    return f"{'✓' if check.holds else '✗'} {what}: {words['holds' if check.holds else 'fails']}{detail}"


def _in_words(what: str, words: Mapping[str, str]) -> str:
    """Translates the text of a check into the language of the document."""
    row = re.fullmatch(r"(holds the (?:figure|words) of row) (\d+)", what)
    if row and row[1] in words:
        return words[row[1]].format(row[2])
    result = re.fullmatch(r"the (.+?) (follows from its rows|is stated as it was worked out)", what)
    if result and result[2] in words:
        return words[result[2]].format(words.get(result[1].replace(" ", "_"), result[1]))
    return words.get(what, what)


def _provenance(receipt: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[_Block]:
    yield _Block("heading", words["made"])
    yield _Block("item", f"{words['chance']}: {receipt.get('chance', 0):.0%}")
    for part, name in receipt.get("made_with", {}).items():
        yield _Block("item", f"{words.get(part, part)}: {name}")
    if "total" in receipt.get("seconds", {}):
        yield _Block("item", f"{words['seconds']}: {receipt['seconds']['total']:.1f}")
    yield _Block("heading", words["check"])
    yield _Block("text", words["how"])
    yield _Block("command", _COMMAND)


def _escaped_lines(text: object) -> list[str]:
    """Returns the lines of a text with all Markdown characters escaped.

    >>> _escaped_lines("# 甲 <b>\\n1. [乙](http://x)")
    ['\\\\# 甲 \\\\<b\\\\>', '1\\\\. \\\\[乙\\\\](http\\\\://x)']
    """
    lines = (_MARKDOWN_SIGNS.sub(r"\\\1", line) for line in map(one_line, printable(text).splitlines()) if line)
    return [_BLOCK_STARTS.sub(r"\1\\", line) for line in lines]


def _escaped_line(text: object) -> str:
    return " ".join(_escaped_lines(one_line(text)))
