"""Decide when a photo was taken, by the precedence of the sources that state a date."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcsearch.photos.facts.dates import mtime_date, with_offset_to
from mcsearch.photos.facts.name_dates import name_date

# Sidecars come first because corrected dates are written to them.
_ORDER = ("sidecar", "exif", "xmp", "iptc", "container", "takeout")
# Sources that know the moment, but not the local time.
_IN_UTC = ("container", "takeout")
_SHOWN_NAMES = {"sidecar": "xmp"}
# Every source that `taken` may name.
DATE_SOURCES = frozenset({_SHOWN_NAMES.get(source, source) for source in _ORDER} | {"name", "mtime"})
# By how much the times in the file name and the container of a phone's video may differ.
_TOLERANCE_S = 30


def taken(stated: Mapping[str, Sequence[Mapping[str, Any]]], path: str, mtime_ns: int) -> tuple[str | None, str | None]:
    """Return the date of a photo and its source, as the fields `taken_at` and `taken_from` of Facts.

    `stated` maps each source to what it states: `taken_at`, `changed_at` (the last edit), and for a video `utc` (a
    time in UTC without the local time) and `length_s`. A time without a UTC offset gets the offset of another source
    that states the same time.
    """
    dates = [(date, source) for source in _ORDER for found in stated[source] if (date := found.get("taken_at"))]
    if dates:
        first, _ = dates[0]
        # Sidecars often repeat the camera's date without its offset, or without fractions of seconds.
        exact, source = max((entry for entry in dates if entry[0].startswith(first)), key=lambda entry: len(entry[0]))
        return exact, _SHOWN_NAMES.get(source, source)
    named = name_date(path)
    for source in _IN_UTC:
        for found in stated[source]:
            if utc := found.get("utc"):
                local = named and with_offset_to(named, utc, _TOLERANCE_S, lag_s=found.get("length_s", 0))
                return (local, "name") if local else (utc, source)
    changes = ((date, source) for source in _ORDER for found in stated[source] if (date := found.get("changed_at")))
    changed, source = next(changes, (None, ""))
    if named and not (changed and changed.startswith(named)):
        return named, "name"
    return (changed, _SHOWN_NAMES.get(source, source)) if changed else (mtime_date(mtime_ns), "mtime")
