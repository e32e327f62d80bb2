"""Find the large previews in a JPEG by its multi-picture index (CIPA DC-007), as cameras write it."""

import re
import struct
from collections.abc import Iterator

# The index is a TIFF structure in an APP2 segment. Its offsets count from where the structure starts.
_INDEX = re.compile(rb"\xff\xe2..MPF\0(?=II\*\0|MM\0\*)", re.DOTALL)
_SEARCHED_BYTES = 1 << 20
_ENTRIES_TAG, _TAGS_AT_MOST = 0xB002, 16
_ENTRY_BYTES, _ENTRIES_AT_MOST = 16, 16
# The class of a picture in its attribute: 1 is a large thumbnail, of any size (VGA, full HD, 4K).
_CLASS_MASK, _LARGE_THUMBNAIL = 0xFF0000, 0x010000
_START_OF_JPEG, _END_OF_JPEG = b"\xff\xd8\xff", b"\xff\xd9"
_LOST = bytes(512)  # a block of a disk, which no picture has by itself


def large_thumbnails(content: bytes) -> Iterator[bytes]:
    """Yield the JPEGs that the index of a JPEG calls large thumbnails, if the file holds them and its picture whole.

    Raises struct.error if the index is malformed.
    """
    index = _INDEX.search(content, 0, _SEARCHED_BYTES)
    if index is None:
        return
    base, order = index.end(), "<" if content[index.end() : index.end() + 2] == b"II" else ">"
    entries = list(_entries(content, base, order))
    if not entries or not _is_whole(content[index.end() : entries[0][1]]):
        return
    for attribute, size_bytes, offset in entries:
        start = base + offset
        is_preview = attribute & _CLASS_MASK == _LARGE_THUMBNAIL
        if is_preview and content.startswith(_START_OF_JPEG, start) and start + size_bytes <= len(content):
            yield content[start : start + size_bytes]


def _is_whole(picture: bytes) -> bool:
    """Return whether what follows the index in the first picture has an end and no lost block."""
    shown = picture.rstrip(b"\0\xff")
    return shown.endswith(_END_OF_JPEG) and _LOST not in shown


def _entries(content: bytes, base: int, order: str) -> Iterator[tuple[int, int, int]]:
    """Yield the attribute, the size and the offset of each picture in the index."""
    (first,) = struct.unpack_from(f"{order}I", content, base + 4)
    (count,) = struct.unpack_from(f"{order}H", content, base + first)
    for number in range(min(count, _TAGS_AT_MOST)):
        tag, _, length, place = struct.unpack_from(f"{order}HHII", content, base + first + 2 + 12 * number)
        if tag == _ENTRIES_TAG:
            for entry in range(min(length // _ENTRY_BYTES, _ENTRIES_AT_MOST)):
                yield struct.unpack_from(f"{order}III", content, base + place + _ENTRY_BYTES * entry)
