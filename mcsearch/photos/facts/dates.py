"""Convert dates in the forms of EXIF, XMP, IPTC, PNG and file systems to ISO 8601 local time, with known UTC offset."""

import datetime
import email.utils
import re
from collections.abc import Sequence

# EXIF separates the parts of a date with colons; some cameras write dashes or slashes, or spaces for leading zeros.
_EXIF = re.compile(
    r"(\d{4})[:/.-]([\d ]\d)[:/.-]([\d ]\d)(?:(?:[ T]|\s+)([\d ]\d):([\d ]\d)(?::([\d ]\d)(\.\d+)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_XMP = re.compile(
    r"(\d{4})(?:[-:](\d\d)(?:[-:](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_IPTC_DATE, _IPTC_TIME = (
    re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII),
    re.compile(r"(\d\d):?(\d\d):?(\d\d)\s*([+-]\d\d:?\d\d)?", re.ASCII),
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_TEXT_AT_MOST = 200  # characters of a date in words
_YEARS = range(1800, 2200)
_QUARTER_S = 15 * 60
# The largest UTC offset of any time zone.
_LARGEST_OFFSET_S = 14 * 3600
UTC = "+00:00"


def exif_date(date: str, subseconds: str = "", offset: str = "") -> str | None:
    """Return EXIF's DateTimeOriginal, SubSecTimeOriginal and OffsetTimeOriginal as ISO 8601; None if not a date."""
    match = _EXIF.match(date.strip())
    if match is None:
        return None
    fraction = re.match(r"[0-9]+", subseconds.strip())
    *parts, own_fraction, own_offset = match.groups()
    known = [part.replace(" ", "0") for part in parts if part is not None]
    return iso(known, (f".{fraction[0]}" if fraction else None) or own_fraction, offset or own_offset or "")


def xmp_date(text: str) -> str | None:
    """Return an XMP date as ISO 8601, or None if it is not a date.

    XMP dates may be truncated from the right. Dates in EXIF's form, which darktable and others write, are accepted.
    """
    match = _XMP.fullmatch(text.strip())
    if match is None:
        return exif_date(text)
    *parts, fraction, offset = match.groups()
    return iso([part for part in parts if part is not None], fraction, offset or "")


def iptc_date(date: str, time: str = "") -> str | None:
    """Return IPTC's DateCreated (20230612) and TimeCreated (101112+0200) as ISO 8601, or None if not a date."""
    day, clock = _IPTC_DATE.fullmatch(date.strip()), _IPTC_TIME.fullmatch(time.strip())
    if day is None:
        return None
    return (clock and iso([*day.groups(), *clock.groups()[:3]], offset=clock[4] or "")) or iso(day.groups())


def text_date(text: str) -> str | None:
    """Return a PNG's "Creation Time", such as "Mon, 12 Jun 2023 10:11:12 +0200", as ISO 8601; None if not a date."""
    text = text[:_TEXT_AT_MOST]
    if found := xmp_date(text):
        return found
    words = re.sub(r"^[^\W\d]+\.?,?\s+(?=\d)", "", text.strip())  # a day of the week in any language
    parsed = email.utils.parsedate_tz(words)
    if parsed is None:
        return None
    offset_s = parsed[9] if "+" in words or "-" in words or words.endswith(("GMT", "UTC", "UT")) else None
    clock = [f"{part:02}" for part in parsed[1:6]]
    return iso([f"{parsed[0]:04}", *clock], offset="" if offset_s is None else _formatted_offset(offset_s))


def mtime_date(mtime_ns: int) -> str | None:
    """Return a file's modification time as ISO 8601 in this machine's local time, with its offset."""
    try:
        moment = datetime.datetime.fromtimestamp(mtime_ns // 10**9).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
    offset = moment.utcoffset()
    if offset is None or offset.seconds % 60:  # local mean time, before time zones existed
        moment = moment.astimezone(datetime.UTC)
    return moment.isoformat()


def with_offset_to(local: str, utc: str, tolerance_s: int, *, lag_s: float = 0) -> str | None:
    """Return a local time with the UTC offset that makes it equal to `utc`, or None if there is no such offset.

    Offsets are multiples of 15 minutes, up to 14 hours. `utc` may differ by up to `tolerance_s`, and may be `lag_s`
    later. No offset is added if local time and UTC are equal, since the local time may really be UTC.
    """
    if len(local) < len("2023-06-12T10:11:12") or _has_offset(local):
        return None
    difference_s = (_clock(local) - _clock(utc)).total_seconds()
    for lag in dict.fromkeys((0.0, lag_s)):
        offset_s = round((difference_s + lag) / _QUARTER_S) * _QUARTER_S
        if abs(offset_s) <= _LARGEST_OFFSET_S and abs(difference_s + lag - offset_s) <= tolerance_s:
            return local + _formatted_offset(offset_s) if offset_s else local
    return None


def in_offset(utc: str, offset: str) -> str | None:
    """Return the time `utc` as local time with an offset such as +0200, or None if `offset` is not a UTC offset."""
    iso_offset = _iso_offset(offset)
    if not iso_offset:
        return None
    moved = _clock(utc) + datetime.timedelta(
        minutes=int(iso_offset[0] + "1") * (int(iso_offset[1:3]) * 60 + int(iso_offset[4:]))
    )
    return moved.isoformat() + iso_offset


def iso(known: Sequence[str], fraction: str | None = None, offset: str = "") -> str | None:
    """Return year, month, day, hour, minute and second, as far as known, as ISO 8601; None if the date is invalid."""
    year, month, day, hour, minute, second = [*(int(part) for part in known), *(1, 1, 1, 0, 0, 0)[len(known) :]]
    try:
        datetime.datetime(year, month, day, hour, minute, second - (second == 60))  # 60: a leap second
    except (ValueError, OverflowError):
        return None
    if year not in _YEARS:
        return None
    text = "-".join(known[:3])
    if len(known) > 3:
        text += "T" + ":".join([*known[3:], *["00"] * (6 - len(known))])
        text += fraction.rstrip("0").rstrip(".") if fraction else ""
        text += _iso_offset(offset)
    return text


def _has_offset(date: str) -> bool:
    return _OFFSET.fullmatch(date[-6:]) is not None and "T" in date


def _clock(date: str) -> datetime.datetime:
    """Return the local time of an ISO 8601 date as a naive datetime with whole seconds."""
    return datetime.datetime.fromisoformat(date[:19].replace(":60", ":59"))


def _formatted_offset(offset_s: int) -> str:
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"{'-' if offset_s < 0 else '+'}{hours:02}:{minutes:02}"


def _iso_offset(offset: str) -> str:
    if offset.strip() == "Z":
        return UTC
    match = _OFFSET.fullmatch(offset.strip())
    return f"{match[1]}{match[2]}:{match[3]}" if match and int(match[2]) <= 14 and int(match[3]) < 60 else ""
