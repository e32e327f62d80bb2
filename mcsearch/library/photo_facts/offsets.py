"""Convert moments in UTC to the local time of the photos that were taken around the same time."""

import bisect
import os
import sqlite3

from mcsearch.library.conditions import BARE_MOMENT, DATED, at_or_below
from mcsearch.paths import restored

# A photo taken much earlier or later may be from another time zone.
_NEAR_DAYS = 0.5
_LOCALISED = "UPDATE facts SET taken_at = strftime('%Y-%m-%dT%H:%M:%S', taken_at, ?) || ? WHERE photo_id = ?"


def localise(connection: sqlite3.Connection, folder: str) -> None:
    """Convert each bare moment in a folder to the UTC offset of the photo taken nearest to it, within 12 hours.

    Moments without such a photo in the same folder do not change. Call it inside a transaction.
    """
    place = at_or_below(folder)
    rows = connection.execute(
        f"""SELECT p.path, f.photo_id, julianday(f.taken_at), substr(f.taken_at, -6), {BARE_MOMENT}
            FROM photos p JOIN facts f ON f.photo_id = p.id
            WHERE {place.sql} AND {DATED} AND f.taken_at GLOB '*T*[+-][0-9][0-9]:[0-9][0-9]'""",
        place.parameters,
    ).fetchall()
    here = [row[1:] for row in rows if row[1] is not None and os.path.dirname(restored(row[0])) == folder]
    known = sorted((day, offset) for _, day, offset, is_bare in here if day is not None and not is_bare)
    for photo_id, day, _, is_bare in here:
        if not is_bare or day is None:
            continue
        at = bisect.bisect(known, (day, ""))
        near = min(known[max(0, at - 1) : at + 1], key=lambda one: abs(one[0] - day), default=None)
        if near is not None and abs(near[0] - day) <= _NEAR_DAYS:
            offset = near[1]
            minutes = int(f"{offset[0]}1") * (int(offset[1:3]) * 60 + int(offset[4:]))
            connection.execute(_LOCALISED, (f"{minutes:+d} minutes", offset, photo_id))
