"""Embeds the passages of a build on a Ray cluster; each worker opens the same embedder.

::

    texts ─▶ chunks of similar length ─▶ workers (one process each, on any node) ─▶ vectors in the order of the texts

:mod:`rag.index.build` reads, saves and resumes. A worker that dies is replaced, and its chunk is embedded again.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import ModelError, RagError
from rag.index.embed.embedder import Embedder, open_embedder
from rag.index.embed.torch_encoder import has_gpu

if TYPE_CHECKING:
    from rag.config import Config, Embedding

log = logging.getLogger(__name__)

_CHUNK = 64  # texts that a worker embeds at a time; up to this many are embedded locally, which is as fast
_TEXTS_PER_WORKER = 512  # texts of each worker between two saves
_MAX_THREADS = 4  # processors of a worker; every worker holds a copy of the model
_MAX_DEATHS = 3  # workers that die on the same chunk before the build gives up
_CONNECT_TIMEOUT = 5.0  # seconds to connect to the address of the cluster
_WORKER_TIMEOUT = 600.0  # seconds without a result of any worker; the first call may fetch the model
_OBJECT_STORE = 256 << 20  # bytes of shared memory of a local Ray; the vectors of a chunk take 0.1 MB

Opener = Callable[[int], Embedder]


@contextmanager
def for_building(embedder: Embedder, config: Config) -> Iterator[Embedder]:
    """Yields the embedder for a build: the given one, one on a GPU, or with ``build.backend: ray`` one on the cluster."""
    if config.build.backend == "local":
        settings = config.embedding
        on_gpu = settings.device == "auto" and settings.backend != "openvino" and has_gpu()
        yield open_embedder(settings.model_copy(update={"device": "cuda"}), offline=config.models.offline) if on_gpu else embedder
        return
    with closing(RayEmbedder(embedder, config)) as on_cluster:
        yield on_cluster


class RayEmbedder:
    """An embedder whose passages are embedded by the workers of a Ray cluster; questions are embedded locally.

    Ray starts with the first batch that is large enough; :meth:`close` ends it.
    """

    def __init__(self, local: Embedder, config: Config, opener: Opener | None = None) -> None:
        """``opener(threads)`` opens the same embedder in a worker; it is sent there pickled."""
        self.dimension, self.fingerprint = local.dimension, local.fingerprint
        self._local, self._settings = local, config.build
        self._opener = opener or embedder_opener(config)
        self._pool: _Pool | None = None

    @property
    def batch(self) -> int:
        """Returns the number of texts between two saves: several chunks for each worker."""
        return max(self._local.batch, _TEXTS_PER_WORKER * self._pool.size if self._pool else 0)

    def queries(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        return self._local.queries(texts)

    def interaction(self, question: str, passages: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        return self._local.interaction(question, passages)

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds passages: ``(n, dim) float32`` in their order. Raises :class:`ModelError` if the cluster fails."""
        if len(texts) <= _CHUNK:
            return self._local.passages(texts)
        try:
            return self._embed_on_cluster(texts)
        except BaseException as error:
            self.close()  # its workers may still be busy
            if isinstance(error, RagError) or not isinstance(error, Exception):
                raise
            raise ModelError(f"the Ray cluster is lost ({_one_line(error)}); see `ray status`, then run `rag build` again: "
                             "it goes on where it stopped") from error

    def close(self) -> None:
        """Ends the workers, and Ray if this object started it."""
        if self._pool:
            self._pool.close()
            self._pool = None

    def _embed_on_cluster(self, texts: Sequence[str]) -> np.ndarray:
        if not self._pool:
            self._pool = _Pool(self._settings.address, self._settings.workers, self.fingerprint, self._opener)
        chunks = chunks_of([len(text) for text in texts], _CHUNK)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for at, found in self._pool.embedded([[texts[row] for row in rows] for rows in chunks]):
            vectors[chunks[at]] = found
        return vectors


def embedder_opener(config: Config) -> Opener:
    """Returns a function that opens the configured embedder in a worker."""
    return partial(_open, config.embedding, config.models.offline)


