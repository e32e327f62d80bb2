"""A picture of a file that is read here, not by Pillow: its size is known before its pixels are decoded."""

from collections.abc import Callable
from typing import Any

from PIL import Image


class LateImage(Image.Image):
    """An image in Pillow whose pixels `decoded` makes when they are first asked for."""

    def __init__(self, form: str, size: tuple[int, int], decoded: Callable[[], Image.Image]) -> None:
        """An image of a format; the mode is known when the pixels are. Raises DecompressionBombError."""
        super().__init__()
        if size[0] * size[1] > 2 * (Image.MAX_IMAGE_PIXELS or 0):
            raise Image.DecompressionBombError
        self.format = form
        self._size = size
        self._decoded = decoded

    def load(self) -> Any:
        """Decode the pixels, once. Raises what decoding raises."""
        if self._im is None:
            picture = self._decoded()
            self._im, self._mode, self.palette = picture.im, picture.mode, picture.palette
        return super().load()
