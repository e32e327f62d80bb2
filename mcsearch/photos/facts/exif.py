"""An EXIF block → what it says of a photo. The tags are those of CIPA DC-008 (EXIF 3.0)."""

import contextlib
import math
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

from mcsearch.photos.facts.dates import exif_date, with_offset_to
from mcsearch.photos.facts.xmp import camera_name

_BASE, _GPS = ExifTags.Base, ExifTags.GPS
# A fix may be older than the picture.
_GPS_TOLERANCE_S = 300
_DATES = (_BASE.DateTime, _BASE.DateTimeOriginal, _BASE.DateTimeDigitized)
_TURNED = range(5, 9)  # the orientations that swap width and height
_PLAIN_BYTES = 16
# What cameras write into a caption that nobody gave.
_NO_CAPTIONS = ("DIGITAL CAMERA", "SONY DSC", "DCIM")


def exif_facts(exif: Image.Exif) -> dict[str, Any]:
    """What EXIF says, as fields of Facts; only what is there is in the result. A field that is broken is left out."""
    details, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    dates: dict[int, Any] = {tag: exif.get(tag) for tag in _DATES}  # some writers put all of them into the first block
    dates |= details
    found: dict[str, Any] = {
        "taken_at": _taken(dates, place),
        "changed_at": _date(dates, _BASE.DateTime, _BASE.SubsecTime, _BASE.OffsetTime),
        "camera": camera_name(_text(exif, _BASE.Make), _text(exif, _BASE.Model)),
        "lens": _text(details, _BASE.LensModel) or None,
        "rating": _rating(exif.get(_BASE.Rating)),
        "caption": _caption(exif),
        "keywords": tuple(word for text in _text(exif, _BASE.XPKeywords).split(";") if (word := text.strip())),
        "altitude_m": _altitude(place),
    }
    latitude = _degrees(place, _GPS.GPSLatitude, _GPS.GPSLatitudeRef, "S")
    longitude = _degrees(place, _GPS.GPSLongitude, _GPS.GPSLongitudeRef, "W")
    if latitude is not None and longitude is not None:
        found |= {"latitude": latitude, "longitude": longitude}
    return {name: value for name, value in found.items() if value not in (None, ())}


def exif_block(content: bytes) -> Image.Exif:
    """An EXIF block from its bytes, as they stand in a PNG, a HEIC or a RAW file."""
    exif = Image.Exif()
    exif.load(content)
    return exif


def is_turned(exif: Image.Exif) -> bool:
    """Whether the picture is stored lying on its side."""
    return exif.get(_BASE.Orientation) in _TURNED


def is_of_camera(caption: str) -> bool:
    """Whether a caption is what some cameras write into every photo."""
    return caption.rstrip().upper().endswith(_NO_CAPTIONS)


def _text(block: Mapping[int, Any] | Image.Exif, tag: int) -> str:
    """A text, whatever way it is stored: ASCII that is UTF-8 in truth, or UTF-16 as Windows writes it."""
    value = block.get(tag, "")
    if isinstance(value, tuple) and value and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        value = bytes(value)
    if isinstance(value, bytes):
        is_utf16 = tag in range(_BASE.XPTitle, _BASE.XPSubject + 1) and not _is_plain(value)
        value = value.decode("utf-16-le" if is_utf16 else "utf-8", "replace")
    elif isinstance(value, str):
        with contextlib.suppress(UnicodeError):
            value = value.encode("latin-1").decode("utf-8")  # Pillow takes it for Latin-1
    else:
        return ""
    return " ".join(str(value).split("\0")[0].split())


def _taken(dates: Mapping[int, Any], place: Mapping[int, Any]) -> str | None:
    """When the picture was taken, else digitised; without an offset of its own with that which GPS time implies."""
    date = _date(dates, _BASE.DateTimeOriginal, _BASE.SubsecTimeOriginal, _BASE.OffsetTimeOriginal) or _date(
        dates, _BASE.DateTimeDigitized, _BASE.SubsecTimeDigitized, _BASE.OffsetTimeDigitized
    )
    if date is None or (utc := _gps_moment(place)) is None:
        return date
    return with_offset_to(date, utc, _GPS_TOLERANCE_S) or date


def _date(block: Mapping[int, Any], date: int, subseconds: int, offset: int) -> str | None:
    own_offset = _text(block, offset) or _text(block, _BASE.OffsetTime)
    return exif_date(_text(block, date), _text(block, subseconds), own_offset)


def _gps_moment(place: Mapping[int, Any]) -> str | None:
    """The moment of the GPS fix, in UTC."""
    try:
        clock = ":".join(f"{int(part):02}" for part in place[_GPS.GPSTimeStamp])
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    day = _text(place, _GPS.GPSDateStamp)
    return exif_date(f"{day} {clock}") if day and clock.count(":") == 2 else None


def _is_plain(value: bytes) -> bool:
    """Whether a text that ought to be UTF-16 is ASCII, as some programs write it; in UTF-16 it would be odd words."""
    text = value.rstrip(b"\0")
    return len(text) >= _PLAIN_BYTES and text.isascii() and b"\0" not in text


def _caption(exif: Image.Exif) -> str | None:
    texts = (_text(exif, tag) for tag in (_BASE.ImageDescription, _BASE.XPTitle, _BASE.XPComment))
    return next((text for text in texts if text and not is_of_camera(text)), None)


def _rating(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _degrees(place: Mapping[int, Any], tag: int, reference_tag: int, negative: str) -> float | None:
    try:
        size = math.fsum(float(part) / 60**power for power, part in enumerate(place[tag]))
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    return -size if _text(place, reference_tag).upper() == negative else size


def _altitude(place: Mapping[int, Any]) -> float | None:
    try:
        metres = float(place[_GPS.GPSAltitude])
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    return -metres if place.get(_GPS.GPSAltitudeRef) in (1, b"\x01") else metres
