"""Read the date that Android cameras write to the user data of an MP4 or 3GP file, which FFmpeg ignores."""

from collections.abc import Iterator
from typing import BinaryIO

_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16
_DATE_BYTES_AT_MOST = 64


def user_date(path: str) -> str:
    """Return the text of the box moov/udta/date, such as 2023-06-12T10:11:12+0200, or "" if there is none.

    Raises OSError.
    """
    with open(path, "rb") as file:
        found = [(0, file.seek(0, 2))]
        for name in (b"moov", b"udta", b"date"):
            found = [span for start, end in found for span in _box_contents(file, name, start, end)]
        for start, end in found:
            file.seek(start)
            return file.read(min(end - start, _DATE_BYTES_AT_MOST)).decode("ascii", "replace").strip("\0 ")
    return ""


def _box_contents(file: BinaryIO, name: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the content of each box named `name` between two offsets."""
    while start + _HEADER_BYTES <= end:
        file.seek(start)
        header = file.read(_LARGE_HEADER_BYTES)
        size, inner = int.from_bytes(header[:4]), start + _HEADER_BYTES
        if size == 1:
            size, inner = int.from_bytes(header[8:]), start + _LARGE_HEADER_BYTES
        stop = start + size if size else end
        if stop < inner or stop > end:
            break
        if header[4:8] == name:
            yield inner, stop
        start = stop
