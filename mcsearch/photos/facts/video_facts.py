"""Read the date, location, camera and caption of a video from its container. Runs in the worker processes."""

import re
from typing import Any, BinaryIO

from mcsearch.photos.facts.dates import UTC, in_offset, xmp_date
from mcsearch.photos.facts.video_dates import asf_date, camcorder_date, user_date
from mcsearch.photos.facts.xmp import camera_name
from mcsearch.photos.pixels.video import opened, shown_size

# Tags with local times, written by Apple, Android and AVCHD cameras, in AVI and other containers, and in Matroska.
_USER_DATE = "user data"
_LOCAL_DATES = ("com.apple.quicktime.creationdate", _USER_DATE, "date", "date_recorded", "date_digitized")
# The standard creation time in UTC, and the UTC offset that Samsung phones add.
_CREATION_TIME, _CREATION_OFFSET = "creation_time", "com.samsung.android.utc_offset"
_LOCATION_TAGS = ("com.apple.quicktime.location.iso6709", "location", "location-eng")
# ISO 6709 in degrees: +38.7223-009.1393+012.300/
_ISO_6709 = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?", re.ASCII)
# Containers without a date contain the epoch, 1904 or 1970.
_FIRST_YEAR = "1980"


def video_facts(file: BinaryIO) -> dict[str, Any]:
    """Return the facts in a video's container: fields of Facts, plus the `utc` and `length_s` that `taken` expects.

    Only fields with a value are included. Raises OSError and MissingPackageError.
    """
    with opened(file) as (container, stream):
        tags = {key.lower(): value.strip() for key, value in container.metadata.items()}
        if container.format.name == "asf":
            tags.setdefault(_CREATION_TIME, asf_date(file) or "")
        tags[_USER_DATE] = (camcorder_date(file) or "") if container.format.name == "mpegts" else user_date(file)
        length_s = (container.duration or 0) / 1_000_000
        width, height = shown_size(container, stream)
    found: dict[str, Any] = {
        "width": width,
        "height": height,
        "length_s": length_s,
        **_dates(tags),
        "camera": camera_name(_apple_or_plain(tags, "make"), _apple_or_plain(tags, "model")),
        "caption": tags.get("comment") or tags.get("title"),
    }
    return {name: value for name, value in found.items() if value} | _place(tags)


def _place(tags: dict[str, str]) -> dict[str, float]:
    """Return latitude, longitude and altitude as far as a tag states them; each of them may be 0."""
    match = next((match for key in _LOCATION_TAGS if (match := _ISO_6709.match(tags.get(key, "")))), None)
    if match is None:
        return {}
    place = {"latitude": float(match[1]), "longitude": float(match[2])}
    return place | ({"altitude_m": float(match[3])} if match[3] else {})


def _dates(tags: dict[str, str]) -> dict[str, str | None]:
    """Return `taken_at`, a local time, or `utc` if the container does not state the local time."""
    created = _date(tags.get(_CREATION_TIME, ""))
    if created and created.endswith(UTC):
        for key in _LOCAL_DATES:
            local = _date(tags.get(key, ""))
            if local and "T" in local and (key == _LOCAL_DATES[0] or not local.endswith(UTC)):
                return {"taken_at": local.removesuffix(UTC)}  # in Facts, +00:00 means that the local time is unknown
        local = in_offset(created, tags.get(_CREATION_OFFSET, ""))
        return {"taken_at": local} if local else {"utc": created}
    dates = (date for key in _LOCAL_DATES if (date := _date(tags.get(key, ""))))
    taken_at = created or next(dates, None)
    return {"utc" if taken_at and taken_at.endswith(UTC) else "taken_at": taken_at}


def _date(text: str) -> str | None:
    date = xmp_date(text)
    return date if date is not None and date >= _FIRST_YEAR else None


def _apple_or_plain(tags: dict[str, str], name: str) -> str:
    return tags.get(f"com.apple.quicktime.{name}") or tags.get(name, "")
