"""Open JPEG 2000 pictures whose channels differ in size or in order by FFmpeg, because Pillow garbles them."""

import re
from typing import Any

from PIL import Image

from mcsearch.photos.pixels.late import LateImage

_CODESTREAM = b"\xff\x4f\xff\x51"
_COMPONENTS_AT, _GRID_AT = 40, 8
_CHANNEL_DEFINITIONS = b"cdef"
_DEFINITION_BYTES, _COLOUR = 6, 0
# An enumerated colour space, and those that FFmpeg knows: sRGB, grey and sYCC.
_COLOURS = re.compile(rb"colr\x01..(.{4})", re.DOTALL)
_KNOWN_COLOURS = range(16, 19)
_FULL_RANGE = 2  # FFmpeg's number


def is_garbled(content: bytes) -> bool:
    """Return whether Pillow would garble a JPEG 2000 picture: it has subsampled or reordered channels."""
    return any(step != 1 for step in _steps(content)) or _is_reordered(content)


def open_by_ffmpeg(av: Any, content: bytes) -> Image.Image:
    """Return the picture, which `av`, the module of PyAV, will decode. Raises OSError or ValueError if it cannot."""
    start, steps = content.find(_CODESTREAM) + _GRID_AT, _steps(content)
    right, bottom, left, top = (int.from_bytes(content[at : at + 4]) for at in range(start, start + 16, 4))
    across, down = min(steps[::2], default=1), min(steps[1::2], default=1)
    if start < _GRID_AT or not across or not down:
        raise OSError("unreadable header")
    if not _has_known_colours(content, steps):
        raise OSError("JPEG 2000 with unknown colours")
    size = (-(-right // across) + -left // across, -(-bottom // down) + -top // down)

    def decode_pixels() -> Image.Image:
        try:
            context = av.CodecContext.create("jpeg2000", "r")
            context.thread_count = 1  # the pool already runs one process per core
            frames = [*context.decode(av.Packet(content)), *context.decode(None)]
        except av.FFmpegError as error:
            raise OSError(error.strerror or "cannot be read") from error
        if not frames or (frames[0].width, frames[0].height) != size:
            raise OSError("not a picture of the size that is stated")
        names = [component.is_alpha for component in frames[0].format.components]
        wanted = "rgba" if any(names) else "rgb24"
        pixels = frames[0].to_ndarray(format=wanted, src_color_range=_FULL_RANGE, dst_color_range=_FULL_RANGE)
        return Image.fromarray(pixels)

    return LateImage("JPEG2000", size, decode_pixels)


def _has_known_colours(content: bytes, steps: bytes) -> bool:
    """Return whether FFmpeg knows the colour space of a picture, or may take it for RGB."""
    found = _COLOURS.search(content, 0, content.find(_CODESTREAM))
    if found is None:
        return len(set(steps[::2])) == len(set(steps[1::2])) == 1
    return int.from_bytes(found[1]) in _KNOWN_COLOURS


def _steps(content: bytes) -> bytes:
    """Return how far apart the samples of the channels are: for each channel, across and down."""
    count_at = content.find(_CODESTREAM) + _COMPONENTS_AT
    channels = content[count_at + 2 : count_at + 2 + 3 * int.from_bytes(content[count_at : count_at + 2])]
    return bytes(step for place, step in enumerate(channels) if place % 3)


def _is_reordered(content: bytes) -> bool:
    at = content.find(_CHANNEL_DEFINITIONS, 0, content.find(_CODESTREAM)) + len(_CHANNEL_DEFINITIONS)
    if at < len(_CHANNEL_DEFINITIONS):
        return False
    count = int.from_bytes(content[at : at + 2])
    for start in range(at + 2, at + 2 + count * _DEFINITION_BYTES, _DEFINITION_BYTES):
        channel, kind, colour = (int.from_bytes(content[place : place + 2]) for place in range(start, start + 6, 2))
        if kind == _COLOUR and colour != channel + 1:
            return True
    return False
