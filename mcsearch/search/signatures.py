"""Signatures: the appearance of a picture in 1,024 bytes, and the similarity of pictures by their signatures.

A signature holds the lowest 32 × 32 coefficients of the discrete cosine transform of the grey picture, squeezed to a
square, as int8. Coefficients are weighted by their frequency, so that edges count as much as light and shade. The
signs of the lowest 16 × 16 are a pHash of 256 bits (Zauner 2010). Turning or mirroring a picture transposes its
coefficients and changes signs, so all eight orientations of a picture can be compared without decoding it again.
"""

import functools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Signatures = npt.NDArray[np.int8]
Coefficients = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint64]

# The side of the square that a picture is squeezed into, in pixels, and the number of coefficients along a side.
PIXELS = 64
SIDE = 32
BYTES = SIDE * SIDE
# Bits along a side of the hash that consists of the coefficients' signs, and 64-bit words in a hash.
HASH_SIDE = 16
HASH_WORDS = HASH_SIDE * HASH_SIDE // 64
# A picture whose grey values have a smaller standard deviation has nothing it could be recognised by.
_FLAT = 1.0
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def signature(pixels: npt.NDArray[np.uint8]) -> Signatures:
    """Return the signature (1024,) of a picture, uint8 (PIXELS, PIXELS, 3); all zeros for a picture of one colour."""
    grey = pixels.astype(np.float32) @ _LUMA
    if grey.std() < _FLAT:
        return np.zeros(BYTES, np.int8)
    transform = _transform()
    weighted = (transform @ grey @ transform.T) * frequencies()
    weighted[0, 0] = 0
    # The square root preserves weak coefficients next to strong ones in int8.
    roots = np.sign(weighted) * np.sqrt(np.abs(weighted) / np.abs(weighted).max())
    return np.asarray(np.round(roots * 127), np.int8).ravel()


def coefficients(signatures: Signatures) -> Coefficients:
    """Return the weighted coefficients (n, SIDE, SIDE) of signatures (n, 1024) at unit length; zeros stay zeros."""
    roots = signatures.astype(np.float32)
    values = roots * np.abs(roots)
    values /= np.linalg.norm(values, axis=1, keepdims=True) + np.float32(1e-9)
    return values.reshape(-1, SIDE, SIDE)


def hashes(signatures: Signatures) -> Bits:
    """Return the hashes (n, HASH_WORDS) of signatures (n, 1024)."""
    return packed(sign_bits(signatures))


def sign_bits(signatures: Signatures) -> npt.NDArray[np.bool_]:
    """Return which of the lowest coefficients are positive, bool (n, HASH_SIDE, HASH_SIDE)."""
    return signatures.reshape(-1, SIDE, SIDE)[:, :HASH_SIDE, :HASH_SIDE] > 0


def packed(bits: npt.NDArray[np.bool_]) -> Bits:
    """Pack bits (n, HASH_SIDE, HASH_SIDE) into words (n, HASH_WORDS)."""
    return np.packbits(bits.reshape(len(bits), -1), axis=1).view(np.uint64)


def unpacked(words: Bits) -> npt.NDArray[np.bool_]:
    """Unpack words (n, HASH_WORDS) into bits (n, HASH_SIDE, HASH_SIDE)."""
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1)
    return bits.reshape(-1, HASH_SIDE, HASH_SIDE).astype(bool)


def turned_bits(bits: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.bool_]]:
    """Yield the bits of the same pictures in each of the eight orientations, the original one first."""
    # Mirroring negates the odd coefficients of that direction. A zero stays zero, so its bit is wrong after the flip.
    odd = np.arange(bits.shape[1]) % 2 == 1
    for turned in (bits, bits.transpose(0, 2, 1)):
        for down in (False, True):
            for across in (False, True):
                flips = (odd & down)[:, None] ^ (odd & across)[None, :]
                yield turned ^ flips


def turned(values: Coefficients) -> Iterator[Coefficients]:
    """Yield the coefficients of the same pictures in each of the eight orientations, the original one first."""
    signs = np.where(np.arange(values.shape[1]) % 2 == 1, np.float32(-1), np.float32(1))
    ones = np.ones_like(signs)
    for one in (values, values.transpose(0, 2, 1)):
        for down in (ones, signs):
            for across in (ones, signs):
                yield one * (down[:, None] * across[None, :])


def distances(first: Bits, second: Bits) -> npt.NDArray[np.int64]:
    """Return the number (n,) of bits in which hashes differ, row by row, in the best orientation of the second."""
    least = np.full(len(first), HASH_SIDE * HASH_SIDE, np.int64)
    for orientation in turned_bits(unpacked(second)):
        differing = np.bitwise_count(first ^ packed(orientation)).sum(axis=1, dtype=np.int64)
        np.minimum(least, differing, out=least)
    return least


def likeness(first: Signatures, second: Signatures, side: int = SIDE) -> npt.NDArray[np.float32]:
    """Return the cosines (n,) of signatures, row by row, in the best orientation of the second.

    `side` is the number of coefficients along a side that are compared.
    """
    one, other = coefficients(first)[:, :side, :side], coefficients(second)[:, :side, :side]
    lengths = np.linalg.norm(one, axis=(1, 2)) * np.linalg.norm(other, axis=(1, 2)) + np.float32(1e-9)
    best = np.full(len(first), -1, np.float32)
    for orientation in turned(other):
        np.maximum(best, np.einsum("nij,nij->n", one, orientation) / lengths, out=best)
    return best


@functools.cache
def frequencies() -> Coefficients:
    """Return the frequency of each coefficient, (SIDE, SIDE), with 1 for the mean."""
    steps = np.arange(SIDE, dtype=np.float32)
    return np.asarray(np.maximum(np.hypot(steps[:, None], steps[None, :]), 1), np.float32)


@functools.cache
def _transform() -> Coefficients:
    """Return the matrix (SIDE, PIXELS) of the lowest coefficients of the orthonormal discrete cosine transform."""
    angles = np.pi * (2 * np.arange(PIXELS)[None, :] + 1) * np.arange(SIDE)[:, None] / (2 * PIXELS)
    matrix = np.sqrt(2 / PIXELS) * np.cos(angles)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)
