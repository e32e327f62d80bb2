"""Read the facts that the JSON of a Google Photos export states about a photo."""

import datetime
import json
from typing import Any

_BYTES_AT_MOST = 1024**2  # real ones have about a thousand
_EPOCH = datetime.datetime(1970, 1, 1)
_FAVOURITE = 5


def is_takeout(content: bytes) -> bool:
    """Return whether the content of a sidecar is JSON and not XMP."""
    return content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def is_export_json(path: str) -> bool:
    """Return whether a JSON file is one of Google's. One that cannot be read now may be one."""
    try:
        with open(path, "rb") as file:
            return bool(takeout_facts(file.read(_BYTES_AT_MOST + 1)))
    except OSError:
        return True
    except (ValueError, RecursionError):
        return False


def takeout_facts(content: bytes) -> dict[str, Any]:
    """Return the facts in a JSON as fields of Facts; empty if it is not one of Google's.

    `utc` is the moment at which the photo was taken, `changed_at` a moment that may be that of the upload. A favourite
    has five stars. Raises ValueError or RecursionError for malformed JSON.
    """
    if len(content) > _BYTES_AT_MOST:
        return {}
    stated = json.loads(content)
    if not isinstance(stated, dict) or not any(name in stated for name in ("photoTakenTime", "geoData", "title")):
        return {}
    taken, created = _moment(stated.get("photoTakenTime")), _moment(stated.get("creationTime"))
    found: dict[str, Any] = {"changed_at" if taken == created else "utc": taken}
    found |= _place(stated.get("geoData")) or _place(stated.get("geoDataExif"))
    if isinstance(caption := stated.get("description"), str):
        found["caption"] = caption.strip() or None
    if isinstance(people := stated.get("people"), list):
        names = (person.get("name") for person in people if isinstance(person, dict))
        found["people"] = tuple(" ".join(name.split()) for name in names if isinstance(name, str))
    if stated.get("favorited") is True:
        found["rating"] = _FAVOURITE
    return {name: value for name, value in found.items() if value not in (None, ())}


def _moment(stated: Any) -> str | None:
    """Return a time that is stated in seconds since 1970, as ISO 8601 in UTC; Google writes 0 if it is unknown."""
    try:
        seconds = int(stated["timestamp"])
        moment = _EPOCH + datetime.timedelta(seconds=seconds)
    except (TypeError, ValueError, LookupError, OverflowError):
        return None
    return moment.isoformat() + "+00:00" if seconds and moment.year >= 1800 else None


def _place(stated: Any) -> dict[str, float]:
    """Return a position; Google writes 0, 0 if it is unknown."""
    if not isinstance(stated, dict):
        return {}
    numbers = [_number(stated.get(name)) for name in ("latitude", "longitude", "altitude")]
    if not any(numbers[:2]):
        return {}
    found = {"latitude": numbers[0], "longitude": numbers[1]}
    return found | {"altitude_m": numbers[2]} if numbers[2] else found


def _number(stated: Any) -> float:
    is_number = isinstance(stated, int | float) and not isinstance(stated, bool)
    return float(stated) if is_number and abs(stated) < 1e6 else 0.0
