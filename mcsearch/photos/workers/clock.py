"""The time that a file has taken so far, and what it may take: reading and decoding are limited on their own."""

import threading
from collections.abc import Callable

from mcsearch.photos.formats import VIDEO, format_of

# Decoding a video means reading parts of it; it may take as much longer as reading all of it from such a disk.
_MIN_READ_BYTES_PER_S = 1_000_000


def decoding_limit_s(path: str, size_bytes: int, limit_s: float) -> float:
    """Return how long decoding a file may take, where a photo, which is in memory by then, may take `limit_s`."""
    is_read_again = format_of(path) in (VIDEO, None)
    return limit_s + (size_bytes / _MIN_READ_BYTES_PER_S if is_read_again else 0)


class Clock:
    """Counts the time that one file takes and calls `stop` when that is too much.

    Time is counted in ticks because a clock keeps running while Ctrl-Z stops the program. One thread starts and ends
    the time, another one ticks.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._taken_s: float | None = None
        self.limit_s = 0.0
        self.is_reading = False
        self.is_over = False

    def start_reading(self, limit_s: float) -> None:
        """Start the time for reading a file, or its next part."""
        with self._lock:
            self._taken_s, self.limit_s, self.is_reading, self.is_over = 0.0, limit_s, True, False

    def start_decoding(self, limit_s: float) -> None:
        """Start the time for decoding; the time it took to read the file does not count."""
        with self._lock:
            self._taken_s, self.limit_s, self.is_reading = 0.0, limit_s, False

    def end(self) -> None:
        """Stop counting: the file is done."""
        with self._lock:
            self._taken_s = None

    def tick(self, passed_s: float) -> None:
        """Count the time that has passed."""
        with self._lock:
            if self._taken_s is None:
                return
            self._taken_s += passed_s
            if self._taken_s > self.limit_s:
                self.is_over = True
                self._stop()
