"""Find near pairs among many vectors without comparing all with all, by products within cells of neighbours.

Pivots are vectors drawn at random, so there are more of them where vectors are dense. Every vector joins the cells of
the few pivots it is nearest to. Two near vectors nearly always share a cell, which is the only approximation
(inverted lists with several assignments, after Jégou et al. 2011, "Product quantization for nearest neighbor search").
"""

import os
from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from mcsearch.search.packing.quantise import Rows

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Pairs = tuple[Numbers, Numbers, Vectors]

# Up to this many vectors are compared all with all.
EXACT_UP_TO = 16_384
_CELLS_OF_A_VECTOR = 3
# Vectors in an average cell: more of them take longer, and miss fewer pairs.
_CELL = 2048
_BLOCK = 2048
_CELLS_AT_ONCE = 32


def near_pairs(rows: Rows, scales: Vectors, at_least: float) -> Iterator[Pairs]:
    """Yield the pairs of rows with at least that cosine, in blocks: their numbers, lower first, and cosines (pairs,).

    `rows` int8 (n, dimensions), `scales` float32 (n,) and the error of the cosines are those of quantise.py. A
    pair may come more than once. Memory stays at 36 bytes a row for the cells and a block of products for each thread.
    """
    from concurrent.futures import ThreadPoolExecutor

    cells = _cells(rows, scales)
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        while some := list(islice(cells, _CELLS_AT_ONCE)):  # a few at a time, since results wait for the caller
            for found in threads.map(lambda members: list(_of_cell(rows, scales, members, at_least)), some):
                yield from found


def _of_cell(rows: Rows, scales: Vectors, members: Numbers, at_least: float) -> Iterator[Pairs]:
    import numkong

    for start in range(0, len(members), _BLOCK):
        later = members[start : start + _BLOCK]
        block = rows[later]
        yield _reaching(np.asarray(numkong.dots_symmetric(block)), scales, later, later, at_least)
        packed = numkong.dots_pack(block)
        for before in range(0, start, _BLOCK):
            earlier = members[before : before + _BLOCK]
            products = np.asarray(numkong.dots_packed(rows[earlier], packed))
            yield _reaching(products, scales, earlier, later, at_least)


def _reaching(
    products: npt.NDArray[np.int32], scales: Vectors, earlier: Numbers, later: Numbers, at_least: float
) -> Pairs:
    """Select the pairs whose cosine is high enough among products (earlier, later), lower numbers first."""
    # Integers are compared first, so that only a few have to be multiplied by their scales.
    highest = np.maximum(scales[earlier] * scales[later].max(), np.float32(1e-9))
    first, second = np.nonzero(products >= np.floor(at_least / highest).astype(np.int32)[:, None])
    cosines = products[first, second] * scales[earlier[first]] * scales[later[second]]
    wanted = (cosines >= at_least) & (earlier[first] < later[second])
    return earlier[first[wanted]], later[second[wanted]], cosines[wanted]


def _cells(rows: Rows, scales: Vectors) -> Iterator[Numbers]:
    """Yield the rows of each cell, as numbers in rising order; all in one cell when there are few."""
    count = len(rows)
    if count <= EXACT_UP_TO:
        if count > 1:
            yield np.arange(count)
        return
    from concurrent.futures import ThreadPoolExecutor

    import numkong

    pivots = _CELLS_OF_A_VECTOR * count // _CELL + _CELLS_OF_A_VECTOR
    drawn = np.random.default_rng(0).choice(count, pivots, replace=False)
    directions, lengths = numkong.dots_pack(rows[drawn]), scales[drawn]
    nearest = np.empty((count, _CELLS_OF_A_VECTOR), np.int32)

    def assign(start: int) -> None:
        products = np.asarray(numkong.dots_packed(rows[start : start + _BLOCK], directions)) * lengths
        best = np.argpartition(products, -_CELLS_OF_A_VECTOR, axis=1)[:, -_CELLS_OF_A_VECTOR:]
        nearest[start : start + _BLOCK] = best

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        list(threads.map(assign, range(0, count, _BLOCK)))
    order = np.argsort(nearest.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(nearest.ravel(), minlength=pivots))
    for start, end in zip(np.concatenate([[0], ends[:-1]]), ends, strict=True):
        if end - start > 1:
            yield order[start:end] // _CELLS_OF_A_VECTOR
