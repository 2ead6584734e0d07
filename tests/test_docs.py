"""The documentation holds: its code runs, its settings load, its commands exist, its links lead somewhere, the site builds."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, SEED
from test_openai_door import served

import rag as package
from rag.config import load_config, parse_config
from rag.doors.server.app import create_app
from rag.doors.service import Library
from rag.engine import Rag

sys.path.insert(0, str(ROOT / "docs"))

import docstrings
import hooks

SERVER = "http://127.0.0.1:7860"
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [*DOCS, *(ROOT / name for name in hooks.GATHERED if name != "README.md")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"`(rag [a-z][^`]*)`")
LINK = re.compile(r"(?:\]\(|<img src=\")([^()\s\"]+)[)\"]")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[str]:
    return [code for language, code in BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


def holding(*languages: str) -> list[Path]:
    return [page for page in DOCS if blocks(page, *languages)]


# -- Python ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """The folder in which the tutorials work: the seed page, and a config file that names it."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copyfile(SEED, folder / "page.txt")
    (folder / "config.yaml").write_text("source:\n  paths: [page.txt]\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(home, seed_rag) -> Rag:
    """The archive of that folder, with the models that are loaded already."""
    rag = Rag.open(home / "config.yaml")
    for part in ("embedder", "reader", "generator", "dictionary"):
        setattr(rag, part, getattr(seed_rag, part))
    rag.build()
    return rag


@pytest.fixture
def in_its_folder(home, opened, monkeypatch) -> Iterator[None]:
    """Code that opens the archive here gets the one that is open."""
    def open_here(cls, config=None, **_):
        assert load_config(config).index.dir.resolve() == opened.config.index.dir.resolve()
        return opened

    monkeypatch.chdir(home)
    monkeypatch.setattr(Rag, "open", classmethod(open_here))
    package._opened.cache_clear()
    yield
    package._opened.cache_clear()


@pytest.mark.models
@pytest.mark.parametrize("page", holding("python"), ids=name_of)
def test_python_blocks_run_from_top_to_bottom(page, opened, in_its_folder):
    codes = blocks(page, "python")
    names = {}
    if not any(SERVER in code for code in codes):
        run(codes, names)
        return
    with served(create_app(Library(opened), gradio=False)) as address:
        run([code.replace(SERVER, address) for code in codes], names)


def run(codes: list[str], names: dict[str, object]) -> None:
    for code in codes:
        exec(compile(code, "<block>", "exec"), names)


@pytest.mark.models
@pytest.mark.parametrize("page", holding("pycon"), ids=name_of)
def test_examples_print_what_the_page_shows(page, in_its_folder):
    text = "\n".join(blocks(page, "pycon"))
    told: list[str] = []
    example = doctest.DocTestParser().get_doctest(text, {}, name_of(page), name_of(page), 0)
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append).failed
    assert not failed, "".join(told)


@pytest.mark.parametrize("module", [hooks, docstrings], ids=["hooks", "docstrings"])
def test_the_examples_of_the_site_itself_hold(module):
    assert doctest.testmod(module).failed == 0


# -- settings and commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", holding("yaml"), ids=name_of)
def test_yaml_blocks_are_settings(page):
    for block in blocks(page, "yaml"):
        whole = re.sub(r'^--8<-- "(.*)"$', lambda m: (ROOT / m[1]).read_text(encoding="utf-8"), block, flags=re.M)
        assert parse_config(yaml.safe_load(whole)).model_fields_set


@cache
def help_of(command: str) -> str:
    plain = {**os.environ, "COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "rag", command, "--help"], capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 0, f"rag {command}: {done.stderr[-300:]}"
    return done.stdout


def check_command(words: list[str]) -> None:
    """The command and each of its options exist."""
    known = help_of(words[1])
    given = words[2 : words.index("--")] if "--" in words else words[2:]
    for option in (word.split("=")[0] for word in given if re.match(r"--?[a-z]", word)):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", known), f"rag {words[1]} has no {option}"


def shell_commands(block: str) -> Iterator[list[str]]:
    for line in block.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("|&;<>"):
                if words:
                    yield words
                words = []
            elif words or not re.match(r"[A-Z_]+=", word):
                words.append(word)


@pytest.mark.parametrize("page", holding("sh"), ids=name_of)
def test_shell_blocks_name_commands_that_exist(page):
    verbs = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for block in blocks(page, "sh"):
        for words in shell_commands(block):
            if words[0] == "rag":
                check_command(words)
            elif words[0] == "make":
                assert {word for word in words[1:] if "=" not in word} <= set(verbs)


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_commands_in_the_text_exist(page):
    for line in COMMAND.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        check_command(line.replace("[", " ").replace("]", " ").split())


def test_the_table_of_commands_names_their_options():
    rows = re.findall(r"^\| (`rag .*?) \|.*\| (.*?)\|$", (ROOT / "docs" / "reference" / "command.md").read_text(encoding="utf-8"), re.M)
    assert len(rows) == 13
    for commands, options in rows:
        for command in re.findall(r"`rag ([a-z]+)", commands):
            check_command(["rag", command, *(word for shown in re.findall(r"`(-[^`]*)`", options) for word in shown.split())])


# -- links and the site ---------------------------------------------------------------------------------------


@cache
def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for link in LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_the_site_builds_without_a_warning_and_needs_no_other_host(tmp_path):
    plain = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 0, done.stderr[-2000:]
    files = [file for kind in ("html", "css") for file in (tmp_path / "site").rglob(f"*.{kind}")]
    fetched = re.compile(r"""(?:<(?:script|img|iframe)[^>]*\bsrc=|<link[^>]*\bhref=|url\()["']?(?:https?:)?//""")
    assert len(files) > 40 and not [file for file in files if fetched.search(file.read_text(encoding="utf-8"))]
    shown = {file.relative_to(tmp_path / "site").as_posix() for file in files}
    assert {"index.html", "zh/page.html", "research.html", "benchmarks/pages.html", "reference/stages.html"} <= shown
