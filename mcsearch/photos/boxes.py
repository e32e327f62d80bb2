"""Walk the boxes that JPEG 2000, JPEG XL, HEIF, Canon CR3, MP4 and QuickTime files are made of (ISO/IEC 14496-12)."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_BOXES_AT_MOST = 4096


class Box(NamedTuple):
    """A box with its type and the offsets in the file at which its content starts and ends."""

    kind: bytes
    start: int
    end: int


def boxes(stream: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes in a file or in a part of it, up to the first malformed box."""
    whole = stream.seek(0, 2)
    end = whole if end is None else min(end, whole)
    for _ in range(_BOXES_AT_MOST):
        stream.seek(start)
        head = stream.read(16)
        length, content = int.from_bytes(head[:4]), start + 8
        if length == 1:
            length, content = int.from_bytes(head[8:16]), start + 16
        elif length == 0:  # the box extends to the end
            length = end - start
        if content > end or start + length < content:
            return
        yield Box(head[4:8], content, min(start + length, end))
        start += length
