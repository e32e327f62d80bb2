"""Which labels were assigned to which contents: the table tags."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from mcsearch.library.conditions import Condition, together
from mcsearch.paths import restored
from mcsearch.records import TagCount


class Tags:
    """Automatic tags, by model. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def clear(self, model_id: int, conditions: Sequence[Condition] = ()) -> None:
        """Take away the tags of the photos that meet the conditions; without any, all tags of the model."""
        if not conditions:
            self._connection.execute("DELETE FROM tags WHERE model_id = ?", (model_id,))
            return
        where, parameters = together(conditions)
        self._connection.execute(
            f"DELETE FROM tags WHERE model_id = ? AND content_id IN (SELECT p.content_id FROM photos p WHERE {where})",
            [model_id, *parameters],
        )

    def add(self, model_id: int, rows: Iterable[tuple[str, int, float, float]]) -> None:
        """Assign (label, content id, score, probability) each; none of them may be assigned already."""
        # OR REPLACE would look for rows to delete, and take twice as long.
        self._connection.executemany(
            "INSERT INTO tags (model_id, label, content_id, score, probability) VALUES (?, ?, ?, ?, ?)",
            ((model_id, *row) for row in rows),
        )

    def counts(self, model_id: int, conditions: Sequence[Condition] = ()) -> list[TagCount]:
        """How many of the photos that meet the conditions carry each label, most first."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT t.label, COUNT(*) FROM tags t JOIN photos p ON p.content_id = t.content_id
                WHERE t.model_id = ? AND {where} GROUP BY t.label ORDER BY COUNT(*) DESC, t.label""",
            [model_id, *parameters],
        )
        return [TagCount(label, count) for label, count in rows]

    def tagged_photos(self, model_id: int, conditions: Sequence[Condition] = ()) -> int:
        """How many of the photos that meet the conditions carry any label."""
        where, parameters = together(conditions)
        row = self._connection.execute(
            f"""SELECT COUNT(*) FROM photos p WHERE {where} AND EXISTS
                  (SELECT 1 FROM tags t WHERE t.content_id = p.content_id AND t.model_id = ?)""",
            [*parameters, model_id],
        ).fetchone()
        return int(row[0])

    def by_path(self, model_id: int, conditions: Sequence[Condition] = ()) -> Iterator[tuple[str, list[str]]]:
        """Every photo that meets the conditions, in order of path, with its labels in order of the alphabet."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, t.label FROM photos p LEFT JOIN tags t ON t.content_id = p.content_id AND t.model_id = ?
                WHERE {where} ORDER BY p.path, t.label""",
            [model_id, *parameters],
        )
        for path, group in itertools.groupby(rows, key=lambda row: row[0]):
            yield restored(path), [label for _, label in group if label is not None]
