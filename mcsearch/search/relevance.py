"""Estimate how likely a photo is to show what a query says, in comparison with the background prompts."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.search.query import Term

Vectors = npt.NDArray[np.float32]

# How far (in logits) a photo must exceed the background to be as likely right as wrong, if no margin was computed from
# the library (search/calibration.py), and the least that is ever used. It was fitted on painted scenes: 1 in 100,000
# exceeds it by chance, and 1 to 2 % of the right answers fall below it.
MARGIN = 1.25


def background_logits(photos: Vectors, background: Vectors, logit_scale: float) -> Vectors:
    """Return the logits (n,) of all background prompts together: the logarithm of the sum of their exponentials.

    All arrays hold float32 unit vectors, `photos` (n, dimensions) and `background` as rows.
    """
    each = logit_scale * (photos @ background.T)
    highest = each.max(axis=1, keepdims=True)
    return np.asarray(highest[:, 0] + np.log(np.exp(each - highest).sum(axis=1)), dtype=np.float32)


def relevance(photos: Vectors, query: Vectors, background: Vectors, logit_scale: float, margin: float) -> Vectors:
    """Return the probability (n,) that each photo shows what a query says rather than anything else.

    As with tags, it is the softmax of the query against all background prompts at the checkpoint's logit scale, here
    with the margin (in logits) subtracted. `query` is a float32 unit vector (dimensions,).
    """
    rest = background_logits(photos, background, logit_scale)
    with np.errstate(over="ignore"):
        odds_against = np.exp(rest + margin - logit_scale * (photos @ query))
    return np.asarray(1 / (1 + odds_against), dtype=np.float32)


def relevances(
    asked: Sequence[Term],
    encoded: Mapping[str, Vectors],
    background: Sequence[str],
    photos: Vectors,
    logit_scale: float,
    margin: float,
) -> list[float | None]:
    """Return the probability, 0 to 1, that each photo shows what a query's texts say.

    `photos` is float32 (n, dimensions). The text with the lowest probability counts; for a text to avoid, that is the
    probability that the photo does not show it. Weights and the photos of a query have no effect. All results are None
    if the query has no texts, or if `encoded`, the vectors of prompts, lacks one of the `background` prompts.
    """
    texts = [(term.text, term.weight > 0) for term in asked if term.text is not None]
    if not texts or any(prompt not in encoded for prompt in background):
        return [None] * len(photos)
    rest = np.stack([encoded[prompt] for prompt in background])
    least = np.ones(len(photos), np.float32)
    for text, wanted in texts:
        shown = relevance(photos, encoded[text], rest, logit_scale, margin)
        least = np.minimum(least, shown if wanted else 1 - shown)
    return [float(one) for one in least]
