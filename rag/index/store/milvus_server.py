"""Connects to Milvus and translates its errors; each message says what to do."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import StoreError

_ADDRESS = re.compile(r"(https?|tcp)://\S+|unix:\S+")
_CONNECT_TIMEOUT = 10.0  # seconds
_clients: dict[tuple[str, str], Any] = {}
_connecting = threading.Lock()


def connect(address: str, token: str = "", *, create: bool = False) -> Any:
    """Returns the client of a Milvus server, or of milvus-lite for a file that ends in ``.db``; one for each address.

    Raises :class:`StoreError` for a wrong address, a server that does not answer, or (unless ``create``) a missing file.
    """
    with _connecting:
        if (address, token) not in _clients:
            _check_address(address, create)
            _clients[address, token] = _open_client(address, token)
        return _clients[address, token]


def disconnect(address: str) -> None:
    """Closes the clients of an address; another process can then open the file of milvus-lite."""
    with _connecting:
        for key in [key for key in _clients if key[0] == address]:
            _clients.pop(key).close()
    if address.endswith(".db"):
        from milvus_lite.server_manager import server_manager_instance

        server_manager_instance.release_server(address)


def _check_address(address: str, create: bool) -> None:
    if address.endswith(".db"):
        if create:
            Path(address).parent.mkdir(parents=True, exist_ok=True)
        elif not Path(address).exists():
            raise StoreError(f"{address}: no index here; make it with `rag build`")
    elif not _ADDRESS.fullmatch(address):
        raise StoreError(f"store.address: {address!r} is no address of Milvus; write http://HOST:19530, or a file that ends in .db")


def _open_client(address: str, token: str) -> Any:
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise StoreError("store.backend milvus: pymilvus is missing; install it with `pip install 'wenbao[milvus]'`") from error
    for name in ("pymilvus", "milvus_lite"):  # their messages reappear in our exceptions
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with milvus_errors(address):
        return MilvusClient(address, token=token, timeout=_CONNECT_TIMEOUT)


@contextmanager
def milvus_errors(address: str) -> Iterator[None]:
    """Translates the exceptions of Milvus into :class:`StoreError`."""
    import grpc
    from pymilvus import MilvusException

    try:
        yield
    except (MilvusException, grpc.RpcError) as error:
        message = " ".join(str(getattr(error, "message", "") or error).split())
        raise StoreError(f"{address}: {_advice(address, message)} (Milvus: {message:.200})") from error


def _advice(address: str, message: str) -> str:
    if "Open local milvus failed" in message:
        return "cannot be opened; milvus-lite takes one process a file: end the other one, or run a Milvus server"
    if re.search(r"milvus.lite is required", message):
        return "a .db file needs milvus-lite; install it with `pip install 'wenbao[milvus]'`"
    if re.search(r"unauthenticated|auth check|permission", message, re.I):
        return "Milvus refuses the token; set the variable that store.token_env names to USER:PASSWORD"
    if re.search(r"unavailable|connect|deadline|timeout|timed out", message, re.I):
        return "no Milvus answers here; start it, or correct store.address"
    return "the request failed; if the index is damaged, make it anew: `rag build --fresh`"
