"""Recognise pictures of which a block was lost: zeros amid compressed data. Decoders take them for pixels."""

from collections.abc import Iterator

from PIL import ExifTags, Image, TiffImagePlugin

from mcsearch.photos.pixels.heic.items import read_items

# No encoder writes so many zeros in a row, except those that are left out below; disks and copies lose whole blocks.
_BLOCK = bytes(4096)
_LOST = "a block of the file is zeros"
_START_OF_SCAN, _END_OF_PICTURE, _TABLES, _BASELINE = 0xDA, b"\xff\xd9", 0xC4, (0xC0, 0xC1)
_JPEG2000 = (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
_START_OF_DATA = b"\xff\x93"
_WEBP_PICTURES = (b"VP8 ", b"VP8L")
_AV1 = b"av01"
_STORED = 1

_Part = tuple[int, int]  # from where to where


def lost_block(content: bytes, picture: Image.Image) -> str | None:
    """Return what to say of a picture of which a block was lost, or None if none was, as far as can be told.

    HEIC files and animations are left out, and so is where zeros may be right: pictures without compression, and JPEGs
    that are progressive or whose shortest codes stand for what does not change.
    """
    found = any(content.find(_BLOCK, start, end) >= 0 for start, end in _compressed(content, picture))
    return _LOST if found else None


def _compressed(content: bytes, picture: Image.Image) -> Iterator[_Part]:
    if content.startswith(b"\xff\xd8\xff"):
        yield from _of_jpeg(content)
    elif content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        yield from _of_webp(content)
    elif content.startswith(_JPEG2000):
        start = content.find(_START_OF_DATA)
        yield start if start >= 0 else len(content), len(content)
    elif content[4:8] == b"ftyp":
        yield from _of_avif(content)
    elif isinstance(picture, TiffImagePlugin.TiffImageFile):
        yield from _of_tiff(picture)


def _of_jpeg(content: bytes) -> Iterator[_Part]:
    """Yield the pixels of a JPEG whose codes do not let it have many zeros: it would repeat a change for ever."""
    position = 2
    shortest_codes = set[int]()  # what a run of zeros stands for in each table; 0 is "no change" and "nothing more"
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker, end = content[position + 1], position + 2 + int.from_bytes(content[position + 2 : position + 4])
        if marker == _START_OF_SCAN:
            if shortest_codes - {0}:
                last = content.find(_END_OF_PICTURE, end)
                yield end, last if last >= 0 else len(content)
            return
        if 0xC0 <= marker <= 0xCF and marker not in (_TABLES, 0xC8, 0xCC, *_BASELINE):
            return
        at = position + 4
        while marker == _TABLES and at + 17 < end:
            shortest_codes.add(content[at + 17])
            at += 17 + sum(content[at + 1 : at + 17])
        position = end


def _of_webp(content: bytes) -> Iterator[_Part]:
    position = 12
    while position + 8 <= len(content):
        start = position + 8
        end = start + int.from_bytes(content[position + 4 : start], "little")
        if content[position : position + 4] in _WEBP_PICTURES:
            yield start, end
        position = end + end % 2


def _of_avif(content: bytes) -> Iterator[_Part]:
    try:
        items = read_items(content)
    except (ValueError, LookupError):
        return
    for item in items.by_number.values():
        if item.kind == _AV1:
            yield from ((start, start + length) for start, length in item.extents)


def _of_tiff(picture: TiffImagePlugin.TiffImageFile) -> Iterator[_Part]:
    tags = picture.tag_v2
    if tags.get(ExifTags.Base.Compression, _STORED) == _STORED:
        return
    for places, lengths in (
        (ExifTags.Base.StripOffsets, ExifTags.Base.StripByteCounts),
        (ExifTags.Base.TileOffsets, ExifTags.Base.TileByteCounts),
    ):
        for start, length in zip(tags.get(places, ()), tags.get(lengths, ()), strict=False):
            yield start, start + length
