"""Labels learnt from a few examples, on made-up vectors."""

import numpy as np
import numpy.typing as npt
import pytest

from mcsearch.search.teaching import Classifier, assign_learnt, instructive, log_odds, probability, train

SCALE = 30.0
DIMENSIONS = 32


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def made_up() -> dict[str, npt.NDArray[np.float32]]:
    """Photos around a common mean; those that show the label lean in a direction that its words do not name."""
    chance = np.random.default_rng(3)
    mean, direction = chance.standard_normal(DIMENSIONS), chance.standard_normal(DIMENSIONS)

    def photos(number: int, lean: float) -> npt.NDArray[np.float32]:
        return _unit(2 * mean + 0.8 * chance.standard_normal((number, DIMENSIONS)) + lean * direction)

    return {
        "yes": photos(8, 1.0), "no": photos(8, 0.0), "rest": photos(500, 0.0), "later yes": photos(200, 1.0),
        "later no": photos(200, 0.0), "text": _unit(chance.standard_normal(DIMENSIONS)),
        "background": _unit(chance.standard_normal((4, DIMENSIONS))),
    }  # fmt: skip


def _train(of: dict[str, npt.NDArray[np.float32]], **other: npt.NDArray[np.float32]) -> Classifier:
    given = {**of, **other}
    return train(given["yes"], given["no"], given["rest"], given["text"], given["background"], SCALE)


def test_a_few_examples_say_what_words_do_not(made_up: dict[str, npt.NDArray[np.float32]]) -> None:
    learnt = _train(made_up)
    right, wrong = (
        (log_odds(made_up[name], [learnt], made_up["background"], SCALE)[:, 0] > 0).mean()
        for name in ("later yes", "later no")
    )
    assert right > 0.6
    assert wrong < 0.02
    again = _train(made_up)
    assert np.array_equal(learnt.vector, again.vector)
    assert learnt.bias == again.bias


def test_one_example_in_an_empty_library_is_enough(made_up: dict[str, npt.NDArray[np.float32]]) -> None:
    none = made_up["no"][:0]
    learnt = _train(made_up, yes=made_up["yes"][:1], no=none, rest=none)
    assert np.isfinite(learnt.vector).all()
    assert probability(log_odds(made_up["yes"][:1], [learnt], made_up["background"], SCALE))[0, 0] > 0.5


def test_copies_of_examples_in_the_library_do_not_count_against_them(
    made_up: dict[str, npt.NDArray[np.float32]],
) -> None:
    rest = np.concatenate([made_up["rest"], made_up["yes"]])
    assert np.allclose(_train(made_up, rest=rest).vector, _train(made_up).vector)


def test_what_was_said_of_a_photo_stands(made_up: dict[str, npt.NDArray[np.float32]]) -> None:
    learnt = [_train(made_up)]
    photos = np.concatenate([made_up["later yes"][:5], made_up["later no"][:5]])
    said = [(0, 0, False), (9, 0, True)]
    for threshold in (0.0, 0.5, 1.0):
        assigned = assign_learnt(photos, learnt, made_up["background"], SCALE, threshold=threshold, said=said)
        assert 9 in assigned.rows
        assert 0 not in assigned.rows
    assert assigned.probabilities.tolist() == [1.0]


def test_suggestions_are_in_doubt_and_unlike_one_another() -> None:
    axes = np.eye(8, dtype=np.float32)
    photos = np.repeat(axes, 3, axis=0)  # three photos of each kind
    odds = np.repeat(np.array([9, 0.1, 0.2, -0.1, 0.3, -9, 9, 9], np.float32), 3)
    chosen = instructive(odds, photos, axes[1:2], 2)
    assert {place // 3 for place in chosen} <= {2, 3, 4}, "in doubt, and not like the example"
    assert len({place // 3 for place in chosen}) == 2
    assert instructive(odds[:0], photos[:0], axes[:0], 5) == []
