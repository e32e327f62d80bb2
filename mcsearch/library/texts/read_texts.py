"""The text read in photos: the table read_texts, by content."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mcsearch.library.conditions import Condition, together
from mcsearch.paths import restored, stored
from mcsearch.records import ScannedFile

_AT_ONCE = 1000


class Unread(NamedTuple):
    """A content that a reader has not read yet, and a photo with that content."""

    content_id: int
    content_hash: bytes
    file: ScannedFile


class ReadTexts:
    """What was read in photos, also where there was no text. Write inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, content_id: int, text: str, reader: str, failure: str | None = None) -> None:
        """Store what a reader, named with its version, has read in a content; "" if it has no text or was a failure."""
        self._connection.execute(
            "INSERT OR REPLACE INTO read_texts (content_id, text, reader, failure) VALUES (?, ?, ?, ?)",
            (content_id, text, reader, failure),
        )

    def of_photo(self, path: str) -> str | None:
        """Return the text in a photo, "" if it has none, or None if it was not read or could not be."""
        row = self._connection.execute(
            """SELECT r.text FROM photos p JOIN read_texts r ON r.content_id = p.content_id
               WHERE p.path = ? AND r.failure IS NULL""",
            (stored(path),),
        ).fetchone()
        return None if row is None else str(row[0])

    def count_unread(self, reader: str, conditions: Sequence[Condition], *, again: bool = False) -> int:
        """Count the contents of the photos that meet the conditions and that this reader has not read yet."""
        where, parameters = _unread(reader, conditions, again=again)
        sql = f"SELECT COUNT(DISTINCT p.content_id) FROM photos p WHERE {where}"
        return int(self._connection.execute(sql, parameters).fetchone()[0])

    def unread(self, reader: str, conditions: Sequence[Condition], *, again: bool = False) -> Iterator[Unread]:
        """Yield the contents that `count_unread` counts, in order; with `again`, also those that it has read."""
        where, parameters = _unread(reader, conditions, again=again)
        last = -1
        while rows := self._connection.execute(
            # In parts, so that no cursor is open while what was read is stored.
            f"""SELECT p.content_id, c.content_hash, MIN(p.path), p.size_bytes, p.mtime_ns
                FROM photos p JOIN contents c ON c.id = p.content_id
                WHERE p.content_id > ? AND {where} GROUP BY p.content_id ORDER BY p.content_id LIMIT ?""",
            [last, *parameters, _AT_ONCE],
        ).fetchall():
            for content_id, content_hash, path, size_bytes, mtime_ns in rows:
                yield Unread(content_id, content_hash, ScannedFile(restored(path), size_bytes, mtime_ns))
            last = rows[-1][0]


def _unread(
    reader: str, conditions: Sequence[Condition], *, again: bool
) -> tuple[str, list[str | bytes | int | float]]:
    where, parameters = together(conditions)
    if again:
        return where, parameters
    read = "EXISTS (SELECT 1 FROM read_texts r WHERE r.content_id = p.content_id AND r.reader = ?)"
    return f"{where} AND NOT {read}", [*parameters, reader]
