"""Read the facts about a photo from IPTC IIM (IPTC-NAA Information Interchange Model, version 4)."""

from collections.abc import Iterator
from typing import Any

from mcsearch.photos.facts.dates import iptc_date

_MARKER = 0x1C
_CHARACTER_SET, _TITLE, _KEYWORD, _CAPTION = (1, 90), (2, 5), (2, 25), (2, 120)
_UTF8 = b"\x1b%G"
_DATE, _TIME = (2, 55), (2, 60)
_EXTENDED = 0x8000  # flags an extended data set, whose length field has this many bytes
_SETS_AT_MOST = 4096


def iptc_facts(block: bytes) -> dict[str, Any]:
    """Return the facts in a block of IPTC data sets as fields of Facts; only those present are included."""
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
    """Yield ((record number, data set number), value) of each data set."""
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
    """Decode a text as UTF-8 if that is declared or if it is valid UTF-8, otherwise as Windows-1252."""
    try:
        return value.decode("utf-8", "replace" if is_utf8 else "strict")
    except UnicodeDecodeError:
        pass
    try:
        return value.decode("cp1252")
    except UnicodeDecodeError:  # five byte values are undefined in it
        return value.decode("latin-1")
