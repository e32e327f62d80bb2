"""What a video's container says of when, where and with what it was taken. Runs in the worker processes."""

import re
from typing import Any

from mcsearch.photos.facts.dates import xmp_date
from mcsearch.photos.facts.xmp import camera_name
from mcsearch.photos.pixels.video import opened, shown_size

# Apple's cameras write the local time with its offset; the field of the format itself is in UTC.
_DATES = ("com.apple.quicktime.creationdate", "creation_time", "date")
_PLACES = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
# ISO 6709 in degrees: +38.7223-009.1393+012.300/
_PLACE = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?", re.ASCII)
# A container without a date says 1904 or 1970.
_FIRST_YEAR = "1980"


def video_facts(path: str) -> dict[str, Any]:
    """What the container states, as fields of Facts, with width and height. Raises OSError and MissingPackageError."""
    with opened(path) as (container, stream):
        said = {key.lower(): value.strip() for key, value in container.metadata.items()}
        width, height = shown_size(container, stream)
    found: dict[str, Any] = {
        "width": width,
        "height": height,
        "taken_at": next((date for key in _DATES if (date := _date(said.get(key, "")))), None),
        "camera": camera_name(_either(said, "make"), _either(said, "model")),
        "caption": said.get("comment") or said.get("title"),
    }
    if match := next((match for key in _PLACES if (match := _PLACE.match(said.get(key, "")))), None):
        found |= {"latitude": float(match[1]), "longitude": float(match[2])}
        found |= {"altitude_m": float(match[3])} if match[3] else {}
    return {name: value for name, value in found.items() if value}


def _date(text: str) -> str | None:
    date = xmp_date(text)
    return date if date is not None and date >= _FIRST_YEAR else None


def _either(said: dict[str, str], name: str) -> str:
    return said.get(f"com.apple.quicktime.{name}") or said.get(name, "")
