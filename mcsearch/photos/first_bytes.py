"""The format that a file's first bytes announce, for files whose names announce none."""

import os
import re

from mcsearch.photos.formats import FORMATS, HEIF, JPEG, JPEG_XL, RAW, VIDEO, Format

_BYTES = 32
_BY_NAME = {row.name: row for row in FORMATS}
# First bytes and the format, the more specific first. RAW files that are TIFF files to look at need their suffix.
_STARTS: tuple[tuple[re.Pattern[bytes], Format], ...] = tuple(
    (re.compile(start, re.DOTALL), row)
    for start, row in (
        (rb"\xff\xd8\xff", JPEG),
        (rb"\x89PNG\r\n\x1a\n", _BY_NAME["PNG"]),
        (rb"RIFF.{4}WEBP", _BY_NAME["WebP"]),
        (rb"FUJIFILMCCD-RAW|IIU\0|IIR[OS]|MMOR|\0MRM|FOVb|.{4}ftypcrx |II\*\0.{4}CR\x02", RAW),
        (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", _BY_NAME["TIFF"]),
        (rb"GIF8[79]a", _BY_NAME["GIF"]),
        (rb"BM.{4}\0\0\0\0", _BY_NAME["BMP"]),
        (rb"P[1-6][ \t\r\n#]", _BY_NAME["PNM"]),
        (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", _BY_NAME["JPEG 2000"]),
        (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", JPEG_XL),
        (rb".{4}ftypavi[fs]", _BY_NAME["AVIF"]),
        (rb".{4}ftyp(?:he[iv][cmsx]|mif1|msf1)", HEIF),
        (rb".{4}ftyp(?!M4[AB]|jp2|aax|f4a|f4b)|.{4}(?:moov|wide)|RIFF.{4}AVI |\x1a\x45\xdf\xa3", VIDEO),
    )
)


def format_of_bytes(start: bytes) -> Format | None:
    """The format that the first bytes of a file announce; None for any other file."""
    return next((row for pattern, row in _STARTS if pattern.match(start)), None)


def format_at(path: str) -> Format | None:
    """The format that a file's first bytes announce; None for any other, and for one that cannot be read."""
    try:
        if not os.path.isfile(path):  # opening a pipe would wait for whoever writes into it
            return None
        with open(path, "rb") as file:
            return format_of_bytes(file.read(_BYTES))
    except OSError:
        return None
