"""Standard output and standard error that never interrupt a command: what they do not take is dropped."""

import errno
import io
import os
import select
import sys
from typing import Any, TextIO


class SteadyOutput(io.RawIOBase):
    """A raw stream that drops everything after the first failed write; `failure` is the error of that write."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.failure: OSError | None = None

    def write(self, content: Any) -> int:
        """Write some of the bytes, or drop them; return how many were taken."""
        if self.failure is None:
            try:
                while (taken := self._raw.write(content)) is None:  # another program has made it non-blocking
                    select.select((), (self._raw,), ())
                return taken
            except OSError as error:
                self.failure = error
        return len(content)

    @property
    def lost(self) -> OSError | None:
        """The error of output that was wanted; None if its reader has closed the pipe, as head does."""
        closed = isinstance(self.failure, BrokenPipeError) or (
            os.name == "nt" and self.failure is not None and self.failure.errno == errno.EINVAL
        )
        return None if closed else self.failure

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._raw.isatty()

    def writable(self) -> bool:
        """Return True."""
        return True


def steady_streams() -> SteadyOutput:
    """Replace sys.stdout and sys.stderr by streams that never interrupt a command; return the one below sys.stdout.

    A standard stream that the caller has closed leads to the null device, which main() has opened in its place.
    """
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (stays open)
    output, errors = _raw(sys.stdout, 1), _raw(sys.stderr, 2)
    sys.stdout = _text(output, sys.stdout)
    sys.stderr = _text(errors, sys.stderr, errors="backslashreplace", line_buffering=True)
    return output


def _raw(stream: TextIO | None, descriptor: int) -> SteadyOutput:
    if stream is None:
        return SteadyOutput(io.FileIO(descriptor, "w", closefd=False))
    buffer: Any = stream.buffer
    return SteadyOutput(getattr(buffer, "raw", buffer))  # python -u has no buffer


def _text(raw: SteadyOutput, like: TextIO | None, **options: Any) -> io.TextIOWrapper:
    """Return a text stream above a raw one; with the encoding of another, and how that one treats errors and lines."""
    if like is None:
        return io.TextIOWrapper(io.BufferedWriter(raw), **{"encoding": "utf-8", **options})
    assert isinstance(like, io.TextIOWrapper)
    kept = {"encoding": like.encoding, "errors": like.errors, "line_buffering": like.line_buffering}
    return io.TextIOWrapper(io.BufferedWriter(raw), **{**kept, **options})
