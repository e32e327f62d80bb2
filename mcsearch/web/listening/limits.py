"""Limits on what one request may cost: the size of its body, the time it takes, and how many there are at once."""

import asyncio
import math
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcsearch.web.answers import Refusal

_SLOWEST_BYTES_PER_S = 500_000
_UPLOADS = "/api/v1/uploads"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What clients may cost a server.

    A client may take `head_s` for the head of a request, `part_s` for each part of a body or of an answer, and `body_s`
    for a body as a whole (more for a large one), and leave a connection idle for `idle_s`.
    """

    head_bytes: int = 32_768
    body_bytes: int = 2_000_000
    upload_bytes: int = 64_000_000
    requests: int = 256
    connections: int = 512
    head_s: float = 10.0
    part_s: float = 10.0
    body_s: float = 30.0
    idle_s: int = 15


class Limits:
    """ASGI middleware that refuses requests which are too large, too slow, or too many."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app, self._bounds = app, bounds
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._running >= self._bounds.requests:
            await Refusal("overload", "There are too many requests at once. Try again.").answer()(scope, receive, send)
            return
        if _head_bytes(scope) > self._bounds.head_bytes:
            await Refusal("too_large", "The head of the request is too large.").answer()(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # is answered like GET; the server leaves out the body
            scope = {**scope, "method": "GET"}
        request = _Request(scope, receive, send, self._bounds)
        self._running += 1
        try:
            await self._app(scope, request.receive, request.send)
        except Exception:
            if not request.is_gone:
                raise
        finally:
            self._running -= 1


def _head_bytes(scope: Scope) -> int:
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return fields + len(scope["path"]) + len(scope.get("query_string", b""))


class _Request:
    def __init__(self, scope: Scope, receive: Receive, send: Send, bounds: Bounds) -> None:
        self._receive, self._send, self._part_s = receive, send, bounds.part_s
        self._at_most = bounds.upload_bytes if scope["path"] == _UPLOADS else bounds.body_bytes
        length = Headers(scope=scope).get("content-length", "")
        self._announced = int(length) if length.isascii() and length.isdigit() else 0
        self._read = 0
        self._until = asyncio.get_running_loop().time() + bounds.body_s + self._announced / _SLOWEST_BYTES_PER_S
        self._is_complete = False
        self.is_gone = False

    async def receive(self) -> Message:
        if self._announced > self._at_most:
            raise self._too_large()
        if self._is_complete:  # now only waits for the client to leave
            return await self._receive()
        left_s = self._until - asyncio.get_running_loop().time()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, min(self._part_s, left_s)))
        except TimeoutError:
            raise Refusal("timeout", "The request took too long to arrive.") from None
        self._read += len(message.get("body", b""))
        if self._read > self._at_most:
            raise self._too_large()
        self._is_complete = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        try:
            await asyncio.wait_for(self._send(message), self._part_s)
        except TimeoutError:
            self.is_gone = True
            raise

    def _too_large(self) -> Refusal:
        return Refusal("too_large", f"The body is larger than {math.floor(self._at_most / 1e6)} MB.")
