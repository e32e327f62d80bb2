"""Near pairs among many vectors, and the groups they make."""

import numpy as np
import pytest

from mcsearch.search import pairs
from mcsearch.search.packing.quantise import quantise
from mcsearch.search.pairs import near_pairs


def _clustered(count: int, dimensions: int = 64) -> np.ndarray:
    """Unit vectors in clusters of different sizes, each vector followed by some that are nearly the same."""
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((count // 40 + 1, dimensions))
    own = rng.standard_normal((count, dimensions))
    vectors = centres[(rng.pareto(1, count) * 10).astype(int) % len(centres)] + 0.7 * own
    twins = np.flatnonzero(rng.random(count - 1) < 0.2) + 1
    vectors[twins] = vectors[twins - 1] + 0.2 * own[twins]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _found(vectors: np.ndarray, at_least: float) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for first, second, cosines in near_pairs(*quantise(vectors), at_least):
        np.testing.assert_allclose(cosines, (vectors[first] * vectors[second]).sum(axis=1), atol=0.02)
        found |= set(zip(first.tolist(), second.tolist(), strict=True))
    return found


def _true(vectors: np.ndarray, at_least: float) -> set[tuple[int, int]]:
    first, second = np.nonzero(np.triu(vectors @ vectors.T, 1) >= at_least)
    return set(zip(first.tolist(), second.tolist(), strict=True))


@pytest.mark.parametrize("count", [0, 1, 2, 3000])
def test_few_are_compared_all_with_all(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_BLOCK", 1000)
    vectors = _clustered(count) if count > 1 else np.eye(64, dtype=np.float32)[:count]
    found = _found(vectors, 0.9)
    assert _true(vectors, 0.92) <= found <= _true(vectors, 0.88)
    assert all(first < second for first, second in found)


@pytest.mark.parametrize(("at_least", "recall"), [(0.95, 0.999), (0.9, 0.999), (0.8, 0.98)])
def test_many_by_cells_which_miss_hardly_any(at_least: float, recall: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "EXACT_UP_TO", 1000)
    monkeypatch.setattr(pairs, "_CELL", 512)
    vectors = _clustered(6000)
    wanted = _true(vectors, at_least + 0.02)
    found = _found(vectors, at_least)
    assert len(wanted) > 500
    assert len(wanted & found) / len(wanted) >= recall
    assert found <= _true(vectors, at_least - 0.02)
