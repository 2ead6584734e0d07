"""What is kept of the instructions that llama.cpp has read: sound files are read again, damaged ones are not."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from rag.generate.prefixes import Prefixes
from rag.generate.protocol import Prompt

READ = Prompt("read", "Quote the answer.", "")


@pytest.fixture
def prefixes(tmp_path):
    """A folder and a server that saves and restores slots as llama.cpp does; ``asked`` lists what it was asked."""
    folder, asked = tmp_path / "prefixes", []
    folder.mkdir()

    class Slots(BaseHTTPRequestHandler):
        def do_POST(self):
            file = folder / json.loads(self.rfile.read(int(self.headers["Content-Length"])))["filename"]
            action = parse_qs(urlsplit(self.path).query)["action"][0]
            asked.append(action)
            known = self.headers["Authorization"] == "Bearer secret"
            if known and action == "save":
                file.write_bytes(b"state" * 100)
            self.send_response(200 if known and file.is_file() else 400)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Slots)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Prefixes(folder, "a model", f"http://127.0.0.1:{server.server_port}", "secret"), asked
    server.shutdown()


def test_instructions_are_restored_once_they_were_saved(prefixes):
    kept, asked = prefixes
    assert not kept.restore(0, READ) and not asked
    assert kept.save(0, READ) and kept.restore(0, READ) and asked == ["save", "restore"]
    assert not kept.restore(0, Prompt("read", "Other instructions.", ""))
    assert not Prefixes(kept.folder, "another model", kept.address, "secret").restore(0, READ)


@pytest.mark.parametrize("damage", [lambda data: data[:50], lambda data: b"S" + data[1:], lambda data: b""])
def test_a_damaged_file_is_not_restored_but_removed(prefixes, damage):
    kept, asked = prefixes
    kept.save(0, READ)
    file, = kept.folder.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert not kept.restore(0, READ) and asked == ["save"] and not list(kept.folder.iterdir())


def test_new_instructions_replace_the_old_ones(prefixes):
    kept, _ = prefixes
    kept.save(0, READ)
    kept.save(0, Prompt("read", "Other instructions.", ""))
    assert len(list(kept.folder.iterdir())) == 1 and not kept.restore(0, READ)


def test_what_cannot_be_saved_is_not_there(prefixes):
    kept, _ = prefixes
    stranger = Prefixes(kept.folder, "a model", kept.address, "guess")
    assert not stranger.save(0, READ) and not list(kept.folder.iterdir())
    assert not Prefixes(kept.folder, "a model", "http://127.0.0.1:1", "secret").save(0, READ)
