"""Open the merged picture of a Photoshop file, which is stored after the layers.

Pillow's own plug-in reads eight-bit files only, treats any spare channel as transparency, and misreads packed rows.
"""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from mcsearch.photos.pixels.depth import Array, to_picture
from mcsearch.photos.pixels.late import LateImage
from mcsearch.photos.pixels.limits.headers import check_tables

SIGNATURE = b"8BPS\0\1"
_HEADER = struct.Struct(">6s6xHIIHH")
_BITMAP, _GREY, _INDEXED, _RGB, _CMYK, _MULTICHANNEL, _DUOTONE, _LAB = 0, 1, 2, 3, 4, 7, 8, 9
_CHANNELS = {_BITMAP: 1, _GREY: 1, _INDEXED: 1, _RGB: 3, _CMYK: 4, _DUOTONE: 1, _LAB: 3}
_TYPES = {1: ">u1", 8: ">u1", 16: ">u2", 32: ">f4"}
_PROFILE, _VERSION, _EXIF = 1039, 1057, 1058
_PACKED = 1


def open_psd(content: bytes) -> Image.Image:
    """Return the merged picture with its colour profile. Raises OSError or ValueError if there is none or it is broken.

    Broken or missing pixels are detected only when they are loaded.
    """
    _, channels, height, width, depth, mode = _HEADER.unpack_from(content)
    if mode == _MULTICHANNEL:  # each channel is an ink; three or four are nearly always the usual ones, inverted
        mode = _CMYK if channels >= _CHANNELS[_CMYK] else _RGB if channels == _CHANNELS[_RGB] else _GREY
    if mode not in _CHANNELS or depth not in _TYPES or channels < _CHANNELS[mode]:
        raise OSError("unsupported kind of Photoshop file")
    sections, merged = _sections(content)
    resources = dict(_resources(sections[1]))

    def decode_pixels() -> Image.Image:
        if resources.get(_VERSION, b"\0\0\0\0\1")[4:5] == b"\0":
            raise OSError("saved without its merged picture")
        row_bytes = (width + 7) // 8 if depth == 1 else width * depth // 8
        has_alpha = mode != _CMYK and channels > _CHANNELS[mode] and _is_transparent(sections[2])
        planes = _planes(merged, channels, _CHANNELS[mode] + has_alpha, height, row_bytes)
        picture = _picture(planes[: _CHANNELS[mode]], width, mode, depth, sections[0])
        if picture.mode in ("L", "RGB") and has_alpha:
            alpha = _picture(planes[_CHANNELS[mode] :][:1], width, _GREY, depth, b"")
            picture.putalpha(alpha.point(lambda value: 255 if value else 0))  # colours are on white already
        return picture

    picture = LateImage("PSD", (width, height), decode_pixels)
    if _PROFILE in resources:
        picture.info["icc_profile"] = resources[_PROFILE]
    if _EXIF in resources:
        check_tables(resources[_EXIF])
        picture.info["exif"] = resources[_EXIF]  # has the orientation
    return picture


def _sections(content: bytes) -> tuple[list[bytes], bytes]:
    """Return the palette, resources and layers, and the merged picture that follows them."""
    sections, position = [], _HEADER.size
    for _ in range(3):
        start = position + 4
        position = start + int.from_bytes(content[position:start])
        sections.append(content[start : min(position, start + (1 << 24))])
    return sections, content[position:]


def _is_transparent(layers: bytes) -> bool:
    """Return whether the first spare channel is the transparency of the merged picture: if the count is negative."""
    return int.from_bytes(layers[4:6], signed=True) < 0


def _resources(section: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while section[position : position + 4] == b"8BIM":
        number = int.from_bytes(section[position + 4 : position + 6])
        name_length = section[position + 6] + 1
        position += 6 + name_length + name_length % 2
        length = int.from_bytes(section[position : position + 4])
        yield number, section[position + 4 : position + 4 + length]
        position += 4 + length + length % 2


def _planes(merged: bytes, channels: int, wanted: int, height: int, row_bytes: int) -> Array:
    """Return the first channels, as many as wanted, as bytes of shape (channels, height, bytes per row)."""
    compression, rows = int.from_bytes(merged[:2]), wanted * height
    if compression == 0:
        stored = np.frombuffer(merged, np.uint8, rows * row_bytes, 2)
    elif compression == _PACKED:
        lengths = np.frombuffer(merged, ">u2", rows, 2)
        ends = 2 + 2 * channels * height + np.cumsum(lengths, dtype=np.int64)
        parts = (
            Image.frombytes("L", (row_bytes, 1), merged[end - length : end], "packbits", "L").tobytes()
            for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)
        )
        stored = np.frombuffer(b"".join(parts), np.uint8)
    else:
        raise OSError("unsupported compression")
    return stored.reshape(wanted, height, row_bytes)


def _picture(planes: Array, width: int, mode: int, depth: int, palette: bytes) -> Image.Image:
    if mode == _BITMAP:
        return Image.fromarray((np.unpackbits(planes[0], axis=1)[:, :width] ^ 1) * np.uint8(255))
    values = np.moveaxis(np.ascontiguousarray(planes).view(_TYPES[depth]), 0, -1)
    if mode == _INDEXED:
        picture = Image.fromarray(np.ascontiguousarray(values[..., 0]), "P")
        picture.putpalette(np.frombuffer(palette, np.uint8, 768).reshape(3, 256).T.tobytes())
        return picture
    if mode == _CMYK:  # Photoshop stores inverted values
        values = np.invert(values)
    elif mode == _LAB:  # a and b are unsigned here, signed in Pillow
        values = values ^ np.array([0, 1 << (depth - 1), 1 << (depth - 1)], values.dtype)
    return to_picture(values, {_RGB: "RGB", _CMYK: "CMYK", _LAB: "LAB"}.get(mode, "L"))
