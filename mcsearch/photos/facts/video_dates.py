"""Read the dates in videos and sequences that their decoders ignore.

These are Android's user data in MP4 and 3GP files, those of AVCHD camcorders and of WMV, AVIF and HEIF sequences.
"""

import datetime
import io
import re
from typing import BinaryIO

from mcsearch.photos.boxes import boxes
from mcsearch.photos.facts.dates import UTC, iso

# Times in MP4 boxes count from here; files without a date contain 0 or the epoch of 1970.
_BOX_EPOCH, _FIRST_S = datetime.datetime(1904, 1, 1), 2_082_844_800
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


def user_date(file: BinaryIO) -> str:
    """Return the text of the box moov/udta/date, such as 2023-06-12T10:11:12+0200, or "" if there is none.

    Raises OSError.
    """
    content = _content(file, b"moov", b"udta", b"date")
    return content.decode("ascii", "replace").strip("\0 ")


def sequence_date(content: bytes) -> dict[str, str]:
    """Return the creation time of an AVIF or HEIF sequence as `utc`; empty if there is none or for any other file."""
    header = _content(io.BytesIO(content), b"moov", b"mvhd") if content[4:8] == b"ftyp" else b""
    seconds = int.from_bytes(header[4:12] if header[:1] == b"\1" else header[4:8])
    if seconds <= _FIRST_S:
        return {}
    try:
        return {"utc": (_BOX_EPOCH + datetime.timedelta(seconds=seconds)).isoformat() + UTC}
    except OverflowError:
        return {}


def camcorder_date(file: BinaryIO) -> str | None:
    """Return the local time that an AVCHD camcorder recorded with the first pictures, or None. Raises OSError."""
    file.seek(0)
    content = file.read(_START_BYTES)
    for match in re.finditer(b"MDPM", content):  # one is cut in two where a packet of the transport stream ends
        recorded = content[match.start() : match.start() + _MDPM_BYTES_AT_MOST].replace(b"\0\0\3", b"\0\0")
        if (entries := _MDPM.match(recorded)) and (date := _recorded_date(entries[1], entries[2])):
            return date
    return None


def asf_date(file: BinaryIO) -> str | None:
    """Return the creation time in UTC of an ASF file (WMV), or None if it has none. Raises OSError."""
    file.seek(0)
    content = file.read(_START_BYTES)
    at = content.find(_ASF_PROPERTIES) + _ASF_CREATION_AT
    units = int.from_bytes(content[at : at + 8], "little") if at >= _ASF_CREATION_AT else 0
    try:
        moment = _EPOCH + datetime.timedelta(seconds=units // _UNITS_PER_S)
    except OverflowError:
        return None
    return moment.isoformat() + UTC if units else None


def _content(file: BinaryIO, *names: bytes) -> bytes:
    """Return the start of the content of the first box that the names lead to, or nothing."""
    spans: list[tuple[int, int | None]] = [(0, None)]
    for name in names:
        found = [box for start, end in spans for box in boxes(file, start, end) if box.kind == name]
        spans = [(box.start, box.end) for box in found]
    for start, end in spans:
        file.seek(start)
        return file.read(min((end or start) - start, _DATE_BYTES_AT_MOST))
    return b""


def _recorded_date(first: bytes, second: bytes) -> str | None:
    zone, *known = first[0], *first[1:], *second
    century, *parts = (f"{part:02x}" for part in known)
    date = [century + parts[0], *parts[1:]]
    if not "".join(date).isdecimal():
        return None
    has_offset = zone and not zone & (_NO_OFFSET | _SUMMER_TIME)
    sign, hours, half = "-" if zone & _NEGATIVE else "+", (zone >> 1) & 0x0F, zone & 1
    return iso(date, offset=f"{sign}{hours:02}:{30 * half:02}" if has_offset else "")
