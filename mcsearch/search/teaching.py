"""Learn a label from a few photos that show it and a few that do not.

A logistic regression on the embeddings, drawn towards what the label's words say (the prior), as in linear probes that
start from the text: Silva-Rodríguez et al. 2024 (CLAP), Huang et al. 2024 (LP++). Examples are few and dimensions many,
so the embeddings are first made equally wide in all directions, by the covariance of a sample of the library (Wang et
al. 2024, "A Hard-to-Beat Baseline for Training-free CLIP-based Adaptation"). The sample also counts as photos that do
not show the label, with little weight each: most of a library does not. bench/quality/learning.py measured these
constants.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsearch.search.labels import Assigned
from mcsearch.search.relevance import background_logits

Vector = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

# How many photos of the library a label is compared with.
SAMPLE = 1024
# The weight of the whole sample, for each photo that shows the label.
SAMPLE_WEIGHT = 2.0
# The standard deviation of the coefficients before any example is seen.
_SPREAD = 16.0
_LEAST_SHRINKAGE = 0.1
# Photos of the sample that are so like an example may be its copies, or of the same burst.
_SAME = 0.99
_ROUNDS = 50
# Training ends when a round lowers the loss by no more than this share.
_ENOUGH = 1e-4
# A step is near enough when this share of the slope is left, both squared.
_STEPS, _NEAR_ENOUGH = 200, 1e-6


@dataclass(frozen=True, slots=True)
class Classifier:
    """A learnt label. The log-odds of a photo: photo · vector + bias - background_weight · background logits.

    `centre` is the mean of the photos that show the label, of unit length, for the score of a tag.
    """

    vector: Vector
    bias: float
    background_weight: float
    centre: Vector


def train(
    yes: Vectors, no: Vectors, rest: Vectors, text: Vector, background: Vectors, logit_scale: float
) -> Classifier:
    """Return the classifier of a label that `yes` photos show and `no` do not; `rest` is a sample of the library.

    All arrays hold float32 unit vectors as rows; `text` (dimensions,) is the label's. `yes` must not be empty, the
    others may be. The result depends on nothing but the arguments.
    """
    given = np.concatenate([yes, no])
    rest = rest[(rest @ given.T).max(axis=1) < _SAME] if len(rest) else rest
    photos = np.concatenate([given, rest]).astype(np.float64)
    middle, widths = _equalised(photos)
    worded = _worded(photos.astype(np.float32), text, background, logit_scale)
    features = np.column_stack([(photos - middle) @ widths, worded, np.ones(len(photos))])
    shows = np.zeros(len(photos))
    shows[: len(yes)] = 1
    weights = np.ones(len(photos))
    if len(rest):
        weights[len(given) :] = SAMPLE_WEIGHT * len(yes) / len(rest)
    # What the words say counts in full until the examples contradict it.
    prior = np.concatenate([np.zeros(widths.shape[1]), [1.0, 0.0]])
    precision = np.concatenate([np.full(widths.shape[1], _SPREAD**-2), [1.0, 1e-3]])
    found = _fitted(features, shows, weights, prior, precision)
    direction, word_weight = widths @ found[:-2], float(found[-2])
    centre = yes.mean(axis=0)
    return Classifier(
        (direction + word_weight * logit_scale * text).astype(np.float32),
        float(found[-1] - middle @ direction),
        word_weight,
        (centre / max(float(np.linalg.norm(centre)), 1e-12)).astype(np.float32),
    )


def log_odds(photos: Vectors, classifiers: list[Classifier], background: Vectors, logit_scale: float) -> Vectors:
    """Return the log-odds (photos, labels) that each photo shows each label."""
    vectors = np.stack([one.vector for one in classifiers])
    biases = np.array([one.bias for one in classifiers], np.float32)
    on_background = np.array([one.background_weight for one in classifiers], np.float32)
    rest = background_logits(photos, background, logit_scale)
    return np.asarray(photos @ vectors.T + biases - rest[:, None] * on_background, dtype=np.float32)


def probability(odds: Vectors) -> Vectors:
    """Return the probabilities of log-odds."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


