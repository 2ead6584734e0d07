"""Imports go down, heavy libraries are loaded late, and only the command prints."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import rag

PACKAGE = Path(rag.__file__).parent
LAYERS = [
    ["records", "errors", "progress"],
    ["config", "language"],
    ["models", "pages", "index.passages", "index.facts"],
    ["index.embed", "reader", "generate", "index.store", "doors.desk", "search.dictionary", "search.query"],
    ["index.issues", "doors.export"],
    ["search.followups", "search.asked_on", "search.retrieve", "index.build", "doors.doctor"],
    ["answer"],
    ["gather"],
    ["verify", "steps"],
    ["engine"],
    ["doors.service", "doors.evaluate"],
    ["doors.evaluate_gathered"],
    ["doors.server"],
    ["doors.cli"],
    ["__main__"],
]
LANGUAGE = [  # the floors inside the language tools
    ["text", "typical", "numerals"],
    ["units", "pinyin", "dates", "clock"],
    ["quantities", "times", "periods", "enumerations"],
    ["names", "when"],
    ["figures", "places"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HEAVY = {"torch", "sentence_transformers", "transformers", "openvino", "openvino_genai", "faiss", "gradio", "xllamacpp", "ray",
         "pymilvus", "milvus_lite"}


def modules():
    """Every file with the name of its part: ``index.build`` of a folder that holds several layers, ``pages`` of any other."""
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] != "__init__" or len(parts) > 2:
            yield file, part_of(".".join(parts))
        elif parts[0] in LEVEL:
            yield file, parts[0]


def part_of(name: str) -> str:
    """The part of the program that a module below ``rag.`` belongs to."""
    return next(part for part in (".".join(name.split(".")[:size]) for size in (1, 2)) if part in LEVEL)


def imports(tree: ast.AST):
    """Names of the modules that a tree imports, those for type checking aside."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        else:
            yield from imports(node)


def test_every_module_has_a_layer_and_imports_only_from_lower_ones():
    wrong = []
    for file, own in modules():
        for name in imports(ast.parse(file.read_text(encoding="utf-8"))):
            if name.startswith("rag.") and (other := part_of(name[4:])) != own and LEVEL[other] >= LEVEL[own]:
                wrong.append(f"{file.relative_to(PACKAGE)} imports {name}")
    assert not wrong


def test_the_language_tools_import_only_from_lower_ones():
    level = {name: floor for floor, names in enumerate(LANGUAGE) for name in names}
    for file in sorted((PACKAGE / "language").glob("*.py")):
        for name in imports(ast.parse(file.read_text(encoding="utf-8"))):
            if name.startswith("rag.language."):
                assert level[name.split(".")[2]] < level[file.stem], file


def test_heavy_libraries_are_imported_only_inside_functions():
    """The reader's network is made of torch's classes, and is itself imported only inside functions."""
    for file, _ in modules():
        if file == PACKAGE / "reader" / "network.py":
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        top = {name.split(".")[0] for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
               for name in imports(ast.Module([node], []))}
        assert not top & HEAVY, file
        assert not any(isinstance(node, ast.ImportFrom) and node.module == "rag.reader.network" for node in tree.body), file


def test_importing_the_package_loads_nothing_heavy():
    code = "import rag, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded) and "numpy" not in loaded and "pydantic" not in loaded


def test_openvino_does_not_report_that_it_was_used(tmp_path):
    code = "import rag, openvino; from openvino.tools.ovc import telemetry_utils as t; print(t.tm.__name__)"
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "HOME": str(tmp_path)})
    assert told.stdout.strip() == "openvino.tools.ovc.telemetry_stub" and not list(tmp_path.iterdir())


def test_only_the_command_and_its_progress_print():
    for file, own in modules():
        calls = [n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print"]
        assert own in ("doors.cli", "progress") or not calls, file


def test_functions_are_short():
    long = [f"{file.name}:{node.name}" for file, _ in modules()
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno > 60]
    assert not long


def test_public_names_are_those_of_the_design():
    assert rag.__all__ == ["Answer", "Article", "Citation", "Hit", "Rag", "RagError", "Turn", "ask"]
    assert all(getattr(rag, name) for name in rag.__all__)
