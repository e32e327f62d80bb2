"""One hit for all photos that are nearly the same."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.library.library_file import LibraryFile
from mcsearch.records import IndexedModel

# The cosine from which two photos count as the same shot.
NEARLY_THE_SAME = 0.95
_AT_LEAST = 256
_MORE = 4


def collapsed(
    library: LibraryFile, model: IndexedModel, best: Callable[[int], Sequence[tuple[int, float]]], limit: int
) -> list[tuple[int, float, list[int]]]:
    """The best `limit` contents of which no two are nearly the same, with their score, and those each stands for.

    `best` gives the so many best contents. A content stands for itself and for those after it that are nearly the same,
    among as many of the best as it takes to fill the limit.
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
    """The first vector that no group has, with all the later ones near to it that no group has, `limit` times."""
    left = np.ones(len(vectors), bool)
    groups: list[list[int]] = []
    while len(groups) < limit and left.any():
        first = int(left.argmax())
        near = left & (vectors @ vectors[first] >= NEARLY_THE_SAME)
        near[first] = True
        groups.append(np.flatnonzero(near).tolist())
        left &= ~near
    return groups
