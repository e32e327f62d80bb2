"""Round vectors to int8 rows with a scale each, and bound the error of a product of two such rows.

A fixed orthonormal transform rotates each vector before it is rounded: random sign flips, then a Fourier transform in
its real form, both done twice (after Ailon and Chazelle 2009, "The fast Johnson-Lindenstrauss transform"; done once, an
axis would become a plain wave). It changes no cosine. It spreads the few large components of an embedding over all of
them, which keeps the scale small, and it makes rounding errors independent of the vector.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from blake3 import blake3

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int8]

# Rounding errors are uniform in ± scale / 2, so their standard deviation is scale / √12, and so is that of their sum
# weighted by a unit vector. Six standard deviations are exceeded once in 10⁹ on each side, on both sides never.
ERROR_PER_SCALE = np.float32(6 / 12**0.5)
_LARGEST = np.float32(127)


def quantise(vectors: Vectors) -> tuple[Rows, Vectors]:
    """Round float32 unit vectors (n, dimensions) to int8 rows of that shape, and the scale (n,) of each.

    `scale[i] * scale[j] * (rows[i] @ rows[j])` is the cosine of i and j with an error below
    ERROR_PER_SCALE * (scale[i] + scale[j]). A vector with a component that is not finite becomes zeros.
    """
    with np.errstate(invalid="ignore"):
        turned = _turned(vectors)
    scales = (np.abs(turned).max(axis=1) / _LARGEST).astype(np.float32)
    damaged = ~np.isfinite(scales)
    turned[damaged], scales[damaged] = 0, 0
    turned /= np.where(scales > 0, scales, 1)[:, None]
    return np.rint(turned, out=turned).astype(np.int8), scales


def _turned(vectors: Vectors) -> Vectors:
    dimensions = vectors.shape[1]
    paired = slice(1, (dimensions + 1) // 2)  # frequencies of two components, each with half of the energy
    for signs in _signs(dimensions):
        spectrum = np.fft.rfft(vectors * signs, norm="ortho")
        spectrum[:, paired] *= np.float32(2**0.5)
        vectors = np.concatenate([spectrum.real, spectrum.imag[:, paired]], axis=1, dtype=np.float32)
    return vectors


@cache
def _signs(dimensions: int) -> Vectors:
    """Two rows of random signs. They must never change, because packed copies on disk were made with them."""
    bits = np.frombuffer(blake3(b"mcsearch").digest(length=dimensions // 4 + 1), np.uint8)
    return np.where(np.unpackbits(bits)[: 2 * dimensions], np.float32(1), np.float32(-1)).reshape(2, dimensions)
