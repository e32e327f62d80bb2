"""Pixels of photos and videos → a vector each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mcsearch.models.towers import ImageTower


def embed_pixels(tower: "ImageTower", pixels: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
    """Embed photos (size, size, 3) and videos (frames, size, size, 3) → float32 unit vectors (n, dimensions).

    The vector of a video is the mean of its frames' vectors, at unit length.
    """
    vectors = np.empty((len(pixels), tower.dimensions), np.float32)
    photos = [number for number, of_one in enumerate(pixels) if of_one.ndim == 3]
    if photos:
        vectors[photos] = tower.embed(np.stack([pixels[number] for number in photos]))
    for number, of_one in enumerate(pixels):
        if of_one.ndim == 4:
            mean = tower.embed(of_one.copy()).mean(axis=0)  # torch wants to be allowed to write
            vectors[number] = mean / np.linalg.norm(mean)
    return vectors
