"""Decode single pictures that somebody searches by, in a worker process that stays."""

import threading
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.photos.workers.outcomes import Decoded, Outcome
from mcsearch.photos.workers.pool import DecodePool
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

Pixels = npt.NDArray[np.uint8]

_LIMIT_S = 25.0


class PictureDecoder:
    """Decodes one picture at a time. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: DecodePool | None = None
        self._outcomes: SimpleQueue[Outcome] = SimpleQueue()

    def decode(self, path: str, framing: Framing) -> Pixels:
        """Return the pixels of a picture file, as a tower takes them.

        Raises UsageError for a file that cannot be decoded, also if that takes too long.
        """
        with self._lock:
            if self._pool is None:
                self._pool, self._outcomes = self._started(framing)
            self._pool.submit(ScannedFile(path, 0, 0), "decode", framing=framing)
            try:
                outcome = self._outcomes.get(timeout=3 * _LIMIT_S)
            except Empty:
                outcome = TimeoutError("the picture takes too long to decode")
            if isinstance(outcome, Decoded):
                return outcome.pixels
            if isinstance(outcome, OSError):  # the pool is of no use any more
                self._pool.close()
                self._pool = None
                raise UsageError(f"The picture cannot be decoded: {outcome}.")
            raise UsageError(f"The picture cannot be read: {getattr(outcome, 'reason', 'no pixels')}.")

    def close(self) -> None:
        """End the worker process."""
        if self._pool is not None:
            self._pool.close()

    @staticmethod
    def _started(framing: Framing) -> tuple[DecodePool, "SimpleQueue[Outcome]"]:
        outcomes: SimpleQueue[Outcome] = SimpleQueue()
        return DecodePool(1, framing, outcomes.put, _LIMIT_S), outcomes
