"""Settings fail with the path of the key that is wrong."""

from __future__ import annotations

import pytest
from conftest import ROOT

from rag.config import Config, load_config, parse_config
from rag.errors import ConfigError


def test_the_shipped_config_file_holds_the_defaults():
    shipped = load_config(ROOT / "config.yaml")
    bare = Config()
    assert shipped.retrieval == bare.retrieval and shipped.embedding == bare.embedding
    assert shipped.generation == bare.generation and shipped.answering == bare.answering
    assert shipped.index.dir == ROOT / "index" and shipped.source.paths == (ROOT / "seeds",)


def test_every_key_is_shown_and_explained_in_the_shipped_file():
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()
    for name, section in Config.model_fields.items():
        assert f"{name}:" in lines
        for key in section.annotation.model_fields:
            assert any(line.startswith(f"  {key}:") and "#" in line for line in lines), f"{name}.{key}"


@pytest.mark.parametrize(("raw", "message"), [
    ({"retrieval": {"kk": 3}}, r"^retrieval\.kk: unknown key"),
    ({"retrival": {}}, r"^retrival: unknown key"),
    ({"retrieval": {"k": 0}}, r"^retrieval\.k: Input should be greater than or equal to 1, not 0"),
    ({"generation": {"backend": "magic"}}, r"^generation\.backend: "),
    ({"chat": {"port": 70000}}, r"^chat\.port: "),
    ({"chat": {"read_seconds": 0}}, r"^chat\.read_seconds: Input should be greater than or equal to 1, not 0"),
    ({"generation": {"timeout": 0}}, r"^generation\.timeout: "),
    (["a"], "must be a mapping"),
])
def test_wrong_settings_are_named_by_their_path(raw, message):
    with pytest.raises(ConfigError, match=message):
        parse_config(raw)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\x00", b"- 1"])
def test_a_file_that_is_no_config_is_one_error(tmp_path, content):
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"c\.yaml"):
        load_config(file)


def test_a_missing_file_is_one_error(tmp_path):
    with pytest.raises(ConfigError, match="no such config file"):
        load_config(tmp_path / "none.yaml")


def test_an_empty_file_means_the_defaults(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("", encoding="utf-8")
    assert load_config(file).retrieval == Config().retrieval
