"""Quantised vectors: what a product of them is off by, for vectors of every shape."""

import numpy as np
import pytest

from mcsearch.search.packing.quantise import ERROR_PER_SCALE, quantise


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _random(dimensions: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((3000, dimensions))


SHAPES = {
    "random": _random(512),
    "few dimensions": _random(3),
    "an odd number": _random(65),
    "one large component": np.hstack([np.full((3000, 1), 40.0), _random(255)]),
    "a large common part": _random(512) + 3 * np.ones(512),
    "axes": np.eye(300),
    "one axis and much of little": np.eye(512) + 0.003,
    "sparse": _random(768) * (np.random.default_rng(1).random((3000, 768)) < 0.01),
}


@pytest.mark.parametrize("name", SHAPES)
def test_products_stay_within_the_error_they_promise(name: str) -> None:
    vectors = _unit(SHAPES[name] + 1e-12)
    rows, scales = quantise(vectors)
    assert rows.dtype == np.int8
    products = rows[:200].astype(np.int64) @ rows.T.astype(np.int64) * scales[:200, None].astype(np.float64) * scales
    exact = vectors[:200].astype(np.float64) @ vectors.T
    assert np.all(np.abs(products - exact) <= ERROR_PER_SCALE * (scales[:200, None] + scales) + 1e-6)


def test_large_components_do_not_make_the_rest_coarse() -> None:
    _, even = quantise(_unit(SHAPES["random"]))
    _, uneven = quantise(_unit(np.hstack([np.full((3000, 1), 20.0), _random(511)])))
    assert uneven.max() < 2 * even.max()


def test_vectors_that_are_none_become_zeros() -> None:
    rows, scales = quantise(np.array([[np.nan, 1.0], [np.inf, 1.0], [0.0, 0.0], [0.6, 0.8]], np.float32))
    assert not rows[:3].any()
    assert scales[:3].tolist() == [0, 0, 0]
    assert rows[3].any()
