"""Find the exact best matches of one query with a packed copy: candidates by upper bound, ranked by true score."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mcsearch.search.exact.candidates import Candidates, DamagedError

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_CANDIDATES = 256
_AT_ONCE = 8192


def best(
    candidates: Candidates,
    query: Vectors,
    limit: int,
    min_score: float,
    look_up: Callable[[list[int]], tuple[Ids, Ids, Vectors]],
    meeting: Callable[[], Ids],
    only: Ids | None = None,
) -> list[tuple[int, float]]:
    """Return the `limit` best content ids with their cosines, the same as `scanner.best` over all embeddings.

    `look_up` takes embedding ids and returns those that still exist and meet the conditions: ids in rising order,
    content ids and vectors. `meeting` returns the ids of all embeddings that meet the conditions, in rising order; it
    is called only when most candidates do not. With `only`, such ids too, all other embeddings are left out from the
    beginning. Memory stays at one bound for each row and _AT_ONCE vectors. Raises DamagedError when a true score is
    outside the bounds of the packed copy.
    """
    ids, scores = np.empty(0, np.int64), np.empty(0, np.float32)
    depth, narrowed = limit + _CANDIDATES, only is not None
    if only is not None:
        candidates.narrow(only, all_known=False)
    left = candidates.left
    while left > -np.inf and left >= min_score and (len(ids) < limit or left >= scores[-1]):
        depth = min(depth, _AT_ONCE)
        taken, bounds, widths = candidates.take(depth)
        found, content_ids, vectors = look_up(taken.tolist())
        # In double precision, so that equal vectors get equal scores wherever they are.
        exact = (vectors.astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
        there = np.isin(taken, found)
        _check(bounds[there], widths[there], exact)
        wanted = exact >= min_score
        ids = np.concatenate([ids, content_ids[wanted]])
        scores = np.concatenate([scores, exact[wanted]])
        order = np.lexsort((ids, -scores))[:limit]
        ids, scores = ids[order], scores[order]
        if not narrowed and 4 * len(found) < len(taken):
            candidates.narrow(meeting(), all_known=True)
            narrowed = True
        left = candidates.left
        depth *= 4
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


def _check(bounds: Vectors, widths: Vectors, exact: Vectors) -> None:
    below = bounds + 1e-5 - exact
    if not bool(np.all((below >= 0) & (below <= widths + 2e-5) | ~np.isfinite(exact))):
        raise DamagedError
