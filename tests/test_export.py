"""What is exported opens in other programs, says what the receipt says, and carries nothing into them from a page."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from markdown_it import MarkdownIt

from rag.doors.export import (
    STYLES,
    answers_as,
    as_docx,
    as_json,
    as_markdown,
    cite,
    hits_as_csv,
    hits_as_jsonl,
    read_questions,
)
from rag.doors.export.citations import people
from rag.errors import QuestionError, SourceError
from rag.records import Answer, Article, Citation, Derived, Figure, ResolvedTime, Row
from rag.verify import Check

ARTICLE = Article("8f0a", "seeds/清河.txt", "清河#1", "甲镇新桥开工。", title="甲镇新桥开工", kicker="某区",
                  byline="本报记者 叶伟 通讯员 欧阳娜", date="2024-07-05", section="第5版")
BARE = Article("8f0b", "p.txt", "p#1", "正文", title="签约")
LATIN = Article("8f0c", "p.txt", "p#2", "Text.", title="Bridges & {roads}: 100% open?",
                byline="By John A. Smith and Jane Doe, Staff Writer", date="2024-07")


def quoted(number: int, quote: str) -> Citation:
    return Citation(number, "8f0a", "p1", "甲镇新桥开工", "叶伟", "seeds/清河.txt", "2024-07-05", "text", quote, 3, 3 + len(quote),
                    ((13, 20), (40, 45)), corrected={"title": "甲镇新侨"}, page=3)


def receipt(**changes) -> dict:
    answer = Answer(
        "新开工多少座?", "zh", "47座[1]。", False, (quoted(1, "新开工桥梁47座"),),
        (Figure("44座", "续建桥梁", "2024-07-05", quoted(2, "续建桥梁44座")),),
        (ResolvedTime("今年", "2024年", "2024-07-05"),), ("页面残缺",), {"total": 1.25},
        made_with={"index": "g1", "embedder": "e5", "generator": "qwen"}, chance=0.94)
    return {**answer.to_dict(), **changes}


def gathered(**changes) -> dict:
    rows = (Row("新开工", "2024", "47", "47座", "number", "座", (1,), 5, 8, 0.9),
            Row("=续建", "2024", "87/2", "43.5座", "number", "座", (2, 1), 4, 7, 0.8))
    more = {"operation": "difference", "parts": ("甲镇新开工多少座?", "甲镇续建多少座?"), "missing": ("停建",),
            "derived": Derived("difference", (0, 1), "7/2", "number", "座", "3.5座"),
            "citations": (quoted(1, "新开工桥梁47座"), quoted(2, "续建桥梁43.5座"))}
    answer = Answer("相差多少座?", "zh", "新开工比续建多3.5座。", False, rows=rows, **more)
    return {**answer.to_dict(), **changes}


# -- citations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("style", "cited"), [
    ("gbt7714", "叶伟, 欧阳娜. 某区 甲镇新桥开工[N]. 清河日报, 2024-07-05(5)."),
    ("apa", "叶伟, & 欧阳娜. (2024, July 5). 某区 甲镇新桥开工. 清河日报, 5."),
    ("text", "叶伟、欧阳娜:《某区 甲镇新桥开工》,《清河日报》,2024-07-05,第5版,seeds/清河.txt。")])
def test_a_chinese_article_is_cited(style, cited):
    assert cite(ARTICLE, style, newspaper="清河日报") == cited


@pytest.mark.parametrize(("style", "cited"), [
    ("gbt7714", "SMITH J A, DOE J. Bridges & {roads}: 100% open?[N]. The Paper, 2024-07[2024-08-01]."),
    ("apa", "Smith, J. A., & Doe, J. (2024, July). Bridges & {roads}: 100% open? The Paper. Retrieved August 1, 2024."),
    ("text", "John A. Smith, Jane Doe, “Bridges & {roads}: 100% open?”, The Paper, 2024-07, p.txt, accessed 2024-08-01.")])
def test_an_english_article_is_cited(style, cited):
    assert cite(LATIN, style, newspaper="The Paper", accessed="2024-08-01") == cited


def test_what_is_unknown_is_left_out():
    assert cite(BARE, "gbt7714") == "签约[N]."
    assert cite(BARE, "apa") == "签约. (n.d.)."
    assert cite(BARE, "text") == "《签约》,p.txt。"
    [entry] = json.loads(cite(BARE, "csl-json"))
    assert entry == {"id": "wenbao8f0b", "type": "article-newspaper", "title": "签约", "archive_location": "p.txt", "language": "zh-CN"}


@pytest.mark.parametrize("date", ["", "2024", "2024-07", "2024-07-05", "2024-13-99", "昨天"])
@pytest.mark.parametrize("style", STYLES)
def test_no_date_leaves_an_empty_place(style, date):
    cited = cite(Article("1", "p", "d", "正文", title="签约", byline="叶伟", date=date), style)
    assert not re.search(r", ,|,,|\(\)|\[\]|\. \.|昨天|13-99|None", cited)


def test_more_than_three_authors_are_shortened_and_twenty_one_as_apa_wants_it():
    many = Article("1", "p", "d", "文", title="题", byline="、".join(f"王{c}" for c in "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子"))
    assert cite(many, "gbt7714") == "王一, 王二, 王三, 等. 题[N]."
    assert "王壬, . . . 王子. (n.d.)" in cite(many, "apa")


@pytest.mark.parametrize(("byline", "names"), [
    ("▶ 本报首席记者 叶伟", ["叶伟"]), ("记者张三、李四", ["张三", "李四"]), ("钟克波", ["钟克波"]),
    ("张三/文 李四/图", ["张三", "李四"]), ("叶 伟", ["叶伟"]), ("文静 摄影报道", ["文静"]),
    ("本报讯(记者 张三 通讯员 李四)", ["张三", "李四"]), ("阿卜杜拉·买买提", ["阿卜杜拉·买买提"]),
    ("本报记者 张三 本报记者 张三", ["张三"]), ("新华社驻京记者 王文", ["王文"]), ("By John Smith", ["John Smith"]),
    ("本报评论员", ["本报评论员"]), ("新华社", ["新华社"]), ("本报综合报道", ["本报综合报道"]),
    ("昆明高新区管委会", ["昆明高新区管委会"]), ("Xinhua News Agency", ["Xinhua News Agency"]), ("记者", ["记者"]), (" ", [])])
def test_a_byline_gives_its_persons_or_stays_as_printed(byline, names):
    assert [person.name for person in people(byline)] == names


def test_bibtex_is_escaped_and_balanced():
    assert cite(LATIN, "bibtex", newspaper="A_B", quote="50% \\ $x^2") == (
        "@article{wenbao8f0c,\n"
        "  author = {Smith, John A. and Doe, Jane},\n"
        "  title = {{Bridges \\& \\textbraceleft{}roads\\textbraceright{}: 100\\% open?}},\n"
        "  journal = {A\\_B},\n  year = {2024},\n  month = {7},\n"
        "  note = {p.txt; “50\\% \\textbackslash{} \\$x\\textasciicircum{}2”}\n}")
    assert "author = {{叶伟} and {欧阳娜}}" in cite(ARTICLE, "bibtex")


def test_the_key_is_ascii_and_does_not_depend_on_corrections():
    odd = Article("文a-1{,", "p", "d", "文", title="题")
    assert cite(odd, "bibtex").startswith("@misc{wenbaoa-1,\n")


def test_csl_json_has_names_and_date_in_parts():
    [entry] = json.loads(cite(ARTICLE, "csl-json", quote="新开工"))
    assert entry["author"] == [{"family": "叶", "given": "伟"}, {"family": "欧阳", "given": "娜"}]
    assert entry["issued"] == {"date-parts": [[2024, 7, 5]]} and entry["page"] == "5" and entry["note"] == "新开工"


def test_a_quotation_goes_on_its_own_line_and_an_untitled_story_by_its_beginning():
    story = Article("1", "p", "d", "## 甲镇\n新桥于昨日正式开工建设,计划于明年年底建成通车,全长百米。")
    assert cite(story, "gbt7714", quote="甲\n乙") == "甲镇 新桥于昨日正式开工建设,计划于明年年…[N].\n“甲 乙”"


def test_an_unknown_style_or_day_of_access_is_named():
    with pytest.raises(QuestionError, match="'mla'; use one of gbt7714, apa, bibtex, csl-json, text"):
        cite(BARE, "mla")
    with pytest.raises(QuestionError, match="'gestern' is no day"):
        cite(BARE, "apa", accessed="gestern")


# -- answers --------------------------------------------------------------------------------------------------

HOSTILE = ("# 标题\n<script>alert(1)</script>\n[点我](http://evil.example) ![x](http://evil.example/a.png)\n"
           "http://evil.example www.evil.example\n| a | b |\n|---|---|\n1. 甲\n- 乙\n> 丙\n```\n===\n"
           "    code\n<!-- c --> &lt; `x` **b** _i_ ~~s~~ <http://evil.example>")
CHECKS = [Check("[1] stands in its article", True), Check("every figure of the answer stands in a quotation", False, "9座")]


def kinds(markdown: str) -> list[str]:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    return [token.type for token in tokens] + [child.type for token in tokens for child in token.children or ()]


def test_markdown_holds_all_that_is_needed_to_check():
    told = as_markdown(receipt(), CHECKS)
    for part in (
            "# 新开工多少座?", "47座\\[1\\]。", "### \\[1\\] 甲镇新桥开工", "> 新开工桥梁47座",
            "叶伟 · 2024-07-05 · seeds/清河.txt · 第3页 (人工更正,原页为 题名: 甲镇新侨)",
            "文章正文字符 3–11;原页字符 13–20, 40–45; SHA-256 " + receipt()["citations"][0]["sha256"],
            "| 44座 | 续建桥梁 | 2024-07-05 |", "| 今年 | 2024年 | 2024-07-05 |", "- 页面残缺",
            "✓ \\[1\\] 见于文章: 符合", "✗ 答案中的数字都见于引文: 不符 (9座)",
            "- 正确的可能性: 94%", "- 索引: g1", "- 用时(秒): 1.2", "    rag verify ANSWER.json"):
        assert part in told, part


def test_an_english_answer_is_told_in_english_and_a_refused_one_says_so():
    told = as_markdown(receipt(language="en", refused=True, figures=[], times=[], warnings=[]), CHECKS)
    assert "Not answered" in told and "## How to check it" in told and "article's text" in told and "holds" in told
    assert not re.search("引文|核对", told)


@pytest.mark.parametrize("place", ["question", "answer", "title", "quote", "counts", "warning"])
def test_words_of_a_page_make_no_markdown(place):
    fine = as_markdown(receipt())
    changes = {"question": {"question": HOSTILE}, "answer": {"answer": HOSTILE}, "warning": {"warnings": [HOSTILE]}}.get(place)
    told = receipt(**changes) if changes else receipt()
    if place in ("title", "quote"):
        told["citations"][0][place] = HOSTILE
    if place == "counts":
        told["figures"][0]["counts"] = HOSTILE
    told = as_markdown(told)
    assert set(kinds(told)) - {"softbreak"} == set(kinds(fine)) - {"softbreak"}
    for kind in ("heading_open", "table_open", "tr_open", "td_open", "list_item_open", "code_block", "blockquote_open"):
        assert kinds(told).count(kind) == kinds(fine).count(kind), kind
    assert "evil.example" in MarkdownIt("commonmark").enable("table").render(told)
    assert not re.search(r"(?<!\\)<", told) and "http://" not in told and not re.search(r"www\.", told)


def test_a_quotation_reads_in_markdown_as_it_was_printed():
    told = receipt()
    told["citations"][0]["quote"] = "1.5亿元*[注]_甲_ <b> #1 50% a|b $3 & www.x.cn"
    html = MarkdownIt("commonmark").render(as_markdown(told))
    assert "<p>1.5亿元*[注]_甲_ &lt;b&gt; #1 50% a|b $3 &amp; www.x.cn</p>" in html


def test_json_is_the_receipt_that_can_be_verified():
    assert json.loads(as_json(receipt())) == receipt()
    assert json.loads(as_json(receipt(), CHECKS))["verified"][1] == {"what": CHECKS[1].what, "holds": False, "seen": "9座"}
    assert json.loads(as_json({"question": "\ud800"}).encode()) == {"question": "\ud800"}


def test_a_word_document_holds_the_answer_in_a_chinese_font_and_no_links():
    from docx import Document

    told = receipt(question="多少\x00\x0b座\ud800?")
    told["citations"][0]["quote"] = "=HYPERLINK(\x1f) http://evil.example"
    data = as_docx(told, CHECKS)
    document = Document(io.BytesIO(data))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "多少座?" in text and "47座[1]。" in text and "http://evil.example" in text and "rag verify" in text and "✗" in text
    assert [cell.text for cell in document.tables[0].rows[1].cells][:2] == ["44座", "续建桥梁"]
    parts = {name: zipfile.ZipFile(io.BytesIO(data)).read(name) for name in zipfile.ZipFile(io.BytesIO(data)).namelist()}
    assert not any(b'TargetMode="External"' in part or b"<w:hyperlink" in part for part in parts.values())
    assert not any("vba" in name.lower() for name in parts)
    styles = parts["word/styles.xml"].decode()
    assert "eastAsiaTheme" not in styles and 'w:eastAsia="宋体"' in styles
    assert document.core_properties.author == "Wenbao"


@pytest.mark.parametrize("wrong", [{}, {"question": "甲"}, {**receipt(), "citations": [{}]}, {**receipt(), "chance": "x"}])
@pytest.mark.parametrize("export", [as_markdown, as_docx])
def test_what_is_no_answer_is_refused(export, wrong):
    with pytest.raises(SourceError, match="no answer of `rag ask --json`"):
        export(wrong)


def test_what_was_gathered_stands_in_a_table_with_what_was_worked_out_and_what_is_missing():
    told = as_markdown(gathered(), [Check("[1] holds the figure of row 1", True), Check("the difference follows from its rows", True),
                                    Check("the difference is stated as it was worked out", False, "4座")])
    for part in ("## 由1条报道算出", "| 项目 | 原文数字 | 引文 | 用于计算 |", "| 新开工 | 47座 | \\[1\\] | ✓ |",
                 "| \\=续建 | 43\\.5座 | \\[2\\]\\[1\\] | ✓ |",
                 "| 停建 | — (没有报道) |  |  |", "结果 (相差): 3.5座", "- 甲镇新开工多少座?", "✓ \\[1\\] 含有第1行的数字: 符合",
                 "✓ 相差可由各行算出: 符合", "✗ 相差与算出的相符: 不符 (4座)"):
        assert part in told, part
    assert told.index("算出") < told.index("## 引文") and "条报道" not in as_markdown(receipt())
    english = as_markdown(gathered(language="en", derived=None), [Check("[1] holds the figure of row 1", True)])
    assert "## Gathered from 1 report" in english and "| 停建 | — (no report) |  |  |" in english and "Result" not in english
    assert "✓ \\[1\\] holds the figure of row 1: holds" in english


def test_the_table_stands_in_a_word_document_and_in_the_json_too():
    from docx import Document

    tables = Document(io.BytesIO(as_docx(gathered()))).tables
    assert [[cell.text for cell in row.cells] for row in tables[0].rows][1:] == [
        ["新开工", "47座", "[1]", "✓"], ["=续建", "43.5座", "[2][1]", "✓"], ["停建", "— (没有报道)", "", ""]]
    told = json.loads(as_json(gathered()))
    assert told["derived"]["value"] == "7/2" and len(told["rows"]) == 2 and told["missing"] == ["停建"]


# -- hits -----------------------------------------------------------------------------------------------------

HIT = {"rank": 1, "title": "@SUM(A1)", "text": '=cmd|"/c calc"!A0\n二', "score": -0.5, "date": None, "matched": ["甲", "乙"],
       "source": "＝1+1", "zones": ["-甲"], "doc_id": "\t=1", "found_by": {"dense": {"rank": 1, "score": 0.5}}}


def test_a_spreadsheet_shows_hits_and_runs_no_formula_of_them():
    told = hits_as_csv([HIT])
    assert told.startswith("\ufeffrank,title")
    [row] = csv.DictReader(io.StringIO(told[1:]))
    assert row["title"] == "'@SUM(A1)" and row["text"] == '\'=cmd|"/c calc"!A0\n二'
    assert row["source"] == "'＝1+1" and row["zones"] == "'-甲"
    assert row["score"] == "-0.5" and row["date"] == "" and row["matched"] == "甲; 乙" and row["doc_id"] == "'\t=1"
    assert row["found_by"] == "dense"


def test_hits_as_lines_keep_everything():
    assert [json.loads(line) for line in hits_as_jsonl([HIT, HIT]).splitlines()] == [HIT, HIT]


# -- questions ------------------------------------------------------------------------------------------------


def sheet(rows) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TWO = [{"id": "q1", "question": "甲?"}, {"id": "q2", "question": "乙, 丙?"}]


@pytest.mark.parametrize(("name", "data"), [
    ("a.csv", 'id,question\nq1,甲?\n\nq2,"乙, 丙?"\n'.encode("utf-8-sig")),
    ("a.csv", '问题;编号\n甲?;q1\n"乙, 丙?";q2'.encode("gb18030")),
    ("A.XLSX", sheet([("编号", "日期", "Question"), ("q1", None, "甲?"), (None, None, None), ("q2", 3, "乙, 丙?")])),
    ("a.jsonl", b'{"id": "q1", "question": "\xe7\x94\xb2?"}\n\n{"id": "q2", "question": " \\u4e59, \\u4e19?"}')])
def test_questions_are_read_from_all_formats(name, data):
    assert read_questions(name, data) == TWO


@pytest.mark.parametrize(("name", "data"), [
    ("a.txt", "甲?\n\n乙, 丙?\n".encode("gb18030")), ("a.csv", "甲?\n\n乙, 丙?\n".encode()),
    ("a.xlsx", sheet([("甲?",), (), ("乙, 丙?",)])),
    ("a.jsonl", '{"question": "甲?"}\n\n{"question": "乙, 丙?"}'.encode())])
def test_without_ids_and_names_of_columns_questions_are_numbered_by_their_lines(name, data):
    assert read_questions(name, data) == [{"id": "1", "question": "甲?"}, {"id": "3", "question": "乙, 丙?"}]


@pytest.mark.parametrize(("name", "data", "told"), [
    ("a.doc", b"x", "a.doc: no file of questions; use .txt"), ("a.txt", b" \n", "holds no question"),
    ("a.txt", b"\x00\x01\x02", "binary"),
    ("a.txt", b"ok\n" + b"x" * 2001, "line 2: has 2,001 characters"), ("a.txt", b"x\n" * 6, "line 6: more than 5 questions"),
    ("a.jsonl", b'{"question": "x"}\n{', "line 2: not JSON"), ("a.jsonl", b"[" * 100_000, "line 1: not JSON"),
    ("a.jsonl", b'{"id": 1}', 'line 1: needs "question"'), ("a.csv", b"id,question\n1,\n", "line 2: has no question"),
    ("a.csv", b'question,id\n"x', "line 2: broken CSV"), ("a.xlsx", b"PK nonsense", "damaged spreadsheet"),
    ("a.xlsx", sheet([("x",)])[:900], "damaged spreadsheet")])
def test_a_bad_file_is_named_with_its_line(name, data, told):
    with pytest.raises((SourceError, QuestionError), match=re.escape(told)) as caught:
        read_questions(name, data, most=5)
    assert "\n" not in str(caught.value)


def packed(**changes: bytes) -> bytes:
    """A good spreadsheet of which some parts are replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet([("甲?",)]))) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            bad.writestr(name, changes.get(name.rsplit("/", 1)[-1].split(".")[0], good.read(name)))
    return out.getvalue()


