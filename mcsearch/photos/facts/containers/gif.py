"""The XMP packet in a GIF file: XMP specification part 3, "GIF"."""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block

_EXTENSION, _IMAGE, _APPLICATION = 0x21, 0x2C, 0xFF
_XMP = b"\x0bXMP DataXMP"
_HEADER_BYTES, _IMAGE_HEADER_BYTES = 13, 10
_TRAILER_BYTES = 257  # bytes that lead a program which knows no XMP to the end of the packet


def gif_blocks(content: bytes) -> Iterator[Block]:
    """Yield the blocks of a GIF file."""
    position = _HEADER_BYTES + _palette_bytes(content[10])
    while position + 2 < len(content):
        if content[position] == _EXTENSION:
            position += 2
            if content[position - 1] == _APPLICATION and content.startswith(_XMP, position):
                end = _end_of_parts(content, position)
                yield "xmp", content[position + len(_XMP) : end - _TRAILER_BYTES]
        elif content[position] == _IMAGE:
            position += _IMAGE_HEADER_BYTES + _palette_bytes(content[position + 9]) + 1
        else:
            return
        position = _end_of_parts(content, position)


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_parts(content: bytes, position: int) -> int:
    """Where what is stored in parts ends; each begins with its length, the last has none."""
    while position < len(content) and content[position]:
        position += 1 + content[position]
    return position + 1
