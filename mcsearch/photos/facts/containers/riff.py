"""Find the metadata blocks in a RIFF file: WebP and AVI."""

from collections.abc import Iterator
from typing import BinaryIO

from mcsearch.photos.facts.containers.block import UNPACKED_BYTES_AT_MOST, Block, exif

_CHUNKS_AT_MOST = 4096
_HEADER_BYTES = 12


def riff_blocks(stream: BinaryIO) -> Iterator[Block]:
    """Yield the metadata blocks in a WebP or AVI file."""
    whole, position = stream.seek(0, 2), _HEADER_BYTES
    for _ in range(_CHUNKS_AT_MOST):
        stream.seek(position)
        head = stream.read(8)
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if position + 8 > whole:
            return
        if name == b"RIFF":  # long AVI files consist of several RIFF chunks
            position += _HEADER_BYTES
            continue
        if name in (b"EXIF", b"XMP ", b"_PMX") and length <= UNPACKED_BYTES_AT_MOST:
            content = stream.read(length)
            yield exif(content) if name == b"EXIF" else ("xmp", content)
        position += 8 + length + length % 2
