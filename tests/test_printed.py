"""A citation knows the page on which its words are printed, and where on it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from rag.answer.choose import CandidateSentence
from rag.answer.locate import citation
from rag.answer.ocr_warnings import ocr_warnings
from rag.doors.cli.printing import print_answer
from rag.doors.export.answers import as_markdown
from rag.doors.server.reading import _picture
from rag.index.build import corrected
from rag.index.store.archive import article_from_dict, article_to_dict
from rag.pages import read_articles
from rag.pages.page_images import page_picture
from rag.pages.printed import place_of
from rag.records import Answer, Article, Passage

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
SIZE = (400, 600)
HEAD = "甲镇新桥开工"
LINES = ["本报讯 今年以来,甲镇新开工桥", "梁47座,总投资额86.8亿元。续建", "桥梁44座,GDP增长9.5%。明年还"]
RIGHT = ["将开工12座,由丙公司承建。", "桥梁均为四车道。"]
SENTENCES = ["今年以来,甲镇新开工桥梁47座,总投资额86.8亿元。", "续建桥梁44座,GDP增长9.5%。",
             "明年还将开工12座,由丙公司承建。", "桥梁均为四车道。"]


def columns(canvas: Canvas) -> None:
    """A headline over two columns, written line by line across."""
    canvas.setFont("STSong-Light", 20)
    canvas.drawString(40, 520, HEAD)
    canvas.setFont("STSong-Light", 10)
    for row in range(3):
        for x, texts in ((40, LINES), (220, RIGHT)):
            if row < len(texts):
                canvas.drawString(x, 480 - 15 * row, texts[row])


def pdf(path, *pages, **settings):
    """A PDF of some pages, each drawn by a function."""
    canvas = Canvas(str(path), **{"pagesize": SIZE, **settings})
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def printed_characters(path, page=0):
    """The characters of a page with their boxes in shares, as PDFium finds them, without white space."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    document = pypdfium2.PdfDocument(path)
    sheet = document[page]
    (wide, high), layer = sheet.get_size(), sheet.get_textpage()
    found = []
    for at in range(layer.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(layer, at))
        if character.strip() and character.isprintable():
            left, bottom, right, top = layer.get_charbox(at, loose=True)
            found.append((character, (left / wide, 1 - top / high, right / wide, 1 - bottom / high)))
    return found


@pytest.mark.parametrize("widths", [[20] * 20 + [21.9] * 20, [18 + 0.1 * n for n in range(40)]])
def test_words_that_are_joined_stay_where_they_are(widths):
    from itertools import accumulate, pairwise

    from rag.pages.printed import join_words, line_in_box, moved, thinned

    borders = list(accumulate(widths, initial=40.0))
    words = [moved(line_in_box("字", (left, 0, right, 20), (1000, 1000), 1.0), at)
             for at, (left, right) in enumerate(pairwise(borders))]
    line = words[0]
    for word in words[1:]:
        line = join_words(line, word)
    line = thinned(line)
    assert len(line.stops) < len(words)
    off = [abs(1000 * line.coordinate(at) - border) for at, border in enumerate(borders)]
    assert max(off) <= 2.1  # pixels: a tenth of the height


@pytest.mark.parametrize(("text", "box"), [("1.", (0, 0, 8, 14)), ("ll", (0, 0, 8, 20)), ("标题", (5, 0, 5, 20))])
def test_short_words_are_not_set_downwards(text, box):
    from rag.pages.printed import line_in_box

    assert not line_in_box(text, box, (100, 100), None).down
    assert line_in_box("标题", (0, 0, 10, 40), (100, 100), None).down


def inside(character, boxes) -> bool:
    """Whether the middle of a character is in one of the boxes."""
    across, down = (character[0] + character[2]) / 2, (character[1] + character[3]) / 2
    return any(left <= across <= right and top <= down <= bottom for left, top, right, bottom in boxes)


