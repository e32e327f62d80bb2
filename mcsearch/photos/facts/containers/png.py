"""Find the metadata blocks in a PNG file: the eXIf chunk, and text chunks with conventional keywords.

PNG Specification, Third Edition, 11.3. "Raw profile type …" is written by ImageMagick and its forks.
"""

from collections.abc import Iterator

from mcsearch.photos.facts.containers.block import Block, exif, inflated
from mcsearch.photos.facts.containers.photoshop import resource_blocks

_SIGNATURE_BYTES = 8
_XMP = b"XML:com.adobe.xmp"
_PROFILE = b"Raw profile type "
_CAPTIONS = (b"Description", b"Title")
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_KEYWORD_BYTES_AT_MOST = 79


def png_blocks(content: bytes) -> Iterator[Block]:
    """Yield the metadata blocks in a PNG file, before and after the pixels."""
    position = _SIGNATURE_BYTES
    while position + 8 <= len(content):
        start = position + 8
        end = start + int.from_bytes(content[position : position + 4])
        name = content[position + 4 : start]
        if name == b"eXIf":
            yield exif(content[start:end])
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            yield from _text_blocks(name, content[start:end])
        position = end + 4


def _text_blocks(chunk: bytes, text: bytes) -> Iterator[Block]:
    keyword = text[: _KEYWORD_BYTES_AT_MOST + 1].partition(b"\0")[0]
    if keyword != _XMP and keyword not in _CAPTIONS and not keyword.startswith(_PROFILE):
        return
    value = _value(chunk, text[len(keyword) + 1 :])
    if keyword == _XMP:
        yield "xmp", value
    elif keyword in _CAPTIONS:
        yield "captions", value if chunk == b"iTXt" else value.decode("latin-1").encode()
    else:
        yield from _profile_blocks(keyword.removeprefix(_PROFILE).lower(), _from_hex(value))


def _value(chunk: bytes, rest: bytes) -> bytes:
    """Return the text of a text chunk; `rest` is what follows the keyword."""
    if chunk == b"tEXt":
        return rest
    if chunk == b"zTXt":
        return inflated(rest[1:])
    _language, _translated, value = rest[2:].split(b"\0", 2)
    return inflated(value) if rest[:1] == b"\1" else value


def _from_hex(profile: bytes) -> bytes:
    """Return the bytes of a raw profile: a line break, its name, its length, and as many bytes in hexadecimal digits.

    Some programs write anything after that.
    """
    lines = profile.split(b"\n", 3)
    try:
        length, digits = int(lines[2]), b"".join(lines[3].split())
        return bytes.fromhex(digits[: 2 * length].decode("ascii"))
    except (IndexError, ValueError):
        return b""


def _profile_blocks(name: bytes, profile: bytes) -> Iterator[Block]:
    if profile.startswith(_XMP_HEADER):
        yield "xmp", profile.removeprefix(_XMP_HEADER)
    elif name in (b"exif", b"app1"):
        yield exif(profile)
    elif name == b"xmp":
        yield "xmp", profile
    elif name in (b"iptc", b"8bim"):
        if profile.startswith(b"8BIM"):
            yield from resource_blocks(profile)
        else:
            yield "iptc", profile
