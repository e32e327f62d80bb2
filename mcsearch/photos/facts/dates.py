"""When a photo was taken, read from what EXIF, XMP, a file name or a file system say, as ISO 8601 local time."""

import datetime
import os
import re

# EXIF puts colons into its dates, some cameras dashes or slashes.
_EXIF = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?", re.ASCII)
# XMP has dashes in its dates; darktable writes them as EXIF does.
_XMP = re.compile(
    r"(\d{4})(?:[-:](\d\d)(?:[-:](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
# 20230612, 2023-06-12, 2023_06_12; then perhaps 101112, 10-11-12, "at 10.11.12 AM", with milliseconds or without.
_NAME = re.compile(
    r"""(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)
        (?:(?:\ at\ |[-_T\ .])?(?:(\d\d)(\d\d)(\d\d)(?:\d{3})?|(\d{1,2})([-_.:])(\d\d)\9(\d\d))(?:\s?([AP]M))?)?
        (?!\d)""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
# Facebook and WeChat write milliseconds since 1970.
_EPOCH_NAME = re.compile(r"(?:FB_IMG_|mmexport)(1\d{12})(?!\d)", re.ASCII)
# Google's Pixels name their files in UTC.
_UTC_NAME = "PXL_"
_FIRST_YEAR = 1800


def exif_date(date: str, subseconds: str = "", offset: str = "") -> str | None:
    """EXIF's DateTimeOriginal, SubSecTimeOriginal and OffsetTimeOriginal as ISO 8601; None when it is no date."""
    match = _EXIF.match(date.strip())
    if match is None:
        return None
    fraction = re.match(r"[0-9]+", subseconds.strip())
    parts = match.groups()
    return _iso(parts[:6], (f".{fraction[0]}" if fraction else None) or parts[6], offset)


def xmp_date(text: str) -> str | None:
    """A date of XMP, which may leave out what is not known from the right, as ISO 8601; None when it is none."""
    match = _XMP.fullmatch(text.strip())
    if match is None:
        return None
    *parts, fraction, offset = match.groups()
    return _iso(parts, fraction, offset or "")


def name_date(path: str) -> str | None:
    """The date in a file name, as cameras, messengers and screenshots write it, as ISO 8601; None without one."""
    name = os.path.splitext(os.path.basename(path))[0]
    if epoch := _EPOCH_NAME.search(name):
        moment = datetime.datetime.fromtimestamp(int(epoch[1]) // 1000, datetime.UTC)
        return moment.replace(tzinfo=None).isoformat() + "+00:00"
    for match in _NAME.finditer(name):
        year, _, month, day, *together_or_apart, half = match.groups()
        hour, minute, second = together_or_apart[:3]
        if hour is None:
            hour, _, minute, second = together_or_apart[3:]
        if hour is not None and half:
            hour = f"{int(hour) % 12 + 12 * (half.upper() == 'PM'):02}"
        offset = "+00:00" if name.startswith(_UTC_NAME) else ""
        if found := _iso((year, month, day, hour and hour.zfill(2), minute, second), None, offset):
            return found
        if found := _iso((year, month, day), None, ""):  # a counter may look like a time that cannot be
            return found
    return None


def mtime_date(mtime_ns: int) -> str | None:
    """When a file was last changed, in the local time of this machine, as ISO 8601 with its offset."""
    try:
        return datetime.datetime.fromtimestamp(mtime_ns // 10**9).astimezone().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _iso(parts: "tuple[str | None, ...] | list[str | None]", fraction: str | None, offset: str) -> str | None:
    """Year, month, day, hour, minute, second, as far as they are known, as ISO 8601; None when there is no such day."""
    known = [part for part in parts if part is not None]
    year, month, day, hour, minute, second = [*(int(part) for part in known), *(1, 1, 1, 0, 0, 0)[len(known) :]]
    try:
        datetime.datetime(year, month, day, hour, minute, min(second, 59))  # 60: a leap second
    except ValueError:
        return None
    if year < _FIRST_YEAR:
        return None
    text = "-".join(known[:3])
    if len(known) > 3:
        text += "T" + ":".join([*known[3:], *["00"] * (6 - len(known))])
        text += fraction.rstrip("0").rstrip(".") if fraction else ""
        text += _iso_offset(offset)
    return text


def _iso_offset(offset: str) -> str:
    if offset.strip() == "Z":
        return "+00:00"
    match = _OFFSET.fullmatch(offset.strip())
    return f"{match[1]}{match[2]}:{match[3]}" if match and int(match[2]) <= 14 and int(match[3]) < 60 else ""
