"""The sentences that models wrote about photos: the table captions, by content."""

import sqlite3
from collections.abc import Iterator, Sequence

from mcsearch.library.conditions import Condition, together
from mcsearch.library.texts.contents import Contents
from mcsearch.paths import restored, stored
from mcsearch.records.photos import Described


class Captions:
    """One sentence for each content, that of the model that was asked last. Write inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, content_id: int, text: str, model: str) -> None:
        """Store the sentence that a model wrote, in place of an earlier one."""
        self._connection.execute(
            "INSERT OR REPLACE INTO captions (content_id, text, model) VALUES (?, ?, ?)", (content_id, text, model)
        )

    def of_photo(self, path: str) -> Described | None:
        """Return the sentence about a photo, or None."""
        row = self._connection.execute(
            "SELECT g.text, g.model FROM photos p JOIN captions g ON g.content_id = p.content_id WHERE p.path = ?",
            (stored(path),),
        ).fetchone()
        return None if row is None else Described(*row)

    def by_path(self, conditions: Sequence[Condition]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the photos that meet the conditions, sorted by path, with the sentence about each.

        It is left out, as an empty tuple, where there is none, and where the photo has a caption of the user's.
        """
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, g.text FROM photos p
                LEFT JOIN facts f ON f.photo_id = p.id
                LEFT JOIN captions g ON g.content_id = p.content_id AND f.caption IS NULL
                WHERE {where} ORDER BY p.path""",
            parameters,
        )
        for path, text in rows:
            yield restored(path), () if text is None else (text,)

    def lacking(self, model: str, conditions: Sequence[Condition], *, again: bool = False) -> Contents:
        """Return the contents of the photos that meet the conditions and have no sentence by this model.

        With `again`, also those that have one.
        """
        has = "EXISTS (SELECT 1 FROM captions g WHERE g.content_id = p.content_id AND g.model = ?)"
        return Contents(self._connection, conditions if again else [*conditions, Condition(f"NOT {has}", (model,))])
