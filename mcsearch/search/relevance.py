"""How sure it is that a photo shows what a query says: the query against the background prompts."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# By how much (in logits) a photo has to beat the background to be as likely right as wrong. A tag is asked of one
# photo, a query of a whole library, where chance takes some above the background: on painted scenes, where this was
# learnt, one in 4,500. Above the margin it takes one in 100,000, and 1 to 2 % of the right answers fall below it.
MARGIN = 1.25


def relevance(photos: Vectors, query: Vectors, background: Vectors, logit_scale: float) -> Vectors:
    """The probability (n,) that each photo shows what a query says, rather than anything else.

    All arrays hold float32 unit vectors, `photos` (n, dimensions) and `background` as rows. As for tags it is the
    softmax of the query against all background prompts, at the checkpoint's logit scale, less MARGIN.
    """
    rest = logit_scale * (photos @ background.T)
    highest = rest.max(axis=1, keepdims=True)
    rest_total = highest[:, 0] + np.log(np.exp(rest - highest).sum(axis=1))
    with np.errstate(over="ignore"):
        odds_against = np.exp(rest_total + MARGIN - logit_scale * (photos @ query))
    return np.asarray(1 / (1 + odds_against), dtype=np.float32)
