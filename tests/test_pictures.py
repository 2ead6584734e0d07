"""The picture of a page shows where a quotation stands on it."""

from __future__ import annotations

import io
import threading

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from rag.errors import SourceError
from rag.pages.pictures import has_picture, page_count, page_picture, spots

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
SIZE = (400, 600)
LEFT = ["今年以来,随州高新区新开工", "项目47个,总投资额86.8亿元,"]
RIGHT = ["在建亿元以上项目37个。", "另据报道,甲镇新桥通车。"]


def pdf(path, pages, size=SIZE, **settings):
    """A PDF whose pages are lists of ``(x, y from the top, text)``, set in 12 points."""
    canvas = Canvas(str(path), pagesize=size, **settings)
    for page in pages:
        canvas.setFont("STSong-Light", 12)
        for x, y, text in page:
            canvas.drawString(x, size[1] - y, text)
        canvas.showPage()
    canvas.save()
    return path


def columns():
    """Two columns, set line by line across, as many programs write them."""
    return [(x, 100 + 20 * row, texts[row]) for row in (0, 1) for x, texts in ((20, LEFT), (220, RIGHT))]


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


def darkness(png: bytes, box) -> int:
    """The darkest pixel in a box of shares."""
    picture = Image.open(io.BytesIO(png)).convert("L")
    cut = [round(share * side) for share, side in zip(box, picture.size * 2, strict=True)]
    return picture.crop(cut).getextrema()[0]


def test_a_quotation_is_found_over_a_line_break_whatever_its_width_and_spaces(tmp_path):
    path = pdf(tmp_path / "a.pdf", [[], [(20, 100 + 20 * i, text) for i, text in enumerate(LEFT)]])
    [spot] = spots(path, "随州高新区新开工\n项目４７个， 总投资额")
    assert spot.page == 2 and len(spot.boxes) == 2
    (l1, t1, r1, b1), (l2, t2, _, _) = spot.boxes
    assert l1 > l2 == pytest.approx(20 / 400, abs=0.01) and t1 < 100 / 600 < b1 < t2 + 0.01 and r1 < 0.5


def test_a_quotation_broken_over_columns_gets_a_box_for_each_piece(tmp_path):
    path = pdf(tmp_path / "a.pdf", [columns()])
    [spot] = spots(path, "".join(LEFT) + RIGHT[0])
    assert len(spot.boxes) == 3
    assert sorted(round(box[0], 2) for box in spot.boxes) == [0.05, 0.05, 0.55]


def test_a_quotation_that_goes_on_over_the_page_is_found_on_both(tmp_path):
    path = pdf(tmp_path / "a.pdf", [[(20, 100, LEFT[0])], [(20, 100, LEFT[1])]])
    assert [spot.page for spot in spots(path, "".join(LEFT))] == [1, 2]


@pytest.mark.parametrize("quote", ["", "  ", "乙村今年种树五万棵成活率很高", "随州高新区在别处也有人说起过很多别的事情"])
def test_what_does_not_stand_on_the_page_is_not_marked(tmp_path, quote):
    assert spots(pdf(tmp_path / "a.pdf", [columns()]), quote) == []


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_fit_the_picture_of_a_page_that_is_turned_and_cropped(tmp_path, turn):
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(600, 600), cropBox=(10, 60, 390, 590))
    canvas.setPageRotation(turn)
    canvas.setFont("STSong-Light", 12)
    canvas.drawString(100, 500, "甲镇新桥通车")
    canvas.save()
    [spot] = spots(path, "甲镇新桥通车")
    [(left, top, right, bottom)] = spot.boxes
    png = page_picture(path)
    assert darkness(png, (left, top, right, bottom)) < 100
    for outside in ((0, 0, left, 1), (right, 0, 1, 1), (0, 0, 1, top), (0, bottom, 1, 1)):
        assert darkness(png, outside) > 200


