"""Strip the metadata from a picture, for a second attempt at a file whose metadata prevents decoding."""

import re
from typing import Literal

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# JPEG segments that Pillow parses although no pixel depends on them: APP0 to APP15 except Adobe's APP14, and comments.
_JPEG_METADATA = frozenset({*range(0xE0, 0xEE), 0xEF, 0xFE})
_ADOBE = 0xEE
_ADOBE_BYTES = 16
_START_OF_SCAN = 0xDA
# The item info entry of an EXIF item in an AVIF file.
_AVIF_EXIF_ENTRY = re.compile(rb"(infe\x02.{7})Exif", re.DOTALL)
_JXL_METADATA = (b"Exif", b"xml ", b"brob", b"jbrd")
# TIFF tags that pixels depend on: size, sample layout, compression, strips and tiles, palette, embedded JPEG.
_TIFF_PIXEL_TAGS = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325, 338, 339, 347, 530}
    | {512, 513, 514, 515, 519, 520, 521, 529, 531, 532}
)


def without_metadata(content: bytes) -> bytes | None:
    """Return the picture without its metadata, or None if the format is unsupported or there is no metadata.

    Orientation and colour profile are removed, too. Never raises, whatever the bytes are.
    """
    if content.startswith(b"\xff\xd8\xff"):
        stripped = _strip_jpeg(content)
    elif content.startswith(_PNG_SIGNATURE):
        stripped = _strip_png(content)
    elif content.startswith((b"II*\0", b"MM\0*")):
        stripped = _strip_tiff(content)
    elif content[4:8] == b"JXL ":
        stripped = _strip_jxl(content)
    elif content[4:8] == b"ftyp":
        stripped = _AVIF_EXIF_ENTRY.sub(rb"\1skip", content)
    else:
        return None
    return stripped if stripped != content else None


def _strip_jpeg(content: bytes) -> bytes:
    parts = [content[:2]]
    position = 2
    while (marker := content[position : position + 2]) and marker[0] == 0xFF and marker[-1] != _START_OF_SCAN:
        if marker[-1] == 0xFF:  # padding
            position += 1
            continue
        end = position + 2 + int.from_bytes(content[position + 2 : position + 4])
        cut_short = marker[-1] == _ADOBE and end - position < _ADOBE_BYTES
        if marker[-1] not in _JPEG_METADATA and not cut_short:
            parts.append(content[position:end])
        position = end
    return b"".join([*parts, content[position:]])


def _strip_png(content: bytes) -> bytes:
    parts = [_PNG_SIGNATURE]
    position = len(_PNG_SIGNATURE)
    while position < len(content):
        end = position + 12 + int.from_bytes(content[position : position + 4])
        name = content[position + 4 : position + 8]
        if name[:1].isupper() or name == b"tRNS":  # an upper-case first letter marks a critical chunk
            parts.append(content[position:end])
        position = end
    return b"".join(parts)


def _strip_jxl(content: bytes) -> bytes:
    """Return a JPEG XL file without metadata and without what restores the JPEG that it was made from.

    A program that changes the metadata of such a file without knowing of that part makes restoring impossible.
    """
    parts, position = [], 0
    while position + 8 <= len(content):
        header = content[position : position + 16]
        length = int.from_bytes(header[:4])
        length = int.from_bytes(header[8:]) if length == 1 else length or len(content)
        if header[4:8] not in _JXL_METADATA:
            parts.append(content[position : position + length])
        position += max(length, 8)
    return b"".join(parts)


def _strip_tiff(content: bytes) -> bytes:
    order: Literal["little", "big"] = "little" if content.startswith(b"II") else "big"
    start = int.from_bytes(content[4:8], order)
    count = int.from_bytes(content[start : start + 2], order)
    end = start + 2 + 12 * count
    entries = [content[at : at + 12] for at in range(start + 2, end, 12)]
    kept = [entry for entry in entries if int.from_bytes(entry[:2], order) in _TIFF_PIXEL_TAGS]
    directory = len(kept).to_bytes(2, order) + b"".join(kept) + bytes(4)
    return content[:start] + directory + content[start + len(directory) :]
