"""The metadata block that all container readers yield, and the limit on decompressed metadata."""

import zlib
from typing import Literal

# A kind of metadata and its bytes, in the form documented for the field of that name in Blocks.
Block = tuple[Literal["exif", "xmp", "iptc", "captions"], bytes]

UNPACKED_BYTES_AT_MOST = 16 * 1024**2
_EXIF_HEADER = b"Exif\0\0"


def inflated(compressed: bytes) -> bytes:
    """Return zlib-compressed bytes decompressed, cut at the limit; empty if they are corrupt."""
    decompressor = zlib.decompressobj()
    try:
        return decompressor.decompress(compressed, UNPACKED_BYTES_AT_MOST)
    except zlib.error:
        return b""


def exif(block: bytes) -> Block:
    """Return an EXIF block that starts with its TIFF header, without the `Exif` prefix if it has one."""
    return "exif", block.removeprefix(_EXIF_HEADER)
