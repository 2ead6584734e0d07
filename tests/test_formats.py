"""A sample of each format, made here, and the articles that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.language.figures import figures_of
from rag.pages import read_articles
from rag.pages.printed import Printed

TABLE = "| 季度 | 产值(亿元) |\n|---|---|\n| 一季度 | 31.2 |\n| 二季度 | 33.9 |"


def read(folder: Path, name: str, content: str | bytes):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_articles(path)


def test_a_row_of_a_table_stands_under_its_header_and_can_be_spelled_out_of_the_page(tmp_path):
    page = f"# 甲区公布数据\n\n本报讯 甲区公布产值。\n\n{TABLE}\n\n甲区表示满意。"
    [article] = read(tmp_path, "a.md", page)
    assert article.text.split("\n")[1:3] == ["季度 一季度 | 产值(亿元) 31.2", "季度 二季度 | 产值(亿元) 33.9"]
    assert article.tables == (("季度 一季度 | 产值(亿元) 31.2", "季度 二季度 | 产值(亿元) 33.9"),)
    spelled = "".join(page[r.source : r.source + r.end - r.start] for r in article.runs["text"])
    assert spelled == article.text.replace("\n", "")


@pytest.mark.parametrize("caption", ["各村产值(单位:万元)", "各村产值(万元)", "单位:万元", "各村产值(万元,上半年)"])
def test_the_unit_above_a_table_stands_behind_its_bare_figures_and_can_be_spelled_out_of_the_page(tmp_path, caption):
    table = "| 村 | 产值 | 名次 | 增速 | 鲜叶(吨) | 备注 |\n|---|---|---|---|---|---|\n| 下坪 | 12.5 | 3 | 4.2 | 40 | 2处 |"
    page = f"# 甲区公布数据\n\n本报讯 甲区公布产值。\n\n{caption}\n\n{table}"
    [article] = read(tmp_path, "a.md", page)
    row = article.text.split("\n")[-1]
    assert row == "村 下坪 | 产值 12.5万元 | 名次 3 | 增速 4.2 | 鲜叶(吨) 40 | 备注 2处"
    spelled = "".join(page[r.source : r.source + r.end - r.start] for r in article.runs["text"])
    assert spelled == article.text.replace("\n", "")
    assert next(iter(figures_of(row))).value == 125_000


@pytest.mark.parametrize(("units", "cells"), [
    ("单位:分、人", "分数线 702 | 人数 31"), ("分数单位:分;人数单位:人", "分数线 702分 | 人数 31人"),
    ("单位:元", "分数线 702元 | 人数 31")])
def test_two_units_above_a_table_are_those_of_the_columns_that_they_name(tmp_path, units, cells):
    page = f"# 甲区公布数据\n\n各校情况({units})\n\n| 校 | 分数线 | 人数 |\n|---|---|---|\n| 一中 | 702 | 31 |"
    [article] = read(tmp_path, "a.md", page)
    assert article.text.endswith(f"校 一中 | {cells}")


def test_an_html_table_is_read_by_rows_and_menus_belong_to_no_article(tmp_path):
    html = ("<html><body><div class='nav'>首页 | 目录</div><h1>甲村茶园</h1><p>面积如下:</p>"
            "<table><tr><th>村</th><th>面积(亩)</th></tr><tr><td>下坪村</td><td>2460</td></tr></table>"
            "<div id='footer'>版权所有</div></body></html>")
    [article] = read(tmp_path, "a.html", html)
    assert article.title == "甲村茶园" and article.text == "面积如下:\n村 下坪村 | 面积(亩) 2460"


def test_cells_that_span_rows_and_headers_of_several_lines_reach_every_cell_under_them(tmp_path):
    html = ("<h1>水泥行业产量上升</h1><p>本报讯 县建材协会昨天通报今年前三季度四家水泥企业的产量和利润,产量有升有降。</p><table>"
            "<tr><th rowspan='2'>镇</th><th rowspan='2'>企业</th><th colspan='2'>2022年</th><th>2023年</th></tr>"
            "<tr><th>产量(吨)</th><th>利润(元)</th><th>产量(吨)</th></tr>"
            "<tr><td rowspan='2'>白石</td><td>甲厂</td><td>86</td><td>42</td><td>91</td></tr>"
            "<tr><td>乙厂</td><td>52</td><td>23</td><td>49</td></tr>"
            "<tr><td colspan='2'>合计</td><td>138</td><td>65</td><td>140</td></tr></table>")
    (tmp_path / "页.html").write_text(html, encoding="utf-8")
    [article] = read_articles(tmp_path / "页.html")
    assert article.tables == ((
        "镇 白石 | 企业 甲厂 | 2022年 产量(吨) 86 | 2022年 利润(元) 42 | 2023年 产量(吨) 91",
        "镇 白石 | 企业 乙厂 | 2022年 产量(吨) 52 | 2022年 利润(元) 23 | 2023年 产量(吨) 49",
        "镇 合计 | 企业 合计 | 2022年 产量(吨) 138 | 2022年 利润(元) 65 | 2023年 产量(吨) 140"),)


@pytest.mark.parametrize("named", ["gbk", "utf-8", "nonsense"])
def test_html_that_is_utf8_is_read_as_that_whatever_it_says(tmp_path, named):
    [article] = read(tmp_path, "a.html", f"<meta charset={named}><h1>石桥市启用公交</h1><p>投入60辆。</p>")
    assert article.title == "石桥市启用公交"


def test_html_in_gbk_is_read_by_what_it_says(tmp_path):
    [article] = read(tmp_path, "a.html", "<meta charset=gbk><h1>石桥市启用公交</h1><p>投入60辆。</p>".encode("gbk"))
    assert article.title == "石桥市启用公交"


def test_a_scan_with_spaces_between_all_characters_is_read_without_them(tmp_path):
    [article] = read(tmp_path, "a.txt", "## 白 石 镇 建 水 库\n\n本 报 讯 总 库 容 1 2 0 0 万 立 方 米 , 明 年 建 成 。")
    assert article.title == "白石镇建水库" and "总库容1200万立方米" in article.text


def test_the_reporter_in_a_lead_is_the_byline_and_its_spaces_stay(tmp_path):
    [article] = read(tmp_path, "a.txt", "## 甲县增产\n\n本报讯 记者 吴桐 甲县今年粮食增产。")
    assert article.byline == "吴桐" and article.text.startswith("本报讯 记者 吴桐 甲县")


def test_pointers_to_other_pages_belong_to_no_article_and_the_paper_s_date_is_not_that_of_what_it_announces(tmp_path):
    page = "今日导读\n\n▶ 南站启用 (下转第3版)\n\n2024年9月18日 星期三 第2版\n\n## 南站月底启用\n\n本报讯 南站将于9月30日启用。"
    [article] = read(tmp_path, "a.txt", page)
    assert article.title == "南站月底启用" and article.date == "2024-09-18"


def test_a_word_file_keeps_tables_and_headings_in_their_order(tmp_path):
    from docx import Document

    document = Document()
    document.add_heading("甲区公布数据", 1)
    document.add_paragraph("本报讯 甲区公布产值。")
    table = document.add_table(2, 2)
    for cell, text in zip([c for row in table.rows for c in row.cells], ("季度", "产值(亿元)", "一季度", "31.2"), strict=True):
        cell.text = text
    document.add_paragraph("甲区表示满意。")
    document.save(str(tmp_path / "a.docx"))
    [article] = read_articles(tmp_path / "a.docx")
    assert article.text.split("\n") == ["本报讯 甲区公布产值。", "季度 一季度 | 产值(亿元) 31.2", "甲区表示满意。"]


def pdf(folder: Path, *, locked: bool = False) -> Path:
    """Two columns side by side, a story in each, written line by line across."""
    from reportlab.lib import pdfencrypt
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    path = folder / "a.pdf"
    canvas = Canvas(str(path), encrypt=pdfencrypt.StandardEncryption("secret") if locked else None)
    for x, head in ((60, "甲县改造公路"), (320, "乙市新馆开馆")):
        canvas.setFont("STSong-Light", 18)
        canvas.drawString(x, 760, head)
    canvas.setFont("STSong-Light", 10)
    left, right = ["本报讯甲县投入三千", "六百万元改造公路。"], ["本报讯乙市新馆藏书", "一百一十万册。"]
    for row, pair in enumerate(zip(left, right, strict=True)):
        for x, text in zip((60, 320), pair, strict=True):
            canvas.drawString(x, 730 - 15 * row, text)
    canvas.save()
    return path


def test_a_pdf_is_read_column_by_column(tmp_path):
    articles = read_articles(pdf(tmp_path))
    assert [(a.title, a.text) for a in articles] == [
        ("甲县改造公路", "本报讯甲县投入三千六百万元改造公路。"), ("乙市新馆开馆", "本报讯乙市新馆藏书一百一十万册。")]


def test_a_locked_pdf_is_one_error_that_says_what_to_do(tmp_path):
    with pytest.raises(SourceError, match="password"):
        read_articles(pdf(tmp_path, locked=True))


WORDS = [("甲县改造公路", 60, 40, 24), ("本报讯甲县投入", 60, 80, 12), ("三千万元。", 60, 100, 12),
         ("乙市新馆开馆", 360, 40, 24), ("本报讯乙市新馆", 360, 80, 12), ("藏书百万册。", 360, 100, 12)]
ALTO = "<alto><Layout><Page><PrintSpace><TextBlock>" + "".join(
    f'<TextLine><String CONTENT="{t}" HPOS="{x}" VPOS="{y}" WIDTH="{len(t) * h}" HEIGHT="{h}"/></TextLine>' for t, x, y, h in WORDS
) + "</TextBlock></PrintSpace></Page></Layout></alto>"
PAGE = "<PcGts><Page><TextRegion>" + "".join(
    f'<TextLine><Coords points="{x},{y} {x + len(t) * h},{y} {x + len(t) * h},{y + h} {x},{y + h}"/>'
    f"<TextEquiv><Unicode>{t}</Unicode></TextEquiv></TextLine>" for t, x, y, h in WORDS) + "</TextRegion></Page></PcGts>"
HOCR = "<html><body><div class='ocr_page'>" + "".join(
    f"<span class='ocrx_word' title='bbox {x} {y} {x + len(t) * h} {y + h}; x_wconf 95'>{t}</span>" for t, x, y, h in WORDS
) + "</div></body></html>"


@pytest.mark.parametrize(("name", "content"), [("a.xml", ALTO), ("b.xml", PAGE), ("c.hocr", HOCR)])
def test_the_files_of_recognisers_are_read_column_by_column(tmp_path, name, content):
    articles = read(tmp_path, name, content)
    assert [(a.title, a.text) for a in articles] == [
        ("甲县改造公路", "本报讯甲县投入三千万元。"), ("乙市新馆开馆", "本报讯乙市新馆藏书百万册。")]


def test_xml_of_another_kind_is_one_error_that_says_what_to_give(tmp_path):
    with pytest.raises(SourceError, match="neither ALTO nor PAGE"):
        read(tmp_path, "a.xml", "<note>hello</note>")


def test_a_pdf_of_pictures_is_given_to_the_recogniser(tmp_path, monkeypatch):
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.drawImage(ImageReader(Image.new("RGB", (40, 40), "white")), 10, 10)
    canvas.save()
    seen = []
    monkeypatch.setattr("rag.pages.scans.read_pixels", lambda pixels: seen.append(pixels.shape) or Printed("## 甲县改造公路\n\n正文。"))
    [article] = read_articles(tmp_path / "a.pdf")
    assert article.title == "甲县改造公路" and seen[0][2] == 3 and seen[0][0] > 3000


def test_a_picture_without_the_recogniser_is_one_error_that_says_what_to_install(tmp_path, monkeypatch):
    import sys

    from PIL import Image

    monkeypatch.setitem(sys.modules, "rapidocr", None)
    Image.new("RGB", (40, 40), "white").save(tmp_path / "a.png")
    with pytest.raises(SourceError, match=r"wenbao\[scan\]"):
        read_articles(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.docx", "a.xml"])
def test_a_damaged_file_is_one_error(tmp_path, name):
    with pytest.raises(SourceError, match=r"damaged|neither"):
        read(tmp_path, name, b"\x89PNG\r\n\x1a\n damaged")


def test_a_word_file_that_unpacks_to_too_much_is_not_opened(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("word/document.xml", b"\0" * 301_000_000)
    with pytest.raises(SourceError, match="unpacks to"):
        read_articles(tmp_path / "a.docx")
