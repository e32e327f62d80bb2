"""Progress on stderr: a sentence for what takes long and happens once, and on a terminal a line that moves."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

from mcsearch.output.streams.printable_stream import raw_stderr
from mcsearch.printable import one_line
from mcsearch.records.progress import Progress, no_progress

_RENEWED_EVERY_S = 0.25
_SHOWN_AFTER_S = 0.5  # what is over sooner is not worth a line
_NOT_COUNTED = ("preparing", "loading")


@contextlib.contextmanager
def progress_bar(*, quiet: bool = False, still: bool = False) -> Iterator[Progress]:
    """Yield a progress callback that shows stages on stderr while the block runs; with `quiet`, it shows nothing.

    A stage with details in parentheses, which happens once for a model, is announced in a line of its own. On a
    terminal, another line shows the stage under way, with the time it has taken, and if it can be counted, how much is
    done, the rate, and the time remaining. That line disappears in the end. With `still` there is no such line, because
    the results that are printed meanwhile may go to the same terminal.
    """
    if quiet:
        yield no_progress
        return
    display = _Display(moving=not still and sys.stderr.isatty() and os.environ.get("TERM") != "dumb")
    try:
        yield display.show
    finally:
        display.close()


class _Stage:
    def __init__(self, title: str, total: int | None, done: int) -> None:
        self.title, self.total, self.done = title, total, done
        self.started = time.monotonic()
        self.initial = done  # done when its line was shown, or shown again: the rate counts from there

    @property
    def is_over(self) -> bool:
        return self.done == self.total


class _Display:
    """Shows the stage that began last, and once it is over the one before. Any thread may call it."""

    def __init__(self, *, moving: bool) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, _Stage] = {}
        self._current: _Stage | None = None
        self._width = 0  # of the line on the terminal
        self._ended = threading.Event()
        self._clock = threading.Thread(target=self._renew, name="progress", daemon=True) if moving else None

    def show(self, name: str, done: int, total: int | None) -> None:
        """Show that so much of a stage is done: the callback."""
        with self._lock:
            stage = self._stages.get(name)
            if stage is None or stage.is_over:
                title, details, _ = name.partition(" (")
                stage = self._stages[name] = _Stage(title[:1].upper() + title[1:], total, done)
                self._current = stage
                if details and not stage.is_over:
                    self._announce(name)
            stage.done, stage.total = done, total
            if stage.is_over and stage is self._current:
                self._take_up_an_earlier_one()
            if self._clock is not None and self._clock.ident is None:
                self._clock.start()

    def close(self) -> None:
        """Remove the line."""
        self._ended.set()
        if self._clock is not None and self._clock.ident is not None:
            self._clock.join()
        with self._lock:
            self._write("")

    def _take_up_an_earlier_one(self) -> None:
        open_ones = [stage for stage in self._stages.values() if stage.total is not None and not stage.is_over]
        self._current = open_ones[-1] if open_ones else None
        if self._current is not None:
            self._current.started, self._current.initial = time.monotonic(), self._current.done
        self._write("")

    def _announce(self, name: str) -> None:
        self._write("")
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{name[:1].upper()}{name[1:]}\n")
            sys.stderr.flush()

    def _renew(self) -> None:
        while not self._ended.wait(_RENEWED_EVERY_S):
            with self._lock:
                stage = self._current
                if stage is not None and time.monotonic() - stage.started >= _SHOWN_AFTER_S:
                    self._write(_line(stage, _columns() - 1))

    def _write(self, line: str) -> None:
        """Replace the line on the terminal."""
        if self._clock is None or (not line and not self._width):
            return
        with contextlib.suppress(OSError):
            stream = raw_stderr()
            stream.write(f"\r{one_line(line).ljust(self._width)}" + ("" if line else "\r"))
            stream.flush()
        self._width = len(line)


def _line(stage: _Stage, width: int) -> str:
    from tqdm import tqdm

    elapsed = time.monotonic() - stage.started
    if stage.title.lower().startswith(_NOT_COUNTED):
        return f"{stage.title}  {tqdm.format_interval(elapsed)}"[:width]
    in_bytes = stage.title.startswith("Downloading")
    meter: str = tqdm.format_meter(
        stage.done,
        stage.total,  # type: ignore[arg-type] # may be None
        elapsed,
        ncols=width,
        prefix=stage.title,
        unit="B" if in_bytes else " files",
        unit_scale=in_bytes,
        initial=stage.initial,
    )
    return meter


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
