"""Test inputs: a way of running a tower is used only if it gives the right vectors for these."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

PROOF_PROMPT = "a photo of something."
# The least cosine to torch's float32 vector that another precision or engine has to reach.
_LEAST_AGREEMENT = 0.9995


def agree(vectors: Vectors, exact: Vectors) -> bool:
    """Whether vectors, float32 (n, dimensions), agree with those that torch gives for the same inputs in float32."""
    return vectors.shape == exact.shape and bool((vectors * exact).sum(axis=1).min() >= _LEAST_AGREEMENT)


def patterns(size: int, count: int = 4) -> npt.NDArray[np.uint8]:
    """Make pictures, uint8 (count, size, size, 3), of noise at every scale, as photos have; always the same ones."""
    return np.stack([_pattern(size, seed) for seed in range(count)])


def _pattern(size: int, seed: int) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    grain = [2**octave for octave in range(1, size.bit_length())]
    picture = np.zeros((size, size, 3), np.float32)
    for side in grain:
        layer = rng.standard_normal((-(-size // side), -(-size // side), 3), np.float32)
        picture += layer.repeat(side, axis=0).repeat(side, axis=1)[:size, :size]
    return np.asarray(np.clip(127 + 55 * picture / np.sqrt(len(grain)), 0, 255), dtype=np.uint8)
