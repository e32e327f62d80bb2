"""Find the metadata blocks in a JPEG file: APP1 (EXIF, XMP, extended XMP) and APP13 (Photoshop, IPTC)."""

import re
from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import UNPACKED_BYTES_AT_MOST, Block
from mcsearch.photos.facts.containers.photoshop import resource_blocks

_SIGNATURE = b"\xff\xd8\xff"
_APP1, _APP13, _START_OF_SCAN, _END = 0xE1, 0xED, 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_EXIF, _XMP, _EXTENDED_XMP = b"Exif\0", b"http://ns.adobe.com/xap/1.0/", b"http://ns.adobe.com/xmp/extension/\0"
# A few programs damage the name, as in "XMP\0://ns.adobe.com/xap/1.0/"; the packet after it is whole.
_NAMELESS_XMP = re.compile(rb"[^<]{0,40}(?=<(?:\?xpacket begin|x:x[am]pmeta)\b)", re.DOTALL)
_PHOTOSHOP = (b"Photoshop 3.0\0", b"Adobe_Photoshop2.5:")
_TIFF = (b"II*\0", b"MM\0*")
# The main packet contains the GUID of its extended packet: XMP specification part 3, "Extended XMP in JPEG".
_EXTENDED_GUID = re.compile(rb"HasExtendedXMP(?:\s*=\s*[\"']|\s*>\s*)([0-9A-Fa-f]{32})")
_GUID_BYTES = 32


def jpeg_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in a JPEG file."""
    exif: list[bytes] = []
    xmp: list[bytes] = []
    parts: list[bytes] = []
    resources: list[bytes] = []
    for marker, segment in _segments(content):
        if marker == _APP1 and segment.startswith(_EXIF):
            tiff = segment[len(_EXIF) + 1 :]
            if exif and not tiff.startswith(_TIFF):  # continues the previous segment
                exif[-1] += tiff
            else:
                exif.append(tiff)
        elif marker == _APP1 and segment.startswith(_XMP):
            xmp.append(segment[len(_XMP) :].lstrip(b" \0"))  # some programs put a space before the NUL
        elif marker == _APP1 and segment.startswith(_EXTENDED_XMP):
            parts.append(segment[len(_EXTENDED_XMP) :])
        elif marker == _APP1 and (name := _NAMELESS_XMP.match(segment)):
            xmp.append(segment[name.end() :])
        elif marker == _APP13 and segment.startswith(_PHOTOSHOP):
            header = next(start for start in _PHOTOSHOP if segment.startswith(start))
            resources.append(segment[len(header) :])
    for tiff in exif:
        yield "exif", tiff
    for packet in xmp:
        yield "xmp", packet
    if xmp and (named := _EXTENDED_GUID.search(xmp[0])):
        yield "xmp", _joined(parts, named[1])
    yield from resource_blocks(b"".join(resources))


def has_all_metadata(start: bytes) -> bool:
    """Return whether the first bytes of a file are those of a JPEG and contain all of its metadata."""
    return start.startswith(_SIGNATURE) and any(marker == _START_OF_SCAN for marker, _ in _segments(start))


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and content of each segment up to the one that the pixels follow, if that is complete."""
    position = 2
    while (position := content.find(b"\xff", position)) >= 0 and position + 4 <= len(content):
        marker = content[position + 1]
        if marker == _END:
            return
        if marker == 0xFF:  # padding
            position += 1
        elif marker in _WITHOUT_LENGTH or marker == 0:
            position += 2
        else:
            end = position + 2 + max(2, int.from_bytes(content[position + 2 : position + 4]))
            if end <= len(content) or marker != _START_OF_SCAN:
                yield marker, content[position + 4 : end]
            if marker == _START_OF_SCAN:
                return
            position = end


def _joined(parts: list[bytes], guid: bytes) -> bytes:
    """Return the extended packet joined from its parts, each of which states the packet's GUID, length and offset."""
    whole = bytearray()
    for part in parts:
        length, offset = (int.from_bytes(part[at : at + 4]) for at in (_GUID_BYTES, _GUID_BYTES + 4))
        piece = part[_GUID_BYTES + 8 :]
        if part[:_GUID_BYTES] != guid or max(length, offset + len(piece)) > UNPACKED_BYTES_AT_MOST:
            continue
        whole.extend(bytes(max(0, offset + len(piece) - len(whole))))
        whole[offset : offset + len(piece)] = piece
    return bytes(whole)
