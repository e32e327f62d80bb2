"""When, where and with what photos were taken: the tables facts and keywords."""

import dataclasses
import math
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from mcsearch.library.conditions import Condition, together
from mcsearch.paths import restored, stored
from mcsearch.records import Facts, Hit, ScannedFile, TagCount

# The words of Facts, and the source that each kind has in the table keywords.
_SOURCES = {"keywords": "embedded", "people": "person"}
_COLUMNS = tuple(field.name for field in dataclasses.fields(Facts) if field.name not in _SOURCES)
_PUT = f"""INSERT OR REPLACE INTO facts
  (photo_id, {", ".join(_COLUMNS)}, x, y, z, sidecar, sidecar_size_bytes, sidecar_mtime_ns)
  VALUES (?, {"?, " * len(_COLUMNS)} ?, ?, ?, ?, ?, ?)"""


class PhotoFacts:
    """Facts, keywords and named people, by photo. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, file: ScannedFile, facts: Facts) -> None:
        """Say what is known of a photo, read with the sidecar that `file` names; all that was known before goes."""
        row = self._connection.execute("SELECT id FROM photos WHERE path = ?", (stored(file.path),)).fetchone()
        if row is None:
            return
        sidecar = file.sidecar
        self._connection.execute(
            _PUT,
            (
                row[0],
                *(getattr(facts, name) for name in _COLUMNS),
                *_on_unit_sphere(facts.latitude, facts.longitude),
                *((stored(sidecar.path), sidecar.size_bytes, sidecar.mtime_ns) if sidecar else (None, None, None)),
            ),
        )
        self._connection.execute("DELETE FROM keywords WHERE photo_id = ?", row)
        words = [(row[0], label, source) for name, source in _SOURCES.items() for label in getattr(facts, name)]
        if words:
            self._connection.executemany(
                "INSERT OR IGNORE INTO keywords (photo_id, label, source) VALUES (?, ?, ?)", words
            )

    def of_photo(self, path: str) -> Facts | None:
        """What is known of a photo; None when it has not been read yet."""
        row = self._connection.execute(
            f"SELECT photo_id, {', '.join(_COLUMNS)} FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?",
            (stored(path),),
        ).fetchone()
        if row is None:
            return None
        words = self._connection.execute(
            "SELECT label, source FROM keywords WHERE photo_id = ? ORDER BY label", row[:1]
        ).fetchall()
        known = dict(zip(_COLUMNS, row[1:], strict=True))
        listed: dict[str, Any] = {
            name: tuple(label for label, of in words if of == source) for name, source in _SOURCES.items()
        }
        return Facts(**known, **listed)

    def sidecar(self, path: str) -> str | None:
        """The XMP file beside a photo, as it was when the photo was read."""
        row = self._connection.execute(
            "SELECT sidecar FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?", (stored(path),)
        ).fetchone()
        return None if row is None or row[0] is None else restored(row[0])

    def taken_at(self, paths: Iterable[str]) -> dict[str, str]:
        """When photos were taken, by path, as far as that is known."""
        found = {}
        for path in paths:
            row = self._connection.execute(
                "SELECT taken_at FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?", (stored(path),)
            ).fetchone()
            if row is not None and row[0] is not None:
                found[path] = row[0]
        return found

    def newest(self, conditions: Sequence[Condition], limit: int, *, by_path: bool = False) -> list[Hit]:
        """The photos that meet the conditions, latest taken first or in order of path; without a score."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, f.taken_at FROM photos p LEFT JOIN facts f ON f.photo_id = p.id WHERE {where}
                ORDER BY {"" if by_path else "f.taken_at DESC,"} p.path LIMIT ?""",
            [*parameters, limit],
        )
        return [Hit(restored(path), None, taken_at) for path, taken_at in rows]

    def keyword_counts(self) -> list[TagCount]:
        """How many photos carry each keyword and show each named person, most first."""
        rows = self._connection.execute(
            "SELECT label, COUNT(*), source FROM keywords GROUP BY label, source ORDER BY 2 DESC, 1, 3"
        )
        return [TagCount(*row) for row in rows]


def _on_unit_sphere(latitude: float | None, longitude: float | None) -> tuple[float | None, float | None, float | None]:
    """A position as a point on the unit sphere: distances are plain arithmetic there, poles and date line included."""
    if latitude is None or longitude is None:
        return None, None, None
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)
