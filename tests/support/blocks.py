"""Metadata blocks, and small files that carry them in all the places that programs put them."""

import struct
import zlib

from tests.support.samples import encoded, quarters

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def xmp(caption: str, more: str = "", attributes: str = "") -> bytes:
    """An XMP packet with this caption."""
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        f"<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' {attributes}><dc:description>"
        f"<rdf:Alt><rdf:li xml:lang='x-default'>{caption}</rdf:li></rdf:Alt></dc:description>{more}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def iptc(*sets: tuple[int, int, bytes]) -> bytes:
    """IPTC data sets: record, number and value of each."""
    return b"".join(bytes([0x1C, *number]) + struct.pack(">H", len(value)) + value for *number, value in sets)


def resource(number: int, block: bytes) -> bytes:
    """A Photoshop image resource."""
    return b"8BIM" + struct.pack(">H", number) + b"\0\0" + struct.pack(">I", len(block)) + block + bytes(len(block) % 2)


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG file with these segments, by marker, at its start."""
    content = encoded(quarters(), "JPEG")
    added = (bytes([0xFF, marker]) + struct.pack(">H", len(block) + 2) + block for marker, block in segments)
    return content[:2] + b"".join(added) + content[2:]


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file with these chunks at its end."""
    content = encoded(quarters(), "PNG")
    end = content.rindex(b"IEND") - 4
    added = (
        struct.pack(">I", len(block)) + name + block + struct.pack(">I", zlib.crc32(name + block))
        for name, block in chunks
    )
    return content[:end] + b"".join(added) + content[end:]


def raw_profile(name: str, block: bytes) -> bytes:
    """A block as ImageMagick writes it into a text of a PNG."""
    digits = block.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(block):8}\n{lines}\n".encode()


def box(kind: bytes, content: bytes) -> bytes:
    """A box as MP4, JPEG 2000 and JPEG XL consist of."""
    return struct.pack(">I", len(content) + 8) + kind + content
