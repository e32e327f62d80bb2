"""The contents of photos that meet conditions, to be read or described one after the other."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mcsearch.library.conditions import Condition, together
from mcsearch.library.photo_facts.sidecars import restored_sidecars
from mcsearch.paths import restored
from mcsearch.records.photos import ScannedFile

_AT_ONCE = 1000


class Content(NamedTuple):
    """A content, and a photo that has it."""

    content_id: int
    content_hash: bytes
    file: ScannedFile


class Contents:
    """The contents of the photos that meet conditions, in order. The caller may write while it lists them."""

    def __init__(self, connection: sqlite3.Connection, conditions: Sequence[Condition]) -> None:
        self._connection = connection
        self._where, self._parameters = together(conditions)

    def count(self) -> int:
        """Return how many there are now."""
        sql = f"SELECT COUNT(DISTINCT p.content_id) FROM photos p WHERE {self._where}"
        return int(self._connection.execute(sql, self._parameters).fetchone()[0])

    def __iter__(self) -> Iterator[Content]:
        last = -1
        while rows := self._connection.execute(
            # In parts, so that no cursor is open while the caller writes.
            f"""SELECT p.content_id, c.content_hash, MIN(p.path), p.size_bytes, p.mtime_ns, f.sidecars
                FROM photos p JOIN contents c ON c.id = p.content_id LEFT JOIN facts f ON f.photo_id = p.id
                WHERE p.content_id > ? AND {self._where} GROUP BY p.content_id ORDER BY p.content_id LIMIT ?""",
            [last, *self._parameters, _AT_ONCE],
        ).fetchall():
            for content_id, content_hash, path, size_bytes, mtime_ns, sidecars in rows:
                file = ScannedFile(restored(path), size_bytes, mtime_ns, restored_sidecars(sidecars))
                yield Content(content_id, content_hash, file)
            last = rows[-1][0]
