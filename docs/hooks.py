"""What mkdocs asks when it builds the site: pages of the repository outside ``docs/`` come along, and links lead where they should.

Links in every Markdown file are written for the repository, so that they work where the file is read. In the site a link to a
page that came along leads to it there; of a link to another file (a script, a module) the words alone are left.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import Any

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"(!?)\[((?:[^\]\[]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
PICTURE = re.compile(r'<img src="docs/')  # in files of the top folder, whose pages lie one folder down
GATHERED = {  # file of the repository → page of the site
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "README.md": "project/readme.md",
    "index/README.md": "reference/index-folder.md",
    "rag/reader/README.md": "reference/reader.md",
    "training/README.md": "reference/training.md",
    "benchmarks/sets/README.md": "benchmarks/sets/index.md",
    **{f"benchmarks/{file.name}": f"benchmarks/{file.name}" for file in sorted((ROOT / "benchmarks").glob("*.md"))},
}
log = logging.getLogger("mkdocs.hooks.links")


def on_files(files: Any, config: Any) -> Any:
    """Adds the gathered pages."""
    from mkdocs.structure.files import File

    for name, uri in GATHERED.items():
        files.append(File.generated(config, uri, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Turns the links of a page into links of the site."""
    return linked(markdown, page.file.src_uri)


def linked(markdown: str, uri: str) -> str:
    """The text of the site's page ``uri`` with its links turned.

    >>> linked("[sizes](../benchmarks/scale.md), [how](../rag/engine.py), [next](faq.md#top)", "scale.md")
    '[sizes](benchmarks/scale.md), how, [next](faq.md#top)'
    """
    home = next((name for name, page in GATHERED.items() if page == uri), f"docs/{uri}")

    def turned(match: re.Match[str]) -> str:
        picture, words, target = match.groups()
        path, mark, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return match[0]
        meant = normpath(f"{dirname(home)}/{path}") if dirname(home) else normpath(path)
        there = GATHERED.get(meant) or (meant.removeprefix("docs/") if meant.startswith("docs/") else "")
        if not (ROOT / meant).exists():
            log.warning("%s: no such file: %s", home, target)
        if not there or (ROOT / meant).is_dir():
            return words
        return f"{picture}[{words}]({relpath(there, dirname(uri) or '.')}{mark}{anchor})"

    return LINK.sub(turned, PICTURE.sub('<img src="../', markdown))
