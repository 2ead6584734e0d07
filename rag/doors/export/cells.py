"""Makes text safe for programs that open an export: removes characters that XML forbids, and escapes formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?")
_FORMULA_STARTS = tuple("=+-@＝＋－＠")  # Chinese spreadsheets also accept full-width signs


def printable(value: object) -> str:
    """Converts a value to text without the characters that XML forbids; ``None`` gives ``""``.

    >>> printable("47\\x00个\\x0b"), printable(None)
    ('47个', '')
    """
    return "" if value is None else _FORBIDDEN.sub("", str(value))


def one_line(value: object) -> str:
    """Does the same, and replaces white space by single spaces.

    >>> one_line("签约\\n  某区 ")
    '签约 某区'
    """
    return " ".join(printable(value).split())


def escape_formula(value: object) -> str:
    """Returns a cell with an apostrophe in front if a spreadsheet could read it as a formula; numbers stay.

    >>> [escape_formula(cell) for cell in ("=1+1", "-3.5%", "-甲", "47个")]
    ["'=1+1", '-3.5%', "'-甲", '47个']
    """
    text = printable(value)
    may_be_formula = text.lstrip().startswith(_FORMULA_STARTS) or text.startswith(("\t", "\r", "\n"))
    return "'" + text if may_be_formula and not _NUMBER.fullmatch(text) else text


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Returns CSV with a header; begins with a byte order mark, so that spreadsheet programs detect UTF-8.

    >>> as_csv(["figure"], [["=1+1"]])
    "\\ufefffigure\\r\\n'=1+1\\r\\n"
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()
