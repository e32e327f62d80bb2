"""Find which tiles of a HEIC picture are missing in its file. libheif decodes such a file without a word."""

import itertools
from dataclasses import dataclass

from PIL import Image

from mcsearch.photos.pixels.heic.items import Items, read_items
from mcsearch.photos.pixels.heic.layout import Grid, read_grid

_HEVC = b"hvc1"
# Encoders keep three zeros in a row out of the data, so they are a block that was lost. A unit may end with a few.
_LOST, _LAST_ZEROS = bytes(3), 16


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing of a picture: the part that is `shown`, from 0 to 1, and its tiles if it is a usual grid."""

    shown: float
    grid: Grid | None
    tiles: tuple[bool, ...]

    def mask(self) -> Image.Image | None:
        """Return where the upright picture is missing, in white on black, or None if that is not known."""
        if self.grid is None:
            return None
        grid = self.grid
        mask = Image.new("L", (grid.columns, len(self.tiles) // grid.columns))
        mask.putdata([255 * tile for tile in self.tiles])
        size = (grid.columns * grid.tile_width, mask.height * grid.tile_height)
        mask = mask.resize(size, Image.Resampling.NEAREST).crop((0, 0, grid.width, grid.height))
        for turn in grid.turns:
            mask = mask.transpose(turn)
        return mask


def missing_tiles(content: bytes) -> Missing | None:
    """Return what is missing of the picture of a HEIC file, or None if nothing is, or if the file is unusual."""
    try:
        items = read_items(content)
        tiles = tuple(_is_missing(items, number) for number in items[items.primary].parts or [items.primary])
        if not any(tiles):
            return None
        return Missing(1 - sum(tiles) / len(tiles), _grid(items), tiles)
    except (ValueError, LookupError):
        return None


def _grid(items: Items) -> Grid | None:
    try:
        return read_grid(items)
    except (ValueError, LookupError):
        return None


def _is_missing(items: Items, number: int) -> bool:
    item = items[number]
    if not item.extents:
        return False  # it has no data of its own
    try:
        data = items.data(number)
    except ValueError:
        return True
    parameters = item.property(b"hvcC") if item.kind == _HEVC else None
    return parameters is not None and not _is_sound(data, (parameters[21] & 3) + 1)


def _is_sound(data: bytes, length_bytes: int) -> bool:
    """Return whether data consists of units that each begin with their length, and none has lost a block."""
    at = 0
    while at < len(data):
        start = at + length_bytes
        at = start + int.from_bytes(data[at:start])
        if at == start or at > len(data):
            return False
        lost = data.find(_LOST, start, at)
        if lost >= 0 and (at - lost > _LAST_ZEROS or any(itertools.islice(data, lost, at))):
            return False
    return True