def test_a_large_page_is_made_smaller_and_a_small_one_larger(tmp_path):
    poster = pdf(tmp_path / "a.pdf", [[(20, 100, "甲")]], size=(3000, 6000))
    assert size_of(page_picture(poster)) == (1000, 2000)
    assert size_of(page_picture(pdf(tmp_path / "b.pdf", [[]]), scale=0.5)) == (200, 300)
    Image.new("L", (4000, 1000), 255).save(tmp_path / "c.png")
    assert size_of(page_picture(tmp_path / "c.png")) == (2000, 500)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_of_all_kinds_are_shown(tmp_path, mode):
    Image.new(mode, (40, 30)).save(tmp_path / "a.tif")
    assert size_of(page_picture(tmp_path / "a.tif")) == (40, 30)


def test_sixteen_bit_grey_keeps_its_shades(tmp_path):
    path = tmp_path / "a.tif"
    picture = Image.new("I;16", (40, 30), 60_000)
    picture.paste(1_000, (0, 0, 20, 30))
    picture.save(path)
    assert Image.open(io.BytesIO(page_picture(path))).convert("L").getextrema() == (0, 255)


def test_a_photograph_is_shown_upright_and_without_its_metadata(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "secret"
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    png = page_picture(tmp_path / "a.jpg")
    assert size_of(png) == (30, 40) and b"secret" not in png and b"eXIf" not in png


def test_pages_of_a_tif_are_counted_and_shown(tmp_path):
    path = tmp_path / "a.tif"
    Image.new("L", (40, 30)).save(path, save_all=True, append_images=[Image.new("L", (50, 60))])
    assert page_count(path) == 2 and size_of(page_picture(path, 2)) == (50, 60)


def test_a_quotation_in_a_picture_is_marked_by_its_recognised_lines(tmp_path):
    path = tmp_path / "a.png"
    Image.new("L", (40, 30)).save(path)
    lines = [("甲镇新桥通车,", (0.1, 0.1, 0.8, 0.2)), ("投资47亿元。", (0.1, 0.2, 0.8, 0.3))]
    assert spots(path, "新桥通车,投资") == []
    [spot] = spots(path, "新桥通车,投资", lines=lines)
    assert spot.page == 1 and spot.boxes == ((0.3, 0.1, 0.8, 0.2), (0.1, 0.2, 0.3, 0.3))


def test_what_cannot_be_shown_is_named_in_one_line(tmp_path):
    locked = pdf(tmp_path / "locked.pdf", [[]], encrypt=StandardEncryption("geheim"))
    (broken := tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    (noise := tmp_path / "noise.png").write_bytes(b"\x89PNG\r\n\x1a\n nonsense")
    (text := tmp_path / "a.txt").write_text("甲")
    fine = pdf(tmp_path / "fine.pdf", [[]])
    cases = [(locked, 1, "password"), (broken, 1, "damaged PDF"), (noise, 1, "damaged picture"), (text, 1, "has no picture"),
             (fine, 2, "has no page 2; ask for 1 to 1"), (fine, 0, "has no page 0"), (tmp_path / "gone.pdf", 1, "cannot be read")]
    for path, page, told in cases:
        with pytest.raises(SourceError, match=told) as caught:
            page_picture(path, page)
        assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)
    assert has_picture(fine) and has_picture(noise) and not has_picture(text)


def test_a_picture_cut_short_or_with_too_many_pixels_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.effect_noise((300, 300), 50).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(SourceError, match="damaged picture"):
        page_picture(path)
    monkeypatch.setattr("rag.pages.pictures._MAX_PIXELS", 10_000)
    with pytest.raises(SourceError, match="make it smaller"):
        page_picture(path)


def test_threads_may_look_at_pages_at_once(tmp_path):
    path, seen = pdf(tmp_path / "a.pdf", [columns()]), []
    threads = [threading.Thread(target=lambda: seen.append((spots(path, LEFT[0]), len(page_picture(path))))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6 and all(other == seen[0] for other in seen)
