"""Load truncated or damaged pictures if enough of them can be decoded."""

import contextlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFile

_MIN_DECODED = 1 / 3
# Values that Pillow leaves where nothing was decoded: black or transparent, or the grey of missing JPEG coefficients.
_BLANK_VALUES = (0, 127, 128)
_SAMPLE = (64, 256)  # columns and rows that are inspected


@contextlib.contextmanager
def lenient() -> Iterator[None]:
    """Let Pillow decode as much as it can of a damaged file. The switch is global, so this is not thread-safe."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def load_good_part(image: Image.Image) -> None:
    """Load a picture's pixels. Raises OSError if less than a third of its rows were decoded."""
    image.load()
    rows = np.asarray(image.resize(_SAMPLE, Image.Resampling.NEAREST)).reshape(_SAMPLE[1], -1)
    missing = np.isin(rows[:, 0], _BLANK_VALUES) & (rows == rows[:, :1]).all(axis=1)
    if missing.mean() > 1 - _MIN_DECODED:
        raise OSError("most of the picture is missing")
