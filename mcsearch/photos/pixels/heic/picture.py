"""HEIC files as Pillow images that can be decoded at a reduced size, as JPEGs can.

FFmpeg does that, tile by tile; libheif decodes, as a whole, what FFmpeg does not.
"""

import functools
import io
from collections.abc import Sequence
from typing import Any

from pi_heif import HeifImageFile, register_heif_opener
from PIL import Image, ImageFile

from mcsearch.photos.pixels.heic.layout import read_layout
from mcsearch.photos.pixels.heic.missing import Missing, missing_tiles
from mcsearch.photos.pixels.heic.tiles import decode_reduced, reduction
from mcsearch.photos.pixels.packages import MissingPackageError

_FORMAT = "HEIF"
# The picture is reduced to this many times what is asked for, at least, so that resizing it loses nothing.
_SPARE = 1.35
_Box = tuple[float, float, float, float]


class ReducibleHeif(HeifImageFile):  # type: ignore[misc]
    """A HEIC file that libheif has opened, and decodes unless `draft` does."""

    _heif_file: Any
    tile: list[Any]

    @functools.cached_property
    def missing(self) -> Missing | None:
        """What is missing of the picture in this file, or None if nothing is; to be asked before it is loaded."""
        return missing_tiles(self._content)

    @property
    def _content(self) -> bytes:
        return self.fp.getvalue() if isinstance(self.fp, io.BytesIO) else b""

    def load(self) -> Any:
        """Decode the picture by libheif unless it was decoded. Raises OSError, ValueError and others if it is damaged.

        Where Pillow is lenient, missing tiles become grey instead; other damage is an error there, too.
        """
        if self._heif_file is None:
            return super().load()
        missing = self.missing
        if missing is not None and not ImageFile.LOAD_TRUNCATED_IMAGES:
            raise OSError(f"only {int(100 * missing.shown)}% of the picture is in the file")
        _ = self._heif_file[self.tell()].data
        loaded = super().load()
        mask = missing.mask() if missing is not None else None
        if mask is not None and mask.size == self.size:
            self.im.paste((*[128] * 3, 255)[: len(self.getbands())], (0, 0, *self.size), mask.im)
        return loaded

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> tuple[str, _Box] | None:
        """Decode a picture that is made of HEVC key frames at a reduced size; return its mode and its area.

        Returns None, and changes nothing, if it is another picture, if it would not be reduced, if FFmpeg cannot
        decode it, or if PyAV is not installed.
        """
        if self._heif_file is None or size is None or mode != "RGB" or min(self.size) < 2 * _SPARE * min(size):
            return None
        if self.missing is not None:
            return None
        try:
            layout = read_layout(self._content)
            sides = [_SPARE * side for side in size]
            factor = reduction(layout, _before(layout.turns, (sides[0], sides[1])))
            if factor == 1 or _before(layout.turns, self.size) != (layout.width, layout.height):
                return None
            reduced = decode_reduced(layout, factor)
        except (ValueError, LookupError, OSError, MissingPackageError):
            return None
        box: _Box = (0, 0, layout.width / factor, layout.height / factor)
        for turn in layout.turns:
            box = _turned(box, turn, reduced.size)
            reduced = reduced.transpose(turn)
        self._heif_file, self.tile = None, []
        self._size, self._mode, self.im = reduced.size, reduced.mode, reduced.im
        return reduced.mode, box


def register() -> None:
    """Let Pillow open HEIC files."""
    register_heif_opener(decode_threads=1)
    Image.OPEN[_FORMAT] = (ReducibleHeif, Image.OPEN[_FORMAT][1])


def _before(turns: Sequence[Image.Transpose], size: tuple[float, float]) -> tuple[float, float]:
    """Return the width and height that a picture had before it was turned."""
    quarters = sum(turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270) for turn in turns)
    return (size[1], size[0]) if quarters % 2 else (size[0], size[1])


def _turned(box: _Box, turn: Image.Transpose, size: tuple[int, int]) -> _Box:
    """Return where a box is after a picture of a size has been turned."""
    left, top, right, bottom = box
    width, height = size
    if turn is Image.Transpose.ROTATE_90:
        return top, width - right, bottom, width - left
    if turn is Image.Transpose.ROTATE_180:
        return width - right, height - bottom, width - left, height - top
    if turn is Image.Transpose.ROTATE_270:
        return height - bottom, left, height - top, right
    if turn is Image.Transpose.FLIP_LEFT_RIGHT:
        return width - right, top, width - left, bottom
    return left, height - bottom, right, height - top
