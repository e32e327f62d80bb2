"""Collapse hits that are nearly the same into one."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.library.library_file import LibraryFile
from mcsearch.records.embeddings import IndexedModel

# The cosine from which two photos count as the same shot.
NEARLY_THE_SAME = 0.95
_AT_LEAST = 256
_MORE = 4


def collapsed(
    library: LibraryFile, model: IndexedModel, best: Callable[[int], Sequence[tuple[int, float]]], limit: int
) -> list[tuple[int, float, list[int]]]:
    """Return the best `limit` contents of which no two are nearly the same: id, score, and the ids each stands for.

    `best(n)` returns the n best contents with their scores. A content stands for itself and for every later one that
    is nearly the same. More and more contents are requested until the limit is reached.
    """
    depth = max(_AT_LEAST, _MORE * limit)
    while True:
        found = best(depth)
        vectors = library.embeddings.of_contents(model, [content_id for content_id, _ in found])
        groups = _groups(vectors, limit)
        if len(groups) == limit or len(found) < depth:
            return [(*found[group[0]], [found[number][0] for number in group]) for group in groups]
        depth *= _MORE


def _groups(vectors: npt.NDArray[np.float32], limit: int) -> list[list[int]]:
    """Return up to `limit` groups: each is the first vector not in a group yet, and all other such vectors near it."""
    left = np.ones(len(vectors), bool)
    groups: list[list[int]] = []
    while len(groups) < limit and left.any():
        first = int(left.argmax())
        near = left & (vectors @ vectors[first] >= NEARLY_THE_SAME)
        near[first] = True
        groups.append(np.flatnonzero(near).tolist())
        left &= ~near
    return groups
