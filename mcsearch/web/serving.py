"""Listen on an address and serve the application there, with limits on what a connection may take."""

import asyncio
import contextlib
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mcsearch.errors import UsageError

CONNECTIONS = 512
# How long a client may take for the head of a request, and leave a connection idle.
HEAD_S = 10.0
IDLE_S = 15
HEAD_BYTES = 32_768


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; port 0 chooses a free one. Raises UsageError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # on Windows, others could listen on the same address
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(CONNECTIONS)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"The server cannot listen on {host}, port {port}: {reason}.", hint="Choose another --port."
        ) from None
    return listening


def server(app: ASGIApp, **more: Any) -> uvicorn.Server:
    """Return the server of an application, to be run with `serve(sockets=[...])`."""
    config = uvicorn.Config(
        app, http=_Connection, ws="none", lifespan="on", log_level="critical", access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=IDLE_S, timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=HEAD_BYTES, **more,
    )  # fmt: skip
    return uvicorn.Server(config)


class _Connection(H11Protocol):
    """A connection that is closed if the head of a request takes too long, or if there are too many of them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
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
        self._head_timer = self.loop.call_later(HEAD_S + IDLE_S * (self.cycle is not None), self.transport.close)

    def _stop_expecting(self) -> None:
        with contextlib.suppress(AttributeError):
            self._head_timer.cancel()
