"""Embeddings with the structure of real ones, drawn from seeds.

Image vectors share a common direction, as all image towers' do. What is left is made of themes, of which each event
has two, and of what is a photo's own. Photos of an event follow each other, and some are nearly the same. Prompts
lie in another region of the sphere and lean to their theme.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 512
THEMES = 200
CHUNK = 10_000
_EVENTS = 5000
_PHOTOS_OF_AN_EVENT = 40
_NEARLY_THE_SAME = 0.1


def image_vectors(count: int) -> Iterator[Vectors]:
    """The first `count` embeddings, float32 unit vectors (CHUNK or fewer, DIMENSIONS), the same for every count."""
    directions = _Directions()
    for number, start in enumerate(range(0, count, CHUNK)):
        rng = np.random.default_rng([1, number])
        events = np.repeat(rng.integers(0, _EVENTS, CHUNK // _PHOTOS_OF_AN_EVENT), _PHOTOS_OF_AN_EVENT)
        own = _units(rng.standard_normal((CHUNK, DIMENSIONS), dtype=np.float32))
        vectors = 0.6 * directions.common_to_images + 0.6 * directions.events[events] + 0.5 * own
        twins = np.flatnonzero(rng.random(CHUNK - 1) < _NEARLY_THE_SAME) + 1
        vectors[twins] = vectors[twins - 1] + 0.02 * own[twins]
        yield _units(vectors)[: count - start]


def prompt_vectors(count: int) -> Vectors:
    """Prompts that each lean to the photos of an event, float32 unit vectors (count, DIMENSIONS)."""
    directions, rng = _Directions(), np.random.default_rng(2)
    return _prompts(rng, 0.25 * directions.events[rng.integers(0, _EVENTS, count)])


def label_vectors() -> Vectors:
    """A label for each theme, float32 unit vectors (THEMES, DIMENSIONS)."""
    return _prompts(np.random.default_rng(3), 0.25 * _Directions().themes)


def background_vectors(count: int) -> Vectors:
    """Prompts that fit any photo equally well, float32 unit vectors (count, DIMENSIONS)."""
    lean = np.repeat(0.1 * _Directions().common_to_images[None], count, axis=0)
    return _prompts(np.random.default_rng(4), lean)


class _Directions:
    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.common_to_images, self.common_to_prompts = _units(_normal(rng, 2))
        self.themes = _units(_normal(rng, THEMES))
        first, second = rng.integers(0, THEMES, (2, _EVENTS))
        self.events = _units(self.themes[first] + 0.6 * self.themes[second] + 0.8 * _units(_normal(rng, _EVENTS)))


def _prompts(rng: np.random.Generator, lean: Vectors) -> Vectors:
    return _units(lean + 0.8 * _Directions().common_to_prompts + 0.3 * _units(_normal(rng, len(lean))))


def _normal(rng: np.random.Generator, count: int) -> Vectors:
    return rng.standard_normal((count, DIMENSIONS), dtype=np.float32)


def _units(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)
