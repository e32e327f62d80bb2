"""A Pillow image that decodes its pixels on first use, for files that are not read by Pillow itself."""

from collections.abc import Callable
from typing import Any

from PIL import Image

from mcsearch.photos.pixels.limits.sizes import check_megapixels


class LateImage(Image.Image):
    """A Pillow image whose pixels are decoded by a callable when they are first used."""

    def __init__(self, format_: str, size: tuple[int, int], decode_pixels: Callable[[], Image.Image]) -> None:
        """Create an image with a known format and size; its mode is set when the pixels are decoded.

        Raises DecompressionBombError if the image has too many pixels.
        """
        super().__init__()
        check_megapixels(*size)
        self.format = format_
        self._size = size
        self._decoded = decode_pixels

    def load(self) -> Any:
        """Decode the pixels unless they have been decoded already. Raises any exception that decoding raises."""
        if self._im is None:
            picture = self._decoded()
            self._im, self._mode, self.palette = picture.im, picture.mode, picture.palette
        return super().load()
