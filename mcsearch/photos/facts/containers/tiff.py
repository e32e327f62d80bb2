"""Find the metadata blocks in a TIFF file, or in a RAW file that is a TIFF file with another version number."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from mcsearch.photos.facts.containers.block import UNPACKED_BYTES_AT_MOST, Block
from mcsearch.photos.facts.containers.jpeg import jpeg_blocks
from mcsearch.photos.facts.containers.photoshop import resource_blocks

_XMP, _IPTC, _PHOTOSHOP, _EMBEDDED_JPEG = 700, 33723, 34377, 46  # the last one in Panasonic's RW2
_TYPE_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_ENTRIES_AT_MOST = 1024
_CLASSIC, _BIG = 42, 43


class _Layout(NamedTuple):
    """The byte order and field widths of a TIFF file, in bytes."""

    order: Literal["little", "big"]
    count_bytes: int
    offset_bytes: int
    entry_bytes: int


def tiff_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in a TIFF file: the file itself as EXIF, then the blocks in its first IFD."""
    order: Literal["little", "big"] = "little" if content.startswith(b"II") else "big"
    big = int.from_bytes(content[2:4], order) == _BIG
    layout = _Layout(order, 8, 8, 20) if big else _Layout(order, 2, 4, 12)
    if not big:  # Pillow cannot parse BigTIFF bytes as EXIF; picture.py gets that EXIF from the opened image
        classic = _CLASSIC.to_bytes(2, order)
        yield "exif", content if content.startswith(classic, 2) else content[:2] + classic + content[4:]
    for tag, block in _entries(content, layout, content[8:16] if big else content[4:8]):
        if tag == _XMP:
            yield "xmp", block
        elif tag == _IPTC:
            yield "iptc", block
        elif tag == _PHOTOSHOP:
            yield from resource_blocks(block)
        elif tag == _EMBEDDED_JPEG:
            yield from jpeg_blocks(block)


def _entries(content: bytes, layout: _Layout, first: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and value of each entry in the first IFD whose value is stored outside the entry."""
    order, offset_bytes = layout.order, layout.offset_bytes
    start = int.from_bytes(first, order)
    count = int.from_bytes(content[start : start + layout.count_bytes], order)
    start += layout.count_bytes
    for at in range(start, start + layout.entry_bytes * min(count, _ENTRIES_AT_MOST), layout.entry_bytes):
        entry = content[at : at + layout.entry_bytes]
        tag, kind = int.from_bytes(entry[:2], order), int.from_bytes(entry[2:4], order)
        length = int.from_bytes(entry[4 : 4 + offset_bytes], order) * _TYPE_BYTES.get(kind, 1)
        offset = int.from_bytes(entry[4 + offset_bytes :], order)
        if offset_bytes < length <= UNPACKED_BYTES_AT_MOST:
            yield tag, content[offset : offset + length]
