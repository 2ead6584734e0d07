"""Damages files of every format and reads them: each must give articles or one clear error, within 30 seconds.

    python benchmarks/mutants.py [--files 3000] [--seed 1]

Samples are made here: text, Markdown with a table, HTML, PDF, DOCX, ALTO, hOCR. Each mutant has bytes flipped, a part cut out,
doubled or shuffled, or its end missing. The table is ``mutants.md``.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from run import write_table

from rag.errors import SourceError
from rag.pages import read_articles

STORY = "本报讯 7月5日,青石镇举行新桥开工仪式。今年以来,青石镇新开工桥梁47座,总投资额86.8亿元,续建桥梁44座。"
TABLE = "| 村 | 面积(亩) |\n|---|---|\n| 上坪村 | 1820 |\n| 下坪村 | 2460 |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    samples = {name: make() for name, make in SAMPLES.items()}
    rows = []
    for name, data in samples.items():
        told: Counter[str] = Counter()
        slowest = 0.0
        for _ in range(arguments.files // len(samples)):
            began = time.perf_counter()
            told[read(name, mutant(data, chance))] += 1
            slowest = max(slowest, time.perf_counter() - began)
        crashed = sum(count for kind, count in told.items() if kind not in ("articles", "one error"))
        rows.append([name, str(told["articles"]), str(told["one error"]), str(crashed), f"{slowest:.2f}"])
        print(name, dict(told), f"{slowest:.2f} s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    write_table("mutants", f"Damaged files of each format; {memory:.0f} MiB at most",
                ["format", "read", "one error", "crashed", "slowest, s"], rows, "mutants.py")


def read(suffix: str, data: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"page{suffix}")
        path.write_bytes(data)
        try:
            read_articles(path)
        except SourceError:
            return "one error"
        except Exception as error:  # what this script looks for
            return type(error).__name__
        return "articles"


def mutant(data: bytes, chance: random.Random) -> bytes:
    """One to three kinds of damage."""
    for _ in range(chance.randint(1, 3)):
        a, b = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        way = chance.randrange(5)
        if way == 0:
            spoilt = bytearray(data)
            for _ in range(chance.randint(1, 40)):
                if spoilt:
                    spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
            data = bytes(spoilt)
        else:
            data = [data[:b], data[:a] + data[b:], data[:b] + data[a:b] + data[b:], data[b:] + data[a:b] + data[:a]][way - 1]
    return data


def html() -> bytes:
    return (f"<html><head><meta charset=utf-8></head><body><div class=nav>首页</div><h1>青石镇新桥开工</h1><p>{STORY}</p>"
            "<table><tr><th>村</th><th>亩</th></tr><tr><td>上坪</td><td>1820</td></tr></table></body></html>").encode()


def pdf() -> bytes:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = BytesIO()
    canvas = Canvas(out, pageCompression=0)
    canvas.setFont("STSong-Light", 11)
    for row in range(0, len(STORY), 14):
        canvas.drawString(60, 760 - row, STORY[row : row + 14])
        canvas.drawString(320, 760 - row, STORY[row : row + 14])
    canvas.save()
    return out.getvalue()


def docx() -> bytes:
    from docx import Document

    document, out = Document(), BytesIO()
    document.add_heading("青石镇新桥开工", 1)
    document.add_paragraph(STORY)
    document.add_table(2, 2).cell(0, 0).text = "村"
    document.save(out)
    return out.getvalue()


def alto() -> bytes:
    lines = "".join(f'<TextLine><String CONTENT="{STORY[at : at + 10]}" HPOS="60" VPOS="{at * 2}" WIDTH="120" HEIGHT="12"/></TextLine>'
                    for at in range(0, len(STORY), 10))
    return f"<alto><Layout><Page>{lines}</Page></Layout></alto>".encode()


def hocr() -> bytes:
    lines = "".join(f"<span class='ocrx_word' title='bbox 60 {at * 2} 180 {at * 2 + 12}'>{STORY[at : at + 10]}</span>"
                    for at in range(0, len(STORY), 10))
    return f"<html><body><div class='ocr_page'>{lines}</div></body></html>".encode()


SAMPLES: dict[str, Callable[[], bytes]] = {
    ".txt": lambda: f"## 青石镇新桥开工\n\n▶ 本报记者 石磊\n\n{STORY}\n\n图片来源:青石镇".encode("gb18030"),
    ".md": lambda: f"# 青石镇新桥开工\n\n{STORY}\n\n{TABLE}\n\n# 另一条\n\n{STORY}".encode(),
    ".html": html, ".pdf": pdf, ".docx": docx, ".xml": alto, ".hocr": hocr,
}


if __name__ == "__main__":
    main()
