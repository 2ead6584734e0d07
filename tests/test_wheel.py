"""The wheel holds what the program needs, installs into an empty environment, and answers in a folder far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, SEED

MOST = 25_000_000  # bytes; the adapters of reader and generator are 20 of them
CONFIG = "source:\n  paths: [page.txt]\nindex: {dir: here}\n"


def call(command: list[object], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as somebody would who has no checkout."""
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")} | more
    return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False, env=plain)


def pip(*arguments: object, folder: Path) -> None:
    done = call([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], folder)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, so that nothing of an earlier build gets in."""
    copy = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "rag", copy / "rag", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    pip("wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", copy / "dist", copy, folder=copy)
    (built,) = (copy / "dist").glob("wenbao-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of the commands of a fresh environment: the wheel alone is new in it, its dependencies are those of the tests."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    commands = home / ("Scripts" if os.name == "nt" else "bin")
    pip("--python", commands / "python", "install", "--quiet", "--no-deps", "--no-index", wheel, folder=home)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return commands


@pytest.fixture
def folder(tmp_path) -> Path:
    shutil.copyfile(SEED, tmp_path / "page.txt")
    return tmp_path


def test_the_wheel_holds_what_is_no_python_and_is_small(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    data = [file.relative_to(ROOT).as_posix() for file in (ROOT / "rag").rglob("*")
            if file.is_file() and file.suffix not in (".py", ".pyc", ".md", ".so")]
    assert {"adapter.npz", "fitted.json", "ngrams.tsv.gz", "calibration.txt", "py.typed"} <= {Path(name).name for name in data}
    assert set(data) <= set(names) and any(name.startswith("rag/doors/server/static/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/", "training/", "build/"))]
    assert wheel.stat().st_size < MOST


def test_the_installed_package_is_the_one_of_the_wheel(installed, folder):
    told = call([installed / "python", "-c", "import rag, rag.engine; print(rag.__file__)"], folder)
    assert told.returncode == 0 and Path(told.stdout.strip()).is_relative_to(installed.parent), told.stdout + told.stderr
    assert call([installed / "rag", "--help"], folder).returncode == 0


def test_a_page_is_read_in_a_folder_without_a_config(installed, folder):
    told = call([installed / "rag", "articles", "--json", "page.txt"], folder)
    assert told.returncode == 0 and "随州高新区奋力挺进全国百强" in [article["title"] for article in json.loads(told.stdout)]


@pytest.mark.parametrize("command", [["build"], ["ask", "随州新开工多少个项目?"]])
def test_without_a_config_or_an_index_one_line_says_what_to_do_before_a_model_is_fetched(installed, folder, command):
    told = call([installed / "rag", *command], folder, WENBAO_CACHE=str(folder / "models"))
    lines = [line for line in told.stderr.splitlines() if line.startswith("rag: ")]
    assert told.returncode == 1 and len(lines) == 1 and "rag build PAGE…" in lines[0] and not (folder / "models").exists(), told.stderr


@pytest.mark.models
def test_a_question_is_answered_far_from_the_checkout(installed, folder):
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    built = call([installed / "rag", "build"], folder)
    assert built.returncode == 0 and (folder / "here").is_dir(), built.stderr
    told = call([installed / "rag", "ask", "--json", "随州高新区今年新开工多少个项目?"], folder)
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert "47个" in answer["answer"] and answer["citations"][0]["source"] == "page.txt" and not answer["refused"]


@pytest.mark.models
def test_without_a_config_the_page_that_is_named_is_indexed_here(installed, folder):
    built = call([installed / "rag", "build", "page.txt"], folder)
    assert built.returncode == 0 and (folder / "index").is_dir(), built.stderr
    told = call([installed / "rag", "search", "--json", "-k", "1", "随州 新开工项目"], folder)
    assert "新开工项目47个" in json.loads(told.stdout)["hits"][0]["text"], told.stderr
