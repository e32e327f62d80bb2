"""Open colour pictures in the PFM format; Pillow reads grey ones only."""

import re

import numpy as np
from PIL import Image

from mcsearch.photos.pixels.depth import from_linear_light, to_picture
from mcsearch.photos.pixels.late import LateImage

SIGNATURE = b"PF"
_HEADER = re.compile(rb"PF\s+(\d{1,9})(\s+)(\d{1,9})\s+([-+.\deE]{1,30})\s")
_CHANNELS = 3


def open_pfm(content: bytes) -> Image.Image:
    """Return the picture. Raises OSError or ValueError if it is broken."""
    header = _HEADER.match(content)
    if header is None:
        raise OSError("unreadable header")
    width, height = int(header[1]), int(header[3])
    samples = np.dtype("<f4" if float(header[4]) < 0 else ">f4")

    def decode_pixels() -> Image.Image:
        values = np.frombuffer(content, samples, width * height * _CHANNELS, header.end())
        rows = values.reshape(height, width, _CHANNELS)
        if b"\n" not in header[2]:  # Photoshop, which writes width and height on lines of their own, starts at the top
            rows = rows[::-1]
        return to_picture(from_linear_light(rows.astype(np.float32)), "RGB")

    return LateImage("PPM", (width, height), decode_pixels)
