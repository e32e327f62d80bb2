"""Find the XMP packet in a GIF file (XMP specification part 3, "GIF")."""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block

_EXTENSION, _IMAGE, _APPLICATION = 0x21, 0x2C, 0xFF
_XMP = b"\x0bXMP DataXMP"
_HEADER_BYTES, _IMAGE_HEADER_BYTES = 13, 10
_TRAILER_BYTES = 257  # lets GIF readers without XMP support skip the packet


def gif_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in a GIF file."""
    position = _HEADER_BYTES + _palette_bytes(content[10])
    while position + 2 < len(content):
        if content[position] == _EXTENSION:
            position += 2
            if content[position - 1] == _APPLICATION and content.startswith(_XMP, position):
                end = _end_of_sub_blocks(content, position)
                yield "xmp", content[position + len(_XMP) : end - _TRAILER_BYTES]
        elif content[position] == _IMAGE:
            position += _IMAGE_HEADER_BYTES + _palette_bytes(content[position + 9]) + 1
        else:
            return
        position = _end_of_sub_blocks(content, position)


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end_of_sub_blocks(content: bytes, position: int) -> int:
    """Return the offset at which a series of sub-blocks ends, each preceded by its length, the last being empty."""
    while position < len(content) and content[position]:
        position += 1 + content[position]
    return position + 1
