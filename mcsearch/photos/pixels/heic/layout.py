"""Find how the picture of a HEIC file is laid out: the HEVC key frames it is made of, and how it is turned."""

from dataclasses import dataclass
from fractions import Fraction

from PIL import Image

from mcsearch.photos.pixels.heic.items import Item, Items, read_items

_HEVC, _GRID = b"hvc1", b"grid"
_TURNS = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
_MIRRORS = (Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT)
_TRANSFORMS = (b"clap", b"irot", b"imir")
# Properties that change nothing about the pixels, or of which libheif takes no notice either.
_HARMLESS = frozenset({
    b"hvcC", b"ispe", b"pixi", b"colr", b"pasp", b"rloc", b"udes", b"clli", b"mdcv", b"cclv", b"amve", b"free",
    b"altt", b"aebr", b"wbbr", b"fobr", b"afbr", b"dobr", b"crtt", b"mdft", b"lsel", b"uuid", b"elng",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Colours:
    """How the samples of a picture stand for colours: the matrix, by its number in H.273, and their range."""

    matrix: int
    is_full_range: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the tiles of a picture are, row after row: items of one size. `turns` makes it upright, in order."""

    width: int
    height: int
    columns: int
    tile_width: int
    tile_height: int
    numbers: list[int]
    turns: list[Image.Transpose]


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture made of tiles of one size, row after row, before it is turned: all that decoding it takes.

    `tiles` holds the parameter sets and the frame of each tile; `turns` what makes the picture upright, in order.
    """

    width: int
    height: int
    columns: int
    tile_width: int
    tile_height: int
    tiles: list[tuple[bytes, bytes]]
    turns: list[Image.Transpose]
    colours: Colours | None


def read_layout(content: bytes) -> Layout:
    """Return the layout of a file's primary picture. Raises ValueError and LookupError if it is not a usual one."""
    items = read_items(content)
    grid = read_grid(items)
    numbers = grid.numbers
    if sum(items.length(number) for number in numbers) > len(content):
        raise ValueError("tiles that share their data")
    tiles = [_tile(items, number, (grid.tile_width, grid.tile_height)) for number in numbers]
    colours = {_colours(items[number]) for number in {items.primary, *numbers}} - {None}
    if len(colours) > 1:
        raise ValueError("tiles whose colours differ")
    return Layout(
        grid.width, grid.height, grid.columns, grid.tile_width, grid.tile_height, tiles, grid.turns,
        colours.pop() if colours else None,
    )  # fmt: skip


def read_grid(items: Items) -> Grid:
    """Return where the tiles of a file's primary picture are. Raises ValueError and LookupError if it is unusual."""
    primary = items[items.primary]
    if primary.kind == _HEVC:
        width, height = tile_width, tile_height = _size(primary)
        columns, numbers = 1, [items.primary]
    elif primary.kind == _GRID:
        rows, columns, width, height = _grid(items.data(items.primary))
        numbers = primary.parts
        tile_width, tile_height = _size(items[numbers[0]])
        if (columns, rows, columns * rows) != (-(-width // tile_width), -(-height // tile_height), len(numbers)):
            raise ValueError("a grid that its tiles do not fill")
    else:
        raise ValueError(f"a picture of kind {primary.kind!r}")
    width, height, turns = _transformed(primary, width, height)
    return Grid(width, height, columns, tile_width, tile_height, numbers, turns)


def _grid(data: bytes) -> tuple[int, int, int, int]:
    size = 4 if data[1] & 1 else 2
    if len(data) < 4 + 2 * size:
        raise ValueError("a grid without a size")
    return data[2] + 1, data[3] + 1, int.from_bytes(data[4 : 4 + size]), int.from_bytes(data[4 + size : 4 + 2 * size])


def _size(item: Item) -> tuple[int, int]:
    stated = item.property(b"ispe") or b""
    width, height = int.from_bytes(stated[4:8]), int.from_bytes(stated[8:12])
    if not width or not height:
        raise ValueError("a picture without a size")
    return width, height


def _tile(items: Items, number: int, size: tuple[int, int]) -> tuple[bytes, bytes]:
    item = items[number]
    parameters = item.property(b"hvcC")
    if item.kind != _HEVC or not parameters or _size(item) != size:
        raise ValueError("a tile unlike the others")
    if number != items.primary and any(kind in _TRANSFORMS for kind, _ in item.properties):
        raise ValueError("a tile that is turned")
    return parameters, items.data(number)


def _colours(item: Item) -> Colours | None:
    for kind, content in item.properties:
        if kind == b"colr" and content[:4] == b"nclx":
            return Colours(int.from_bytes(content[8:10]), bool(content[10] & 0x80))
    return None


def _transformed(item: Item, width: int, height: int) -> tuple[int, int, list[Image.Transpose]]:
    turns: list[Image.Transpose] = []
    for kind, content in item.properties:
        if kind == b"clap":
            if turns:
                raise ValueError("a picture that is turned before it is cropped")
            width, height = _cropped(content, width, height)
        elif kind == b"irot":
            turn = _TURNS[content[0] & 3]
            turns += [turn] if turn is not None else []
        elif kind == b"imir":
            turns.append(_MIRRORS[content[0] & 1])
        elif kind not in _HARMLESS:
            raise ValueError(f"a property {kind!r}")
    return width, height, turns


def clean_aperture(content: bytes, width: int, height: int) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Return the left, top, right and bottom of what a property `clap` shows. Raises ValueError if it shows nothing."""
    numbers = [int.from_bytes(content[at : at + 4], signed=True) for at in range(0, 32, 4)]
    wide, high, right, down = (Fraction(numbers[at], numbers[at + 1] or 1) for at in range(0, 8, 2))
    left, top = right + (width - wide) / 2, down + (height - high) / 2
    if not (wide > 0 and left >= 0 and left + wide <= width and high > 0 and top >= 0 and top + high <= height):
        raise ValueError("a picture that is cropped to nothing")
    return left, top, left + wide, top + high


def _cropped(content: bytes, width: int, height: int) -> tuple[int, int]:
    """Return the size that a clean aperture leaves, which has to start at the upper left corner."""
    left, top, right, bottom = clean_aperture(content, width, height)
    if left or top or {right.denominator, bottom.denominator} != {1}:
        raise ValueError("a picture that is cropped at the left or at the top")
    return int(right), int(bottom)
