"""Decode and embed many files at once: worker processes decode, and separate threads run the image tower.

The caller's thread feeds both and collects the outcomes. It never runs the tower itself, so it stays free to write to
SQLite and to react to Ctrl-C.
"""

import contextlib
import math
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsearch.models.towers import embed_pixels
from mcsearch.ops.indexing.executor import Embedded, Outcome
from mcsearch.ops.model import ModelInUse
from mcsearch.photos.workers.outcomes import Decoded, FactsRead, Hashed, TextRead, Undecodable
from mcsearch.photos.workers.pool import DecodePool
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import ScannedFile
from mcsearch.search.signatures import PIXELS, signature

if TYPE_CHECKING:
    from mcsearch.models.engines import Engine
    from mcsearch.models.towers import ImageTower

# The batch size that is assumed until the tower is loaded and its own is known.
_FIRST_BATCH_SIZE = 16
# One batch runs while the next one waits (or both run, if the tower has several streams), so that the tower is never
# idle when a batch ends.
_BATCHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Progress:
    """What the model's progress callback was called with in the tower's thread; the caller's thread passes it on."""

    stage: str
    done: int
    total: int | None


# None means that there is nothing new, or that the tower is loaded; an exception, that it cannot
# be loaded or that embedding failed.
_Event = Decoded | Hashed | FactsRead | TextRead | Undecodable | list[Embedded] | _Progress | BaseException | None