def assign_learnt(
    photos: Vectors,
    classifiers: list[Classifier],
    background: Vectors,
    logit_scale: float,
    *,
    threshold: float,
    said: Sequence[tuple[int, int, bool]] = (),
) -> Assigned:
    """Assign to each photo the learnt labels whose probability is ≥ `threshold`, with the cosine to `centre` as score.

    `said` lists the examples among the photos: the row, the number of the label, and whether the photo shows it.
    """
    found = probability(log_odds(photos, classifiers, background, logit_scale))
    for row, label, shows in said:
        found[row, label] = 1 if shows else -1
    scores = photos @ np.stack([one.centre for one in classifiers]).T
    rows, labels = np.nonzero(found >= threshold)
    order = np.lexsort((-found[rows, labels], rows))
    rows, labels = rows[order], labels[order]
    return Assigned(rows, labels, scores[rows, labels], found[rows, labels])


def instructive(odds: Vector, photos: Vectors, known: Vectors, count: int) -> list[int]:
    """Return the places of at most `count` photos whose answers would teach most, the most instructive first.

    They are the photos in doubt, by log-odds `odds` (n,), that are least like one another and like the `known`
    examples: of those most in doubt, five for each wanted, always the one farthest from all before it.
    """
    pool = np.argsort(np.abs(odds), kind="stable")[: 5 * count]
    nearest = (photos[pool] @ known.T).max(axis=1) if len(known) else np.full(len(pool), -1.0)
    chosen: list[int] = []
    for _ in range(min(count, len(pool))):
        place = int(np.argmin(nearest))
        chosen.append(int(pool[place]))
        nearest = np.maximum(nearest, photos[pool] @ photos[pool[place]])
        nearest[place] = np.inf
    return chosen


def _worded(photos: Vectors, text: Vector, background: Vectors, logit_scale: float) -> Vectors:
    """Return the log-odds (n,) by the words alone, those of an ordinary tag."""
    return np.asarray(logit_scale * (photos @ text) - background_logits(photos, background, logit_scale))


def _equalised(photos: Numbers) -> tuple[Numbers, Numbers]:
    """Return the mean, and the matrix that gives photos the same variance in all directions, 1 in total.

    With few photos the covariance is drawn towards that of a sphere.
    """
    middle = photos.mean(axis=0)
    number, dimensions = photos.shape
    spread = (photos - middle).T @ (photos - middle) / number
    shrinkage = max(_LEAST_SHRINKAGE, dimensions / (dimensions + number))
    spread *= 1 - shrinkage
    spread[np.diag_indices(dimensions)] += shrinkage * np.trace(spread) / (1 - shrinkage) / dimensions + 1e-9
    # Other matrices do the same to the regression; this one is computed much faster than the eigenvectors.
    return middle, np.linalg.inv(np.linalg.cholesky(spread)).T / np.sqrt(dimensions)


def _fitted(features: Numbers, shows: Numbers, weights: Numbers, prior: Numbers, precision: Numbers) -> Numbers:
    """Return the coefficients of the weighted logistic regression with a normal prior, by Newton's method."""

    def loss(coefficients: Numbers) -> float:
        odds = features @ coefficients
        away = coefficients - prior
        return float(weights @ (np.logaddexp(0, odds) - shows * odds) + 0.5 * precision @ away**2)

    rough = features.astype(np.float32)  # exact enough for the direction of a step, in half the time
    squares = rough**2
    found, least = prior, loss(prior)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(features @ found, -500, 500)))
        slope = features.T @ (weights * (chance - shows)) + precision * (found - prior)
        bend = (weights * chance * (1 - chance)).astype(np.float32)
        step, share = _step(rough, bend, precision, bend @ squares + precision, slope), 1.0
        while (less := loss(found - share * step)) > least and share > 1e-6:
            share /= 2
        if less >= least - _ENOUGH * least:
            break
        found, least = found - share * step, less
    return found


def _step(features: Vectors, bend: Vector, precision: Numbers, diagonal: Numbers, slope: Numbers) -> Numbers:
    """Return nearly the step of Newton's method, by conjugate gradients: the curvature itself is never computed.

    The curvature is featuresᵀ · bend · features + precision, and `diagonal` its diagonal.
    """
    step, rest = np.zeros_like(slope), slope.copy()
    direction = scaled = rest / diagonal
    size = float(rest @ scaled)
    for _ in range(_STEPS):
        along = direction.astype(np.float32)
        curved = (bend * (features @ along)) @ features + precision * direction
        share = size / float(direction @ curved)
        step += share * direction
        rest -= share * curved
        scaled = rest / diagonal
        before, size = size, float(rest @ scaled)
        if size <= _NEAR_ENOUGH * float(slope @ (slope / diagonal)):
            break
        direction = scaled + size / before * direction
    return step
