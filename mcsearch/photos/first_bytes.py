"""Detect the format of a file by its first bytes, for files without a known suffix."""

import os
import re

from mcsearch.photos.formats import FORMATS, HEIF, JPEG, JPEG_XL, RAW, VIDEO, Format
from mcsearch.private import is_locked

BYTES_READ = 32
_BY_NAME = {format_.name: format_ for format_ in FORMATS}
# Signatures, more specific ones first. RAW files with the signature of a TIFF file are recognised by suffix only.
_SIGNATURES: tuple[tuple[re.Pattern[bytes], Format], ...] = tuple(
    (re.compile(start, re.DOTALL), format_)
    for start, format_ in (
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
    """Return the format whose signature the bytes start with, or None if there is no match."""
    return next((format_ for pattern, format_ in _SIGNATURES if pattern.match(start)), None)


def format_at(path: str) -> Format | None:
    """Return the format detected from a file's first bytes, or None if it is unknown or the file is unreadable."""
    try:
        # Opening a pipe would block until something writes to it.
        if not os.path.isfile(path) or is_locked(path):
            return None
        with open(path, "rb") as file:
            return format_of_bytes(file.read(BYTES_READ))
    except OSError:
        return None
