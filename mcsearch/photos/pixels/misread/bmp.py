"""Open BMP files whose channels are bit fields; Pillow knows only the usual ones, and ignores their alpha channel."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from mcsearch.photos.pixels.depth import Array
from mcsearch.photos.pixels.late import LateImage

SIGNATURE = b"BM"
_HEADER = struct.Struct("<10xIIiixxHI20xIIII")  # with the masks of red, green, blue and alpha
_BIT_FIELDS, _ALPHA_BIT_FIELDS = 3, 6
_SAMPLES: dict[int, np.dtype[Any]] = {16: np.dtype("<u2"), 32: np.dtype("<u4")}
_WITH_ALPHA_BYTES = 56  # shorter headers have no alpha mask, unless the compression says so


def open_bit_fields(content: bytes) -> Image.Image | None:
    """Return the picture in a BMP file with bit fields; None if it has none, or if it is truncated."""
    if len(content) < _HEADER.size:
        return None
    start, header_bytes, width, height, bits, compression, *masks = _HEADER.unpack_from(content)
    if compression not in (_BIT_FIELDS, _ALPHA_BIT_FIELDS) or bits not in _SAMPLES or header_bytes < 40:
        return None
    if header_bytes < _WITH_ALPHA_BYTES and compression != _ALPHA_BIT_FIELDS:
        masks[3] = 0
    rows, row_bytes = abs(height), (width * bits + 31) // 32 * 4
    if width <= 0 or not rows or start + rows * row_bytes > len(content) or not all(masks[:3]):
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
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    field = (values & values.dtype.type(mask & np.iinfo(values.dtype).max)) >> shift
    return np.asarray((field * (255 / most) + 0.5).astype(np.uint8))
