"""What every answer wears: a request id, security headers, a count; and HEAD as GET without a body.

Plain ASGI around the whole app, so that it also covers what the router itself refuses. A metric's
labels are the method, the route's template and the status: never an id, never a path as it came.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from copy import copy
from typing import Any, Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram
from structlog.contextvars import bound_contextvars

from engage.api.file_names import inside
from engage.clock import Clock, fresh_id, monotonic_seconds

REQUEST_ID: Final = b"x-request-id"
_OWN_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_STREAMS: Final = frozenset({"/v1/events"})
"""Addresses that answer for hours: HEAD is not offered there."""

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_SECURE: Final = (b"strict-transport-security", b"max-age=31536000")


class Metrics:
    """The counters of one app; each app has its own, so that two in one process do not mix."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "engage_http_requests",
            "Requests answered.",
            ("method", "route", "http_status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "engage_http_request_seconds",
            "How long an answer took to begin.",
            ("method", "route"),
            registry=self.registry,
        )


class Envelope:
    """Wraps the app; one per app."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        metrics: Metrics,
        methods: Mapping[str, Iterable[str]],
        secure: bool,
    ) -> None:
        """Take the app inside, a clock for request ids, the counters, and whether we are https.

        `methods` are those that each route's template takes.
        """
        self._app = app
        self._clock = clock
        self._metrics = metrics
        self._methods = methods
        self._headers = (*_HEADERS, _SECURE) if secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked: str = scope["method"]
        without_body = asked == "HEAD" and scope["path"] not in _STREAMS
        began = monotonic_seconds()
        request_id = self._request_id(scope)
        # A copy: the server goes by its own, and would miss the body that HEAD has not.
        inner = copy(scope) if without_body else scope
        inner["path"] = inside(inner["path"])
        if without_body:
            inner["method"] = "GET"  # type: ignore[typeddict-item] # litestar's enum of methods

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [self._allowed(inner, pair) for pair in message.get("headers", ())]
                worn = {name.lower() for name, _ in headers}
                headers += [pair for pair in self._headers if pair[0] not in worn]
                message["headers"] = [*headers, (REQUEST_ID, request_id)]
                self._count(inner, asked, message["status"], monotonic_seconds() - began)
            elif without_body and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        with bound_contextvars(request=request_id.decode()):
            await self._app(inner, receive, dressed)

    def _allowed(
        self, scope: MutableMapping[str, Any], header: tuple[bytes, bytes]
    ) -> tuple[bytes, bytes]:
        # Litestar forgets the methods of handlers that were registered after the first of a path.
        name, value = header
        if name.lower() != b"allow":
            return header
        methods = {one.strip() for one in value.decode("ascii").split(",")}
        methods |= {*self._methods.get(str(scope.get("path_template")), ())}
        if "GET" in methods and scope["path"] not in _STREAMS:
            methods.add("HEAD")
        return name, ", ".join(sorted(methods)).encode()

    def _request_id(self, scope: Scope) -> bytes:
        # Only a UUID is taken over: anything else could be a name, a number or a log line.
        given = [value for name, value in scope["headers"] if name == REQUEST_ID]
        if len(given) == 1 and _OWN_ID.fullmatch(given[0]):
            return given[0]
        return str(fresh_id(self._clock)).encode()

    def _count(
        self, scope: MutableMapping[str, Any], method: str, status: int, took: float
    ) -> None:
        verb = method if method in _METHODS else "other"
        route = str(scope.get("path_template") or "none")
        self._metrics.requests.labels(verb, route, str(status)).inc()
        self._metrics.seconds.labels(verb, route).observe(took)