class Pipeline:
    """The Executor of one machine.

    The tower starts loading when the first file to decode is submitted, in parallel with the decoding; `tower` is None
    until it is loaded, and `ready_at` is the time.monotonic() of that. `settled` raises what loading or embedding
    raised. `spent_s` holds the seconds spent on "read" and "decode", summed over all decoders, and on "load", "wait"
    and "engine" in the tower's threads.
    """

    def __init__(
        self, model: ModelInUse, workers: int, batch_size: int | None, max_megapixels: int | None = None
    ) -> None:
        self.tower: ImageTower | None = None
        self.engine: Engine | None = None
        self.workers, self.warnings = workers, list[str]()
        self.ready_at: float | None = None
        self.spent_s: dict[str, float] = dict.fromkeys(("read", "decode", "load", "wait", "engine"), 0.0)
        self._model, self._batch_size = model, batch_size
        self._events: queue.Queue[_Event] = queue.Queue()
        self._batches: queue.Queue[list[Decoded] | None] = queue.Queue()
        self._pool = DecodePool(
            workers,
            model.entry.preprocessing.framing,
            self._events.put,
            whole_side=PIXELS,
            max_megapixels=max_megapixels,
        )
        self._threads = [threading.Thread(target=self._load_and_run_tower, name="tower", daemon=True)]
        self._lock = threading.Lock()
        self._reading = 0
        self._decoded: list[Decoded] = []
        self._embedding = 0

    @property
    def in_flight(self) -> int:
        """The number of files that were submitted and whose outcome has not been returned yet."""
        return self._reading + len(self._decoded) + self._embedding

    @property
    def has_room(self) -> bool:
        """Whether another file may be submitted; False when enough files are in memory to keep everything busy."""
        return self.room > 0

    @property
    def room(self) -> int:
        """The number of files that may be submitted."""
        return 4 * self.workers + (_BATCHES_AT_ONCE + 1) * self._current_batch_size - self.in_flight

    def submit(self, file: ScannedFile, task: Task) -> None:
        """Start to read a file; its picture is embedded if the task is to "decode"."""
        if task == "decode" and self._threads[0].ident is None:
            self._threads[0].start()
        self._reading += 1
        self._pool.submit(file, task)

    def settled(self, wait_s: float = math.inf) -> list[Outcome]:
        """Wait for at least one outcome, at most for `wait_s` seconds, and return all that are available.

        Call it only with files in flight.
        """
        outcomes: list[Outcome] = []
        deadline = time.monotonic() + wait_s
        while not outcomes and (left := deadline - time.monotonic()) > 0:
            outcomes += self._take(self._next_event(left))
            with contextlib.suppress(queue.Empty):
                while True:
                    outcomes += self._take(self._events.get_nowait())
        return outcomes

    def close(self, grace_s: float = 0.0) -> list[Outcome]:
        """Stop at once, and return what the tower still finishes within `grace_s` seconds."""
        self._pool.close()
        for _ in range(_BATCHES_AT_ONCE):
            self._batches.put(None)
        outcomes: list[Outcome] = []
        deadline = time.monotonic() + grace_s
        while self._embedding and (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                event = self._events.get(timeout=left)
                if isinstance(event, list):
                    self._embedding -= len(event)
                    outcomes += event
        if self.tower is not None and not self._embedding:
            for thread in self._threads:  # the process would crash if it ended while they release the tower
                thread.join()
        return outcomes

    @property
    def _current_batch_size(self) -> int:
        return self._batch_size or (self.tower.engine.batch_size if self.tower else _FIRST_BATCH_SIZE)

    def _next_event(self, wait_s: float) -> "_Event":
        """Return the next event, or None after a while; on Windows Ctrl-C cannot interrupt a wait without timeout."""
        try:
            return self._events.get(timeout=min(wait_s, 0.5))
        except queue.Empty:
            return None

    def _take(self, event: "_Event") -> list[Outcome]:
        outcomes: list[Outcome] = []
        if isinstance(event, BaseException):
            raise event
        if isinstance(event, list):
            self._embedding -= len(event)
            outcomes += event
        elif isinstance(event, _Progress):
            self._model.progress(event.stage, event.done, event.total)
        elif isinstance(event, Decoded):
            self._reading -= 1
            self.spent_s["read"] += event.read_s
            self.spent_s["decode"] += event.decode_s
            self._decoded.append(event)
        elif event is not None:
            assert not isinstance(event, TextRead)  # no task of this pipeline
            self._reading -= 1
            outcomes.append(event)
        self._feed_tower()
        return outcomes

    def _feed_tower(self) -> None:
        """Give full batches to the tower, and a smaller one only when no more files are being decoded."""
        if self.tower is None:
            return
        size = self._current_batch_size
        while self._embedding < _BATCHES_AT_ONCE * size and (
            len(self._decoded) >= size or (self._decoded and not self._reading)
        ):
            batch, self._decoded = self._decoded[:size], self._decoded[size:]
            self._embedding += len(batch)
            self._batches.put(batch)

    def _load_and_run_tower(self) -> None:
        try:
            with self._timed("load"):
                tower = self._model.load_image_tower(lambda *reached: self._events.put(_Progress(*reached)))
            if tower.engine.streams > 1:
                second = threading.Thread(target=self._run_tower, args=(tower,), name="tower", daemon=True)
                second.start()
                self._threads.append(second)
            self.tower, self.engine, self.ready_at = tower, tower.engine, time.monotonic()
            self._events.put(None)  # wakes the caller's thread, which then feeds the photos decoded so far
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            self._events.put(error)
        else:
            self._run_tower(tower)

    def _run_tower(self, tower: "ImageTower") -> None:
        size = self._model.entry.preprocessing.framing.size
        try:
            room = np.empty((0, size, size, 3), np.uint8)
            while (batch := self._next_batch()) is not None:
                if len(batch) > len(room):  # made no larger than need be: a batch size may exceed all memory
                    room = np.empty((len(batch), size, size, 3), np.uint8)
                with self._timed("engine"):
                    vectors = embed_pixels(tower, [photo.pixels for photo in batch], room)
                pairs = zip(batch, vectors, strict=True)
                self._events.put([_embedded(photo, vector) for photo, vector in pairs])
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            self._events.put(error)

    def _next_batch(self) -> list[Decoded] | None:
        with self._timed("wait"):
            return self._batches.get()

    @contextlib.contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        with self._lock:
            self.spent_s[what] += (time.perf_counter() - started) / len(self._threads)


def _embedded(photo: Decoded, vector: npt.NDArray[np.float32]) -> Embedded:
    of_whole = None if photo.whole is None else signature(photo.whole)
    return Embedded(photo.file, photo.file_hash, photo.facts, vector, of_whole, photo.damage, photo.from_preview)
