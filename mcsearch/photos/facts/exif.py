"""Read the facts about a photo from an EXIF block (CIPA DC-008, EXIF 3.0)."""

import contextlib
import math
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

from mcsearch.photos.facts.dates import exif_date, with_offset_to
from mcsearch.photos.facts.xmp import camera_name
from mcsearch.photos.pixels.limits.headers import check_tables
from mcsearch.photos.turning import SWAPS_SIDES

_BASE, _GPS = ExifTags.Base, ExifTags.GPS
# The GPS fix may be older than the picture.
_GPS_TOLERANCE_S = 300
_DATES = (_BASE.DateTime, _BASE.DateTimeOriginal, _BASE.DateTimeDigitized)
_MIN_ASCII_BYTES = 16
# Default captions that cameras write.
_CAMERA_CAPTIONS = ("DIGITAL CAMERA", "SONY DSC", "DCIM")


def exif_facts(exif: Image.Exif) -> dict[str, Any]:
    """Return the facts in an EXIF block as fields of Facts, leaving out missing and malformed ones."""
    details, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    dates: dict[int, Any] = {tag: exif.get(tag) for tag in _DATES}  # some writers put all dates into IFD0
    dates |= details
    found: dict[str, Any] = {
        "taken_at": _taken_at(dates, gps),
        "changed_at": _date(dates, _BASE.DateTime, _BASE.SubsecTime, _BASE.OffsetTime),
        "camera": camera_name(_text(exif, _BASE.Make), _text(exif, _BASE.Model)),
        "lens": _text(details, _BASE.LensModel) or None,
        "rating": _rating(exif.get(_BASE.Rating)),
        "caption": _caption(exif),
        "keywords": tuple(word for text in _text(exif, _BASE.XPKeywords).split(";") if (word := text.strip())),
        "altitude_m": _altitude(gps),
        "orientation": exif.get(_BASE.Orientation),
    }
    latitude = _degrees(gps, _GPS.GPSLatitude, _GPS.GPSLatitudeRef, "S")
    longitude = _degrees(gps, _GPS.GPSLongitude, _GPS.GPSLongitudeRef, "W")
    if latitude is not None and longitude is not None:
        found |= {"latitude": latitude, "longitude": longitude}
    return {name: value for name, value in found.items() if value not in (None, ())}


def exif_block(content: bytes) -> Image.Exif:
    """Return an EXIF block parsed from its bytes. Raises BombError and the exceptions of Pillow."""
    check_tables(content)
    exif = Image.Exif()
    exif.load(content)
    return exif


def is_turned(exif: Image.Exif) -> bool:
    """Return whether the picture is stored with width and height swapped."""
    return exif.get(_BASE.Orientation) in SWAPS_SIDES


def is_camera_default(caption: str) -> bool:
    """Return whether a caption is a default that a camera writes to every photo."""
    return caption.rstrip().upper().endswith(_CAMERA_CAPTIONS)


def _text(block: Mapping[int, Any] | Image.Exif, tag: int) -> str:
    """Return a text field, which may contain UTF-8 although declared as ASCII, or UTF-16 as written by Windows."""
    value = block.get(tag, "")
    if isinstance(value, tuple) and value and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        value = bytes(value)
    if isinstance(value, bytes):
        is_utf16 = tag in range(_BASE.XPTitle, _BASE.XPSubject + 1) and not _is_ascii(value)
        value = value.decode("utf-16-le" if is_utf16 else "utf-8", "replace")
    elif isinstance(value, str):
        with contextlib.suppress(UnicodeError):
            value = value.encode("latin-1").decode("utf-8")  # Pillow decodes it as Latin-1
    else:
        return ""
    return " ".join(str(value).split("\0")[0].split())


def _taken_at(dates: Mapping[int, Any], gps: Mapping[int, Any]) -> str | None:
    """Return when the picture was taken, or else digitised, with the UTC offset stated or implied by the GPS time."""
    date = _date(dates, _BASE.DateTimeOriginal, _BASE.SubsecTimeOriginal, _BASE.OffsetTimeOriginal) or _date(
        dates, _BASE.DateTimeDigitized, _BASE.SubsecTimeDigitized, _BASE.OffsetTimeDigitized
    )
    if date is None or (utc := _gps_time(gps)) is None:
        return date
    return with_offset_to(date, utc, _GPS_TOLERANCE_S) or date


def _date(block: Mapping[int, Any], date: int, subseconds: int, offset: int) -> str | None:
    own_offset = _text(block, offset) or _text(block, _BASE.OffsetTime)
    return exif_date(_text(block, date), _text(block, subseconds), own_offset)


def _gps_time(gps: Mapping[int, Any]) -> str | None:
    """Return the time of the GPS fix in UTC, or None if it is not stated."""
    try:
        clock = ":".join(f"{int(part):02}" for part in gps[_GPS.GPSTimeStamp])
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    day = _text(gps, _GPS.GPSDateStamp)
    return exif_date(f"{day} {clock}") if day and clock.count(":") == 2 else None


def _is_ascii(value: bytes) -> bool:
    """Return whether a text that should be UTF-16 is ASCII, as some programs write it."""
    text = value.rstrip(b"\0")
    return len(text) >= _MIN_ASCII_BYTES and text.isascii() and b"\0" not in text


def _caption(exif: Image.Exif) -> str | None:
    texts = (_text(exif, tag) for tag in (_BASE.ImageDescription, _BASE.XPTitle, _BASE.XPComment))
    return next((text for text in texts if text and not is_camera_default(text)), None)


def _rating(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _degrees(gps: Mapping[int, Any], tag: int, reference_tag: int, negative: str) -> float | None:
    try:
        degrees = math.fsum(float(part) / 60**power for power, part in enumerate(gps[tag]))
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    return -degrees if _text(gps, reference_tag).upper() == negative else degrees


def _altitude(gps: Mapping[int, Any]) -> float | None:
    try:
        metres = float(gps[_GPS.GPSAltitude])
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    return -metres if gps.get(_GPS.GPSAltitudeRef) in (1, b"\x01") else metres
