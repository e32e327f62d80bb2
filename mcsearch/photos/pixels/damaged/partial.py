"""Load truncated or damaged pictures if enough of them can be decoded.

How much was decoded is measured, not judged by its looks: the picture's memory is filled with noise before the decoder
writes to it, and rows that still hold the noise afterwards were not decoded.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, JpegImagePlugin

_LEAST_SHOWN = 1 / 3
_GIF_ROWS = 7  # between those of the first pass
_END_OF_JPEG = b"\xff\xd9"
# libjpeg decodes missing coefficients to this grey, which is 127 in inverted CMYK.
_GREY_OF_JPEG = (127, 128)
# What is shown where nothing was decoded; black or the first colour of the palette in other modes.
_GREY: dict[str, int | tuple[int, ...]] = {
    "L": 128, "LA": (128, 255), "RGB": (128, 128, 128), "RGBA": (128, 128, 128, 255), "RGBX": (128, 128, 128, 255),
    "CMYK": (0, 0, 0, 127), "I;16": 32768,
}  # fmt: skip


@contextlib.contextmanager
def lenient() -> Iterator[None]:
    """Let Pillow decode as much as it can of a damaged file. The switch is global, so this is not thread-safe."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def load_good_part(image: Image.Image) -> str | None:
    """Load a picture's pixels and return what is missing of them, or None if nothing is.

    Raises OSError if less than a third of the picture can be decoded.
    """
    if not isinstance(image, ImageFile.ImageFile):
        image.load()
        return None
    watched = _Watched(image)
    image.load()
    missing_tiles = getattr(image, "missing", None)  # of a HEIC file, which knows its own
    shown = watched.shown if missing_tiles is None else missing_tiles.shown
    if shown < _LEAST_SHOWN:
        raise OSError("most of the picture is missing")
    if shown < 1:
        return f"only {max(1, int(100 * shown))}% of the picture can be decoded"
    return "the end of the file is missing" if watched.was_cut else None


class _Watched:
    """A picture whose decoder is watched. `shown` is the part of the picture that was decoded, from 0 to 1.

    `was_cut` is true for a JPEG that ended before its decoder was done.
    """

    def __init__(self, image: ImageFile.ImageFile) -> None:
        self.shown = 1.0
        self._image, self._noise = image, b""
        self._missing_at_end: npt.NDArray[np.bool_] | None = None
        self._prepare, self._finish = image.load_prepare, image.load_end
        image.load_prepare = self._fill_with_noise  # type: ignore[method-assign]
        image.load_end = self._measure  # type: ignore[method-assign]
        if isinstance(image, JpegImagePlugin.JpegImageFile):
            image.load_read = self._read  # type: ignore[method-assign, assignment]

    @property
    def was_cut(self) -> bool:
        return self._missing_at_end is not None

    def _fill_with_noise(self) -> None:
        self._prepare()
        core = self._image.im
        width, height = core.size
        blank = Image.new(core.mode, (width, 1)).tobytes()
        self._noise = np.random.default_rng(0).bytes(len(blank))
        row = Image.frombytes(core.mode, (width, 1), self._noise)
        self._noise = row.tobytes()  # without the bits that the mode has no room for
        noise = Image.frombytes(core.mode, core.size, self._noise * height)
        core.paste(noise.im, (0, 0, width, height))

    def _read(self, size: int) -> bytes:
        """Return the next bytes of a JPEG file, and once an end if it has none.

        Given an end, libjpeg shows what it held back, all of it if the file has several scans, and makes the rest grey.
        """
        assert self._image.fp is not None
        content = self._image.fp.read(size)
        if content or self.was_cut:
            return content
        self._missing_at_end = self._missing()
        return _END_OF_JPEG

    def _measure(self) -> None:
        if self._noise:
            missing = self._missing()
            if self._missing_at_end is not None:
                missing |= self._missing_at_end & _is_grey(self._rows())
            self.shown = 1 - float(missing.mean())
            if missing.ndim > 1:
                self._fill_from_neighbours(missing)
            else:
                self._fill_with_grey(missing)
        self._finish()

    def _rows(self) -> npt.NDArray[np.uint8]:
        core: Any = self._image.im
        picture = Image.Image()._new(core)
        return np.frombuffer(picture.tobytes(), np.uint8).reshape(core.size[1], -1)

    def _missing(self) -> npt.NDArray[np.bool_]:
        """Return which rows were not decoded, or, of an interlaced PNG that lacks a row, which bytes were not."""
        same = self._rows() == np.frombuffer(self._noise, np.uint8)
        rows: npt.NDArray[np.bool_] = same.all(axis=1)
        return same if self._image.info.get("interlace") and self._image.format == "PNG" and rows.any() else rows

    def _fill_with_grey(self, missing: npt.NDArray[np.bool_]) -> None:
        """Fill missing rows; in a GIF, whose rows may come in four passes, with those above them."""
        core = self._image.im
        near = _GIF_ROWS if self._image.format == "GIF" else 0
        for row in np.flatnonzero(missing).tolist():
            line = (0, row, core.size[0], row + 1)
            above = [other for other in range(max(0, row - near), row) if not missing[other]]
            if above:
                core.paste(core.crop((0, above[-1], core.size[0], above[-1] + 1)), line)
            else:
                core.paste(_GREY.get(core.mode, 0), line)

    def _fill_from_neighbours(self, missing: npt.NDArray[np.bool_]) -> None:
        """Fill the gaps of an interlaced PNG, of which at least every second pixel of every second row was decoded."""
        core = self._image.im
        width, height = core.size
        rows = self._rows().copy()
        pixel_bytes = rows.shape[1] // width  # 0 for a picture of single bits, whose gaps are filled by whole bytes
        pixels = rows.reshape(height, -1, max(1, pixel_bytes))
        coarse = pixels[::2, ::2].repeat(2, axis=0).repeat(2, axis=1)[:height, : pixels.shape[1]]
        filled = np.where(missing.reshape(pixels.shape), coarse, pixels)
        core.paste(Image.frombytes(core.mode, core.size, filled.tobytes()).im, (0, 0, width, height))


def _is_grey(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return which rows of a JPEG consist of the grey that libjpeg makes of missing coefficients."""
    return np.asarray(np.isin(rows, _GREY_OF_JPEG).all(axis=1))
