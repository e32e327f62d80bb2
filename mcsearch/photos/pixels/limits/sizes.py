"""What a picture may cost: refuse bombs, small files that take much memory, by their headers, before it is spent."""

import sys

from PIL import Image

DEFAULT_MEGAPIXELS = 500
# What the interpreter and the decoders take of a worker's address space.
_TAKEN_BYTES = 256 * 1024**2
# A picture this large, of which each byte stands for so many pixels, is empty; no photo is.
_EMPTY_PIXELS, _PIXELS_PER_BYTE_AT_MOST = 50_000_000, 20_000


class BombError(ValueError):
    """A file states what no photo of its size holds, and decoding it would take the memory for that."""


def allow_megapixels(megapixels: int) -> None:
    """Set the size up to which pictures are decoded; Pillow holds it, for this process."""
    Image.MAX_IMAGE_PIXELS = megapixels * 1_000_000 // 2  # beyond twice this, it raises DecompressionBombError


def most_pixels() -> int:
    """Return the number of pixels that a picture may have."""
    return 2 * (Image.MAX_IMAGE_PIXELS or 0)


def check_megapixels(width: int, height: int) -> None:
    """Raise DecompressionBombError if a picture has too many pixels."""
    if width * height > most_pixels():
        raise Image.DecompressionBombError


def check_emptiness(width: int, height: int, size_bytes: int) -> None:
    """Raise BombError if a picture is so large for its file that there can be nothing on it."""
    if width * height > max(_EMPTY_PIXELS, size_bytes * _PIXELS_PER_BYTE_AT_MOST):
        raise BombError(f"{width:,} × {height:,} pixels in {size_bytes:,} bytes")


def check_memory(wanted_bytes: int) -> None:
    """Raise MemoryError if so many bytes are more than this process may use."""
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and wanted_bytes > limit - _TAKEN_BYTES:
        raise MemoryError
