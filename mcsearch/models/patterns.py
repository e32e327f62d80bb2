"""What a way of running a tower is tried out on, before it is trusted with photos and prompts."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

PROOF_PROMPT = "a photo of something."
# Cosine to what torch makes of it in float32 that another precision or engine has to reach to be used.
_LEAST_AGREEMENT = 0.9995


def agree(vectors: Vectors, exact: Vectors) -> bool:
    """Whether vectors, float32 (n, dimensions), are as good as what torch gives for the same in float32."""
    return vectors.shape == exact.shape and bool((vectors * exact).sum(axis=1).min() >= _LEAST_AGREEMENT)


def patterns(size: int) -> npt.NDArray[np.uint8]:
    """Four pictures, uint8 (4, size, size, 3): noise from coarse to fine, as photos have it at every scale."""
    rng = np.random.default_rng(0)
    grain = [2**octave for octave in range(1, size.bit_length())]
    layers = [
        np.kron(rng.standard_normal((4, -(-size // side), -(-size // side), 3)), np.ones((1, side, side, 1)))
        for side in grain
    ]
    pictures = np.sum([layer[:, :size, :size] for layer in layers], axis=0) / np.sqrt(len(grain))
    return np.asarray(np.clip(127 + 55 * pictures, 0, 255), dtype=np.uint8)
