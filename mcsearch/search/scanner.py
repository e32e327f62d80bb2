"""Find the exact best matches of one query among many vectors, by a matrix product for each block."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


def best(
    blocks: Iterable[tuple[Ids, Vectors]], query: Vectors, limit: int, min_score: float = -1.0
) -> list[tuple[int, float]]:
    """Return the `limit` ids whose unit vectors have the highest cosine with the query, best first, with that cosine.

    `query` is a float32 unit vector (dimensions,). Equal scores come in the order of their ids.
    Memory stays at one block and `limit` rows.
    """
    ids, scores = np.empty(0, np.int64), np.empty(0, np.float32)
    for block_ids, block in blocks:
        block_scores = block @ query
        wanted = block_scores >= min_score
        ids = np.concatenate([ids, block_ids[wanted]])
        scores = np.concatenate([scores, block_scores[wanted]])
        order = np.lexsort((ids, -scores))[:limit]
        ids, scores = ids[order], scores[order]
    return list(zip(ids.tolist(), scores.tolist(), strict=True))
