"""The embeddings that may be hits of one query, best upper bound first, as the reranker takes them."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from mcsearch.search.packing.packed import PackedRows, PackedVectors
from mcsearch.search.packing.quantise import ERROR_PER_SCALE

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_GROUP = 128


class DamagedError(Exception):
    """A packed copy does not match the embeddings it was made from."""


class Candidates(Protocol):
    """Embeddings with an upper bound each for their cosine with a query. What was taken is not there any more."""

    @property
    def left(self) -> float:
        """The highest bound of those that are left, or more; -inf if none is."""

    def take(self, depth: int) -> tuple[Ids, Vectors, Vectors]:
        """Take about `depth` embeddings with the highest bounds: their ids in rising order, bounds and widths.

        The true cosine is lower than the bound by at most the width.
        """

    def narrow(self, wanted: Ids, *, all_known: bool) -> None:
        """Leave only the embeddings with these ids, in rising order; all of them are known if `all_known`."""


class CandidatesElsewhere(Candidates, Protocol):
    """Candidates that others scan for; `partial` tells whether some of them could not be asked."""

    partial: bool

    def close(self) -> None:
        """Let those who scan forget the query."""


class ScanElsewhere(Protocol):
    """What scans packed vectors in the place of this process; `partial` is set if an answer lacks some of them."""

    partial: bool

    def candidates(self, copy: PackedVectors, query: Vectors) -> CandidatesElsewhere:
        """Return the candidates for a query among the vectors of a packed copy."""


class PackedCandidates:
    """The Candidates among packed rows in memory: a bound for each of them."""

    def __init__(self, packed: PackedRows, query: Vectors) -> None:
        self._packed = packed
        self._bounds, self._query_scale = packed.upper_bounds(query)

    @property
    def left(self) -> float:
        """The highest bound of those that are left; -inf if none is."""
        return float(self._bounds.max(initial=-np.inf))

    def take(self, depth: int) -> tuple[Ids, Vectors, Vectors]:
        """Take about `depth` embeddings with the highest bounds: their ids in rising order, bounds and widths."""
        rows = np.sort(_highest(self._bounds, depth))
        bounds = self._bounds[rows]
        self._bounds[rows] = -np.inf
        return self._packed.ids[rows], bounds, 2 * ERROR_PER_SCALE * (self._packed.scales[rows] + self._query_scale)

    def narrow(self, wanted: Ids, *, all_known: bool) -> None:
        """Leave only the embeddings with these ids. Raises DamagedError if one that should be known is not here."""
        ids = self._packed.ids
        if not all_known:
            wanted = wanted[np.isin(wanted, ids)]
        rows = np.searchsorted(ids, wanted)
        if len(rows) and (rows[-1] == len(ids) or not np.array_equal(ids[rows], wanted)):
            raise DamagedError
        kept = np.full_like(self._bounds, -np.inf)
        kept[rows] = self._bounds[rows]
        self._bounds = kept


def _highest(bounds: Vectors, count: int) -> npt.NDArray[np.intp]:
    """Return the row numbers of about `count` highest bounds (ties may add or drop some), none of them -inf."""
    whole = len(bounds) // _GROUP * _GROUP
    tops = bounds[:whole].reshape(-1, _GROUP).max(axis=1)
    if count < len(tops):
        # At least `count` bounds, and few more, reach the count-th highest of the groups' maxima.
        reach = np.partition(tops, -count)[-count]
        near = np.flatnonzero(bounds >= reach)
    else:
        near = np.arange(len(bounds))
    near = near[bounds[near] > -np.inf]
    return near if len(near) <= count else near[np.argpartition(bounds[near], -count)[-count:]]
