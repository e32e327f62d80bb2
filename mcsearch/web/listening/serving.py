"""Listen on an address and serve the application there, with limits on what a connection may take."""

import asyncio
import contextlib
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mcsearch.errors import UsageError
from mcsearch.web.listening.limits import Bounds

_BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; port 0 chooses a free one. Raises UsageError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)  # asyncio sends at once only if the protocol is known
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # on Windows, others could listen on the same address
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"The server cannot listen on {host}, port {port}: {reason}.", hint="Choose another --port."
        ) from None
    return listening


def server(app: ASGIApp, bounds: Bounds) -> uvicorn.Server:
    """Return the server of an application, to be run with `serve(sockets=[...])`."""
    connection = type("BoundedConnection", (_Connection,), {"bounds": bounds})
    config = uvicorn.Config(
        app, http=connection, ws="none", lifespan="on", log_level="critical", access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=bounds.idle_s, timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=bounds.head_bytes,
    )  # fmt: skip
    return uvicorn.Server(config)


class _Connection(H11Protocol):
    """A connection that is closed if the head of a request takes too long, or if there are too many of them."""

    bounds: Bounds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            transport.close()
            return
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_expecting()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._stop_expecting()
        wait_s = self.bounds.head_s + (self.bounds.idle_s if self.cycle is not None else 0)
        self._head_timer = self.loop.call_later(wait_s, self.transport.close)

    def _stop_expecting(self) -> None:
        with contextlib.suppress(AttributeError):
            self._head_timer.cancel()
