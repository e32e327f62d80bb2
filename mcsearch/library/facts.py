"""When, where and with what photos were taken: the tables facts and keywords."""

import dataclasses
import json
import math
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcsearch.library.conditions import DATED, LOCAL_TIME, Condition, together
from mcsearch.library.offsets import localise
from mcsearch.paths import restored, stored
from mcsearch.records import Facts, Hit, ScannedFile, TagCount

# The words of Facts, and the source that each kind has in the table keywords.
_SOURCES = {"keywords": "embedded", "people": "person"}
_COLUMNS = tuple(field.name for field in dataclasses.fields(Facts) if field.name not in _SOURCES)
# Undated photos come after all others, the latest changed first.
_NEWEST_FIRST = f"{DATED} DESC, {LOCAL_TIME} DESC, p.path"
_PUT = f"""INSERT OR REPLACE INTO facts
  (photo_id, {", ".join(_COLUMNS)}, x, y, z, sidecars)
  VALUES (?, {"?, " * len(_COLUMNS)} ?, ?, ?, ?)"""


class PhotoFacts:
    """Facts, keywords and named people, by photo. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, file: ScannedFile, facts: Facts) -> None:
        """Say what is known of a photo, read with the sidecars that `file` names; all that was known before goes."""
        row = self._connection.execute("SELECT id FROM photos WHERE path = ?", (stored(file.path),)).fetchone()
        if row is None:
            return
        self._connection.execute(
            _PUT,
            (
                row[0],
                *(getattr(facts, name) for name in _COLUMNS),
                *_on_unit_sphere(facts.latitude, facts.longitude),
                stored_sidecars(file.sidecars),
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

    def sidecars(self, path: str) -> tuple[str, ...]:
        """The paths of the XMP files that a photo was read with, those that go first at the head."""
        row = self._connection.execute(
            "SELECT sidecars FROM facts JOIN photos ON photos.id = photo_id WHERE path = ?", (stored(path),)
        ).fetchone()
        return () if row is None else tuple(file.path for file in restored_sidecars(row[0]))

    def dated(self, hits: Sequence[Hit], *, newest_first: bool = False) -> list[Hit]:
        """The hits with their dates, in their own order or newest first as `newest` has it."""
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
        """The photos that meet the conditions, latest taken first or in order of path; without a score."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, f.taken_at, f.taken_from FROM photos p LEFT JOIN facts f ON f.photo_id = p.id
                WHERE {where} ORDER BY {"p.path" if by_path else _NEWEST_FIRST} LIMIT ?""",
            [*parameters, limit],
        )
        return [Hit(restored(path), None, *taken) for path, *taken in rows]

    def localise(self, folder: str) -> None:
        """Give the moments in UTC in a folder the local time of the photos taken around them."""
        localise(self._connection, folder)

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


def stored_sidecars(sidecars: Sequence[ScannedFile]) -> str | None:
    """Sidecars as a JSON list of [path, size in bytes, mtime in ns]; None when there are none.

    The text is the same in every locale. Bytes of a path that are no UTF-8 become the escapes `\\udc80` to `\\udcff`.
    """
    if not sidecars:
        return None
    listed = [[_portable(file.path), file.size_bytes, file.mtime_ns] for file in sidecars]
    return json.dumps(listed, separators=(",", ":"))


def restored_sidecars(text: str | None) -> tuple[ScannedFile, ...]:
    """The sidecars that `stored_sidecars` was given."""
    listed = [] if text is None else json.loads(text)
    return tuple(ScannedFile(_local(path), size_bytes, mtime_ns) for path, size_bytes, mtime_ns in listed)


def _portable(path: str) -> str:
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "surrogateescape")


def _local(path: str) -> str:
    return path if path.isascii() else os.fsdecode(path.encode("utf-8", "surrogateescape"))
