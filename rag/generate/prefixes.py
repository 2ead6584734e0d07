"""Keeps what llama.cpp has read of the instructions of each task in the cache folder, so that they are read once on a machine.

A slow processor takes 5 to 12 seconds for the instructions of one task, and reads the file in some milliseconds. A file holds the
instructions alone, nothing that was asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from rag.generate.protocol import Prompt

_TIMEOUT = 60.0  # seconds


@dataclass(frozen=True)
class Prefixes:
    """The files of one model. ``folder``: that in which llama.cpp writes. ``model``: what the states depend on besides the prompt.

    ``address``, ``key``: of the server of llama.cpp in this process.
    """

    folder: Path
    model: str
    address: str
    key: str

    def restore(self, slot: int, prompt: Prompt) -> bool:
        """Reads the instructions of a prompt into a slot; ``False`` if there is no sound file of them."""
        name = self._name(prompt)
        for file in self.folder.glob(f"{name}-*"):
            if file.name == f"{name}-{_sum(file)}" and self._ask(slot, "restore", file.name):
                return True
            file.unlink(missing_ok=True)
        return False

    def save(self, slot: int, prompt: Prompt) -> bool:
        """Writes what a slot holds, which must be the instructions of a prompt; ``False`` if they cannot be written."""
        name = self._name(prompt)
        draft = self.folder / f"draft-{os.getpid()}-{slot}"
        try:
            if not self._ask(slot, "save", draft.name):
                return False
            for old in self.folder.glob(f"{self._stem(prompt)}-*"):
                old.unlink(missing_ok=True)
            draft.replace(self.folder / f"{name}-{_sum(draft)}")
        except OSError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def _stem(self, prompt: Prompt) -> str:
        return f"{_short(self.model.encode())}-{prompt.task}"

    def _name(self, prompt: Prompt) -> str:
        return f"{self._stem(prompt)}-{_short(json.dumps([prompt.system, prompt.examples]).encode())}"

    def _ask(self, slot: int, action: str, name: str) -> bool:
        request = urllib.request.Request(
            f"{self.address}/slots/{slot}?action={action}", json.dumps({"filename": name}).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT):
                return True
        except (urllib.error.URLError, TimeoutError):
            return False


def _sum(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()[:16]


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
