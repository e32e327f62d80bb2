"""Moments as people read them on a terminal: in local time. JSON keeps them in UTC."""

import datetime

from mcsearch.output.counts import counted

_HOUR_S, _DAY_S = 3600, 24 * 3600
_RECENT_S = 7 * _DAY_S


def local_time(moment: str) -> str:
    """Return a moment, ISO 8601 with its offset, as local time to the minute: "2026-11-21 14:03"."""
    return datetime.datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")


def ago(moment: str, now: datetime.datetime | None = None) -> str:
    """Return how long ago a moment was, "2 hours ago", or its local time if that is more than a week."""
    elapsed = (now or datetime.datetime.now(datetime.UTC)) - datetime.datetime.fromisoformat(moment)
    seconds = elapsed.total_seconds()
    if not 0 <= seconds < _RECENT_S:
        return local_time(moment)
    if seconds < 60:
        return "just now"
    unit_s, unit = next(
        (size, name) for size, name in ((_DAY_S, "day"), (_HOUR_S, "hour"), (60, "minute")) if seconds >= size
    )
    return f"{counted(int(seconds // unit_s), unit)} ago"
