"""JPEG 2000 of sixteen bits a channel, which Pillow's decoder lets overflow: white turns black."""

_CODESTREAM = b"\xff\x4f\xff\x51"  # its start, and that of the segment with its size
_COMPONENTS_AT = 40  # their number, behind which each has three bytes, the first its depth less one
_SIXTEEN, _EIGHT = 15, 7
_CODING_STYLE = b"\xff\x52"
_TRANSFORM_AT = 13
_IRREVERSIBLE = 0


def with_eight_bits(content: bytes) -> bytes | None:
    """The same picture declared to have eight bits a channel; None where sixteen do no harm.

    The steps of the irreversible transform are relative to the declared depth, so that it may be any: at eight
    bits the values are limited to their range when they are decoded.
    """
    start = content.find(_CODESTREAM)
    count_at = start + _COMPONENTS_AT
    depths = range(count_at + 2, count_at + 2 + 3 * int.from_bytes(content[count_at : count_at + 2]), 3)
    style = content.find(_CODING_STYLE, depths.stop)
    if start < 0 or style < 0 or content[style + _TRANSFORM_AT : style + _TRANSFORM_AT + 1] != bytes([_IRREVERSIBLE]):
        return None
    if any(content[at] != _SIXTEEN for at in depths):
        return None
    changed = bytearray(content)
    header = content.rfind(b"ihdr", 0, start)
    for at in (*depths, *([header + 14] if header >= 0 else [])):
        changed[at] = _EIGHT
    return bytes(changed)
