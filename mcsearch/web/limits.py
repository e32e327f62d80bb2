"""Limits on what one request may cost: the size of its body, the time it takes, and how many there are at once."""

import asyncio
import math

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcsearch.web.answers import Refusal

BODY_BYTES = 2_000_000
UPLOAD_BYTES = 64_000_000
AT_ONCE = 256
# A client may take this long for each part of a body or of an answer, and for a body as a whole.
PART_S = 10.0
BODY_S = 30.0
_SLOWEST_BYTES_PER_S = 500_000
_LARGE = {"/api/v1/uploads": UPLOAD_BYTES}


class Limits:
    """ASGI middleware that refuses requests which are too large, too slow, or too many."""

    def __init__(self, app: ASGIApp, *, at_once: int = AT_ONCE, part_s: float = PART_S, body_s: float = BODY_S) -> None:
        self._app, self._at_once, self._part_s, self._body_s = app, at_once, part_s, body_s
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._running >= self._at_once:
            await Refusal("overload", "There are too many requests at once. Try again.").answer()(scope, receive, send)
            return
        request = _Request(scope, receive, send, self._part_s, self._body_s)
        self._running += 1
        try:
            await self._app(scope, request.receive, request.send)
        except Exception:
            if not request.is_gone:
                raise
        finally:
            self._running -= 1


class _Request:
    def __init__(self, scope: Scope, receive: Receive, send: Send, part_s: float, body_s: float) -> None:
        self._receive, self._send, self._part_s = receive, send, part_s
        self._at_most = _LARGE.get(scope["path"], BODY_BYTES)
        length = Headers(scope=scope).get("content-length", "")
        self._announced = int(length) if length.isascii() and length.isdigit() else 0
        self._read = 0
        self._until = asyncio.get_running_loop().time() + body_s + self._announced / _SLOWEST_BYTES_PER_S
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
