"""The full-text index of words in and around photos: the table texts, kept up to date by stale_texts."""

import contextlib
import itertools
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcsearch.library.conditions import Condition, together
from mcsearch.library.texts.snippets import BEGIN, END, found_text
from mcsearch.library.texts.sources import COLUMNS, SOURCES
from mcsearch.library.texts.words import indexed
from mcsearch.paths import is_under, restored, stored
from mcsearch.records.answers import Hit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ids = npt.NDArray[np.int64]

# The most matches that are compared with one another.
RANKED = 10_000
_AT_ONCE = 2000
# More photos than this are not written anew one by one, but the index as a whole.
_REBUILT_FROM = 20_000
_TEXTS_OF = f"""SELECT p.id, {", ".join(source.sql for source in SOURCES)} FROM photos p"""
_PUT = f"INSERT INTO texts (rowid, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (1 + len(COLUMNS)))})"
_BEST = f"bm25(texts, {', '.join(str(source.weight) for source in SOURCES)})"
_MARKED = ", ".join(f"highlight(texts, {place}, ?1, ?2)" for place in range(len(SOURCES)))


class Texts:
    """The words of photos. Writing methods belong inside `LibraryFile.transaction`, which calls `refresh` itself."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def refresh(self) -> None:
        """Write the texts anew of the photos that have changed since, in any table that texts come from."""
        execute = self._connection.execute
        (stale,) = execute("SELECT COUNT(*) FROM (SELECT 1 FROM stale_texts LIMIT ?)", (_REBUILT_FROM,)).fetchone()
        if not stale:
            return
        if stale == _REBUILT_FROM and self._most_are_stale():
            self.rebuild()
            return
        last = -1
        while ids := execute(
            "SELECT photo_id FROM stale_texts WHERE photo_id > ? ORDER BY photo_id LIMIT ?", (last, _AT_ONCE)
        ).fetchall():
            self._put_anew(ids[0][0], ids[-1][0])
            last = ids[-1][0]
        execute("DELETE FROM stale_texts")

    def rebuild(self) -> None:
        """Empty the index and write the texts of all photos."""
        execute = self._connection.execute
        schema = self._schema()
        execute("DROP TABLE texts")  # faster than deleting its rows
        execute(schema)
        last = -1
        while rows := execute(f"{_TEXTS_OF} WHERE p.id > ? ORDER BY p.id LIMIT ?", (last, _AT_ONCE)).fetchall():
            self._connection.executemany(_PUT, (_as_indexed(one, texts) for one, *texts in self._shown(rows)))
            last = rows[-1][0]
        execute("DELETE FROM stale_texts")

    def best(self, expression: str, conditions: Sequence[Condition], limit: int) -> list[Hit]:
        """Return the photos that meet the conditions and match an expression of FTS5 best, as hits without a score.

        Of very many matches, as of a word that is in every name, only the RANKED photos that were added last count.
        """
        best, parameters = _best(expression, conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, f.taken_at, f.taken_from FROM {best}
                JOIN photos p ON p.id = best.id LEFT JOIN facts f ON f.photo_id = p.id
                ORDER BY best.distance, p.path LIMIT ?""",
            [*parameters, limit],
        )
        return [Hit(restored(path), None, *taken) for path, *taken in rows]

    def best_contents(self, expression: str, conditions: Sequence[Condition], limit: int) -> "Ids":
        """Return the contents of the photos that `best` finds, each once."""
        best, parameters = _best(expression, conditions)
        rows = self._connection.execute(
            f"""SELECT p.content_id FROM {best} JOIN photos p ON p.id = best.id
                GROUP BY p.content_id ORDER BY MIN(best.distance), MIN(p.path) LIMIT ?""",
            [*parameters, limit],
        )
        import numpy as np  # not for the texts of an index run without changes

        return np.fromiter((content_id for (content_id,) in rows), np.int64)

    def with_found(self, hits: Sequence[Hit], expression: str) -> list[Hit]:
        """Return the hits with the places in their texts where the words of an expression of FTS5 stand."""
        if not expression or not hits:
            return list(hits)
        found: list[Hit] = []
        for start in range(0, len(hits), _AT_ONCE):
            found += self._with_found(hits[start : start + _AT_ONCE], expression)
        return found

    def _with_found(self, hits: Sequence[Hit], expression: str) -> Iterator[Hit]:
        """Yield the hits as `with_found` returns them.

        The words are looked up in an index of these photos alone: in that of all photos, a prefix or a common word
        takes as long as the search itself.
        """
        ids = [self._id_of(hit.path) for hit in hits]
        rows = self._connection.execute(
            f"{_TEXTS_OF} WHERE p.id IN (SELECT value FROM json_each(?))", (json.dumps([one for one in ids if one]),)
        )
        shown = {photo_id: texts for photo_id, *texts in self._shown(rows)}
        with contextlib.closing(sqlite3.connect(":memory:")) as index:
            index.execute(self._schema())
            index.executemany(_PUT, itertools.starmap(_as_indexed, shown.items()))
            rows = index.execute(f"SELECT rowid, {_MARKED} FROM texts WHERE texts MATCH ?3", (BEGIN, END, expression))
            marked = {photo_id: texts for photo_id, *texts in rows}
        for hit, photo_id in zip(hits, ids, strict=True):
            of_sources = zip(SOURCES, shown.get(photo_id, ()), marked.get(photo_id, ()), strict=False)
            found = (found_text(one.column, text, marks) for one, text, marks in of_sources if BEGIN in (marks or ""))
            yield replace(hit, texts=tuple(found))

    def _id_of(self, path: str) -> int | None:
        row = self._connection.execute("SELECT id FROM photos WHERE path = ?", (stored(path),)).fetchone()
        return None if row is None else int(row[0])

    def _schema(self) -> str:
        (sql,) = self._connection.execute("SELECT sql FROM sqlite_master WHERE name = 'texts'").fetchone()
        return str(sql)

    def _most_are_stale(self) -> bool:
        (stale,) = self._connection.execute("SELECT COUNT(*) FROM stale_texts").fetchone()
        (photos,) = self._connection.execute("SELECT COUNT(*) FROM photos").fetchone()
        return bool(2 * stale > photos)

    def _put_anew(self, first: int, last: int) -> None:
        """Write the texts of the stale photos with ids from `first` to `last`, where they have changed."""
        execute, between = self._connection.execute, (first, last)
        stale = "(SELECT photo_id FROM stale_texts WHERE photo_id BETWEEN ? AND ?)"
        columns = ", ".join(COLUMNS)
        there = {row[0]: row for row in execute(f"SELECT rowid, {columns} FROM texts WHERE rowid IN {stale}", between)}
        rows = self._shown(execute(f"{_TEXTS_OF} WHERE p.id IN {stale}", between))
        wanted = {photo_id: _as_indexed(photo_id, texts) for photo_id, *texts in rows}
        outdated = [(rowid,) for rowid, row in there.items() if wanted.get(rowid) != row]
        self._connection.executemany("DELETE FROM texts WHERE rowid = ?", outdated)
        self._connection.executemany(_PUT, [row for rowid, row in wanted.items() if there.get(rowid) != row])

    def _shown(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Yield the texts of photos with names from the folder of the outermost root on instead of the path."""
        roots = sorted(restored(path) for (path,) in self._connection.execute("SELECT path FROM roots"))
        return ((photo_id, _names(restored(path), roots), *texts) for photo_id, path, *texts in rows)


def _best(expression: str, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    """Return a table `best` of the photos to compare, with their distances, and its parameters."""
    where, parameters = together(conditions)
    photos = "JOIN photos p ON p.id = texts.rowid" if conditions else ""
    return (
        f"""(SELECT texts.rowid AS id, {_BEST} AS distance FROM texts {photos}
             WHERE texts MATCH ? AND {where} ORDER BY texts.rowid DESC LIMIT {RANKED}) best""",
        [expression, *parameters],
    )


def _as_indexed(photo_id: int, texts: Iterable[str | None]) -> tuple[int | str | None, ...]:
    return photo_id, *(text and indexed(text) for text in texts)


def _names(path: str, roots: Sequence[str]) -> str:
    """Return the names of a photo and of the folders that it is in, from the outermost of the sorted roots on."""
    root = next((root for root in roots if is_under(path, root)), os.path.dirname(path))
    return path[len(os.path.dirname(root)) :].strip(os.sep)
