"""Which of many things belong together, when it is known pair by pair."""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

_PAIRS_AT_MOST = 1 << 22


class Groups:
    """Things numbered from 0 to `count`, of which pairs are said to belong together, and so do pairs of pairs.

    Memory stays at _PAIRS_AT_MOST pairs, the largest block that is added, and `count` numbers.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pairs: list[tuple[Numbers, Numbers]] = []
        self._held = 0

    def add(self, first: Numbers, second: Numbers) -> None:
        """Say that first[i] and second[i] belong together, for all i."""
        self._pairs.append((first, second))
        self._held += len(first)
        if self._held > _PAIRS_AT_MOST + self._count:
            labels = self._labels()
            # One pair for each thing, with the first of its group, says the same.
            _, firsts = np.unique(labels, return_index=True)
            bound = np.flatnonzero(firsts[labels] != np.arange(self._count))
            self._pairs, self._held = [(firsts[labels[bound]], bound)], len(bound)

    def of_several(self) -> list[Numbers]:
        """The groups of more than one, each with its numbers rising."""
        labels = self._labels()
        order = np.argsort(labels, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
        return [group for group in groups if len(group) > 1]

    def _labels(self) -> npt.NDArray[np.int32]:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        first = np.concatenate([np.empty(0, np.int64), *(first for first, _ in self._pairs)])
        second = np.concatenate([np.empty(0, np.int64), *(second for _, second in self._pairs)])
        shape = (self._count, self._count)
        graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape)
        _, labels = connected_components(graph.tocsr(), directed=False)
        return np.asarray(labels, np.int32)
