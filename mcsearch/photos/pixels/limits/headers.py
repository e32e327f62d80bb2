"""Check the headers of formats whose decoders would spend memory before Pillow learns how large a picture is."""

import itertools
import re
from collections.abc import Iterator
from typing import Literal

from mcsearch.photos.pixels.limits.sizes import BombError, check_emptiness, check_megapixels, check_memory

# JPEG 2000 (ISO/IEC 15444-1): the SIZ marker segment after SOC, and COD.
_CODESTREAM, _COD = b"\xff\x4f\xff\x51", b"\xff\x52"
_JP2 = re.compile(rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  ")
_COMPONENTS_AT_MOST = 64
_LEVELS_AT_MOST = 32
# The least that a tile and a packet take in a file; a file of which a third is left may be shown.
_TILE_BYTES, _PACKET_BYTES, _PART_LEFT = 14, 1, 3
# What OpenJPEG keeps: four bytes a sample, twice, and a record for each tile, its components and each code block.
_SAMPLE_BYTES, _TILE_RECORD_BYTES, _COMPONENT_RECORD_BYTES, _BLOCK_RECORD_BYTES = 8, 6_000, 1_200, 160

# JPEG XL (ISO/IEC 18181-1): the size header of a codestream, bare or in a box.
_JXL_BARE, _JXL_BOXES = b"\xff\x0a", b"\0\0\0\x0cJXL "
_JXL_IN_BOX = re.compile(rb"jxlc\xff\x0a|jxlp....\xff\x0a", re.DOTALL)
_JXL_BITS = (9, 13, 18, 30)
_JXL_RATIOS = ((1, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))

# TIFF: types and their bytes, and the tags that lead to further tables.
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SUB_TABLES = (330, 34665, 34853, 40965)
_TABLES_AT_MOST = 64
_VALUES_FOLD, _VALUES_SPARE_BYTES = 4, 64 << 20


def check_header(content: bytes) -> None:
    """Raise BombError, DecompressionBombError or MemoryError if decoding a picture would take what no photo takes."""
    if _JP2.match(content):
        _check_jpeg2000(content)
    elif content.startswith((_JXL_BARE, _JXL_BOXES)):
        _check_jpeg_xl(content)
    elif content.startswith((b"II*\0", b"MM\0*")):
        check_tables(content)


def check_tables(tiff: bytes) -> None:
    """Raise BombError if the tables of a TIFF file or an EXIF block state values many times as long as it is itself.

    Pillow copies every value, and nothing keeps the values of different entries from being the same bytes.
    """
    order: Literal["little", "big"] = "little" if tiff.startswith(b"II") else "big"
    total, seen, tables = 0, set[int](), [int.from_bytes(tiff[4:8], order)]
    while tables and len(seen) < _TABLES_AT_MOST:
        at = tables.pop()
        if at in seen or not 0 < at < len(tiff):
            continue
        seen.add(at)
        entries = min(int.from_bytes(tiff[at : at + 2], order), (len(tiff) - at) // 12)
        for entry in range(at + 2, at + 2 + 12 * entries, 12):
            tag, kind = (int.from_bytes(tiff[start : start + 2], order) for start in (entry, entry + 2))
            count, value = (int.from_bytes(tiff[start : start + 4], order) for start in (entry + 4, entry + 8))
            length = count * _TYPE_BYTES.get(kind, 0)
            total += max(0, min(length, len(tiff) - value)) if length > 4 else 0
            if tag in _SUB_TABLES and length == 4:
                tables.append(value)
        following = at + 2 + 12 * entries
        tables.append(int.from_bytes(tiff[following : following + 4], order))
    if total > _VALUES_FOLD * len(tiff) + _VALUES_SPARE_BYTES:
        raise BombError(f"metadata of {total:,} bytes in a file of {len(tiff):,} bytes")


def _check_jpeg2000(content: bytes) -> None:
    at = content.find(_CODESTREAM) + 8
    if at < 8 or len(content) < at + 34:
        return
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top = (
        int.from_bytes(content[start : start + 4]) for start in range(at, at + 32, 4)
    )
    components = int.from_bytes(content[at + 32 : at + 34])
    width, height = right - left, bottom - top
    if min(width, height, tile_width, tile_height, components) < 1:
        return
    check_megapixels(width, height)
    check_emptiness(width, height, len(content))
    tiles = -(-(right - tile_left) // tile_width) * -(-(bottom - tile_top) // tile_height)
    if components > _COMPONENTS_AT_MOST or tiles * _TILE_BYTES > _PART_LEFT * len(content):
        raise BombError(f"{tiles:,} tiles of {components} components in {len(content):,} bytes")
    style = content.find(_COD, at)
    blocks = 0
    if style >= 0 and len(content) > style + 12:
        tile = min(tile_width, width), min(tile_height, height)
        packets, blocks = _jpeg2000_parts(content[style + 4 : style + 64], tile, tiles * components)
        if packets * _PACKET_BYTES > _PART_LEFT * len(content):
            raise BombError(f"{packets:,} parts in {len(content):,} bytes")
    check_memory(
        width * height * (components * _SAMPLE_BYTES + 4)
        + tiles * (_TILE_RECORD_BYTES + components * _COMPONENT_RECORD_BYTES)
        + blocks * _BLOCK_RECORD_BYTES
    )


def _jpeg2000_parts(style: bytes, tile: tuple[int, int], planes: int) -> tuple[int, int]:
    """Return the number of packets, at least, and of code blocks that a coding style makes of so many planes."""
    has_precincts, levels = style[0] & 1, min(style[5], _LEVELS_AT_MOST)
    block_width, block_height = 4 << (style[6] & 15), 4 << (style[7] & 15)
    packets = blocks = 0
    for resolution in range(levels + 1):
        width, height = (-(-side >> (levels - resolution)) or 1 for side in tile)
        size = style[10 + resolution] if has_precincts and len(style) > 10 + resolution else 0xFF
        packets += planes * -(-width >> (size & 15)) * -(-height >> (size >> 4))
        blocks += (
            planes * -(-width // min(block_width, 1 << (size & 15))) * -(-height // min(block_height, 1 << (size >> 4)))
        )
    return packets, blocks


def _check_jpeg_xl(content: bytes) -> None:
    start = 2
    if content.startswith(_JXL_BOXES):
        found = _JXL_IN_BOX.search(content)
        if found is None:
            return
        start = found.end()
    width, height = _jpeg_xl_size(content[start : start + 10])
    check_megapixels(width, height)
    check_emptiness(width, height, len(content))


def _jpeg_xl_size(header: bytes) -> tuple[int, int]:
    bits = itertools.chain((byte >> bit & 1 for byte in header for bit in range(8)), itertools.repeat(0))
    is_small = _bits(bits, 1)

    def side() -> int:
        return 8 * (_bits(bits, 5) + 1) if is_small else _bits(bits, _JXL_BITS[_bits(bits, 2)]) + 1

    height = side()
    ratio = _bits(bits, 3)
    numerator, denominator = _JXL_RATIOS[ratio]
    return (height * numerator // denominator if ratio else side()), height


def _bits(bits: Iterator[int], count: int) -> int:
    return sum(next(bits) << place for place in range(count))
