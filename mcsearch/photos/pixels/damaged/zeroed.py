"""Recognise files whose end is zeros: a copy was broken off, or a disk lost blocks. Decoders take zeros for pixels."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK_BYTES = 12  # a chunk of a PNG without its content: length, name and checksum


def without_zeroed_end(content: bytes) -> bytes:
    """Return a JPEG or PNG without the zeros in the place of its end, and any other file as it is.

    A complete file of these formats does not end with a zero.
    """
    if content[-1:] != b"\0" or not content.startswith((b"\xff\xd8\xff", _PNG_SIGNATURE)):
        return content
    shown = content.rstrip(b"\0")
    if content.startswith(_PNG_SIGNATURE) and not _has_its_last_chunk(content, len(shown)):
        return content  # it was cut short, where a picture of one colour may well have zeros
    return shown


def _has_its_last_chunk(content: bytes, zeros_from: int) -> bool:
    """Return whether a PNG is long enough for the chunk in which the zeros at its end begin."""
    position = len(_PNG_SIGNATURE)
    while position < zeros_from:
        position += _CHUNK_BYTES + int.from_bytes(content[position : position + 4])
    return position <= len(content)
