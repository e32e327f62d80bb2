"""IPTC IIM → what it says of a photo (IPTC-NAA Information Interchange Model, version 4)."""

from collections.abc import Iterator
from typing import Any

from mcsearch.photos.facts.dates import iptc_date

_MARKER = 0x1C
_CHARACTER_SET, _TITLE, _KEYWORD, _CAPTION = (1, 90), (2, 5), (2, 25), (2, 120)
_UTF8 = b"\x1b%G"
_DATE, _TIME = (2, 55), (2, 60)
_EXTENDED = 0x8000  # the length is itself so long
_SETS_AT_MOST = 4096


def iptc_facts(block: bytes) -> dict[str, Any]:
    """What a block of IPTC data sets says, as fields of Facts; only what is there is in the result."""
    sets = list(_data_sets(block))
    is_utf8 = any(number == _CHARACTER_SET and value.startswith(_UTF8) for number, value in sets)

    def texts(number: tuple[int, int]) -> list[str]:
        found = (_decoded(value, is_utf8).strip("\0 \t\r\n") for other, value in sets if other == number)
        return [text for text in found if text]

    found = {
        "keywords": tuple(texts(_KEYWORD)),
        "caption": "\n".join(texts(_CAPTION)) or next(iter(texts(_TITLE)), None),
        "taken_at": iptc_date("".join(texts(_DATE)[:1]), "".join(texts(_TIME)[:1])),
    }
    return {name: value for name, value in found.items() if value}


def _data_sets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield the number of each data set, with that of its record, and its value."""
    position = 0
    for _ in range(_SETS_AT_MOST):
        if position + 5 > len(block) or block[position] != _MARKER:
            return
        length, start = int.from_bytes(block[position + 3 : position + 5]), position + 5
        if length & _EXTENDED:
            start += length & ~_EXTENDED
            length = int.from_bytes(block[position + 5 : start])
        yield (block[position + 1], block[position + 2]), block[start : start + length]
        position = start + length


def _decoded(value: bytes, is_utf8: bool) -> str:
    """A text in UTF-8 if that is said, or if it can be nothing else; otherwise in the code page of Windows."""
    try:
        return value.decode("utf-8", "replace" if is_utf8 else "strict")
    except UnicodeDecodeError:
        pass
    try:
        return value.decode("cp1252")
    except UnicodeDecodeError:  # five bytes stand for nothing in it
        return value.decode("latin-1")
