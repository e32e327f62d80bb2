"""What the readers of all containers share: a block of metadata, and the limit on what is unpacked."""

import zlib
from typing import Literal

# A kind of metadata and its bytes, in the form that the field of that name has in Blocks.
Block = tuple[Literal["exif", "xmp", "iptc", "captions"], bytes]

UNPACKED_BYTES_AT_MOST = 16 * 1024**2
_EXIF_HEADER = b"Exif\0\0"


def inflated(packed: bytes) -> bytes:
    """What zlib packed, as far as it is intact and no longer than the limit."""
    unpacking = zlib.decompressobj()
    try:
        return unpacking.decompress(packed, UNPACKED_BYTES_AT_MOST)
    except zlib.error:
        return b""


def exif(block: bytes) -> Block:
    """An EXIF block from its TIFF header on, whether or not something stands before that."""
    return "exif", block.removeprefix(_EXIF_HEADER)
