"""Selects the configured store: SQLite with FAISS in the index folder, or Milvus at an address."""

from __future__ import annotations

import os

from rag.config import Config
from rag.index.store import layout
from rag.index.store.archive import Archive
from rag.index.store.protocol import Manifest, ReadableArchive, Store
from rag.index.store.reader import Store as FolderStore


def open_store(config: Config, wanted: layout.Settings) -> Store:
    """Opens the configured store for search. Raises :class:`StoreError` like :meth:`rag.index.store.Store.open`."""
    if config.store.backend == "milvus":
        from rag.index.store.milvus import open_milvus

        return open_milvus(config.store.address, wanted, token=token_from_environment(config))
    return FolderStore.open(config.index.dir, wanted)


def open_archive(config: Config) -> ReadableArchive:
    """Opens only the articles, which needs no model."""
    if config.store.backend == "milvus":
        from rag.index.store.milvus import MilvusArchive

        return MilvusArchive.open(config.store.address, token_from_environment(config))
    folder = config.index.dir
    return Archive.open(folder / layout.read_manifest(folder).generation / layout.ARCHIVE)


def manifest_of(config: Config) -> Manifest:
    """Returns the manifest of the configured store. Raises :class:`StoreError` if there is no index."""
    if config.store.backend == "milvus":
        from rag.index.store.milvus import read_milvus_manifest

        return read_milvus_manifest(config.store.address, token_from_environment(config))
    return layout.read_manifest(config.index.dir)


def token_from_environment(config: Config) -> str:
    """Returns the token for Milvus from the configured environment variable, ``""`` if it is not set."""
    return os.environ.get(config.store.token_env, "")
