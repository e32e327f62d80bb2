"""Compute from a library how far above the background chance matches reach: the margin of relevance.

A query is compared with all photos, so the more photos there are, the higher the best of those that fit by chance. How
high is seen from prompts of things that are hardly in anyone's photos: for each, the photo that exceeds the background
most.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.search.packing.quantise import Rows, quantise
from mcsearch.search.relevance import MARGIN, background_logits

Vectors = npt.NDArray[np.float32]

# The share of queries without an answer that may find something nevertheless.
FOUND_BY_CHANCE = 0.022
# More rows than these are not needed: what the best of all would be is extrapolated.
SAMPLE = 32768
_BLOCK = 4096
# The growth with the number of photos is seen by comparing the sample with its parts.
_PARTS = 4
# Prompts so many standard deviations above the median of the absent ones count as present in the library.
_PRESENT = 3.0
_MOST_PRESENT = 0.25
_ROUNDS = 20


def chance_margin(
    rows: Rows, scales: Vectors, photos: int, kinds: Sequence[tuple[float, Vectors]], background: Vectors, scale: float
) -> float:
    """Return the margin, in logits, that FOUND_BY_CHANCE of the queries without an answer exceed; at least MARGIN.

    `rows` and `scales` are a sample (quantise.py) of the embeddings of a library of that many `photos`. `kinds`
    are the prompts of rare things: the share of each kind and its float32 unit vectors, as `background`. `scale` is the
    checkpoint's logit scale. Up to a quarter of the prompts may be in the library after all, if its photos fit them
    clearly better than chance.
    """
    highest = _highest(rows, scales, np.concatenate([vectors for _, vectors in kinds]), background, scale, photos)
    laws, start = [], 0
    for share, vectors in kinds:
        laws.append((share, *_law(highest[start : start + len(vectors)])))
        start += len(vectors)
    return max(MARGIN, _exceeded_by(FOUND_BY_CHANCE, laws))


def _highest(rows: Rows, scales: Vectors, prompts: Vectors, background: Vectors, scale: float, photos: int) -> Vectors:
    """Return for each prompt how far the best photo of the library exceeds the background, in logits, (prompts,)."""
    turned = [part * part_scales[:, None] for part, part_scales in (quantise(prompts), quantise(background))]
    parts = min(_PARTS, len(rows))
    highest = np.full((parts, len(prompts)), -np.inf, np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK] * scales[start : start + _BLOCK, None]
        excess = scale * (block @ turned[0].T) - background_logits(block, turned[1], scale)[:, None]
        for part in range(min(parts, len(block))):
            np.maximum(highest[part], excess[part::parts].max(axis=0), out=highest[part])
    whole = np.asarray(highest.max(axis=0))
    if photos <= len(rows) or parts == 1:
        return whole
    # The highest of n grows with the logarithm of n, for any distribution with an exponential tail.
    growth = float(np.median(whole - highest.mean(axis=0))) / math.log(parts)
    return np.asarray(whole + growth * math.log(photos / len(rows)), dtype=np.float32)


def _law(highest: Vectors) -> tuple[float, float]:
    """Return the location and the scale of a Gumbel law with the upper half of the absent prompts' values.

    The present prompts are above the absent ones. So the median of the absent ones, and the quantile below it that is
    one standard deviation away in a normal law, say what is too high to be absent. At first both are looked for as if
    _MOST_PRESENT of all prompts were present.
    """
    absent, left = highest, 1 - _MOST_PRESENT
    for _ in range(_ROUNDS):
        middle, low = np.quantile(absent, [0.5 * left, 0.1587 * left])
        kept = highest[highest <= middle + _PRESENT * (middle - low)]
        if len(kept) < 2 or (left == 1 and len(kept) == len(absent)):
            break
        absent, left = kept, 1
    middle, high = np.quantile(absent, [0.5, 0.8413])
    scale = float(high - middle) / (_gumbel(0.8413) - _gumbel(0.5)) + 1e-6
    return float(middle) - _gumbel(0.5) * scale, scale


def _gumbel(share: float) -> float:
    """Return the value that this share of the standard Gumbel law is below."""
    return -math.log(-math.log(share))


def _exceeded_by(share: float, laws: Sequence[tuple[float, float, float]]) -> float:
    """Return the value that this share of a mixture of Gumbel laws exceeds; each law is its share, location and scale.

    The shares of the laws add up to 1.
    """
    least = [location + _gumbel(1 - share) * scale for _, location, scale in laws]
    low, high = min(least), max(least)
    for _ in range(60):
        value = (low + high) / 2
        above = sum(part * -math.expm1(-math.exp((location - value) / scale)) for part, location, scale in laws)
        low, high = (value, high) if above > share else (low, value)
    return (low + high) / 2
