"""Assigning labels against a plain loop over the definition."""

import tracemalloc

import numpy as np
import pytest

from mcsearch.search import labels as labels_module
from mcsearch.search.labels import assign


def _unit(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("top_k", [1, 3, 6, 100])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0])
def test_assign_is_the_softmax_against_the_background(top_k: int, threshold: float) -> None:
    photos, labels, background, scale = _unit(20, 0), _unit(6, 1), _unit(3, 2), 10.0
    expected = {}
    for row, photo in enumerate(photos):
        found = []
        for column, label in enumerate(labels):
            logits = np.array([scale * photo @ label, *(scale * photo @ b for b in background)], dtype=np.float64)
            probability = float(np.exp(logits[0]) / np.exp(logits).sum())
            if probability >= threshold:
                found.append((probability, column))
        expected[row] = sorted(found, reverse=True)[:top_k]
    assigned = assign(photos, labels, background, scale, threshold=threshold, top_k=top_k)
    got: dict[int, list[tuple[float, int]]] = {row: [] for row in range(20)}
    for row, column, probability, score in zip(
        assigned.rows.tolist(), assigned.labels.tolist(), assigned.probabilities.tolist(), assigned.scores.tolist(),
        strict=True,
    ):  # fmt: skip
        got[row].append((probability, column))
        assert score == pytest.approx(float(photos[row] @ labels[column]), abs=1e-6)
    for row, pairs in expected.items():
        assert [column for _, column in got[row]] == [column for _, column in pairs]
        assert [p for p, _ in got[row]] == pytest.approx([p for p, _ in pairs], abs=1e-5)


def test_the_largest_logit_scales_do_not_overflow() -> None:
    axes = np.eye(2, dtype=np.float32)
    with np.errstate(all="raise", under="ignore"):
        assigned = assign(axes, axes[:1], axes[1:], 1000.0, threshold=0.5, top_k=1)
    assert assigned.rows.tolist() == [0]
    assert assigned.probabilities.tolist() == [1.0]


def test_many_labels_take_as_much_memory_as_few() -> None:
    photos, labels, background = _unit(2000, 0), _unit(20_000, 1), _unit(3, 2)
    few = assign(photos[-3:], labels, background, 10.0, threshold=0.3, top_k=5)
    tracemalloc.start()
    try:
        assigned = assign(photos, labels, background, 10.0, threshold=0.3, top_k=5)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 20 * 4 * labels_module._SCORES_AT_ONCE < 5 * 4 * len(photos) * len(labels)
    last = assigned.rows >= 1997
    assert (assigned.rows[last] - 1997).tolist() == few.rows.tolist()
    assert assigned.labels[last].tolist() == few.labels.tolist()
    assert assigned.probabilities[last].tolist() == pytest.approx(few.probabilities.tolist())
