"""Where quotations stand in print: do their boxes hold their words, and which lines does OCR misread?

    python benchmarks/newsprint.py --articles news.jsonl --seed 4711 --pages 12 --font FONT.ttf --out DIR
    python benchmarks/printed.py --pages DIR [--pictures 3]

The sentences of the true articles are quoted out of the articles that were read; the boxes are compared with the characters of the
PDF. ``--pictures`` draws so many of the pages and reads them by OCR, as they are and, for the confidences, small, blurred and grainy.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from run import write_table

from rag.index.store.archive import article_to_dict
from rag.pages.files import read_articles, read_printed
from rag.pages.printed import place_of
from rag.records import Article, Box

CLOSING = "。，、；：,.;:"  # the ink of these stands at the left of their place
STEPS = (0.0, 0.7, 0.85, 0.9, 0.95, 0.98, 1.01)
WORSE = ((1.3, 0.8, 45.0), (1.0, 0.7, 25.0), (1.15, 0.9, 45.0))  # pixels a point, blur in pixels, grain in shades of 256

Character = tuple[str, Box]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=0)
    arguments = parser.parse_args()
    files = sorted(arguments.pages.glob("*.pdf"))
    rows = [covered("PDF", [(file, file) for file in files])]
    with tempfile.TemporaryDirectory() as name:
        some = files[: arguments.pictures]
        drawn = [(file, draw(file, Path(name) / f"{file.stem}.png", 2.5, 0.0, 12.0)) for file in some]
        if drawn:
            rows.append(covered("picture", drawn))
        write_table("printed", "Boxes of quotations on set pages", [
            "pages", "sentences", "quoted", "boxes hold all words", "and no others", "seconds a page", "kB stored a page",
            "of it lines"], rows, "printed.py --pages DIR --pictures 3")
        if drawn:
            worse = [(file, draw(file, Path(name) / f"worse-{n}.png", *way)) for n, way in enumerate(WORSE) for file in some[:1]]
            write_table("printed-confidence", "Lines that OCR misreads, by its confidence",
                        ["pictures", *(f"{low:g}–{min(high, 1):g}" for low, high in steps())],
                        [["as printed", *misread(drawn)], ["small, blurred, grainy", *misread(worse)]],
                        "printed.py --pages DIR --pictures 3")


def covered(kind: str, pages: Sequence[tuple[Path, Path]]) -> list[object]:
    """A row of the table, for pages ``(PDF, file that is read)``."""
    said = quoted = held = alone = 0
    seconds, stored, lines = 0.0, 0, 0
    for pdf, file in pages:
        began = time.perf_counter()
        articles = read_articles(file)
        seconds += time.perf_counter() - began
        records = [article_to_dict(article) for article in articles]
        stored += size(records)
        lines += size([record.pop("lines") for record in records if "lines" in record])
        characters = characters_of(pdf)
        for sentence in sentences_of(pdf):
            said += 1
            boxes, at = boxes_of(sentence, articles), "".join(c for c, _ in characters).find(sentence)
            if boxes and at >= 0:
                own = [at <= n < at + len(sentence) for n in range(len(characters))]
                inside = [is_inside(character, boxes) for character in characters]
                quoted += 1
                held += all(is_in for is_in, is_own in zip(inside, own, strict=True) if is_own)
                alone += not any(is_in for is_in, is_own in zip(inside, own, strict=True) if not is_own)
    return [f"{len(pages)}, {kind}", said, quoted, f"{held / quoted:.3f}", f"{alone / quoted:.3f}", f"{seconds / len(pages):.3f}",
            f"{stored / len(pages) / 1000:.1f}", f"{lines / len(pages) / 1000:.1f}"]


def size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def sentences_of(pdf: Path) -> Iterator[str]:
    """The sentences of the true articles, without white space."""
    for article in json.loads(pdf.with_suffix(".gold.json").read_text(encoding="utf-8")):
        for paragraph in article["paragraphs"]:
            yield from re.findall("[^。]+。", "".join(paragraph.split()))


def boxes_of(sentence: str, articles: Sequence[Article]) -> tuple[Box, ...]:
    spaced = re.compile(r"\s*".join(map(re.escape, sentence)))
    found = next(((article, match) for article in articles if (match := spaced.search(article.text))), None)
    return place_of(found[0], "text", 0, *found[1].span()).boxes if found else ()


def characters_of(pdf: Path) -> list[Character]:
    """The characters of the first page with their boxes in shares, white space aside."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    sheet = pypdfium2.PdfDocument(pdf)[0]
    (wide, high), layer, found = sheet.get_size(), sheet.get_textpage(), []
    for at in range(layer.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(layer, at))
        if character.strip() and character.isprintable():
            left, bottom, right, top = layer.get_charbox(at, loose=True)
            found.append((character, (left / wide, 1 - top / high, right / wide, 1 - bottom / high)))
    return found


def is_inside(character: Character, boxes: Sequence[Box]) -> bool:
    """Whether the middle of the ink of a character is in one of the boxes."""
    sign, (left, top, right, bottom) = character
    across, down = left + (right - left) * (0.25 if sign in CLOSING else 0.5), (top + bottom) / 2
    return any(box[0] <= across <= box[2] and box[1] <= down <= box[3] for box in boxes)


def draw(pdf: Path, out: Path, scale: float, blur: float, grain: float) -> Path:
    import pypdfium2
    from PIL import Image, ImageFilter

    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=scale).to_pil().convert("L").filter(ImageFilter.GaussianBlur(blur))
    noise = np.random.default_rng(1).normal(0, grain, picture.size[::-1])
    Image.fromarray(np.clip(np.asarray(picture, float) + noise, 0, 255).astype(np.uint8)).save(out)
    return out


def steps() -> list[tuple[float, float]]:
    return list(pairwise(STEPS))


def misread(pages: Sequence[tuple[Path, Path]]) -> list[str]:
    """For each step of confidence, how many of its lines do not stand in the PDF as they were read."""
    read: list[tuple[float, bool]] = []
    for pdf, picture in pages:
        printed = read_printed(picture)
        truth = "".join(character for character, _ in characters_of(pdf)).replace("，", ",")
        read += [(line.confidence or 0.0, "".join(printed.text[line.start : line.end].split()).replace("，", ",") in truth)
                 for line in printed.lines]
    return [f"{sum(not right for sure, right in read if low <= sure < high)} of {sum(low <= sure < high for sure, _ in read)}"
            for low, high in steps()]


if __name__ == "__main__":
    main()
