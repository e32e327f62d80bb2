"""Decode the SGI LogLuv compression of TIFF, which stores the logarithm of luminance, and chromaticity.

G. W. Larson, "LogLuv Encoding for Full-Gamut, High-Dynamic Range Images", Journal of Graphics Tools 3(1), 1998.
"""

from typing import Any

import numpy as np

from mcsearch.photos.pixels.depth import Array

PHOTOMETRICS = (32844, 32845)  # LogL, LogLuv
_RUN_LENGTHS = 34676
# CIE XYZ to linear light with the primaries of sRGB; white is that of equal energy, as in Radiance and libtiff.
_TO_RGB = np.array([[2.690, -1.276, -0.414], [-1.022, 1.978, 0.044], [0.061, -0.224, 1.163]], np.float32)
_WHITE_U, _WHITE_V = 4 / 19, 9 / 19
_CHROMATICITY_STEPS = 410
_MIDDLE_GREY = 0.18


def logluv_light(content: bytes, page: Any) -> Array:
    """Return the linear light (height, width, 3) of a tifffile page, 0 to 1. Raises ValueError or LookupError.

    The table of colours of the 24-bit form is not included; its pictures become grey.
    """
    height, width = page.imagelength, page.imagewidth
    samples = 2 if page.photometric == PHOTOMETRICS[0] else 4 if page.compression == _RUN_LENGTHS else 3
    rows: list[Array] = []
    for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True):
        strip, position = content[offset : offset + length], 0
        for _ in range(min(page.rowsperstrip, height - len(rows))):
            if page.compression == _RUN_LENGTHS:
                row, position = _unpacked_row(strip, position, width, samples)
            else:
                row = np.frombuffer(strip, np.uint8, width * samples, position).reshape(width, samples)
                position += width * samples
            rows.append(row)
    return _exposed(_light(np.stack(rows).astype(np.int32)))


def _unpacked_row(strip: bytes, position: int, width: int, samples: int) -> tuple[Array, int]:
    """Return a row of bytes (width, samples), which are stored as runs by sample, and the position after it."""
    row = np.zeros((samples, width), np.uint8)
    for plane in row:
        filled = 0
        while filled < width:
            code = strip[position]
            count, stored = (code - 126, 1) if code >= 128 else (code, code)
            run = np.frombuffer(strip, np.uint8, stored, position + 1)
            plane[filled : filled + count] = run[: width - filled]
            position, filled = position + 1 + stored, filled + count
    return row.T, position


def _light(values: Array) -> Array:
    """Return the linear light in sRGB primaries of pixels (height, width, samples)."""
    if values.shape[-1] == 3:
        code = (values[..., 0] << 2) | (values[..., 1] >> 6)
        luminance = np.where(code > 0, np.exp2((code + 0.5) / 64 - 12), 0)
    else:
        code = (values[..., 0] << 8) | values[..., 1]
        luminance = np.where((code > 0) & (code < 0x8000), np.exp2((code + 0.5) / 256 - 64), 0)
    u, v = np.array(_WHITE_U), np.array(_WHITE_V)
    if values.shape[-1] == 4:
        u, v = ((values[..., at] + 0.5) / _CHROMATICITY_STEPS for at in (2, 3))
    x_part, z_part = 9 * u / (4 * v), (12 - 3 * u - 20 * v) / (4 * v)
    tristimulus = np.stack(np.broadcast_arrays(x_part * luminance, luminance, z_part * luminance), axis=-1)
    return np.asarray(tristimulus @ _TO_RGB.T)


def _exposed(light: Array) -> Array:
    """Return light whose geometric mean is middle grey, cut off at 1 (Reinhard et al., SIGGRAPH 2002)."""
    brightest = light.max(axis=-1)
    lit = brightest[brightest > 0]
    mean = float(np.exp(np.log(lit).mean())) if lit.size else 1.0
    return np.asarray(np.clip(light * (_MIDDLE_GREY / mean), 0, 1))
