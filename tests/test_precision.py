"""The precision of the generator's graph is tried once and noted."""

from __future__ import annotations

import numpy as np
import openvino
import pytest
from openvino import opset13 as op

from rag.generate import precision


def save_graph(folder):
    """A graph that takes what a language model takes, and adds it up."""
    names = ("input_ids", "attention_mask", "position_ids")
    given = [op.parameter([-1, -1], np.int64, name=name) for name in names] + [op.parameter([-1], np.int32, name="beam_idx")]
    for node, name in zip(given, (*names, "beam_idx"), strict=True):
        node.output(0).get_tensor().set_names({name})
    wide = op.convert(given[0], "f32")
    for node in given[1:]:
        axes = np.arange(node.get_output_partial_shape(0).rank.get_length())
        wide = op.add(wide, op.reduce_sum(op.convert(node, "f32"), op.constant(axes), False))
    openvino.save_model(openvino.Model([wide], given, "small"), folder / "openvino_model.xml")


@pytest.mark.parametrize(("seconds", "noted"), [
    ({"bf16": 4.0, "f32": 3.0}, "f32"), ({"bf16": 4.0, "f32": 3.8}, "bf16"), ({"bf16": 4.0, "f32": 9.0}, "bf16")])
def test_the_other_precision_is_taken_only_where_it_is_clearly_quicker(tmp_path, monkeypatch, seconds, noted):
    monkeypatch.setattr(precision, "_measured_seconds", lambda folder, name, threads: seconds[name])
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    assert precision.precision_of(tmp_path) == ""
    precision.note_precision(tmp_path, 0)
    assert precision.precision_of(tmp_path) == noted


def test_without_bfloat16_there_is_nothing_to_try(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    precision.note_precision(tmp_path, 0)
    assert (tmp_path / precision.NOTE).is_file() and precision.precision_of(tmp_path) == ""


def test_a_graph_is_timed_as_it_reads_and_writes(tmp_path):
    save_graph(tmp_path)
    assert all(0 < precision._measured_seconds(tmp_path, name, 1) < 60 for name in ("bf16", "f32"))


def test_a_graph_of_an_earlier_version_is_used_where_nothing_can_be_written(tmp_path, monkeypatch):
    from rag.generate.openvino import prepare

    file = tmp_path / "model.gguf"
    file.write_bytes(b"weights")
    monkeypatch.setenv("WENBAO_CACHE", str(tmp_path))
    monkeypatch.setattr("rag.generate.openvino._convert", lambda file, home: save_graph(home) if home.mkdir() is None else None)
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    home = prepare(file)
    assert home.is_dir() and (home / precision.NOTE).is_file()
    (home / precision.NOTE).unlink()

    def full(folder, threads):
        raise OSError("read-only file system")

    monkeypatch.setattr("rag.generate.openvino.note_precision", full)
    assert prepare(file) == home