def cited(article: Article, words: str, field: str = "text"):
    """The citation of some words of an article, white space aside."""
    text = getattr(article, field)
    start = text.index(words)
    passage = Passage("x", article.article_id, text, 0, len(text), field)
    return citation(1, CandidateSentence(article, passage, start, start + len(words), words))


@pytest.mark.parametrize("words", SENTENCES)
def test_the_boxes_of_a_quotation_hold_its_words_and_no_others(tmp_path, words):
    path = pdf(tmp_path / "a.pdf", columns)
    [article] = read_articles(path)
    found = cited(article, words)
    characters = printed_characters(path)
    in_boxes = "".join(character for character, box in characters if inside(box, found.boxes))
    assert found.page == 1 and found.confidence is None and sorted(in_boxes) == sorted(words)


def test_there_is_one_box_for_each_printed_line(tmp_path):
    [article] = read_articles(pdf(tmp_path / "a.pdf", columns))
    boxes = cited(article, "".join(LINES + RIGHT).removeprefix("本报讯 ")).boxes
    assert [round(box[0] * SIZE[0]) for box in boxes[1:]] == [40, 40, 220, 220] and len(boxes) == 5
    assert all(box[3] <= below[1] + 0.01 for box, below in pairwise(boxes[:3]))
    assert len(cited(article, HEAD, "title").boxes) == 1


def test_a_quotation_is_on_the_page_where_it_begins(tmp_path):
    def first(canvas):
        canvas.setFont("STSong-Light", 10)
        canvas.drawString(40, 480, "本报讯 今年以来,甲镇新开工桥")

    def second(canvas):
        canvas.setFont("STSong-Light", 10)
        canvas.drawString(220, 480, "梁47座。续建桥梁44座。")

    [article] = read_articles(pdf(tmp_path / "a.pdf", first, second))
    over, then = cited(article, "甲镇新开工桥梁47座。"), cited(article, "续建桥梁44座。")
    assert (over.page, then.page) == (1, 2)
    assert len(over.boxes) == 1 and over.boxes[0][0] < 0.5 < then.boxes[0][0]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_fit_the_picture_of_a_page_that_is_turned_and_cropped(tmp_path, turn):
    def draw(canvas):
        canvas.setPageRotation(turn)
        canvas.setFont("STSong-Light", 12)
        canvas.drawString(100, 500, "甲镇新桥今天通车。")
        canvas.setFillGray(0.5)
        canvas.drawString(100 + 12 * 9, 500, "乙镇没有桥。")

    path = pdf(tmp_path / "a.pdf", draw, pagesize=(600, 600), cropBox=(10, 60, 390, 590))
    [article] = read_articles(path)
    [(left, top, right, bottom)] = cited(article, "甲镇新桥今天通车。").boxes
    picture = Image.open(io.BytesIO(page_picture(path))).convert("L")

    def darkest(*box: float) -> int:
        return picture.crop([round(share * side) for share, side in zip(box, picture.size * 2, strict=True)]).getextrema()[0]

    assert darkest(left, top, right, bottom) < 50
    for outside in ((0, 0, left, 1), (right, 0, 1, 1), (0, 0, 1, top), (0, bottom, 1, 1)):
        assert darkest(*outside) > 100


def test_a_row_of_a_table_is_marked_with_its_header(tmp_path):
    def draw(canvas):
        columns(canvas)
        for row, cells in enumerate((("村", "面积(亩)"), ("上坪村", "2460"), ("下坪村", "1870"), ("石门村", "990"))):
            for x, cell in zip((40, 120), cells, strict=True):
                canvas.drawString(x, 380 - 15 * row, cell)

    path = pdf(tmp_path / "a.pdf", draw)
    article = next(article for article in read_articles(path) if "下坪村" in article.text)
    boxes = cited(article, "村 下坪村 | 面积(亩) 1870").boxes
    held = "".join(character for character, box in printed_characters(path) if inside(box, boxes))
    assert sorted(held) == sorted("村下坪村面积(亩)1870")


# -- recognised pages ---------------------------------------------------------------------------------------------

