"""Find the metadata blocks in files made of boxes: JPEG 2000, JPEG XL, Canon CR3, MP4 and QuickTime.

ISO/IEC 14496-12 (boxes), 15444-1 (JPEG 2000), 18181-2 (JPEG XL). HEIF and AVIF store metadata as items, which the
packages that decode these formats read.
"""

from collections.abc import Iterator
from typing import BinaryIO

from mcsearch.photos.boxes import Box, boxes
from mcsearch.photos.facts.containers.block import UNPACKED_BYTES_AT_MOST, Block, exif

_XMP_UUIDS = (bytes.fromhex("be7acfcb97a942e89c71999491e3afac"),)
_EXIF_UUIDS = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
_IPTC_UUIDS = (bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"),)
_UUID_BYTES = 16
# Boxes that contain boxes with metadata.
_PARENTS = (b"moov", b"udta")


def box_blocks(stream: BinaryIO) -> Iterator[Block]:
    """Yield the metadata blocks in a file made of boxes."""
    yield from _blocks_within(stream, 0, None)


def _blocks_within(stream: BinaryIO, start: int, end: int | None) -> Iterator[Block]:
    for box in boxes(stream, start, end):
        if box.kind in _PARENTS:
            yield from _blocks_within(stream, box.start, box.end)
        elif box.kind == b"uuid":
            content = _content(stream, box)
            yield from _uuid_blocks(content[:_UUID_BYTES], content[_UUID_BYTES:])
        elif box.kind in (b"Exif", b"xml ", b"XMP_"):
            yield from _named_blocks(box.kind, _content(stream, box))
        elif box.kind == b"brob":
            content = _content(stream, box)
            yield from _named_blocks(content[:4], _decompressed(content[4:]))


def _content(stream: BinaryIO, box: Box) -> bytes:
    """Return the content of a box, or nothing if it is too large to be metadata."""
    if box.end - box.start > UNPACKED_BYTES_AT_MOST:
        return b""
    stream.seek(box.start)
    return stream.read(box.end - box.start)


def _uuid_blocks(uuid: bytes, content: bytes) -> Iterator[Block]:
    if uuid in _XMP_UUIDS:
        yield "xmp", content
    elif uuid in _EXIF_UUIDS:
        yield exif(content)
    elif uuid in _IPTC_UUIDS:
        yield "iptc", content


def _named_blocks(name: bytes, content: bytes) -> Iterator[Block]:
    if name == b"Exif":  # starts with the offset of the TIFF header, in four bytes
        yield exif(content[4 + int.from_bytes(content[:4]) :])
    elif name in (b"xml ", b"XMP_"):
        yield "xmp", content


def _decompressed(compressed: bytes) -> bytes:
    """Return Brotli-compressed bytes decompressed, cut at the limit; empty if the package is not installed."""
    try:
        import brotli
    except ImportError:
        return b""
    decompressed: bytes = brotli.Decompressor().process(compressed, output_buffer_limit=UNPACKED_BYTES_AT_MOST)
    return decompressed
