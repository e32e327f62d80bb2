"""Find the metadata blocks in RAW files with proprietary containers: Fujifilm RAF, Minolta MRW and Canon CRW."""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block
from mcsearch.photos.facts.containers.jpeg import jpeg_blocks
from mcsearch.photos.facts.containers.tiff import tiff_blocks

_RAF_PREVIEW_AT = 84  # the preview's offset and length
_PARTS_AT_MOST = 64
# What Canon's programs and exiftool append to a CRW file: a header, then parts with a kind and a length.
_CRW_TRAILER, _CRW_TRAILER_BYTES, _CRW_XMP = b"CANON OPTIONAL DATA\0", 28, b"\xff\xff\0\xf6"


def raf_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in a RAF file, which are those in its JPEG preview."""
    start, length = (int.from_bytes(content[at : at + 4]) for at in (_RAF_PREVIEW_AT, _RAF_PREVIEW_AT + 4))
    yield from jpeg_blocks(content[start : start + length])


def mrw_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in an MRW file, which are those in the TIFF structure of its TTW block."""
    position, end = 8, 8 + int.from_bytes(content[4:8])
    for _ in range(_PARTS_AT_MOST):
        name, length = content[position : position + 4], int.from_bytes(content[position + 4 : position + 8])
        if position >= end:
            return
        if name == b"\0TTW":
            yield from tiff_blocks(content[position + 8 : position + 8 + length])
        position += 8 + length


def crw_blocks(content: bytes) -> Iterator[Block]:
    """Yield the XMP packet that was appended to a CRW file."""
    position = content.find(_CRW_TRAILER) + _CRW_TRAILER_BYTES
    for _ in range(_PARTS_AT_MOST):
        kind, length = content[position : position + 4], int.from_bytes(content[position + 4 : position + 8])
        if position < _CRW_TRAILER_BYTES or not kind:
            return
        if kind == _CRW_XMP:
            yield "xmp", content[position + 8 : position + 8 + length]
        position += 8 + length
