"""Convert moments in UTC to the local time of the photos that were taken around the same time."""

import bisect
import os
import sqlite3

from mcsearch.library.conditions import BARE_MOMENT, DATED, at_or_below
from mcsearch.paths import restored

# A photo taken much earlier or later may be from another time zone.
_NEAR_DAYS = 0.5
# On `facts f`: whether the file itself states only a moment in UTC.
_IN_UTC = f"({BARE_MOMENT} OR f.offset_borrowed)"
_LOCALISED = """UPDATE facts SET offset_borrowed = 1,
  taken_at = strftime('%Y-%m-%dT%H:%M:%S', taken_at, ?) || ? WHERE photo_id = ?"""


def localise(connection: sqlite3.Connection, folder: str) -> None:
    """Convert each bare moment in a folder to the UTC offset of the photo taken nearest to it, within 12 hours.

    Moments that were converted earlier are converted again, since a nearer photo may have been added. Moments without
    such a photo in the same folder do not change. Call it inside a transaction.
    """
    place = at_or_below(folder)
    found = f"FROM photos p JOIN facts f ON f.photo_id = p.id WHERE {place.sql} AND {DATED}"
    if connection.execute(f"SELECT 1 {found} AND {_IN_UTC} LIMIT 1", place.parameters).fetchone() is None:
        return
    rows = connection.execute(
        f"""SELECT p.path, f.photo_id, julianday(f.taken_at), substr(f.taken_at, -6), {_IN_UTC}
            {found} AND f.taken_at GLOB '*T*[+-][0-9][0-9]:[0-9][0-9]'""",
        place.parameters,
    ).fetchall()
    here = [row[1:] for row in rows if row[1] is not None and os.path.dirname(restored(row[0])) == folder]
    known = sorted((day, offset) for _, day, offset, in_utc in here if day is not None and not in_utc)
    for photo_id, day, _, in_utc in here:
        if not in_utc or day is None:
            continue
        at = bisect.bisect(known, (day, ""))
        near = min(known[max(0, at - 1) : at + 1], key=lambda one: abs(one[0] - day), default=None)
        if near is not None and abs(near[0] - day) <= _NEAR_DAYS:
            offset = near[1]
            minutes = int(f"{offset[0]}1") * (int(offset[1:3]) * 60 + int(offset[4:]))
            connection.execute(_LOCALISED, (f"{minutes:+d} minutes", offset, photo_id))
