"""Hand open files to a worker process, so that it needs no access to the folders that they lie in.

Files are opened in the process that owns the library and go through a socket. Windows cannot do that: workers there
open the files themselves.
"""

import contextlib
import os
import queue
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mcsearch.photos.workers.protocol import Request

CAN_HAND_OVER = hasattr(socket, "send_fds")
_SIDECARS_AT_MOST = 32
_LINE_BYTES_AT_ONCE = 1 << 16
# Without O_NONBLOCK, a pipe that takes the place of a file at the last moment would block.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Handed:
    """A request with the descriptors of the files it names, the photo first, and the photo's size."""

    request: Request
    descriptors: tuple[int, ...]
    size_bytes: int

    def close(self) -> None:
        """Close the descriptors."""
        for descriptor in self.descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def open_files(request: Request) -> Handed:
    """Open a request's photo and those of its sidecars that can be read. Raises OSError for the photo."""
    descriptors = [_opened(request.path)]
    sidecars = []
    for sidecar in request.sidecars[:_SIDECARS_AT_MOST]:
        with contextlib.suppress(OSError):
            descriptors.append(_opened(sidecar))
            sidecars.append(sidecar)
    size_bytes = os.fstat(descriptors[0]).st_size
    return Handed(replace(request, sidecars=tuple(sidecars)), tuple(descriptors), size_bytes)


class Opener:
    """Opens files in a thread of its own, since opening a file on a disk that does not answer may take forever."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._opened: queue.SimpleQueue[Handed | OSError] = queue.SimpleQueue()
        self._is_given_up = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def open_files(self, request: Request, limit_s: float) -> Handed:
        """Do what `open_files` does. Raises TimeoutError, an OSError, after the limit; the opener then is of no use."""
        self._requests.put(request)
        try:
            opened = self._opened.get(timeout=limit_s)
        except queue.Empty:
            self.close()
            raise TimeoutError from None
        if isinstance(opened, OSError):
            raise opened
        return opened

    def close(self) -> None:
        """End the thread as soon as possible."""
        self._is_given_up.set()
        self._requests.put(None)

    def _serve(self) -> None:
        while (request := self._requests.get()) is not None:
            try:
                opened: Handed | OSError = open_files(request)
            except (OSError, ValueError) as error:  # ValueError: the path contains a NUL
                opened = error if isinstance(error, OSError) else OSError(0, "not a path")
            if self._is_given_up.is_set() and isinstance(opened, Handed):
                opened.close()
            self._opened.put(opened)


def send(channel: socket.socket, line: bytes, handed: Handed) -> None:
    """Send a request's line with its open files. Raises OSError if the worker has exited."""
    socket.send_fds(channel, [line[:1]], handed.descriptors)
    channel.sendall(line[1:])


def received(channel: socket.socket) -> Iterator[tuple[bytes, tuple[int, ...]]]:
    """Yield the lines that arrive with the descriptors that came with each, until the other side is closed."""
    line, descriptors = b"", list[int]()
    while True:
        part, came, _, _ = socket.recv_fds(channel, _LINE_BYTES_AT_ONCE, _SIDECARS_AT_MOST + 1)
        descriptors += came
        if not part:
            return
        line += part
        if line.endswith(b"\n"):
            yield line, tuple(descriptors)
            line, descriptors = b"", []


def _opened(path: str) -> int:
    """Open a regular file. Raises OSError for any other; a device or a pipe is not opened at all."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise _not_a_file(path)
    descriptor = os.open(path, _FLAGS)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise _not_a_file(path)


def _not_a_file(path: str) -> OSError:
    return IsADirectoryError(0, "it is a folder") if os.path.isdir(path) else OSError(0, "not a regular file")