SET = [(HEAD, 100, 100, 40, 0.99), ("本报讯 甲镇新开工桥梁", 100, 200, 20, 0.95), ("47座,总投资额86.8亿元。", 100, 230, 20, 0.55),
       ("续建桥梁44座。", 100, 260, 20, 0.9)]


def wide(text: str, high: int) -> float:
    return sum(high if character > "\u00ff" else high / 2 for character in text)


def alto(size: str) -> str:
    lines = "".join(f'<TextLine><String CONTENT="{t}" HPOS="{x}" VPOS="{y}" WIDTH="{wide(t, h)}" HEIGHT="{h}" WC="{sure}"/></TextLine>'
                    for t, x, y, h, sure in SET)
    return f"<alto><Layout><Page{size}><PrintSpace><TextBlock>{lines}</TextBlock></PrintSpace></Page></Layout></alto>"


def page_xml() -> str:
    lines = "".join(
        f'<TextLine><Coords points="{x},{y} {x + wide(t, h)},{y} {x + wide(t, h)},{y + h} {x},{y + h}"/><Word><TextEquiv>'
        f'<Unicode>{t[0]}</Unicode></TextEquiv></Word><TextEquiv conf="{sure}"><Unicode>{t}</Unicode></TextEquiv></TextLine>'
        for t, x, y, h, sure in SET)
    return f'<PcGts><Page imageWidth="1000" imageHeight="1000"><TextRegion>{lines}</TextRegion></Page></PcGts>'


def hocr() -> str:
    """A word for each character, as recognisers write Chinese."""
    words = "".join(
        f"<span class='ocrx_word' title='bbox {x + int(wide(t[:n], h))} {y} {x + int(wide(t[:n + 1], h))} {y + h}; "
        f"x_wconf {sure * 100:.0f}'>{t[n]}</span>" for t, x, y, h, sure in SET for n in range(len(t)))
    return f"<html><body><div class='ocr_page' title='image a.png; bbox 0 0 1000 1000'>{words}</div></body></html>"


def recognised(folder, name, content) -> Article:
    (folder / name).write_text(content, encoding="utf-8")
    [article] = read_articles(folder / name)
    return article


SIZED = ' WIDTH="1000" HEIGHT="1000"'


@pytest.mark.parametrize(("name", "content"), [("a.xml", alto(SIZED)), ("b.xml", page_xml()), ("c.hocr", hocr())])
def test_recognised_files_give_boxes_and_confidences(tmp_path, name, content):
    article = recognised(tmp_path, name, content)
    found = cited(article, "总投资额86.8亿元。续建桥梁44座。")
    assert found.page == 1 and found.confidence == 0.55
    [first, second] = found.boxes
    assert first == pytest.approx((0.1 + 0.05, 0.23, 0.1 + 0.235, 0.25), abs=0.011)
    assert second == pytest.approx((0.1, 0.26, 0.1 + 0.13, 0.28), abs=0.011)
    assert len(article.lines) <= 6


def test_without_the_size_of_the_page_there_is_its_number_and_no_box(tmp_path):
    found = cited(recognised(tmp_path, "a.xml", alto("")), "续建桥梁44座。")
    assert (found.page, found.boxes, found.confidence) == (1, (), 0.9)


