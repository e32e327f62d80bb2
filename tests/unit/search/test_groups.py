"""search/groups.py against a plain union of sets, and groups that are no chains."""

import numpy as np
import pytest

from mcsearch.search import groups
from mcsearch.search.groups import Groups, stars


def _by_sets(count: int, pairs: list[tuple[int, int]]) -> list[list[int]]:
    sets = [{number} for number in range(count)]
    for one, other in pairs:
        joined = sets[one] | sets[other]
        for number in joined:
            sets[number] = joined
    return sorted({tuple(sorted(some)) for some in sets if len(some) > 1})  # type: ignore[arg-type]


@pytest.mark.parametrize("at_once", [3, 1 << 20])
def test_pairs_of_pairs_belong_together(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(groups, "_PAIRS_AT_ONCE", at_once)
    for seed in range(20):
        drawn = np.random.default_rng(seed).integers(0, 300, (seed * 15, 2))
        together = Groups(300)
        for start in range(0, len(drawn), 7):
            together.add(drawn[start : start + 7, 0], drawn[start : start + 7, 1])
        found = sorted(tuple(group.tolist()) for group in together.of_several())
        assert found == _by_sets(300, [(int(one), int(other)) for one, other in drawn])


def test_without_pairs_there_are_no_groups() -> None:
    assert Groups(5).of_several() == Groups(0).of_several() == []


def test_a_chain_is_no_group() -> None:
    def near(centre: int, others: np.ndarray) -> np.ndarray:
        return np.abs(others - centre) <= 1

    found = [group.tolist() for group in stars(np.array([3, 0, 1, 2, 4, 5, 9]), near)]
    assert found == [[3, 2, 4], [0, 1]]