def _open(settings: Embedding, offline: bool, threads: int) -> Embedder:
    return open_embedder(settings, offline=offline, threads=threads)


def chunks_of(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Returns positions in chunks of at most ``size`` texts of similar length, longest first to balance the workers.

    >>> chunks_of([3, 9, 4, 5], 2)
    [[1, 3], [2, 0]]
    """
    rows = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def workers_for(processors: Sequence[int], wanted: int) -> tuple[int, int]:
    """Returns how many workers fit the nodes of a cluster, and the threads of each; ``wanted`` 0 means as many as fit.

    >>> workers_for([16, 16], 0), workers_for([2], 2), workers_for([2, 0, 64], 0), workers_for([6, 6], 3)
    ((8, 4), (2, 1), (16, 4), (3, 3))
    """
    for threads in range(min(_MAX_THREADS, max(processors, default=1)), 1, -1):
        capacity = sum(count // threads for count in processors)
        if capacity >= max(wanted, 1):
            return wanted or capacity, threads
    return wanted or max(1, sum(processors)), 1


class _Worker:
    """The process of a worker."""

    def __init__(self, opener: Opener, threads: int, fingerprint: str) -> None:
        self._opener, self._threads, self._fingerprint = opener, threads, fingerprint
        self._embedder: Embedder | None = None

    def ready(self) -> None:
        """Opens the embedder. Raises :class:`ModelError` if its fingerprint differs from the one of the build."""
        embedder = self._embedder or self._opener(self._threads)
        if embedder.fingerprint != self._fingerprint:
            raise ModelError(
                f"{socket.gethostname()}: other weights or settings than here ({embedder.fingerprint}, not {self._fingerprint}); "
                "put the same model and the same version of wenbao on that node")
        self._embedder = embedder

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds passages: ``(n, dim) float32``."""
        assert self._embedder, "ready() comes first"
        return self._embedder.passages(texts)


class _Pool:
    """The workers. An idle worker gets the next chunk; a dead one is replaced."""

    def __init__(self, address: str, wanted: int, fingerprint: str, opener: Opener) -> None:
        self._ray = _import_ray(address)
        self._cluster = None if self._ray.is_initialized() else _Cluster(self._ray, address, wanted)
        nodes = [int(node["Resources"].get("CPU", 0)) for node in self._ray.nodes() if node["Alive"]]
        self.size, threads = workers_for(nodes, wanted)
        log.info("%d workers with %d threads each", self.size, threads)
        worker_class = self._ray.remote(_Worker).options(num_cpus=threads)
        self._new_worker = partial(worker_class.remote, opener, threads, fingerprint)
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, int | None]] = {}  # pending call → worker, chunk (None: the call of `ready`)

    def embedded(self, chunks: Sequence[Sequence[str]]) -> Iterator[tuple[int, np.ndarray]]:
        """Yields the position and the vectors of each chunk as it finishes."""
        for _ in range(len(self._idle) + len(self._busy), self.size):
            self._await_ready(self._new_worker())
        waiting, remaining, deaths = deque(range(len(chunks))), len(chunks), Counter[int]()
        while remaining:
            while waiting and self._idle:
                worker, at = self._idle.pop(), waiting.popleft()
                self._busy[worker.passages.remote(chunks[at])] = worker, at
            done = self._next()
            worker, chunk = self._busy.pop(done)
            try:
                found = self._result(done)
            except _WorkerDied as error:
                self._replace(worker, chunk, error, deaths)
                waiting.extend([] if chunk is None else [chunk])
                continue
            self._idle.append(worker)
            if chunk is not None:
                remaining -= 1
                yield chunk, found

    def _await_ready(self, worker: Any) -> None:
        """Waits for a worker to open its embedder; it then becomes idle."""
        self._busy[worker.ready.remote()] = worker, None

    def _next(self) -> Any:
        done, _ = self._ray.wait(list(self._busy), num_returns=1, timeout=_WORKER_TIMEOUT)
        if not done:
            raise ModelError(f"no worker of the Ray cluster said anything for {_WORKER_TIMEOUT:.0f} s; see `ray status` for free "
                             "processors, and lower build.workers")
        return done[0]

    def _result(self, done: Any) -> Any:
        """Returns the result of a call.

        Raises :class:`_WorkerDied` if the worker is gone, :class:`ModelError` if the call failed.
        """
        from ray.exceptions import RayError, RayTaskError

        try:
            return self._ray.get(done)
        except RayTaskError as error:
            if isinstance(error.cause, RagError):
                raise ModelError(str(error.cause)) from error
            raise ModelError(f"a worker of the Ray cluster failed ({_one_line(error.cause)}); "
                             "install the same version of wenbao on every node") from error
        except RayError as error:
            raise _WorkerDied(_one_line(error)) from error

    def _replace(self, worker: Any, chunk: int | None, error: _WorkerDied, deaths: Counter[int]) -> None:
        """Replaces a worker that died on a chunk; one that died before it was ready is replaced with the next batch."""
        log.warning("a worker died: %s", error)
        self._ray.kill(worker)
        while self._idle:  # their node may be gone too
            self._await_ready(self._idle.pop())
        if chunk is not None:
            deaths[chunk] += 1
            self._await_ready(self._new_worker())
        if not self._busy or max(deaths.values(), default=0) >= _MAX_DEATHS:
            raise ModelError(f"workers of the Ray cluster die ({error}); see its logs and the memory of its nodes, "
                             "lower build.workers or set build.backend to local") from error

    def close(self) -> None:
        """Ends the workers, and the connection if this object opened it."""
        for worker in [*self._idle, *(worker for worker, _ in self._busy.values())]:
            with suppress(Exception):  # the cluster may be lost; the first error is the one to report
                self._ray.kill(worker)
        if self._cluster:
            self._cluster.close()


