"""The margin of relevance: set by the best chance matches of a library, not by prompts that are present in it."""

import numpy as np
import numpy.typing as npt
import pytest

from mcsearch.search.calibration import chance_margin
from mcsearch.search.packing.quantise import quantise
from mcsearch.search.relevance import MARGIN, background_logits

Vectors = npt.NDArray[np.float32]

DIMENSIONS, SCALE = 64, 30.0


def _units(vectors: npt.NDArray[np.float64]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _drawn(count: int, seed: int, towards: Vectors | float = 0.0) -> Vectors:
    return _units(np.random.default_rng(seed).standard_normal((count, DIMENSIONS)) + towards)


PROMPTS, HELD_OUT, BACKGROUND = _drawn(200, 1), _drawn(2000, 2), _drawn(8, 3)


def _margin(photos: Vectors, prompts: Vectors = PROMPTS, library: int | None = None) -> float:
    rows, scales = quantise(photos)
    return chance_margin(rows, scales, library or len(photos), [(1.0, prompts)], BACKGROUND, SCALE)


def _found(photos: Vectors, prompts: Vectors, margin: float) -> float:
    excess = SCALE * photos @ prompts.T - background_logits(photos, BACKGROUND, SCALE)[:, None]
    return float((excess.max(axis=0) > margin).mean())


@pytest.mark.parametrize("photos", [400, 2000, 20_000])
def test_few_absent_prompts_find_anything_whatever_the_size(photos: int) -> None:
    library = _drawn(photos, 4)
    assert 0.003 <= _found(library, HELD_OUT, _margin(library)) <= 0.03


def test_a_quarter_of_the_prompts_may_be_present() -> None:
    library = _drawn(2000, 5)
    some = PROMPTS.copy()
    some[:50] = _units(library[:50] + 0.5 * _drawn(50, 6))
    assert _found(library, some[:50], _margin(library)) == 1
    assert _margin(library, some) == pytest.approx(_margin(library), abs=0.4)


def test_a_sample_tells_what_the_whole_library_would() -> None:
    library = _drawn(40_000, 7)
    assert _margin(library[::10], library=len(library)) == pytest.approx(_margin(library), abs=1)


@pytest.mark.parametrize("photos", [1, 2, 5])
def test_a_handful_of_photos_and_equal_photos_do_no_harm(photos: int) -> None:
    assert _margin(np.repeat(_drawn(1, 8), photos, axis=0)) >= MARGIN
    assert _margin(np.zeros((photos, DIMENSIONS), np.float32)) >= MARGIN  # damaged embeddings
