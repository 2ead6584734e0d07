"""What every request passes, whichever door it takes: host, origin, token, size; it is counted, timed and logged on the way.

Pure ASGI, so that a stream is neither held back nor outlives its client.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.doors.server import gradio_door
from rag.doors.server.problems import body_of

log = logging.getLogger("rag.doors.server.requests")

COOKIE = "wenbao"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OPEN = ("/static/", "/favicon.ico")  # the desk's own files hold nothing of the archive
_JSON = 1_000_000  # bytes of a body; an answer with its quotations has some 50,000
_UPLOAD = 21_000_000  # bytes of a body with files: the 20 MB that the desk names, and the form around them
_UPLOADING = ("/api/sources", "/api/sources/preview", "/api/batch")
_POLICY = ("default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
           "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
            "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}


class Meters:
    """The figures of ``/metrics``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("wenbao_requests", "Requests", ["door", "status"], registry=self.registry)
        self.seconds = Histogram("wenbao_request_seconds", "Seconds of a request", ["door"], registry=self.registry,
                                 buckets=(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30))
        self.open = Gauge("wenbao_open_requests", "Requests that are being answered", registry=self.registry)
        self.waiting = Gauge("wenbao_questions_waiting", "Questions that wait for their turn", registry=self.registry)
        self.answers = Counter("wenbao_answers", "Answers", ["outcome"], registry=self.registry)
        self.first = Histogram("wenbao_evidence_seconds", "Seconds until the evidence is shown", registry=self.registry,
                               buckets=(.05, .1, .25, .5, 1, 2.5, 5, 10))


class Guard:
    """The outermost layer of the server.

    ``token``: what a client must show, ``""`` for nobody; ``hosts``: the names by which the server may be addressed where no
    token protects it (a page of another site cannot make its own name point here).
    """

    def __init__(self, app: ASGIApp, *, token: str = "", hosts: Iterable[str] = LOOPBACK, meters: Meters | None = None) -> None:
        self._app, self._token, self._hosts = app, token, frozenset(hosts)
        self._meters = meters or Meters()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or turns it down."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._entry(scope) or self._refusal(scope)
        request = _Watched(scope, receive, send, self._meters, _limit(scope["path"]))
        try:
            if refused is not None:
                await refused(scope, receive, request.send)
            else:
                await self._app(scope, request.receive, request.send)
        finally:
            request.done()

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._token and _name(host) not in self._hosts:
            return _refused(403, "foreign_origin", f"{_name(host)!r} is no name of this server; open it as 127.0.0.1 or localhost")
        if _is_foreign(headers, host, scope["path"]):
            return _refused(403, "foreign_origin", "asked from a page of another site; open the desk itself")
        if self._token and not scope["path"].startswith(_OPEN) and not self._is_known(headers):
            return _refused(401, "token_needed", "a token is needed; open the desk with ?token=…, or send it as Authorization: Bearer")
        if scope["path"].startswith(gradio_door.PATH) and not gradio_door.is_open(scope["path"]):
            return _refused(404, "not_found", "this part of Gradio is closed here; use /api")
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > _limit(scope["path"]):
            return _refused(413, "too_large", f"more than {_limit(scope['path']) // 1_000_000} MB; send less at a time")
        return None

    def _entry(self, scope: Scope) -> Response | None:
        """``/?token=…`` gives the browser a cookie in exchange, so that the token does not stay in its history."""
        shown = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not self._token or scope["path"] != "/" or not hmac.compare_digest(shown.encode(), self._token.encode()):
            return None
        entry = RedirectResponse("/", 303)
        entry.set_cookie(COOKIE, _sealed(self._token), httponly=True, samesite="strict", max_age=30 * 86_400)
        return entry

    def _is_known(self, headers: Headers) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ").encode()
        cookies = dict(part.strip().partition("=")[::2] for part in headers.get("cookie", "").split(";"))
        sealed = cookies.get(COOKIE, "").encode("latin-1", "replace")
        return hmac.compare_digest(bearer, self._token.encode()) or hmac.compare_digest(sealed, _sealed(self._token).encode())


class _Watched:
    """One request: what it receives is counted, what it sends gets its headers, and at the end it is logged."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, meters: Meters, limit: int) -> None:
        self.limit, self.status = limit, 0
        self._scope, self._receive, self._send, self._meters = scope, receive, send, meters
        self._read, self._began = 0, time.perf_counter()
        meters.open.inc()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            if self._read > self.limit:
                raise HTTPException(413, f"more than {self.limit // 1_000_000} MB; send less at a time")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            policy = gradio_door.POLICY if self._scope["path"].startswith(gradio_door.PATH) else _POLICY
            headers.setdefault("Content-Security-Policy", policy)
            if self._scope["path"].startswith("/api/"):
                headers.setdefault("Cache-Control", "no-store")
        await self._send(message)

    def done(self) -> None:
        seconds, door = time.perf_counter() - self._began, _door(self._scope)
        self._meters.open.dec()
        self._meters.requests.labels(door, str(self.status)).inc()
        self._meters.seconds.labels(door).observe(seconds)
        log.info("%s", json.dumps({
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "method": self._scope["method"], "door": door,
            "status": self.status, "seconds": round(seconds, 4), "bytes": self._read,
            **self._scope.get("state", {}).get("told", {})}, ensure_ascii=False))


def _door(scope: Scope) -> str:
    """Returns the route that was taken, without the ids in it; for what no route took, only its first folder."""
    route = scope.get("route")
    return getattr(route, "path", "") or "/" + scope["path"].split("/")[1][:20] if route else "/other"


def _limit(path: str) -> int:
    return _UPLOAD if path.rstrip("/") in _UPLOADING else _JSON


def _name(host: str) -> str:
    """Returns the name in a ``Host`` header, without its port."""
    return urlsplit(f"//{host}").hostname or "" if host.isprintable() and "@" not in host else ""


def _is_foreign(headers: Headers, host: str, path: str) -> bool:
    """Tells whether a browser says that a page of another origin asks."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return True
    site = headers.get("sec-fetch-site", "none")
    return (site not in ("none", "same-origin") and headers.get("sec-fetch-mode") != "navigate") or (
        site == "cross-site" and path.startswith(("/api/", "/v1/", "/mcp")))


def _refused(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse(body_of(code, message), status)


def _sealed(token: str) -> str:
    return hashlib.sha256(f"wenbao cookie {token}".encode()).hexdigest()
