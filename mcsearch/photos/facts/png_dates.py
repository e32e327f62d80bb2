"""Read the dates in a PNG: the text "Creation Time", and the time of the last change (tIME or ImageMagick's text)."""

import struct
import zlib

from mcsearch.photos.facts.dates import iso, text_date

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Lower-case keywords; IrfanView and others leave out the space.
_CREATION_TIMES = (b"creation time", b"creationtime")
_FILE_TIME = b"create-date"  # of the file that ImageMagick made the PNG from
_KEYWORD_BYTES = 80
_TEXT_BYTES_AT_MOST = 1000


def png_dates(content: bytes) -> dict[str, str]:
    """Return `taken_at` and `changed_at` from the chunks of a PNG, as far as present; empty for any other file."""
    found: dict[str, str] = {}
    if not content.startswith(_SIGNATURE):
        return found
    position = len(_SIGNATURE)
    while position + 8 <= len(content):
        length, name = int.from_bytes(content[position : position + 4]), content[position + 4 : position + 8]
        body = content[position + 8 : position + 8 + length] if name in (b"tEXt", b"zTXt", b"iTXt", b"tIME") else b""
        if name == b"tIME" and len(body) == 7:
            year, *rest = struct.unpack(">H5B", body)
            if date := iso([f"{year:04}", *(f"{part:02}" for part in rest)], offset="Z"):
                found["changed_at"] = date
        elif (keyword := body[:_KEYWORD_BYTES].partition(b"\0")[0].lower()) in (*_CREATION_TIMES, _FILE_TIME):
            date = text_date(_text(name, body[len(keyword) + 1 :]))
            if date and keyword in _CREATION_TIMES:
                found["taken_at"] = date
            elif date:
                found.setdefault("changed_at", date)
        position += length + 12
    return found


def _text(chunk: bytes, value: bytes) -> str:
    """Return the text of a text chunk; `value` is what follows the keyword."""
    compressed = chunk == b"zTXt"
    if chunk == b"iTXt":
        compressed, value = value[:1] == b"\1", value[2:].split(b"\0", 2)[-1]
    elif compressed:
        value = value[1:]
    if compressed:
        value = zlib.decompressobj().decompress(value, _TEXT_BYTES_AT_MOST)
    return value[:_TEXT_BYTES_AT_MOST].decode("utf-8", "replace")
