"""Repaired copies of a picture, for further attempts at a file that Pillow failed to read."""

import re
from collections.abc import Iterator

from mcsearch.photos.pixels.bare import without_metadata

_START_OF_JPEG = b"\xff\xd8"
_MARKER = re.compile(rb"\xff[\x01-\xfe]")
# The marker of a JPEG segment that has a length; what is between segments never looks like one.
_SEGMENT = re.compile(rb"\xff[\xc0-\xcf\xda-\xfe]")
_SEGMENT_BYTES_AT_MOST = 2 + 0xFFFF
_BOX_HEADER = 8
_FULL_HEADER = 16  # with version, flags and the number of entries


def mended_copies(content: bytes) -> Iterator[bytes]:
    """Yield repaired copies of a picture that may be readable, starting with the one that keeps the most metadata."""
    tidied = _without_garbage_at_start(content)
    if tidied is not None:
        yield tidied
        content = tidied
    shorter = _without_broken_segment(content)
    if shorter is not None:
        yield shorter
    joined = _with_joined_associations(content)
    if joined is not None:
        yield joined
    stripped = without_metadata(content)
    if stripped is not None:
        yield stripped


def _without_garbage_at_start(content: bytes) -> bytes | None:
    """Return a JPEG without what is between its first two markers, or None if there is nothing; libjpeg skips it."""
    if not content.startswith(_START_OF_JPEG) or content[2:3] == b"\xff":
        return None
    found = _MARKER.search(content, len(_START_OF_JPEG))
    return _START_OF_JPEG + content[found.start() :] if found else None


def _without_broken_segment(content: bytes) -> bytes | None:
    """Return a JPEG without the segment in which it ends too early, or None if it does not.

    A file of several scans has segments between them. Without all of such a segment, the decoder shows nothing.
    """
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    if content.endswith(b"\xff"):
        return content[:-1]
    for found in _SEGMENT.finditer(content, max(2, len(content) - _SEGMENT_BYTES_AT_MOST)):
        end = found.end() + max(2, int.from_bytes(content[found.end() : found.end() + 2]))
        if end > len(content):
            return content[: found.start()]
    return None


def _with_joined_associations(content: bytes) -> bytes | None:
    """Return an AVIF file with its second `ipma` box merged into the first, or None for any other file.

    Early encoders wrote one box for the picture and one for its alpha channel, which libavif rejects. The merged box is
    padded by the size of the second header, so that the offsets in the file remain valid.
    """
    if content[4:8] != b"ftyp":
        return None
    start = content.find(b"ipma", content.find(b"iprp")) - 4
    if start < _BOX_HEADER:
        return None
    length = int.from_bytes(content[start : start + 4])
    first, rest = content[start : start + length], content[start + length :]
    added = int.from_bytes(rest[:4])
    second = rest[:added]
    if length < _FULL_HEADER or added < _FULL_HEADER or second[4:12] != first[4:12]:
        return None
    entries = int.from_bytes(first[12:16]) + int.from_bytes(second[12:16])
    box = (length + added).to_bytes(4) + first[4:12] + entries.to_bytes(4) + first[16:] + second[16:]
    return content[:start] + box.ljust(length + added, b"\0") + rest[added:]