def test_a_photograph_is_read_as_it_is_shown(tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    Image.new("RGB", (1000, 800), "white").save(tmp_path / "a.jpg", exif=exif)
    seen = []

    def recogniser(pixels, **_):
        seen.append(pixels.shape)
        boxes = [[(x, y), (x + wide(t, h), y), (x + wide(t, h), y + h), (x, y + h)] for t, x, y, h, _ in SET]
        return SimpleNamespace(boxes=boxes, txts=[t for t, *_ in SET], scores=[sure for *_, sure in SET])

    monkeypatch.setattr("rag.pages.scans._recogniser", lambda: recogniser)
    [article] = read_articles(tmp_path / "a.jpg")
    found = cited(article, "续建桥梁44座。")
    assert seen == [(1000, 800, 3)] and found.confidence == 0.9
    assert found.boxes == ((pytest.approx(100 / 800), 0.26, pytest.approx(240 / 800), 0.28),)
    json.dumps(article_to_dict(article))


# -- what a reader is told ----------------------------------------------------------------------------------------


def test_words_of_low_confidence_are_named_in_the_language_of_the_question(tmp_path):
    article = recognised(tmp_path, "a.xml", alto(SIZED))
    text = article.text
    words = "甲镇新开工桥梁47座,总投资额86.8亿元。"
    at = text.index(words)
    doubtful = CandidateSentence(article, Passage("x", "a", text, 0, len(text)), at, at + len(words), words)
    sure = replace(doubtful, start=text.index("续建"), end=len(text), text="续建桥梁44座。")
    [warning] = ocr_warnings([sure, doubtful], "zh")
    assert "[2]“47座,总投资额86.8亿元。”" in warning and "[1]" not in warning
    assert "low confidence" in ocr_warnings([doubtful], "en")[0] and ocr_warnings([sure], "en") == ()


def test_the_page_is_told_by_the_command_and_in_exports(tmp_path, capsys):
    found = replace(cited(read_articles(pdf(tmp_path / "a.pdf", columns))[0], SENTENCES[0]), source="a.pdf")
    for language, told in (("en", "a.pdf, page 1"), ("zh", "a.pdf 第1页")):
        answer = Answer("47?", language, "47座[1]。", False, (found,))
        print_answer(answer)
        assert told in capsys.readouterr().out
        assert ("page 1" if language == "en" else "第1页") in as_markdown(answer.to_dict())
    row = answer.to_dict()["citations"][0]
    assert row["page"] == 1 and len(row["boxes"]) == 2 and row["confidence"] is None


def test_the_desk_frames_a_quotation_on_the_picture_of_its_page(tmp_path):
    [article] = read_articles(pdf(tmp_path / "a.pdf", lambda canvas: None, columns), "a.pdf")
    found = cited(article, SENTENCES[1])
    told = _picture(SimpleNamespace(home=tmp_path), article, "text", 0, found.start, found.end)
    assert (told["page"], told["pages"], told["boxes"]) == (2, 2, [list(box) for box in found.boxes])
    assert _picture(SimpleNamespace(home=tmp_path), article, "text", 0, 0, 0)["page"] == 2


# -- the index ----------------------------------------------------------------------------------------------------


def test_lines_are_stored_and_a_source_without_pages_stores_none(tmp_path):
    [article] = read_articles(pdf(tmp_path / "a.pdf", columns))
    stored = json.loads(json.dumps(article_to_dict(article)))
    assert article_from_dict(stored) == article and len(article.lines) > 5
    (tmp_path / "a.md").write_text("# 甲镇新桥开工\n\n本报讯 今年新开工桥梁47座。", encoding="utf-8")
    [plain] = read_articles(tmp_path / "a.md")
    assert plain.lines == () and "lines" not in article_to_dict(plain)
    found = cited(plain, "今年新开工桥梁47座。")
    assert (found.page, found.boxes, found.confidence) == (None, (), None)


def test_a_title_corrected_by_hand_is_nowhere_in_print(tmp_path):
    [article] = read_articles(pdf(tmp_path / "a.pdf", columns))
    mended = corrected(article, {"title": "甲镇两座新桥开工"})
    assert place_of(mended, "title", 0, 0, 4).page is None and place_of(mended, "text", 0, 0, 4).page == 1


def test_an_answer_from_a_pdf_carries_page_and_boxes_and_is_verified(open_rag, pages):
    pdf(pages / "a.pdf", columns)
    rag = open_rag(read="12座")
    answer = rag.ask("甲镇明年还将开工多少座桥梁?")
    [found] = [one for one in answer.citations if one.source.endswith("a.pdf")]
    assert found.page == 1 and len(found.boxes) == 2 and not answer.warnings
    assert all(check.holds for check in rag.verify(answer.to_dict()))
    assert len(rag.build().unchanged) == 3
