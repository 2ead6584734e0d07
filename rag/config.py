"""Reads ``config.yaml`` into a validated, immutable :class:`Config`.

An unknown key, a wrong type or a value out of range raises :class:`~rag.errors.ConfigError`. The message
begins with the dotted path of the key. Relative paths start from the folder of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import ConfigError


class Section(BaseModel):
    """The base of all sections: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Section):
    """The pages to read."""

    paths: tuple[Path, ...] = (Path("seeds"),)


class Index(Section):
    """The folder of the index."""

    dir: Path = Path("index")


class Store(Section):
    """The store of the index: SQLite and FAISS in the index folder, or Milvus at an address."""

    backend: Literal["sqlite", "milvus"] = "sqlite"
    address: str = ""
    token_env: str = "MILVUS_TOKEN"

    @model_validator(mode="after")
    def _has_address(self) -> Store:
        if self.backend == "milvus" and not self.address:
            raise ValueError("milvus needs an address: http://HOST:19530, or a file of milvus-lite that ends in .db")
        return self


class Embedding(Section):
    """The multilingual embedding model.

    ``device`` ``auto``: builds run on a GPU if torch has one, questions on the processor.
    """

    model: str = "intfloat/multilingual-e5-small"
    backend: Literal["auto", "openvino", "torch"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    batch_size: int = Field(8, ge=1, le=512)
    max_tokens: int = Field(512, ge=16, le=8192)
    query_prefix: str | None = None
    passage_prefix: str | None = None


class Build(Section):
    """Where a build computes its embeddings.

    ``address`` ``""`` starts Ray on this machine; ``workers`` 0 takes as many as fit the cluster.
    """

    backend: Literal["local", "ray"] = "local"
    address: str = ""
    workers: int = Field(0, ge=0, le=4096)


class Passages(Section):
    """How articles are cut into passages. Lengths are in characters."""

    max_characters: int = Field(350, ge=50, le=2000)


class Retrieval(Section):
    """How passages are retrieved and ranked."""

    k: int = Field(10, ge=1, le=1000)
    candidates: int = Field(100, ge=10, le=10_000)
    dense_weight: float = Field(1.0, ge=0, le=100)
    sentence_weight: float = Field(2.0, ge=0, le=100)
    lexical_weight: float = Field(10.0, ge=0, le=100)
    name_weight: float = Field(4.0, ge=0, le=100)
    dictionary: str = "CC-CEDICT"
    dictionary_weight: float = Field(4.0, ge=0, le=100)
    period_weight: float = Field(6.0, ge=0, le=100)
    token_weight: float = Field(100.0, ge=0, le=1000)
    compared: int = Field(20, ge=1, le=1000)


class Generation(Section):
    """The language model that writes."""

    backend: Literal["auto", "llamacpp", "openvino", "transformers", "openai"] = "auto"
    model: str = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF"
    threads: int = Field(0, ge=0, le=256)
    context_tokens: int = Field(2048, ge=1024, le=131_072)
    max_new_tokens: int = Field(120, ge=16, le=2048)
    endpoint: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    timeout: float = Field(120.0, ge=1, le=3600)


class Answering(Section):
    """How sentences are read and an answer is checked."""

    read_sentences: int = Field(24, ge=1, le=200)
    evidence_sentences: int = Field(3, ge=1, le=20)
    min_chance: float = Field(0.5, ge=0, le=1)
    min_computed: float = Field(0.7, ge=0, le=1)
    min_alone: float = Field(0.75, ge=0, le=1)
    work_out: float = Field(0.5, ge=0, le=1)
    kept: int = Field(256, ge=0, le=100_000)


class Models(Section):
    """Where model weights may come from."""

    offline: bool = False


class Chat(Section):
    """The web page."""

    host: str = "127.0.0.1"
    port: int = Field(7860, ge=0, le=65535)
    examples: tuple[str, ...] = ()
    read_seconds: int = Field(90, ge=1, le=3600)


class Config(Section):
    """The validated settings, one section for each key of ``config.yaml``.

    >>> Config().retrieval.k
    10
    """

    source: Source = Source()
    index: Index = Index()
    store: Store = Store()
    embedding: Embedding = Embedding()
    build: Build = Build()
    passages: Passages = Passages()
    retrieval: Retrieval = Retrieval()
    generation: Generation = Generation()
    answering: Answering = Answering()
    models: Models = Models()
    chat: Chat = Chat()

    @property
    def model_names(self) -> list[str]:
        """Returns the names of the models that are needed on this machine: embedder, generator, dictionary.

        >>> len(Config().model_names), len(Config(generation=Generation(backend="openai", model="m")).model_names)
        (3, 2)
        """
        generator = [] if self.generation.backend == "openai" else [self.generation.model]
        dictionary = [self.retrieval.dictionary] if self.retrieval.dictionary else []
        return [self.embedding.model, *generator, *dictionary]


def load_config(path: str | Path | None = None) -> Config:
    """Reads a config file. ``None`` means ``config.yaml`` in the current folder or, if there is none, the defaults.

    Raises :class:`ConfigError` if the file is missing, is not YAML, or has a wrong key or value.
    """
    if path is None:
        path = Path("config.yaml")
        if not path.exists():
            return Config()
    file = Path(path)
    return _with_absolute_paths(parse_config(_read_yaml(file), str(file)), file.resolve().parent)


def parse_config(raw: Any, name: str = "config") -> Config:
    """Validates parsed YAML; ``name`` is the file name for messages. Raises :class:`ConfigError`.

    >>> parse_config({"retrieval": {"k": 0}})
    Traceback (most recent call last):
    ...
    rag.errors.ConfigError: retrieval.k: Input should be greater than or equal to 1, not 0 (config)
    """
    if raw is None:
        return Config()
    if not isinstance(raw, dict):
        raise ConfigError(f"{name}: must be a mapping of sections (source, index, …), not {type(raw).__name__}")
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(_first_error(error, name)) from error


def _first_error(error: ValidationError, name: str) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{key}: unknown key ({name}); remove it or see the comments of config.yaml for the keys there are"
    return f"{key}: {first['msg']}, not {first['input']!r:.80} ({name})"


def _read_yaml(file: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: no such config file; give --config PATH or run in the project's folder") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as UTF-8 text ({error})") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: is not YAML ({' '.join(str(error).split())})") from error


def _with_absolute_paths(config: Config, folder: Path) -> Config:
    """Resolves relative paths against the folder of the config file, not the current folder."""
    source = config.source.model_copy(update={"paths": tuple(folder / p for p in config.source.paths)})
    index = config.index.model_copy(update={"dir": folder / config.index.dir})
    address = config.store.address
    store = config.store.model_copy(update={"address": str(folder / address)}) if address.endswith(".db") else config.store
    return config.model_copy(update={"source": source, "index": index, "store": store})
