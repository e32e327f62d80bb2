"""The actor that holds a shard of the packed vectors in memory and scans it for queries."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsearch.search.exact.candidates import PackedCandidates
from mcsearch.search.packing.packed import PackedRows
from mcsearch.search.packing.quantise import Rows

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

# Each query that is not over yet keeps a bound, four bytes, for every row.
_QUERIES_AT_MOST = 16


@dataclass(frozen=True, slots=True)
class Taken:
    """What a shard gives for a query: ids in rising order, bounds and widths as in Candidates, and what is `left`."""

    ids: Ids
    bounds: Vectors
    widths: Vectors
    left: float


class Shard:
    """A part of the packed vectors, with rising ids."""

    def __init__(self, dimensions: int) -> None:
        self._parts: list[tuple[Rows, Vectors, Ids]] = []
        self._whole = PackedRows(np.empty((0, dimensions), np.int8), np.empty(0, np.float32), np.empty(0, np.int64))
        self._queries: OrderedDict[str, PackedCandidates] = OrderedDict()

    def add(self, rows: Rows, scales: Vectors, ids: Ids) -> None:
        """Take rows with higher ids than those that are here; `loaded` makes them count."""
        self._parts.append((rows.copy(), scales.copy(), ids.copy()))

    def loaded(self) -> int:
        """Put together what was added, and return the number of rows."""
        whole = self._whole
        parts = [(whole.rows, whole.scales, whole.ids), *self._parts]
        self._parts = []
        rows, scales, ids = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        self._whole = PackedRows(rows, scales, ids)
        return len(ids)

    def begin(self, token: str, query: Vectors, depth: int, only: Ids | None) -> Taken:
        """Scan all rows, or those with the ids `only`, and take the best `depth` for a query known as `token`."""
        self._queries[token] = PackedCandidates(self._whole, query)
        while len(self._queries) > _QUERIES_AT_MOST:
            self._queries.popitem(last=False)
        if only is not None:
            self._queries[token].narrow(only, all_known=False)
        return self._take(token, depth)

    def more(self, token: str, depth: int, only: Ids | None) -> Taken | None:
        """Take more for a query, after leaving only the ids `only`; None if the query is not known any more."""
        if token not in self._queries:
            return None
        if only is not None:
            self._queries[token].narrow(only, all_known=False)
        return self._take(token, depth)

    def end(self, token: str) -> None:
        """Forget a query."""
        self._queries.pop(token, None)

    def _take(self, token: str, depth: int) -> Taken:
        candidates = self._queries[token]
        return Taken(*candidates.take(depth), candidates.left)
