"""The blocks of metadata in RAW files with containers of their own: Fujifilm's RAF and Minolta's MRW."""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block
from mcsearch.photos.facts.containers.jpeg import jpeg_blocks
from mcsearch.photos.facts.containers.tiff import tiff_blocks

_RAF_PREVIEW = 84  # where the place and the length of the preview stand
_PARTS_AT_MOST = 64


def raf_blocks(content: bytes) -> Iterator[Block]:
    """Yield the blocks of a RAF file: those of the JPEG in it."""
    start, length = (int.from_bytes(content[at : at + 4]) for at in (_RAF_PREVIEW, _RAF_PREVIEW + 4))
    yield from jpeg_blocks(content[start : start + length])


def mrw_blocks(content: bytes) -> Iterator[Block]:
    """Yield the blocks of an MRW file: those of the TIFF structure in its part TTW."""
    position, end = 8, 8 + int.from_bytes(content[4:8])
    for _ in range(_PARTS_AT_MOST):
        name, length = content[position : position + 4], int.from_bytes(content[position + 4 : position + 8])
        if position >= end:
            return
        if name == b"\0TTW":
            yield from tiff_blocks(content[position + 8 : position + 8 + length])
        position += 8 + length
