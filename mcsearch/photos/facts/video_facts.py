"""What a video's container says of when, where and with what it was taken. Runs in the worker processes."""

import re
from typing import Any

from mcsearch.photos.facts.dates import UTC, in_offset, xmp_date
from mcsearch.photos.facts.user_date import user_date
from mcsearch.photos.facts.xmp import camera_name
from mcsearch.photos.pixels.video import opened, shown_size

# In local time: Apple's cameras, Android's, AVI and others, Matroska.
_USER_DATE = "user data"
_LOCAL_DATES = ("com.apple.quicktime.creationdate", _USER_DATE, "date", "date_recorded", "date_digitized")
# The field of the format itself, in UTC, and the offset that Samsung's phones add to it.
_MOMENT, _MOMENT_OFFSET = "creation_time", "com.samsung.android.utc_offset"
_PLACES = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
# ISO 6709 in degrees: +38.7223-009.1393+012.300/
_PLACE = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?", re.ASCII)
# A container without a date says 1904 or 1970.
_FIRST_YEAR = "1980"


def video_facts(path: str) -> dict[str, Any]:
    """What the container states, as fields of Facts, with width and height, and its dates by the names of taken.py.

    Raises OSError and MissingPackageError.
    """
    with opened(path) as (container, stream):
        said = {key.lower(): value.strip() for key, value in container.metadata.items()}
        said[_USER_DATE] = user_date(path)
        length_s = (container.duration or 0) / 1_000_000
        width, height = shown_size(container, stream)
    found: dict[str, Any] = {
        "width": width,
        "height": height,
        "length_s": length_s,
        **_dates(said),
        "camera": camera_name(_either(said, "make"), _either(said, "model")),
        "caption": said.get("comment") or said.get("title"),
    }
    if match := next((match for key in _PLACES if (match := _PLACE.match(said.get(key, "")))), None):
        found |= {"latitude": float(match[1]), "longitude": float(match[2])}
        found |= {"altitude_m": float(match[3])} if match[3] else {}
    return {name: value for name, value in found.items() if value}


def _dates(said: dict[str, str]) -> dict[str, str | None]:
    """`taken_at`, a local time, or `utc`, a moment whose local time the container does not say."""
    moment = _date(said.get(_MOMENT, ""))
    if moment and moment.endswith(UTC):
        for key in _LOCAL_DATES:
            local = _date(said.get(key, ""))
            if local and "T" in local and (key == _LOCAL_DATES[0] or not local.endswith(UTC)):
                return {"taken_at": local.removesuffix(UTC)}  # a zero would stand for a moment, see taken.py
        local = in_offset(moment, said.get(_MOMENT_OFFSET, ""))
        return {"taken_at": local} if local else {"utc": moment}
    dates = (date for key in _LOCAL_DATES if (date := _date(said.get(key, ""))))
    taken_at = moment or next(dates, None)
    return {"utc" if taken_at and taken_at.endswith(UTC) else "taken_at": taken_at}


def _date(text: str) -> str | None:
    date = xmp_date(text)
    return date if date is not None and date >= _FIRST_YEAR else None


def _either(said: dict[str, str], name: str) -> str:
    return said.get(f"com.apple.quicktime.{name}") or said.get(name, "")