def test_a_spreadsheet_that_unpacks_to_too_much_or_names_entities_is_not_parsed():
    with pytest.raises(SourceError, match="unpacks to more than 50 MB"):
        read_questions("a.xlsx", packed(sheet1=b" " * 60_000_000))
    entity = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(SourceError, match="declares a document type"):
            read_questions("a.xlsx", packed(sheet1=entity.encode(encoding)))


def test_a_row_far_down_and_a_cell_far_right_are_bounded():
    rows = ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            '<row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>'
            '<row r="{}"><c t="inlineStr"><is><t>y?</t></is></c></row></sheetData></worksheet>')
    with pytest.raises(SourceError, match="more than 10,000 rows"):
        read_questions("a.xlsx", packed(sheet1=rows.format(999_999_999).encode()))
    assert read_questions("a.xlsx", packed(sheet1=rows.format(2).encode())) == [{"id": "2", "question": "y?"}]


ROWS = [{"id": "q1", "question": "=1+1", "answer": receipt()}, {"id": "q2", "question": "乙?", "error": "-x\x00"},
        {"id": "q3", **receipt()}]


def test_answers_come_as_a_spreadsheet_without_formulas():
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(answers_as(ROWS, "xlsx"))).active
    header, first, second, third = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert header == ["id", "question", "answer", "refused", "chance", "quotation 1", "quotation 2", "quotation 3", "title", "date",
                      "source", "page", "error"]
    assert first == ["q1", "=1+1", "47座[1]。", False, 0.94, "新开工桥梁47座", None, None,
                     "甲镇新桥开工", "2024-07-05", "seeds/清河.txt", 3, None]
    assert second == ["q2", "乙?", *[None] * 10, "-x"] and third[2:] == first[2:]
    assert sheet["B2"].data_type == "s" and sheet["B2"].alignment.wrap_text and sheet["A1"].font.bold and sheet.freeze_panes == "A2"


