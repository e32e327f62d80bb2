"""Form groups from pairs that belong together, and split groups whose members are not all near one another."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
# Returns which of the second argument's numbers are near the first argument, as a mask.
Near = Callable[[int, Numbers], npt.NDArray[np.bool_]]

_PAIRS_AT_ONCE = 1 << 20


class Groups:
    """The groups of the numbers below `count` that are connected by pairs (union-find, in blocks of pairs).

    Memory stays at _PAIRS_AT_ONCE pairs, the largest block that is added, and `count` numbers.
    """

    def __init__(self, count: int) -> None:
        self._lowest = np.arange(count)  # for each number, a lower one of its group, or itself
        self._pairs: list[tuple[Numbers, Numbers]] = []
        self._held = 0

    def add(self, first: Numbers, second: Numbers) -> None:
        """Put first[i] and second[i] into the same group, for all i."""
        self._pairs.append((first, second))
        self._held += len(first)
        if self._held > _PAIRS_AT_ONCE:
            self._join()

    def of_several(self) -> list[Numbers]:
        """Return the groups with more than one member, each in rising order."""
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
            # The group with the higher number joins the other; each pass merges at least half of the remaining groups.
            np.minimum.at(lowest, np.maximum(first, second), np.minimum(first, second))
            while not np.array_equal(jumped := lowest[lowest], lowest):
                lowest[:] = jumped


def stars(best_first: Numbers, near: Near) -> Iterator[Numbers]:
    """Yield groups with more than one member: the best of `best_first` and all that are near it.

    The best of the remaining ones is the centre of the next group, so that no group is a chain.
    """
    while len(best_first) > 1:
        centre, others = best_first[0], best_first[1:]
        joining = near(int(centre), others)
        if joining.any():
            yield np.concatenate([[centre], others[joining]])
        best_first = others[~joining]
