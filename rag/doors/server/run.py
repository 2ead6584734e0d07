"""Opens the server."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable

from rag.doors.server.guard import LOOPBACK
from rag.doors.service import Library
from rag.errors import ConfigError, RagError

TOKEN = "WENBAO_TOKEN"


def serve(
    library: Library, host: str, port: int, *, opened: Callable[[str], None] = lambda address: None, log_questions: bool = False
) -> None:
    """Serves every door at ``host:port`` until it is interrupted; ``port`` 0 takes any free one, ``opened`` is told the address.

    ``log_questions``: whether the log line of a request tells its question too.

    Raises :class:`ConfigError` where others could ask and no token is set, :class:`RagError` if the port is taken.
    """
    import uvicorn

    from rag.doors.server.app import create_app

    token = os.environ.get(TOKEN, "")
    check_reach(host, token)
    listening = _listening(host, port)
    port = listening.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    app = create_app(library, token=token, hosts=(*LOOPBACK, host), base_url=address, log_questions=log_questions)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3, server_header=False)
    opened(address)
    uvicorn.Server(config).run(sockets=[listening])


def check_reach(host: str, token: str) -> None:
    """Raises :class:`ConfigError` for an address that others can reach while no token protects it.

    >>> check_reach("127.0.0.1", "")
    """
    try:
        alone = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        alone = False
    if not alone and len(token) < 16:
        raise ConfigError(f"chat.host: {host} can be reached by others; set {TOKEN} to 16 or more secret characters first")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)  # from now on who connects is served as soon as the server runs
    except OSError as error:
        listening.close()
        told = error.strerror or error
        raise RagError(f"port {port} of {host} cannot be used ({told}); give another with --port, or 0 for any") from error
    listening.set_inheritable(True)
    return listening
