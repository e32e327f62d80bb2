"""Saved queries: the table albums."""

import dataclasses
import datetime
import json
import sqlite3

from mcsearch.records.answers import Album

_FIELDS = tuple(field.name for field in dataclasses.fields(Album) if field.name not in ("name", "saved_at"))
_DEFAULTS = Album("")


class Albums:
    """Saved queries by name, in any case. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, album: Album) -> None:
        """Save an album now, in place of one of the same name."""
        fields = {name: getattr(album, name) for name in _FIELDS}
        query = {name: value for name, value in fields.items() if value != getattr(_DEFAULTS, name)}
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.delete(album.name)
        self._connection.execute(
            "INSERT INTO albums (name, query, saved_at) VALUES (?, ?, ?)", (album.name, json.dumps(query), now)
        )

    def find(self, name: str) -> Album | None:
        """Return the album of this name, or None."""
        return next(iter(self._select("WHERE name = ?", name)), None)

    def listed(self) -> list[Album]:
        """Return all albums by name."""
        return self._select("ORDER BY name")

    def delete(self, name: str) -> bool:
        """Delete an album, and return whether there was one."""
        return self._connection.execute("DELETE FROM albums WHERE name = ?", (name,)).rowcount > 0

    def _select(self, sql: str, *parameters: str) -> list[Album]:
        rows = self._connection.execute(f"SELECT name, query, saved_at FROM albums {sql}", parameters)
        return [_album(*row) for row in rows]


def _album(name: str, query: str, saved_at: str) -> Album:
    known = {key: value for key, value in json.loads(query).items() if key in _FIELDS}
    for key in ("like", "not_text", "not_like"):
        known[key] = tuple(known.get(key, ()))
    return Album(name=name, saved_at=saved_at, **known)
