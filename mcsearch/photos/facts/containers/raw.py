"""Find the metadata blocks in RAW files with proprietary containers: Fujifilm RAF and Minolta MRW."""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block
from mcsearch.photos.facts.containers.jpeg import jpeg_blocks
from mcsearch.photos.facts.containers.tiff import tiff_blocks

_RAF_PREVIEW_AT = 84  # the preview's offset and length
_PARTS_AT_MOST = 64


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
