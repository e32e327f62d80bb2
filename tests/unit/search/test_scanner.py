"""The scanner against a plain sort over everything."""

import numpy as np
import pytest

from mcsearch.search.scanner import best


def _unit(count: int, dimensions: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("limit", [1, 10, 5000])
@pytest.mark.parametrize("min_score", [-1.0, 0.2, 2.0])
def test_best_is_what_sorting_everything_gives(limit: int, min_score: float) -> None:
    vectors, query = _unit(1000, 16, 0), _unit(1, 16, 1)[0]
    ids = np.random.default_rng(2).permutation(1000).astype(np.int64)
    blocks = [(ids[start : start + 300], vectors[start : start + 300]) for start in range(0, 1000, 300)]
    scores = vectors @ query
    expected = sorted((-score, i) for i, score in zip(ids.tolist(), scores.tolist(), strict=True) if score >= min_score)
    found = best(blocks, query, limit, min_score)
    assert [i for i, _ in found] == [i for _, i in expected[:limit]]
    assert np.allclose([score for _, score in found], [-score for score, _ in expected[:limit]], atol=1e-6)


def test_nothing_is_found_in_nothing() -> None:
    assert best([], _unit(1, 4, 0)[0], 10) == []
