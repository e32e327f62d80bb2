"""Find the metadata blocks among the Photoshop image resources in JPEG, TIFF and PSD files.

Adobe Photoshop File Formats Specification, "Image Resources Section".
"""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block

_SIGNATURES = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
_IPTC, _EXIF, _XMP = 0x0404, 0x0422, 0x0424
_PSD_HEADER_BYTES = 26


def resource_blocks(resources: bytes) -> Iterator[Block]:
    """Yield the metadata blocks among image resources."""
    position = 0
    while resources.startswith(_SIGNATURES, position):
        number = int.from_bytes(resources[position + 4 : position + 6])
        name_bytes = 1 + resources[position + 6] if position + 6 < len(resources) else 0
        start = position + 6 + name_bytes + name_bytes % 2 + 4
        length = int.from_bytes(resources[start - 4 : start])
        block = resources[start : start + length]
        if number == _IPTC:
            yield "iptc", block
        elif number == _EXIF:
            yield "exif", block
        elif number == _XMP:
            yield "xmp", block
        position = start + length + length % 2


def psd_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in a PSD or PSB file."""
    position = _PSD_HEADER_BYTES
    position += 4 + int.from_bytes(content[position : position + 4])  # the palette
    length = int.from_bytes(content[position : position + 4])
    yield from resource_blocks(content[position + 4 : position + 4 + length])
