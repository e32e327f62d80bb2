"""When, where and with which camera photos were taken: the tables facts and keywords."""

import dataclasses
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcsearch.library.conditions import DATED, LOCAL_TIME, Condition, together
from mcsearch.paths import restored, stored
from mcsearch.records.answers import Hit
from mcsearch.records.photos import Facts, ScannedFile
from mcsearch.records.tags import TagCount

# The fields of Facts that are stored in the table keywords, with the value of its column source for each.
SOURCES = {"keywords": "embedded", "people": "person"}
COLUMNS = tuple(field.name for field in dataclasses.fields(Facts) if field.name not in SOURCES)
# Undated photos come after all others, the most recently modified first.
_NEWEST_FIRST = f"{DATED} DESC, {LOCAL_TIME} DESC, p.path"
_PUT = f"""INSERT OR REPLACE INTO facts
  (photo_id, {", ".join(COLUMNS)}, x, y, z, sidecars, readers_version)
  VALUES (?, {"?, " * len(COLUMNS)} ?, ?, ?, ?, ?)"""


class PhotoFacts:
    """Facts, keywords and named people, by photo. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, file: ScannedFile, facts: Facts, readers_version: int) -> None:
        """Store the facts of a photo, as this version of the metadata readers found them in the file and its sidecars.

        They replace what was stored before.
        """
        from mcsearch.library.photo_facts.sidecars import stored_sidecars

        row = self._connection.execute("SELECT id FROM photos WHERE path = ?", (stored(file.path),)).fetchone()
        if row is None:
            return
        self._connection.execute(
            _PUT,
            (
                row[0],
                *(getattr(facts, name) for name in COLUMNS),
                *_on_unit_sphere(facts.latitude, facts.longitude),
                stored_sidecars(file.sidecars),
                readers_version,
            ),
        )
        self._connection.execute("DELETE FROM keywords WHERE photo_id = ?", row)
        words = [(row[0], label, source) for name, source in SOURCES.items() for label in getattr(facts, name)]
        if words:
            self._connection.executemany(
                "INSERT OR IGNORE INTO keywords (photo_id, label, source) VALUES (?, ?, ?)", words
            )

    def of_photo(self, path: str) -> Facts | None:
        """Return the facts of a photo, or None if it has not been read yet."""
        row = self._connection.execute(
            f"SELECT photo_id, {', '.join(COLUMNS)} FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?",
            (stored(path),),
        ).fetchone()
        if row is None:
            return None
        words = self._connection.execute(
            "SELECT label, source FROM keywords WHERE photo_id = ? ORDER BY label", row[:1]
        ).fetchall()
        known = dict(zip(COLUMNS, row[1:], strict=True))
        listed: dict[str, Any] = {
            name: tuple(label for label, origin in words if origin == source) for name, source in SOURCES.items()
        }
        return Facts(**known, **listed)

    def turned(self, path: str) -> int | None:
        """Return how a sidecar turns a photo, as it was read; None if none does."""
        row = self._connection.execute(
            "SELECT turned FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?", (stored(path),)
        ).fetchone()
        return None if row is None else row[0]

    def sidecars(self, path: str) -> tuple[str, ...]:
        """Return the paths of the sidecars that a photo was read with, in order of precedence."""
        from mcsearch.library.photo_facts.sidecars import restored_sidecars

        row = self._connection.execute(
            "SELECT sidecars FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?", (stored(path),)
        ).fetchone()
        return () if row is None else tuple(file.path for file in restored_sidecars(row[0]))

    def dated(self, hits: Sequence[Hit], *, newest_first: bool = False) -> list[Hit]:
        """Return the hits with their dates, in the given order, or newest first as in `newest`."""
        found: list[tuple[tuple[Any, ...], Hit]] = []
        for hit in hits:
            row = self._connection.execute(
                f"""SELECT f.taken_at, f.taken_from, {DATED}, {LOCAL_TIME}
                    FROM facts f JOIN photos p ON p.id = f.photo_id WHERE p.path = ?""",
                (stored(hit.path),),
            ).fetchone()
            taken_at, taken_from, dated, local = row or (None, None, 0, None)
            found.append(((dated, local or ""), replace(hit, taken_at=taken_at, taken_from=taken_from)))
        if newest_first:
            found.sort(key=lambda one: one[0], reverse=True)
        return [hit for _, hit in found]

    def newest(self, conditions: Sequence[Condition], limit: int, *, by_path: bool = False) -> list[Hit]:
        """Return the photos that meet the conditions as hits without a score, newest first or in order of path."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, f.taken_at, f.taken_from FROM photos p LEFT JOIN facts f ON f.photo_id = p.id
                WHERE {where} ORDER BY {"p.path" if by_path else _NEWEST_FIRST} LIMIT ?""",
            [*parameters, limit],
        )
        return [Hit(restored(path), None, *taken) for path, *taken in rows]

    def localise(self, folder: str) -> None:
        """Convert the moments in UTC in a folder to the local time of the photos taken around the same time."""
        from mcsearch.library.photo_facts.offsets import localise

        localise(self._connection, folder)

    def keyword_counts(self) -> list[TagCount]:
        """Count the photos for each keyword and each named person, most frequent first."""
        rows = self._connection.execute(
            "SELECT label, COUNT(*), source FROM keywords GROUP BY label, source ORDER BY 2 DESC, 1, 3"
        )
        return [TagCount(*row) for row in rows]


def _on_unit_sphere(latitude: float | None, longitude: float | None) -> tuple[float | None, float | None, float | None]:
    """Return a position as a point on the unit sphere, where distances need no special case at poles and date line."""
    if latitude is None or longitude is None:
        return None, None, None
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
