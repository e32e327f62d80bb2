"""Rank embeddings by a query vector, with a packed copy that is brought up to date first, or else from SQLite."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.embeddings import IndexedModel
from mcsearch.search import packing, scanner

if TYPE_CHECKING:
    from mcsearch.search.exact.candidates import ScanElsewhere

Ids = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float32]


def rank(
    library: LibraryFile,
    model: IndexedModel,
    query: Vector,
    limit: int,
    min_score: float = -1.0,
    conditions: Sequence[Condition] = (),
    only: Ids | None = None,
    cluster: "ScanElsewhere | None" = None,
) -> list[tuple[int, float]]:
    """Return the `limit` contents whose embeddings have the highest cosine with the query, with that cosine.

    The best come first, and equal scores are sorted by content id. The result is exact: it considers all photos that
    meet the conditions, and omits cosines below `min_score`. `only` are the ids of the embeddings that meet the
    conditions, if they are known already. With a `cluster`, the packed vectors are scanned there; its `partial` is set
    if some could not be. `query` is a float32 unit vector (dimensions,). Do not
    call it inside a transaction.
    """
    if library.cache is not None and library.embeddings.state().highest_id >= packing.PACKED_FROM:
        from mcsearch.ops.finding.packed.ranked import best_of_copy  # small libraries do without

        best = best_of_copy(library, model, query, limit, min_score, conditions, only, cluster)
        if best is not None:
            return best
    return scanner.best(library.embeddings.blocks(model, conditions), query, limit, min_score)
