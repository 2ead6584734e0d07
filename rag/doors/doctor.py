"""Checks an installation; each finding says how to fix the problem."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.config import Config
from rag.errors import RagError
from rag.index.store.backends import manifest_of
from rag.models import Status, cache_folder, status

_PACKAGES = {
    "faiss": "faiss-cpu", "openvino": "openvino", "tokenizers": "tokenizers", "torch": "torch",
    "sentence_transformers": "sentence-transformers", "transformers": "transformers", "gradio": "gradio",
    "xllamacpp": "xllamacpp", "openvino_genai": "openvino-genai", "jieba": "jieba", "pypinyin": "pypinyin",
}
_GIGABYTE = 1 << 30  # bytes
_MIN_FREE = 3 * _GIGABYTE  # bytes of disk for the models
_MIN_MEMORY = 4 * _GIGABYTE  # bytes for the default generator


@dataclass(frozen=True)
class Finding:
    """The result of a check. ``well``: whether it passed. ``seen``: what was found. ``remedy``: how to fix it."""

    check: str
    well: bool
    seen: str
    remedy: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Runs all checks in order; they load, fetch and change nothing.

    >>> [f.check for f in examine(Config())][:2]
    ['python', 'packages']
    """
    checks: tuple[Callable[[Config], Finding], ...] = (
        _python, _packages, _memory, _cache, _models, _sources, _index)
    for check in checks:
        yield check(config)


def _python(config: Config) -> Finding:
    return Finding("python", sys.version_info >= (3, 11), sys.version.split()[0], "install Python 3.11 or newer")


def _packages(config: Config) -> Finding:
    missing = [name for module, name in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        return Finding("packages", False, "missing: " + ", ".join(missing), "run `make install`")
    shown = ("faiss-cpu", "openvino", "sentence-transformers", "xllamacpp", "gradio")
    return Finding("packages", True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in shown))


def _memory(config: Config) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Finding("memory", total >= _MIN_MEMORY, f"{total / _GIGABYTE:.1f} GiB, {os.cpu_count()} processors",
                   "set generation.model to Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF, which needs half as much")


def _cache(config: Config) -> Finding:
    folder = cache_folder()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    writable = os.access(existing, os.W_OK)
    seen = f"{folder}: {free / _GIGABYTE:.1f} GiB free{'' if writable else ', read-only'}"
    all_cached = all(model.cached for model in _needed(config))
    return Finding("cache", all_cached or (writable and free >= _MIN_FREE), seen,
                   "make 3 GiB of room there, or set WENBAO_CACHE to another folder")


def _models(config: Config) -> Finding:
    try:
        missing = [model.name for model in _needed(config) if not model.cached]
    except RagError as error:
        return Finding("models", False, str(error), "see there")
    if missing:
        return Finding("models", False, "not cached: " + ", ".join(missing), "run `rag models --fetch`")
    return Finding("models", True, f"{config.embedding.model}; {config.generation.model}")


def _needed(config: Config) -> list[Status]:
    """Returns the state of the models that the configuration names, if the catalogue has them."""
    named = {config.embedding.model, config.generation.model, config.retrieval.dictionary}
    return [model for model in status() if model.name in named]


def _sources(config: Config) -> Finding:
    missing = [str(path) for path in config.source.paths if not path.exists()]
    return Finding("sources", not missing, ", ".join(missing or map(str, config.source.paths)),
                   "set source.paths in config.yaml to the folders of your pages")


def _index(config: Config) -> Finding:
    folder = config.store.address or config.index.dir
    try:
        manifest = manifest_of(config)
    except RagError as error:
        return Finding("index", False, str(error), "run `rag build`")
    return Finding("index", True, f"{folder}: {manifest.articles} articles, {manifest.passages} passages, "
                                  f"built {manifest.built}")
