"""Read the dates in videos that FFmpeg ignores: Android's user data in MP4 and 3GP files, AVCHD camcorders, WMV."""

import datetime
import re
from collections.abc import Iterator
from typing import BinaryIO

from mcsearch.photos.facts.dates import UTC, iso

_HEADER_BYTES, _LARGE_HEADER_BYTES = 8, 16
_DATE_BYTES_AT_MOST = 64
_START_BYTES = 4 * 1024**2
# AVCHD: "MDPM" in the user data of an H.264 picture, a count, and entries of a tag and four bytes. The date is in 0x18
# (UTC offset, year, month) and 0x19 (day, hour, minute, second), in binary-coded decimals.
_MDPM = re.compile(rb"MDPM.(?:[^\x18].{4}){0,16}?\x18(.{4})\x19(.{4})", re.DOTALL)
_MDPM_BYTES_AT_MOST = 160
_NEGATIVE, _SUMMER_TIME, _NO_OFFSET = 0x20, 0x40, 0x80
# The GUID of the File Properties object of ASF, and the offset from it at which the creation time is stored, in units
# of 100 ns since 1601.
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_CREATION_AT = 48
_UNITS_PER_S = 10_000_000
_EPOCH = datetime.datetime(1601, 1, 1)


def user_date(path: str) -> str:
    """Return the text of the box moov/udta/date, such as 2023-06-12T10:11:12+0200, or "" if there is none.

    Raises OSError.
    """
    with open(path, "rb") as file:
        found = [(0, file.seek(0, 2))]
        for name in (b"moov", b"udta", b"date"):
            found = [span for start, end in found for span in _box_contents(file, name, start, end)]
        for start, end in found:
            file.seek(start)
            return file.read(min(end - start, _DATE_BYTES_AT_MOST)).decode("ascii", "replace").strip("\0 ")
    return ""


def camcorder_date(path: str) -> str | None:
    """Return the local time that an AVCHD camcorder recorded with the first pictures, or None. Raises OSError."""
    with open(path, "rb") as file:
        content = file.read(_START_BYTES)
    for match in re.finditer(b"MDPM", content):  # one is cut in two where a packet of the transport stream ends
        recorded = content[match.start() : match.start() + _MDPM_BYTES_AT_MOST].replace(b"\0\0\3", b"\0\0")
        if (entries := _MDPM.match(recorded)) and (date := _recorded_date(entries[1], entries[2])):
            return date
    return None


def asf_date(path: str) -> str | None:
    """Return the creation time in UTC of an ASF file (WMV), or None if it has none. Raises OSError."""
    with open(path, "rb") as file:
        content = file.read(_START_BYTES)
    at = content.find(_ASF_PROPERTIES) + _ASF_CREATION_AT
    units = int.from_bytes(content[at : at + 8], "little") if at >= _ASF_CREATION_AT else 0
    try:
        moment = _EPOCH + datetime.timedelta(seconds=units // _UNITS_PER_S)
    except OverflowError:
        return None
    return moment.isoformat() + UTC if units else None


def _recorded_date(first: bytes, second: bytes) -> str | None:
    zone, *known = first[0], *first[1:], *second
    century, *parts = (f"{part:02x}" for part in known)
    date = [century + parts[0], *parts[1:]]
    if not "".join(date).isdecimal():
        return None
    has_offset = zone and not zone & (_NO_OFFSET | _SUMMER_TIME)
    sign, hours, half = "-" if zone & _NEGATIVE else "+", (zone >> 1) & 0x0F, zone & 1
    return iso(date, offset=f"{sign}{hours:02}:{30 * half:02}" if has_offset else "")


def _box_contents(file: BinaryIO, name: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the content of each box named `name` between two offsets."""
    while start + _HEADER_BYTES <= end:
        file.seek(start)
        header = file.read(_LARGE_HEADER_BYTES)
        size, inner = int.from_bytes(header[:4]), start + _HEADER_BYTES
        if size == 1:
            size, inner = int.from_bytes(header[8:]), start + _LARGE_HEADER_BYTES
        stop = start + size if size else end
        if stop < inner or stop > end:
            break
        if header[4:8] == name:
            yield inner, stop
        start = stop
