"""Decode the tiles of a HEIC picture by FFmpeg, each at a reduced size, before their colours are converted."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from mcsearch.photos.formats import VIDEO
from mcsearch.photos.pixels.heic.layout import Colours, Layout
from mcsearch.photos.pixels.limits.sizes import most_pixels
from mcsearch.photos.pixels.opening import import_decoder

_REDUCTIONS = (16, 8, 4, 2)
# H.273: the weights of red and blue in luma, by the number of the matrix; 2 is "unspecified".
_BT_601 = (0.299, 0.114)
_WEIGHTS = {1: (0.2126, 0.0722), 2: _BT_601, 5: _BT_601, 6: _BT_601, 9: (0.2627, 0.0593)}
_FULL_RANGE = 2  # FFmpeg's number
# The in-loop filters soften the edges of blocks of eight pixels, after prediction, of which a reduced picture shows
# next to nothing; they take a twentieth of the time or more.
_OPTIONS = {"skip_loop_filter": "all", "err_detect": "explode"}


class _Sampling(NamedTuple):
    """How many luma samples share a chroma sample, across and down, and how many bits one has."""

    across: int
    down: int
    bits: int


_SAMPLINGS = {
    f"{start}{name}p{end}": _Sampling(across, down, bits)
    for name, across, down in (("420", 2, 2), ("422", 2, 1), ("444", 1, 1))
    for start, end, bits in (("yuv", "", 8), ("yuvj", "", 8), ("yuv", "10le", 10), ("yuv", "12le", 12))
}


def reduction(layout: Layout, at_least: tuple[float, float]) -> int:
    """Return the factor by which to reduce a picture that has to stay this large; 1 if it cannot be reduced."""
    most = min(layout.width / at_least[0], layout.height / at_least[1])
    is_one = len(layout.tiles) == 1
    fitting = (
        factor for factor in _REDUCTIONS
        if factor <= most and (is_one or not (layout.tile_width % factor or layout.tile_height % factor))
    )  # fmt: skip
    return next(fitting, 1)


def decode_reduced(layout: Layout, factor: int) -> Image.Image:
    """Return the picture, not turned yet, in RGB and reduced by a factor; its sides are rounded up.

    Raises OSError and ValueError if FFmpeg or this module cannot decode it, and MissingPackageError.
    """
    av = import_decoder(VIDEO)
    size = (-(-layout.width // factor), -(-layout.height // factor))
    planes = [Image.new("L", size) for _ in range(3)]
    colours = None
    try:
        for number, frame in _frames(av, layout):
            colours = colours or layout.colours or Colours(frame.colorspace, frame.color_range == _FULL_RANGE)
            row, column = divmod(number, layout.columns)
            x, y = column * layout.tile_width, row * layout.tile_height
            shown = (min(layout.tile_width, layout.width - x), min(layout.tile_height, layout.height - y))
            if min(shown) > 0:
                for plane, part in zip(planes, _reduced(frame, shown, factor), strict=True):
                    plane.paste(part, (x // factor, y // factor))
    except av.FFmpegError as error:
        raise OSError(error.strerror or "cannot be read") from error
    if colours is None:
        raise ValueError("no tiles")
    return Image.merge("RGB", planes).convert("RGB", _matrix(colours))


def _frames(av: Any, layout: Layout) -> Iterator[tuple[int, Any]]:
    """Yield each tile's number and its frame."""
    seen = set()
    for frame in (frame for context, packet in _fed(av, layout) for frame in context.decode(packet)):
        if frame.is_corrupt or (frame.width, frame.height) != (layout.tile_width, layout.tile_height):
            raise ValueError("a tile that is not what it is said to be")
        seen.add(frame.pts)
        yield frame.pts, frame
    if seen != set(range(len(layout.tiles))):
        raise ValueError("a tile that is not one frame")


def _fed(av: Any, layout: Layout) -> Iterator[tuple[Any, Any]]:
    """Yield decoders with the packets to give to them: one for each tile, whose number is its time, then the end."""
    contexts: dict[bytes, Any] = {}
    for number, (parameters, data) in enumerate(layout.tiles):
        context = contexts.get(parameters)
        if context is None:
            context = contexts[parameters] = av.CodecContext.create("hevc", "r")
            context.extradata = parameters
            context.thread_count = 1  # the pool already runs one process per core
            context.options = {**_OPTIONS, "max_pixels": str(most_pixels())}
        packet = av.Packet(data)
        packet.pts = number
        yield context, packet
    for context in contexts.values():
        yield context, None


def _reduced(frame: Any, shown: tuple[int, int], factor: int) -> list[Image.Image]:
    """Return the three planes of the part of a frame that is shown, reduced to one size."""
    sampling = _SAMPLINGS.get(frame.format.name)
    if sampling is None:
        raise ValueError(f"samples as {frame.format.name}")
    planes = []
    for plane, across, down in zip(frame.planes, (1, *[sampling.across] * 2), (1, *[sampling.down] * 2), strict=True):
        box = (0, 0, -(-shown[0] // across), -(-shown[1] // down))
        planes.append(_eight_bits(plane, sampling.bits).reduce((factor // across, factor // down), box))
    return planes


def _eight_bits(plane: Any, bits: int) -> Image.Image:
    if bits == 8:
        return Image.frombuffer("L", (plane.line_size, plane.height), plane, "raw", "L", 0, 1)
    samples = np.frombuffer(plane, "<u2").reshape(plane.height, plane.line_size // 2)
    return Image.fromarray((samples >> (bits - 8)).astype(np.uint8))


def _matrix(colours: Colours) -> tuple[float, ...]:
    """Return the rows of the matrix from YCbCr to RGB, each with what is added."""
    if colours.matrix not in _WEIGHTS:
        raise ValueError(f"colours of matrix {colours.matrix}")
    red, blue = _WEIGHTS[colours.matrix]
    green = 1 - red - blue
    luma, chroma, black = (1.0, 1.0, 0) if colours.is_full_range else (255 / 219, 255 / 224, 16)
    to_red, to_blue = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
    rows = (
        (0.0, to_red),
        (-to_blue * blue / green, -to_red * red / green),
        (to_blue, 0.0),
    )
    return tuple(value for cb, cr in rows for value in (luma, cb, cr, -luma * black - 128 * (cb + cr)))
