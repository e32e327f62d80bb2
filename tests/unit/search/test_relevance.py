"""Relevance on painted scenes that nothing was learnt from: what has no answer gets none, few right ones are lost."""

import random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from mcsearch import load_model
from mcsearch.api import Model
from mcsearch.demo.painter import PLACES, SUBJECTS, TIMES, Scene, paint, scenes
from mcsearch.demo.phrases import Meaning, foreign, phrased
from mcsearch.models.prompts import BACKGROUND
from mcsearch.search.relevance import MARGIN, relevance

# The margin was learnt on scenes of the seeds 101 and 202.
SEED = 41
PHOTOS = 420


class Painted(NamedTuple):
    model: Model
    scenes: list[Scene]
    photos: npt.NDArray[np.float32]

    def relevant(self, queries: list[str]) -> npt.NDArray[np.bool_]:
        """Which photos are relevant to which queries, bool (photos, queries)."""
        background = self.model.embed_texts(BACKGROUND)
        vectors = self.model.embed_texts(queries)
        scale = self.model.logit_scale
        return np.stack([relevance(self.photos, one, background, scale, MARGIN) >= 0.5 for one in vectors], axis=1)


@pytest.fixture(scope="module")
def painted_scenes() -> Painted:
    model, shown = load_model("demo"), scenes(PHOTOS, SEED)
    starts = range(0, PHOTOS, 105)
    parts = [model.embed_images([paint(scene) for scene in shown[start : start + 105]]) for start in starts]
    return Painted(model, shown, np.concatenate(parts))


@pytest.fixture(scope="module")
def meanings() -> list[Meaning]:
    """Everything that can be asked of subjects, places and times together, two or three of them."""
    pairs = [Meaning(subject, place) for subject in SUBJECTS for place in PLACES]
    pairs += [Meaning(subject, None, time) for subject in SUBJECTS for time in TIMES]
    return pairs + [Meaning(subject, place, time) for subject in SUBJECTS for place in PLACES for time in TIMES]


@pytest.mark.parametrize(("library", "at_least"), [(60, 0.995), (420, 0.98)])
def test_queries_without_an_answer_get_none_and_few_right_answers_are_lost(
    painted_scenes: Painted, meanings: list[Meaning], library: int, at_least: float
) -> None:
    rng = random.Random(3)
    relevant = painted_scenes.relevant([phrased(meaning, rng) for meaning in meanings])
    right = np.array([[meaning.fits(scene.meaning) for meaning in meanings] for scene in painted_scenes.scenes])
    assert float((right & ~relevant).sum() / right.sum()) <= 0.02
    # Of each library the right answers are taken out, so that no query has one.
    refused = [
        ~(relevant & ~right)[start : start + library].any(axis=0) for start in range(0, PHOTOS - library + 1, library)
    ]
    assert float(np.mean(refused)) >= at_least


def test_what_is_not_of_this_world_gets_no_answer(painted_scenes: Painted) -> None:
    rng = random.Random(4)
    strangers = [foreign(rng, rng.choice(scene.meaning.parts())) for scene in painted_scenes.scenes]
    assert float(painted_scenes.relevant(strangers).any(axis=0).mean()) <= 0.01


def test_relevance_is_a_probability_whatever_the_vectors() -> None:
    photos = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    found = relevance(photos, photos[0], photos[1:2], 10_000, MARGIN)
    assert found.tolist() == [1, 0, 0]
    assert relevance(photos[:0], photos[0], photos[1:2], 100, MARGIN).shape == (0,)
