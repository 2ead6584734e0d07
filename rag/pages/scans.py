"""Page images → text with its printed lines: OCR lines with their boxes, deskewed and read by columns.

OCR (RapidOCR with the PP-OCR models of its package) is an extra: ``pip install 'wenbao[scan]'``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from statistics import median
from typing import Any

import numpy as np

from rag.errors import SourceError
from rag.pages.columns import read_columns
from rag.pages.grids import TextBox
from rag.pages.printed import Printed, line_in_box
from rag.records import Box

_LONGEST_SIDE = 4000  # pixels; larger images are scaled down
_BOX_MARGIN = 0.12  # margin of the OCR boxes around the text, in character sizes
_MAX_PIXELS = 200_000_000  # pixels of an image


def read_picture(data: bytes) -> Printed:
    """Returns the text of an image, turned upright as its metadata say, with its printed lines.

    Raises :class:`SourceError` if it cannot be opened or OCR is not installed.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise SourceError(f"has {picture.width:,} × {picture.height:,} pixels; make it smaller")
            return read_pixels(np.asarray(ImageOps.exif_transpose(picture).convert("RGB")))
    except UnidentifiedImageError as error:
        raise SourceError(f"damaged picture ({error}); save it again") from error


def read_pixels(pixels: np.ndarray) -> Printed:
    """Returns the text of ``(height, width, 3) uint8`` pixels with its printed lines; ``""`` if OCR finds none."""
    found = _recogniser()(pixels, use_cls=False)
    if found.boxes is None or not len(found.boxes):
        return Printed("")
    boxes, high, wide = np.asarray(found.boxes, float), *pixels.shape[:2]
    runs = upright(boxes, [text.strip() for text in found.txts])
    return read_columns([
        replace(run, printed=line_in_box(run.text, _around(corners), (wide, high), round(float(confidence), 3)))
        for run, corners, confidence in zip(runs, boxes, found.scores, strict=True) if run.text])


def _around(corners: np.ndarray) -> Box:
    """Returns the box around the corners, ``(4, 2) float``, of a line."""
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def upright(boxes: np.ndarray, texts: Sequence[str]) -> list[TextBox]:
    """Deskews OCR lines, given by their corners ``(n, 4, 2) float`` in pixels, and returns them as runs.

    >>> tilted = np.array([[[0, 0], [100, 10], [98, 30], [-2, 20]]], float)
    >>> [round(run.bottom - run.top) for run in upright(tilted, ["字"])]
    [16]
    """
    along = boxes[:, 1] - boxes[:, 0]
    long = along[:, 0] > median(along[:, 0])
    slopes = along[long] if long.any() else along
    angle = -median(math.atan2(y, x) for x, y in slopes)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned = boxes @ turn.T
    low, high = turned.min(axis=1), turned.max(axis=1)
    sizes = np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1) * (1 - 2 * _BOX_MARGIN)
    low, high = low + _BOX_MARGIN * sizes[:, None], high - _BOX_MARGIN * sizes[:, None]
    return [TextBox(float(a[0]), float(a[1]), float(b[0]), float(b[1]), float(size), text)
            for a, b, size, text in zip(low, high, sizes, texts, strict=True)]


def _recogniser() -> Any:
    try:
        import rapidocr  # noqa: F401
    except ImportError as error:
        raise SourceError("is a picture of a page; to read it install the recogniser: pip install 'wenbao[scan]'") from error
    return _load_recogniser()


@lru_cache(maxsize=1)
def _load_recogniser() -> Any:
    from rapidocr import EngineType, RapidOCR

    return RapidOCR(params={
        "Global.max_side_len": _LONGEST_SIDE, "Global.log_level": "error", "Global.use_cls": False,
        "Det.engine_type": EngineType.OPENVINO, "Rec.engine_type": EngineType.OPENVINO})
