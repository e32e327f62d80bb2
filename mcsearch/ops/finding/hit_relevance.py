"""How relevant hits are to the texts of a query."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.models.prompts import BACKGROUND
from mcsearch.records import ModelRow
from mcsearch.search.query import Term
from mcsearch.search.relevance import relevance

Vectors = npt.NDArray[np.float32]


def relevances(
    model: ModelRow, asked: Sequence[Term], encoded: Mapping[str, Vectors], photos: Vectors
) -> list[float | None]:
    """How sure it is that each photo, float32 (n, dimensions), shows what a query's texts say, 0 to 1.

    Of several texts the least sure one counts; a text to stay away from counts by how sure it is that it is not shown.
    Weights do not matter, nor do photos in the query: how alike two photos have to be is for whoever asks to say. With
    photos alone it is None, and so it is where `encoded`, the vectors of prompts, lacks the background.
    """
    texts = [(term.text, term.weight > 0) for term in asked if term.text is not None]
    if not texts or any(prompt not in encoded for prompt in BACKGROUND):
        return [None] * len(photos)
    background = np.stack([encoded[prompt] for prompt in BACKGROUND])
    least = np.ones(len(photos), np.float32)
    for text, wanted in texts:
        shown = relevance(photos, encoded[text], background, model.logit_scale)
        least = np.minimum(least, shown if wanted else 1 - shown)
    return [float(one) for one in least]
