"""A workaround for an overflow in Pillow's JPEG 2000 decoder, which turns white black beyond 8 bits per channel."""

from typing import Any

from PIL import Image, ImageFile

_CODESTREAM = b"\xff\x4f\xff\x51"  # the SOC and SIZ markers
_COMPONENTS_AT = 40  # the component count, followed by three bytes each, the first being depth - 1
_EIGHT, _SIXTEEN = 7, 15
_CODING_STYLE = b"\xff\x52"
_TRANSFORM_AT = 13
_IRREVERSIBLE = 0
# With one more bit, as `with_spare_bit` declares it, a channel spans the middle half of its range.
_SPREAD = [min(255, max(0, round((value - 64) * 255 / 128))) for value in range(256)]


def with_eight_bits(content: bytes) -> bytes | None:
    """Return the file with its declared depth lowered to 8 bits, or None if that is not possible or not necessary.

    The quantization steps of the irreversible transform are relative to the declared depth, so that any depth can be
    declared. At eight bits, the decoder clips the values to their range.
    """
    header = _deep_header(content)
    return _with_depth(content, header, _EIGHT) if header and _is_irreversible(content, header) else None


def with_spare_bit(content: bytes) -> bytes | None:
    """Return the file with its declared depth raised by one bit, or None if that is not necessary.

    The values of the reversible transform do not depend on the declared depth, apart from the middle of the range that
    is added to them. With another bit, none comes near the limit where Pillow overflows. `spread` restores them. Pillow
    keeps the depth of pictures of one channel.
    """
    header = _deep_header(content)
    if header is None or len(header) == 1 or _is_irreversible(content, header):
        return None
    return _with_depth(content, header, content[header[0]] + 1)


def spread(picture: ImageFile.ImageFile) -> ImageFile.ImageFile:
    """Let the values of a picture that was opened from `with_spare_bit` span their range again when it is loaded."""
    finish = picture.load_end

    def load_end() -> None:
        core: Any = picture.im
        loaded = Image.Image()._new(core)
        picture.im = loaded.point(_SPREAD * len(loaded.getbands())).im
        finish()

    picture.load_end = load_end  # type: ignore[method-assign]
    return picture


def _deep_header(content: bytes) -> range | None:
    """Return where the depths of the channels are, or None if they are not all the same, from 9 to 16 bits."""
    start = content.find(_CODESTREAM)
    count_at = start + _COMPONENTS_AT
    depths = range(count_at + 2, count_at + 2 + 3 * int.from_bytes(content[count_at : count_at + 2]), 3)
    if start < 0 or not depths or depths.stop > len(content):
        return None
    return depths if len({content[at] for at in depths}) == 1 and _EIGHT < content[depths[0]] <= _SIXTEEN else None


def _is_irreversible(content: bytes, depths: range) -> bool:
    style = content.find(_CODING_STYLE, depths.stop)
    return style >= 0 and content[style + _TRANSFORM_AT : style + _TRANSFORM_AT + 1] == bytes([_IRREVERSIBLE])


def _with_depth(content: bytes, depths: range, depth: int) -> bytes:
    changed = bytearray(content)
    header = content.rfind(b"ihdr", 0, depths[0])
    for at in (*depths, *([header + 14] if header >= 0 else [])):
        changed[at] = depth
    return bytes(changed)
