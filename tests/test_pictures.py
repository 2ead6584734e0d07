"""Pages of PDFs and images are shown as pictures."""

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
from rag.pages import read_text
from rag.pages.page_images import has_picture, page_count, page_picture

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
SIZE = (400, 600)


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


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(png)).size


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
    monkeypatch.setattr("rag.pages.page_images._MAX_PIXELS", 10_000)
    with pytest.raises(SourceError, match="make it smaller"):
        page_picture(path)


def test_threads_may_look_at_pages_at_once(tmp_path):
    path, seen = pdf(tmp_path / "a.pdf", [[(20, 100, "甲")]]), []
    threads = [threading.Thread(target=lambda: seen.append((read_text(path), len(page_picture(path))))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6 and all(other == seen[0] for other in seen)