class _WorkerDied(Exception):
    """A worker process is gone."""


class _Cluster:
    """Ray, started on this machine or connected to by address."""

    def __init__(self, ray: Any, address: str, wanted: int) -> None:
        if address:
            _check_reachable(address)
        self._ray, self._folder = ray, "" if address else tempfile.mkdtemp(prefix="wenbao-")
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **(
                {"address": address} if address else self._local_options(wanted)))
        except Exception as error:  # the exceptions of ray.init have no common base
            self.close()
            raise ModelError(f"{_connection_advice(address)}, or set build.backend to local ({_one_line(error)})") from error
        # Otherwise Ray prints the death of a worker to stdout, into the output of `--json`.
        ray._private.worker._worker_logs_enabled = False

    def _local_options(self, wanted: int) -> dict[str, Any]:
        return {"address": "local", "num_cpus": max(wanted, os.cpu_count() or 1), "include_dashboard": False,
                "object_store_memory": _OBJECT_STORE, "_temp_dir": self._folder}

    def close(self) -> None:
        """Disconnects. A local Ray ends, and its logs are deleted."""
        self._ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _connection_advice(address: str) -> str:
    if not address:
        return "Ray cannot be started here; make room in memory and in the temporary folder"
    return (f"{address}: is not a Ray cluster that lets this machine in; take the same versions of Ray and Python, "
            "set RAY_AUTH_MODE=token if it wants a token")


def _import_ray(address: str) -> Any:
    """Imports Ray after setting its environment variables, which it reads at import."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "2")  # of 40 s each, if something else listens at the address
    if not address:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # listen on loopback only, on every system
    try:
        import ray
    except ImportError as error:
        raise ModelError("build.backend ray: Ray is not installed; run `pip install 'wenbao[cluster]'`, "
                         "or set build.backend to local") from error
    return ray


def _check_reachable(address: str) -> None:
    """Raises :class:`ModelError` if nothing listens at the address; Ray itself would retry for minutes."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").partition("/")[0].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_TIMEOUT).close()
    except (OSError, ValueError) as error:
        raise ModelError(f"{address}: no Ray cluster answers here ({error}); run `ray start --head` there, or set build.address "
                         "to its host:port") from error


def _one_line(error: BaseException) -> str:
    """Formats an exception of another library in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
