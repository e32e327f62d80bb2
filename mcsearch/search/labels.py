"""How well labels fit photos: cosines, and probabilities against the background prompts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Labels assigned to the photos of one block, as parallel arrays, photo by photo, most probable first."""

    rows: npt.NDArray[np.intp]
    labels: npt.NDArray[np.intp]
    scores: Vectors
    probabilities: Vectors


def assign(
    photos: Vectors, labels: Vectors, background: Vectors, logit_scale: float, *, threshold: float, top_k: int
) -> Assigned:
    """Assign to each photo the labels it is more likely to show than just any picture.

    All arrays hold float32 unit vectors as rows. The probability of a label is its softmax against
    the background prompts alone, at the checkpoint's logit scale, so labels do not compete: a photo
    gets every label with probability ≥ `threshold`, the `top_k` most probable of them.
    """
    scores = photos @ labels.T
    # softmax of [label, background…] = 1 / (1 + Σ exp(scale · (background − label)))
    rest = logit_scale * (photos @ background.T)
    highest = rest.max(axis=1, keepdims=True)
    rest_total = highest + np.log(np.exp(rest - highest).sum(axis=1, keepdims=True))
    with np.errstate(over="ignore"):
        probabilities = (1.0 / (1.0 + np.exp(rest_total - logit_scale * scores))).astype(np.float32)
    wanted = probabilities >= threshold
    if top_k < labels.shape[0]:
        # Probability grows with the score, which does not saturate at 1.
        beyond = np.argpartition(-scores, top_k, axis=1)[:, top_k:]
        np.put_along_axis(wanted, beyond, False, axis=1)
    rows, columns = np.nonzero(wanted)
    order = np.lexsort((-scores[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    return Assigned(rows, columns, scores[rows, columns], probabilities[rows, columns])
