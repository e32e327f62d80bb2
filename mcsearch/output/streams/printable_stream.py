"""Standard error, on which nothing that comes from a file can command the terminal."""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from mcsearch.printable import sentences


class _PrintableStream:
    """A text stream that escapes what a terminal would obey, except line ends; `raw` is the stream itself."""

    def __init__(self, raw: TextIO) -> None:
        self.raw = raw

    def write(self, text: str) -> int:
        """Write a text, escaped."""
        return self.raw.write(sentences(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


@contextlib.contextmanager
def printable_stderr() -> Iterator[None]:
    """Escape what is written to sys.stderr while the block runs."""
    with contextlib.redirect_stderr(_PrintableStream(sys.stderr)):
        yield


def raw_stderr() -> TextIO:
    """Return standard error for control characters of our own, such as those that move a line."""
    return sys.stderr.raw if isinstance(sys.stderr, _PrintableStream) else sys.stderr
