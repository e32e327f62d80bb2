"""Open BMP files with unusual bit fields, with short headers of OS/2, and packed ones that end early.

Pillow knows only the usual bit fields, and ignores their alpha channel.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import BmpImagePlugin, Image, ImageFile

from mcsearch.photos.pixels.depth import Array
from mcsearch.photos.pixels.late import LateImage

SIGNATURE, ARRAY = b"BM", b"BA"
_HEADER = struct.Struct("<10xIIiixxHI20xIIII")  # with the masks of red, green, blue and alpha
_BIT_FIELDS, _ALPHA_BIT_FIELDS = 3, 6
_SAMPLES: dict[int, np.dtype[Any]] = {16: np.dtype("<u2"), 32: np.dtype("<u4")}
_START_BYTES = 14  # before the header
_WHOLE_HEADER_BYTES = 40
_OS2_BYTES = range(16, _WHOLE_HEADER_BYTES)  # of headers that leave fields out at their end, which stand for zero
_WITH_ALPHA_BYTES = 56  # shorter headers have no alpha mask, unless the compression says so


class _ShortRows(BmpImagePlugin.BmpRleDecoder):
    """Pillow's decoder of packed rows. Where Pillow is lenient, rows may be missing."""

    def set_as_raw(self, data: bytes | bytearray, rawmode: str | None = None, extra: tuple[Any, ...] = ()) -> None:
        try:
            super().set_as_raw(data, rawmode, extra)
        except ValueError:  # raised after the rows that are there have been set
            if not ImageFile.LOAD_TRUNCATED_IMAGES:
                raise


Image.register_decoder("bmp_rle", _ShortRows)


def first_of_array(content: bytes) -> bytes:
    """Return the first bitmap of an array of OS/2 as a file of its own."""
    first = content[_START_BYTES:]
    start = int.from_bytes(first[10:14], "little") - _START_BYTES  # was counted from the start of the array
    return first[:10] + struct.pack("<I", max(0, start)) + first[14:]


def with_whole_header(content: bytes) -> bytes | None:
    """Return a file whose header is a short one of OS/2 with the header that Pillow reads; None for any other."""
    start, header_bytes = struct.unpack_from("<II", content.ljust(18), 10)
    if header_bytes not in _OS2_BYTES:
        return None
    missing = _WHOLE_HEADER_BYTES - header_bytes
    header = struct.pack("<II", start + missing, _WHOLE_HEADER_BYTES)
    end = _START_BYTES + header_bytes
    return content[:10] + header + content[18:end] + bytes(missing) + content[end:]


def open_bit_fields(content: bytes) -> Image.Image | None:
    """Return the picture in a BMP file with bit fields; None if it has none, or if it is truncated."""
    if len(content) < _HEADER.size:
        return None
    start, header_bytes, width, height, bits, compression, *masks = _HEADER.unpack_from(content)
    if (
        compression not in (_BIT_FIELDS, _ALPHA_BIT_FIELDS)
        or bits not in _SAMPLES
        or header_bytes < _WHOLE_HEADER_BYTES
    ):
        return None
    if header_bytes < _WITH_ALPHA_BYTES and compression != _ALPHA_BIT_FIELDS:
        masks[3] = 0
    rows, row_bytes = abs(height), (width * bits + 31) // 32 * 4
    if width <= 0 or not rows or start + rows * row_bytes > len(content) or not any(masks[:3]):
        return None

    def decode_pixels() -> Image.Image:
        stored = np.frombuffer(content, np.uint8, rows * row_bytes, start).reshape(rows, row_bytes)
        values = stored.view(_SAMPLES[bits])[:, :width]
        return _picture(values if height < 0 else values[::-1], masks)

    return LateImage("BMP", (width, rows), decode_pixels)


def _picture(values: Array, masks: Sequence[int]) -> Image.Image:
    channels = [_channel(values, mask) for mask in masks[:3]]
    alpha = _channel(values, masks[3]) if masks[3] else None
    if alpha is None or not alpha.any():  # many programs leave it empty
        return Image.merge("RGB", [Image.fromarray(channel) for channel in channels])
    return Image.merge("RGBA", [Image.fromarray(channel) for channel in (*channels, alpha)])


def _channel(values: Array, mask: int) -> Array:
    """Return the bits of a mask, scaled to eight bits."""
    if not mask:
        return np.zeros(values.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    field = (values & values.dtype.type(mask & np.iinfo(values.dtype).max)) >> shift
    return np.asarray((field * (255 / most) + 0.5).astype(np.uint8))