def test_the_rows_of_gathered_answers_are_a_sheet_of_their_own():
    from openpyxl import load_workbook

    assert load_workbook(io.BytesIO(answers_as(ROWS, "xlsx"))).sheetnames == ["Sheet"]
    book = load_workbook(io.BytesIO(answers_as([*ROWS, {"id": "q4", **gathered()}], "xlsx")))
    header, *rows = ([cell.value for cell in row] for row in book["rows"].iter_rows())
    assert book.sheetnames == ["Sheet", "rows"] and len(header) == 16
    first, second, result, missing = (dict(zip(header, row, strict=True)) for row in rows)
    assert (first["id"], first["question"], first["row"], first["label"], first["as printed"], first["value"]) == (
        "q4", "相差多少座?", 1, "新开工", "47座", 47)
    assert first["worked with"] is True and first["quotation"] == "新开工桥梁47座" and first["source"] == "seeds/清河.txt"
    assert second["value"] == 43.5 and second["label"] == "=续建" and book["rows"]["D3"].data_type == "s"
    assert (result["row"], result["label"], result["as printed"], result["value"]) == ("result", "difference", "3.5座", 3.5)
    assert (missing["row"], missing["label"], missing["value"]) == ("missing", "停建", None)
    assert book["rows"].freeze_panes == "A2" and book["rows"]["A1"].font.bold


def test_answers_come_as_csv_and_lines():
    told = answers_as(ROWS, "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert rows[0]["question"] == "'=1+1" and rows[0]["quotation 1"] == "新开工桥梁47座" and rows[1]["error"] == "'-x"
    assert [json.loads(line) for line in answers_as(ROWS, "jsonl").decode().splitlines()] == ROWS
    with pytest.raises(QuestionError, match="'ods'; use one of xlsx, csv, jsonl"):
        answers_as(ROWS, "ods")


def test_a_batch_that_was_exported_can_be_asked_again():
    assert read_questions("a.xlsx", answers_as(ROWS[1:2], "xlsx")) == [{"id": "q2", "question": "乙?"}]
