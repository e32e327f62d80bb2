"""The text read in photos: the table read_texts, by content."""

import sqlite3
from collections.abc import Sequence

from mcsearch.library.conditions import Condition
from mcsearch.library.texts.contents import Contents
from mcsearch.paths import stored


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

    def unread(self, reader: str, conditions: Sequence[Condition], *, again: bool = False) -> Contents:
        """Return the contents of the photos that meet the conditions and that this reader has not read yet.

        With `again`, also those that it has read.
        """
        read = "EXISTS (SELECT 1 FROM read_texts r WHERE r.content_id = p.content_id AND r.reader = ?)"
        return Contents(self._connection, conditions if again else [*conditions, Condition(f"NOT {read}", (reader,))])
