"""Threads that read the library, each with a connection of its own, since SQLite's connections are not shared."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.cluster.sharded import ClusterSearch, VectorShards
from mcsearch.ops.model import Encode
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.web.answers import Refusal

_Answer = TypeVar("_Answer")

LIMIT_S = 30.0
# How long a job may wait for a thread.
_QUEUE_S = 120.0


class Readers:
    """A few threads with the library open. `encode` gives the vectors of prompts. A job that takes long is stopped.

    With `shards`, a cluster scans the vectors.
    """

    def __init__(
        self,
        file: Path,
        cache: Path | None,
        count: int,
        encode: Encode | None = None,
        limit_s: float = LIMIT_S,
        *,
        shards: VectorShards | None = None,
    ) -> None:
        self._shards = shards
        self._encode = encode
        self._file, self._cache, self._limit_s = file, cache, limit_s
        self._own = threading.local()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="reader")

    async def ask(self, job: Callable[[OpenLibrary], _Answer]) -> _Answer:
        """Return what a job returns for the library. Raises what it raises, and Refusal if it takes too long."""
        running: list[OpenLibrary] = []

        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def run() -> _Answer:
            loop.call_soon_threadsafe(begun.set)
            opened = self._opened()
            running.append(opened)
            try:
                return job(opened)
            finally:
                running.clear()

        future = self._threads.submit(run)
        try:
            await asyncio.wait_for(begun.wait(), _QUEUE_S)
            return await asyncio.wait_for(asyncio.wrap_future(future), self._limit_s)
        except TimeoutError:
            future.cancel()
            for opened in list(running):
                opened.file.interrupt()
            raise Refusal("overload", "The answer took too long. Try again, or ask for less.") from None
        except sqlite3.Error as error:
            raise Refusal("library", f"The library cannot be used: {error}.") from None

    def close(self) -> None:
        """End the threads and close their connections."""
        self._threads.shutdown(cancel_futures=True)

    def _opened(self) -> OpenLibrary:
        opened: OpenLibrary | None = getattr(self._own, "opened", None)
        if opened is None:
            opened = self._own.opened = OpenLibrary(LibraryFile(self._file, cache=self._cache))
            opened.models.encode, opened.models.keep_prompts = self._encode, False
            opened.cluster = None if self._shards is None else ClusterSearch(self._shards)
        return opened
