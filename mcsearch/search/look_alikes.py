"""Find the pairs of signatures that may show the same picture, in any of its eight orientations.

Up to EXACT_UP_TO signatures are all compared with each other by the signs of their lowest 8 × 8 coefficients. More are
sorted by parts of these signs, each part in a form that is the same for all eight orientations, and compared with
those that share a part (multi-index hashing after Norouzi et al. 2012).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mcsearch.search.pairs import EXACT_UP_TO
from mcsearch.search.signatures import Bits, turned_bits, unpacked

Numbers = npt.NDArray[np.int64]

# The most of 64 bits in which copies differ: 5 if re-encoded, resized or grey, 13 with more contrast or less colour,
# 14 for four of five copies with a tenth of each side cut off. Ten of 500,000 pairs of different photos are as close.
COARSE_BITS = 14
_SIDE = 8
_ROWS = 128
# A part is a set of places among the lowest coefficients, each with its transposed place, so that turning a picture
# maps the part onto itself.
_PARTS = 24
_PLACES = 12
_PART_SIDE = 8
# If more contents than this share a part, each is compared only with its nearest neighbours in sorting order.
_SAME_PART = 64


def coarse(words: Bits) -> Bits:
    """Return the signs of the lowest 8 × 8 coefficients, uint64 (n,), of hashes (n, HASH_WORDS)."""
    return _coarse(unpacked(words))


def coarse_distances(first: Bits, second: Bits) -> npt.NDArray[np.uint8]:
    """Return the number (n,) of their lowest 64 bits in which hashes differ, row by row, without turning them."""
    return np.asarray(np.bitwise_count(coarse(first) ^ coarse(second)))


def hash_pairs(words: Bits) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield the pairs of hashes (n, HASH_WORDS) that may be copies, in blocks: their row numbers, lower first.

    A pair may appear more than once.
    """
    if len(words) < 2:
        return
    if len(words) <= EXACT_UP_TO:
        yield from _all_pairs(words)
    else:
        yield from _pairs_by_parts(words)


def _all_pairs(words: Bits) -> Iterator[tuple[Numbers, Numbers]]:
    bits = unpacked(words)
    own = _coarse(bits)
    orientations = [_coarse(orientation) for orientation in turned_bits(bits)]
    for start in range(0, len(words), _ROWS):
        rows, later = own[start : start + _ROWS, None], slice(start + 1, None)
        near = np.zeros((len(rows), len(words) - start - 1), bool)
        for orientation in orientations:
            near |= np.bitwise_count(rows ^ orientation[later]) <= COARSE_BITS
        first, second = np.nonzero(near)
        first, second = first + start, second + start + 1
        yield first[first < second], second[first < second]


def _pairs_by_parts(words: Bits) -> Iterator[tuple[Numbers, Numbers]]:
    drawn = np.random.default_rng(0)
    above = np.argwhere(np.triu(np.ones((_PART_SIDE, _PART_SIDE), bool), 1))
    own = coarse(words)
    for _ in range(_PARTS):
        places = drawn.choice(above, _PLACES, replace=False)
        part = np.concatenate([places, places[:, ::-1]])
        keys = _shared_form(words, part)
        order = np.argsort(keys, kind="stable")
        for step in range(1, _SAME_PART):
            same = np.flatnonzero(keys[order[:-step]] == keys[order[step:]])
            if not len(same):
                break
            first, second = order[same], order[same + step]
            near = _in_some_orientation(words[first], own[second])
            first, second = first[near], second[near]
            yield np.minimum(first, second), np.maximum(first, second)


def _shared_form(words: Bits, part: Numbers) -> npt.NDArray[np.int64]:
    """Return the lowest number (n,) that the bits at these places form in any of the eight orientations."""
    least = np.empty(len(words), np.int64)
    powers = 1 << np.arange(len(part))
    for start in range(0, len(words), EXACT_UP_TO):
        some = slice(start, start + EXACT_UP_TO)
        numbers = [
            orientation[:, part[:, 0], part[:, 1]] @ powers for orientation in turned_bits(unpacked(words[some]))
        ]
        least[some] = np.min(numbers, axis=0)
    return least


def _in_some_orientation(words: Bits, own: Bits) -> npt.NDArray[np.bool_]:
    near = np.zeros(len(words), bool)
    for start in range(0, len(words), EXACT_UP_TO):
        some = slice(start, start + EXACT_UP_TO)
        for orientation in turned_bits(unpacked(words[some])):
            near[some] |= np.bitwise_count(_coarse(orientation) ^ own[some]) <= COARSE_BITS
    return near


def _coarse(bits: npt.NDArray[np.bool_]) -> Bits:
    low = np.ascontiguousarray(bits[:, :_SIDE, :_SIDE]).reshape(len(bits), -1)
    return np.packbits(low, axis=1).view(np.uint64)[:, 0]
