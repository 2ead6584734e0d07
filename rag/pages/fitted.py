"""The fitted weights of the page reader. They stand in ``fitted.json``; the scripts that fit them write that file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def fitted() -> Mapping[str, Mapping[str, float]]:
    """Loads the weights, all in nats.

    ``headings``, ``plain headings``: log odds for each feature that an article begins at a heading, fitted by
    ``benchmarks/headings.py``; that of ``first`` is set by hand, because there is nothing before the first heading to divide from it.
    ``lead``: the weight of each feature of a lead, fitted by ``benchmarks/openings.py``. ``jumps``: the weight of each feature of two
    parts of a story on two pages, fitted by ``benchmarks/issues.py``.

    >>> sorted(fitted()), fitted()["headings"]["byline"] > 0
    (['headings', 'jumps', 'lead', 'plain headings'], True)
    """
    text = resources.files(__package__).joinpath("fitted.json").read_text(encoding="utf-8")
    weights: dict[str, Any] = json.loads(text)
    return weights
