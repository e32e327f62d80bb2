"""A workaround for an overflow in Pillow's JPEG 2000 decoder, which turns white black beyond 8 bits per channel."""

_CODESTREAM = b"\xff\x4f\xff\x51"  # the SOC and SIZ markers
_COMPONENTS_AT = 40  # the component count, followed by three bytes each, the first being depth - 1
_EIGHT = 7
_SIGNED = 0x80
_CODING_STYLE = b"\xff\x52"
_TRANSFORM_AT = 13
_IRREVERSIBLE = 0


def with_eight_bits(content: bytes) -> bytes | None:
    """Return the file with its declared depth lowered to 8 bits, or None if it is not affected by the overflow.

    The quantization steps of the irreversible transform are relative to the declared depth, so that any depth can be
    declared. At eight bits, the decoder clips the values to their range.
    """
    start = content.find(_CODESTREAM)
    count_at = start + _COMPONENTS_AT
    depths = range(count_at + 2, count_at + 2 + 3 * int.from_bytes(content[count_at : count_at + 2]), 3)
    style = content.find(_CODING_STYLE, depths.stop)
    if start < 0 or style < 0 or content[style + _TRANSFORM_AT : style + _TRANSFORM_AT + 1] != bytes([_IRREVERSIBLE]):
        return None
    if len({content[at] for at in depths}) != 1 or not _EIGHT < content[depths[0]] < _SIGNED:
        return None
    changed = bytearray(content)
    header = content.rfind(b"ihdr", 0, start)
    for at in (*depths, *([header + 14] if header >= 0 else [])):
        changed[at] = _EIGHT
    return bytes(changed)
