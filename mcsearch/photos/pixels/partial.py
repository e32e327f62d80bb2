"""Pictures that are cut short or damaged within: whether what can be decoded shows enough."""

import contextlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFile

_PART_AT_LEAST = 1 / 3
# What Pillow leaves where nothing was decoded: black or transparent, in a JPEG the grey of missing coefficients.
_NOTHING = (0, 127, 128)
_SAMPLE = (64, 256)  # columns and rows looked at


@contextlib.contextmanager
def lenient() -> Iterator[None]:
    """Let Pillow decode what it can of a damaged file. The switch is global: not for two threads at once."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def load_good_part(image: Image.Image) -> None:
    """Load a picture's pixels. Raises OSError if less than a third of its rows were decoded."""
    image.load()
    rows = np.asarray(image.resize(_SAMPLE, Image.Resampling.NEAREST)).reshape(_SAMPLE[1], -1)
    missing = np.isin(rows[:, 0], _NOTHING) & (rows == rows[:, :1]).all(axis=1)
    if missing.mean() > 1 - _PART_AT_LEAST:
        raise OSError("most of it is missing")
