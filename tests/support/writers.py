"""Files of formats that Pillow does not write by itself."""

import io
import struct
from typing import Any

import pillow_heif
import pillow_jxl
from PIL import Image

from tests.support.samples import encoded


def heif(picture: Image.Image, **options: Any) -> bytes:
    """The picture as a HEIC file; orientation in `exif` becomes a rotation of its own besides, as iPhones do it."""
    file = io.BytesIO()
    writer = pillow_heif.HeifFile()
    writer.add_frombytes(picture.mode, picture.size, picture.tobytes())
    exif = options.pop("exif", None)
    writer.save(file, exif=exif.tobytes() if exif else None, quality=options.pop("quality", -1), **options)
    return file.getvalue()


def jxl(picture: Image.Image, **options: Any) -> bytes:
    """The picture as a JPEG XL file made of a JPEG, which it can be turned back into; what JPEG takes are options."""
    content = encoded(picture, "JPEG", quality=95, subsampling=0, **options)
    encoder = pillow_jxl.Encoder(
        mode="RGB", lossless=True, quality=100, decoding_speed=0, effort=3, use_container=True,
        use_original_profile=False, num_threads=0,
    )  # fmt: skip
    made: bytes = encoder(content, *picture.size, jpeg_encode=True)
    return made


def without_the_way_back(content: bytes) -> bytes:
    """A JPEG XL file that was made of a JPEG as one that was not."""
    kept, position = b"", 0
    while position < len(content):
        length = int.from_bytes(content[position : position + 4]) or len(content) - position
        if content[position + 4 : position + 8] != b"jbrd":
            kept += content[position : position + length]
        position += length
    return kept


def psd(picture: Image.Image) -> bytes:
    """The picture as a Photoshop file of eight bits a channel, without layers."""
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, len(picture.getbands()), picture.height, picture.width, 8, 3)
    channels = b"".join(channel.tobytes() for channel in picture.split())
    return header + bytes(12) + struct.pack(">H", 0) + channels  # no palette, resources, layers or compression
