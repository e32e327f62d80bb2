"""Pairs of near vectors among many, without comparing all with all: cells of neighbours, and products within them.

Every vector goes to the cells of the few pivots it is nearest to; pivots are vectors drawn at random, so there are more
of them where there are more vectors. Two near vectors nearly always share a cell: that is the whole approximation
(inverted lists with several assignments, after Jégou et al. 2011, "Product quantization for nearest neighbor search").
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mcsearch.search.quantise import Rows

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Pairs = tuple[Numbers, Numbers, Vectors]

# Up to so many vectors are compared all with all.
EXACT_UP_TO = 16_384
_CELLS_OF_A_VECTOR = 3
# How many vectors a cell has on average: products take longer with more, and fewer pairs are missed.
_CELL = 2048
_AT_ONCE = 8192
_PRODUCTS_AT_ONCE = 1 << 19


def near_pairs(rows: Rows, scales: Vectors, at_least: float) -> Iterator[Pairs]:
    """The pairs of rows with at least that cosine, in blocks: their numbers, lower first, and cosines, (pairs,) each.

    `rows` int8 (n, dimensions) and `scales` float32 (n,) are as in search/quantise.py, and so is what the cosines are
    off by. A pair may come more than once. Memory stays at the cells, 36 bytes a row, and a block of products.
    """
    for members in _cells(rows, scales):
        step = max(1, _PRODUCTS_AT_ONCE // min(len(members), _AT_ONCE))
        for start in range(0, len(members), _AT_ONCE):
            columns = _vectors(rows, scales, members[start : start + _AT_ONCE])
            yield from _within(columns, members[start : start + _AT_ONCE], at_least, step)
            for before in range(0, start, _AT_ONCE):
                others = members[before : before + _AT_ONCE]
                yield from _between(_vectors(rows, scales, others), others, columns, members[start:], at_least, step)


def _within(vectors: Vectors, members: Numbers, at_least: float, step: int) -> Iterator[Pairs]:
    for start in range(0, len(vectors), step):
        products = vectors[start : start + step] @ vectors[start:].T
        first, second = np.nonzero(products >= at_least)
        later = second > first
        first, second = first[later], second[later]
        yield members[start + first], members[start + second], products[first, second]


def _between(
    some: Vectors, numbers: Numbers, others: Vectors, other_numbers: Numbers, at_least: float, step: int
) -> Iterator[Pairs]:
    for start in range(0, len(some), step):
        products = some[start : start + step] @ others.T
        first, second = np.nonzero(products >= at_least)
        yield numbers[start + first], other_numbers[second], products[first, second]


def _cells(rows: Rows, scales: Vectors) -> Iterator[Numbers]:
    """The numbers of the rows of each cell, rising; a single cell when there are few."""
    count = len(rows)
    if count <= EXACT_UP_TO:
        if count > 1:
            yield np.arange(count)
        return
    pivots = _CELLS_OF_A_VECTOR * count // _CELL + _CELLS_OF_A_VECTOR
    drawn = np.random.default_rng(0).choice(count, pivots, replace=False)
    directions = _vectors(rows, scales, np.sort(drawn)).T
    nearest = np.empty((count, _CELLS_OF_A_VECTOR), np.int32)
    for start in range(0, count, _AT_ONCE):
        numbers = np.arange(start, min(start + _AT_ONCE, count))
        products = _vectors(rows, scales, numbers) @ directions
        nearest[numbers] = np.argpartition(products, -_CELLS_OF_A_VECTOR, axis=1)[:, -_CELLS_OF_A_VECTOR:]
    order = np.argsort(nearest.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(nearest.ravel(), minlength=pivots))
    for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
        if end - start > 1:
            yield order[start:end] // _CELLS_OF_A_VECTOR


def _vectors(rows: Rows, scales: Vectors, numbers: Numbers) -> Vectors:
    return rows[numbers].astype(np.float32) * scales[numbers, None]
