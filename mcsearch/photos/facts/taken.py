"""When a photo was taken: which of the sources that say so goes first."""

from collections.abc import Mapping, Sequence
from typing import Any

from mcsearch.photos.facts.dates import mtime_date, with_offset_to
from mcsearch.photos.facts.name_dates import name_date

# Who corrects a date writes it into a sidecar.
_ORDER = ("sidecar", "exif", "xmp", "iptc", "container")
_CALLED = {"sidecar": "xmp"}
# How far a phone's clock, its file name and its container may lie apart.
_TOLERANCE_S = 30


def taken(said: Mapping[str, Sequence[Mapping[str, Any]]], path: str, mtime_ns: int) -> tuple[str | None, str | None]:
    """The date of a photo and where it was found, as in Facts, of what each source says.

    A source says `taken_at`, `changed_at` (when the picture was last edited), and a video `utc`, the moment alone,
    with its `length_s`. A time without an offset gets that of another source which says the same.
    """
    dates = [(date, source) for source in _ORDER for found in said[source] if (date := found.get("taken_at"))]
    if dates:
        first, _ = dates[0]
        # Sidecars often repeat the camera's date without its offset, or without fractions of seconds.
        exact, source = max((entry for entry in dates if entry[0].startswith(first)), key=lambda entry: len(entry[0]))
        return exact, _CALLED.get(source, source)
    named = name_date(path)
    for container in said["container"]:
        if utc := container.get("utc"):
            local = named and with_offset_to(named, utc, _TOLERANCE_S, lag_s=container.get("length_s", 0))
            return (local, "name") if local else (utc, "container")
    changes = ((date, source) for source in _ORDER for found in said[source] if (date := found.get("changed_at")))
    changed, source = next(changes, (None, ""))
    if named and not (changed and changed.startswith(named)):
        return named, "name"
    return (changed, _CALLED.get(source, source)) if changed else (mtime_date(mtime_ns), "mtime")
