"""Which of many things belong together, when it is known pair by pair, and which of those are near one another."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
# Which of the second numbers are near the first.
Near = Callable[[int, Numbers], npt.NDArray[np.bool_]]

_PAIRS_AT_ONCE = 1 << 20


class Groups:
    """Things numbered from 0 to `count`, of which pairs are said to belong together, and so do pairs of pairs.

    Memory stays at _PAIRS_AT_ONCE pairs, the largest block that is added, and `count` numbers.
    """

    def __init__(self, count: int) -> None:
        self._lowest = np.arange(count)  # of each thing a lower number of its group, or its own
        self._pairs: list[tuple[Numbers, Numbers]] = []
        self._held = 0

    def add(self, first: Numbers, second: Numbers) -> None:
        """Say that first[i] and second[i] belong together, for all i."""
        self._pairs.append((first, second))
        self._held += len(first)
        if self._held > _PAIRS_AT_ONCE:
            self._join()

    def of_several(self) -> list[Numbers]:
        """The groups of more than one, each with its numbers rising."""
        self._join()
        order = np.argsort(self._lowest, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(self._lowest[order])) + 1)
        return [group for group in groups if len(group) > 1]

    def _join(self) -> None:
        if not self._pairs:
            return
        first, second = (np.concatenate(side) for side in zip(*self._pairs, strict=True))
        self._pairs, self._held = [], 0
        lowest = self._lowest
        while True:
            first, second = lowest[first], lowest[second]
            apart = first != second
            if not apart.any():
                return
            first, second = first[apart], second[apart]
            # Of two groups the one with the higher number joins the other; at least half of those left do so each time.
            np.minimum.at(lowest, np.maximum(first, second), np.minimum(first, second))
            while not np.array_equal(jumped := lowest[lowest], lowest):
                lowest[:] = jumped


def stars(best_first: Numbers, near: Near) -> Iterator[Numbers]:
    """The groups of more than one among things that are listed best first: the best, and all that are near to it.

    The best of those left over is the centre of the next group, so that no group is a chain.
    """
    while len(best_first) > 1:
        centre, others = best_first[0], best_first[1:]
        joining = near(int(centre), others)
        if joining.any():
            yield np.concatenate([[centre], others[joining]])
        best_first = others[~joining]
