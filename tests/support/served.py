"""A server in a thread of the test process, on a free port of loopback, and raw requests to it."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from mcsearch.web.app import make_app
from mcsearch.web.listening.guard import Access
from mcsearch.web.listening.limits import Bounds
from mcsearch.web.listening.serving import listen, server
from mcsearch.web.service import open_service


@dataclass(frozen=True)
class Served:
    """A running server: the port it listens on, and a client."""

    port: int
    client: httpx.Client

    @property
    def host(self) -> str:
        """What the Host header of a request to it says."""
        return f"127.0.0.1:{self.port}"

    def raw(self, request: bytes, timeout_s: float = 10.0) -> bytes:
        """The answer to the bytes of a request, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout_s) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def raw_get(self, path: str, host: str | None = None, **headers: str) -> bytes:
        """The answer to a GET of a path, sent as it is."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {host or self.host}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return self.raw("\r\n".join([*lines, "", ""]).encode())


def status_of(answer: bytes) -> int:
    """The status of an answer as it was received."""
    return int(answer.split(b" ", 2)[1])


@contextlib.contextmanager
def serving(
    file: Path, cache: Path | None, access: Access | None = None, bounds: Bounds | None = None
) -> Iterator[Served]:
    """Serve a library within the block."""
    access, bounds = access or Access(), bounds or Bounds()
    listening = listen("127.0.0.1", 0)
    running = server(make_app(open_service(file, cache), access, bounds), bounds)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[listening])), daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = listening.getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield Served(port, client)
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()
