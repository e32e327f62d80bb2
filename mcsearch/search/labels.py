"""Assign labels to photos by cosine, and by probability against the background prompts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
_SCORES_AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True)
class Assigned:
    """Labels assigned to the photos of one block, as parallel arrays, photo by photo, most probable first."""

    rows: npt.NDArray[np.intp]
    labels: npt.NDArray[np.intp]
    scores: Vectors
    probabilities: Vectors


def assign(
    photos: Vectors,
    labels: Vectors,
    background: Vectors,
    logit_scale: float,
    *,
    threshold: float,
    top_k: int,
    margin: float = 0.0,
) -> Assigned:
    """Assign to each photo the labels that fit it better than the background prompts do.

    All arrays hold float32 unit vectors as rows. The probability of a label is its softmax against
    the background prompts alone, at the checkpoint's logit scale, so labels do not compete: a photo
    gets every label with probability ≥ `threshold`, the `top_k` most probable of them. A label must exceed the
    background by `margin` (in logits) to be as likely right as wrong. However many labels there are, memory stays at a
    few arrays of _SCORES_AT_ONCE.
    """
    at_once = max(1, _SCORES_AT_ONCE // max(1, len(labels)))
    blocks = [
        _assign(photos[start : start + at_once], start, labels, background, logit_scale, threshold, top_k, margin)
        for start in range(0, max(1, len(photos)), at_once)
    ]
    if len(blocks) == 1:
        return blocks[0]
    rows, columns, scores, probabilities = (
        np.concatenate([getattr(block, name) for block in blocks]) for name in Assigned.__slots__
    )
    return Assigned(rows, columns, scores, probabilities)


def _assign(
    photos: Vectors,
    first: int,
    labels: Vectors,
    background: Vectors,
    logit_scale: float,
    threshold: float,
    top_k: int,
    margin: float,
) -> Assigned:
    """Assign labels to some photos, whose numbers begin with `first`."""
    scores = photos @ labels.T
    # softmax of [label, background…] = 1 / (1 + Σ exp(scale · (background − label)))
    rest = logit_scale * (photos @ background.T)
    highest = rest.max(axis=1, keepdims=True)
    rest_total = highest + np.log(np.exp(rest - highest).sum(axis=1, keepdims=True)) + np.float32(margin)
    # A probability is worth computing only where the score says that it may be high enough.
    wanted = scores >= (rest_total + _least_logit(threshold)) / np.float32(logit_scale)
    crowded = np.flatnonzero(wanted.sum(axis=1) > top_k)
    if len(crowded):
        # Probability grows with the score, which does not saturate at 1.
        beyond = np.argpartition(-scores[crowded], top_k, axis=1)[:, top_k:]
        wanted[crowded[:, None], beyond] = False
    rows, columns = np.nonzero(wanted)
    chosen = scores[rows, columns]
    with np.errstate(over="ignore"):
        probabilities = (1.0 / (1.0 + np.exp(rest_total[rows, 0] - logit_scale * chosen))).astype(np.float32)
    high = probabilities >= threshold
    rows, columns, chosen, probabilities = rows[high], columns[high], chosen[high], probabilities[high]
    order = np.lexsort((-chosen, rows))
    return Assigned(first + rows[order], columns[order], chosen[order], probabilities[order])


def together(parts: Sequence[Assigned]) -> Assigned:
    """Return labels assigned to the same photos in several parts as one, photo by photo, most probable first."""
    if len(parts) == 1:
        return parts[0]
    none = np.empty(0, np.intp)
    rows, labels = (np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in ("rows", "labels"))
    scores, probabilities = (
        np.concatenate([np.empty(0, np.float32), *(getattr(part, name) for part in parts)])
        for name in ("scores", "probabilities")
    )
    order = np.lexsort((-probabilities, rows))
    return Assigned(rows[order], labels[order], scores[order], probabilities[order])


def _least_logit(threshold: float) -> np.float32:
    """Return a lower bound for the logits of float32 probabilities that reach the threshold, allowing for rounding."""
    if threshold <= 0:
        return np.float32(-np.inf)
    at_most = min(threshold, 1 - 1e-7)  # float32 may round a higher probability to 1
    return np.float32(np.log(at_most / (1 - at_most)) - 0.1)
