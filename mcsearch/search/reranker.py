"""Find the exact best matches of one query with a packed copy: candidates by upper bound, ranked by true score."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mcsearch.search.packing.packed import PackedVectors
from mcsearch.search.packing.quantise import ERROR_PER_SCALE

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_CANDIDATES = 256
_AT_ONCE = 8192
_GROUP = 128


class DamagedError(Exception):
    """A packed copy does not match the embeddings it was made from."""


def best(
    packed: PackedVectors,
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
    bounds, query_scale = packed.upper_bounds(query)
    ids, scores = np.empty(0, np.int64), np.empty(0, np.float32)
    depth, narrowed = limit + _CANDIDATES, False
    if only is not None:
        bounds, narrowed = _only(bounds, packed.ids, only[np.isin(only, packed.ids)]), True
    left = bounds.max(initial=-np.inf)
    while left > -np.inf and left >= min_score and (len(ids) < limit or left >= scores[-1]):
        depth = min(depth, _AT_ONCE)
        rows = np.sort(_highest(bounds, depth))
        found, content_ids, vectors = look_up(packed.ids[rows].tolist())
        # In double precision, so that equal vectors get equal scores wherever they are.
        exact = (vectors.astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
        there = rows[np.isin(packed.ids[rows], found)]
        _check(bounds[there], 2 * ERROR_PER_SCALE * (packed.scales[there] + query_scale), exact)
        wanted = exact >= min_score
        ids = np.concatenate([ids, content_ids[wanted]])
        scores = np.concatenate([scores, exact[wanted]])
        order = np.lexsort((ids, -scores))[:limit]
        ids, scores = ids[order], scores[order]
        bounds[rows] = -np.inf
        if not narrowed and 4 * len(found) < len(rows):
            bounds, narrowed = _only(bounds, packed.ids, meeting()), True
        left = bounds.max()
        depth *= 4
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


def _check(bounds: Vectors, widths: Vectors, exact: Vectors) -> None:
    below = bounds + 1e-5 - exact
    if not bool(np.all((below >= 0) & (below <= widths + 2e-5) | ~np.isfinite(exact))):
        raise DamagedError


def _only(bounds: Vectors, ids: Ids, wanted: Ids) -> Vectors:
    """Keep the bounds of the rows with these ids, and set all others to -inf."""
    rows = np.searchsorted(ids, wanted)
    if len(rows) and (rows[-1] == len(ids) or not np.array_equal(ids[rows], wanted)):
        raise DamagedError
    kept = np.full_like(bounds, -np.inf)
    kept[rows] = bounds[rows]
    return kept


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
