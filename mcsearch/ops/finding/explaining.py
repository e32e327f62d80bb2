"""Explain hits: the cosine of each term, what it had to reach, and what the filters left."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.models.prompts import BACKGROUND
from mcsearch.records.answers import Explanation, FilterCount, TermScore
from mcsearch.search.query import Term
from mcsearch.search.relevance import background_logits

Vectors = npt.NDArray[np.float32]


def explanations(
    asked: Sequence[Term],
    vectors: Vectors,
    encoded: Mapping[str, Vectors],
    photos: Vectors,
    logit_scale: float,
    margin: float,
    filters: Sequence[FilterCount],
) -> list[Explanation]:
    """Return an explanation for each photo.

    `vectors` (terms, dimensions) are those of the terms, `encoded` those of prompts, `photos` those of the photos, all
    float32 with unit length. Background and margin are divided by the logit scale, which makes them cosines.
    """
    cosines = photos @ vectors.T
    levels: list[float | None] = [None] * len(photos)
    if all(prompt in encoded for prompt in BACKGROUND) and any(term.text is not None for term in asked):
        background = np.stack([encoded[prompt] for prompt in BACKGROUND])
        levels = [float(level) for level in background_logits(photos, background, logit_scale) / logit_scale]
    return [
        Explanation(
            tuple(
                TermScore(term.text, term.photo, term.weight, float(cosine))
                for term, cosine in zip(asked, of_photo, strict=True)
            ),
            background=level,
            margin=None if level is None else margin / logit_scale,
            filters=tuple(filters),
        )
        for of_photo, level in zip(cosines, levels, strict=True)
    ]
