"""The full-text index of words in and around photos: the table texts, kept up to date by stale_texts."""

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mcsearch.answers import FoundText, Hit
from mcsearch.library.conditions import Condition, together
from mcsearch.library.texts.sources import COLUMNS, SOURCES
from mcsearch.library.texts.words import with_gaps, without_gaps
from mcsearch.paths import is_under, restored, stored

# The most matches that are compared with one another.
RANKED = 20_000
_AT_ONCE = 2000
# More photos than this are not written anew one by one, but the index as a whole.
_REBUILT_FROM = 20_000
_WORDS_AROUND = 12
_BEGIN, _END = "\x02", "\x03"
_TEXTS_OF = f"""SELECT p.id, {", ".join(source.sql for source in SOURCES)} FROM photos p"""
_PUT = f"INSERT INTO texts (rowid, {', '.join(COLUMNS)}) VALUES ({', '.join('?' * (1 + len(COLUMNS)))})"
_BEST = f"bm25(texts, {', '.join(str(source.weight) for source in SOURCES)})"
_SNIPPETS = ", ".join(f"snippet(texts, {place}, ?1, ?2, '…', {_WORDS_AROUND})" for place in range(len(SOURCES)))


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
        (sql,) = execute("SELECT sql FROM sqlite_master WHERE name = 'texts'").fetchone()
        execute("DROP TABLE texts")  # faster than deleting its rows
        execute(sql)
        last = -1
        while rows := execute(f"{_TEXTS_OF} WHERE p.id > ? ORDER BY p.id LIMIT ?", (last, _AT_ONCE)).fetchall():
            self._connection.executemany(_PUT, self._as_indexed(rows))
            last = rows[-1][0]
        execute("DELETE FROM stale_texts")

    def best(self, expression: str, conditions: Sequence[Condition], limit: int) -> list[Hit]:
        """Return the photos that meet the conditions and match an expression of FTS5 best, as hits without a score.

        Of very many matches, as of a word that is in every name, only the RANKED photos that were added last count.
        """
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, f.taken_at, f.taken_from FROM
                  (SELECT p.id, {_BEST} AS distance FROM texts JOIN photos p ON p.id = texts.rowid
                   WHERE texts MATCH ? AND {where} ORDER BY texts.rowid DESC LIMIT {RANKED}) best
                JOIN photos p ON p.id = best.id LEFT JOIN facts f ON f.photo_id = p.id
                ORDER BY best.distance, p.path LIMIT ?""",
            [expression, *parameters, limit],
        )
        return [Hit(restored(path), None, *taken) for path, *taken in rows]

    def with_found(self, hits: Sequence[Hit], expression: str) -> list[Hit]:
        """Return the hits with the places in their texts where the words of an expression of FTS5 stand."""
        if not expression or not hits:
            return list(hits)
        ids = {hit.path: self._id_of(hit.path) for hit in hits}
        known = [one for one in ids.values() if one is not None]
        # One query for all hits, since a prefix takes long to look up; + keeps SQLite from making it one for each.
        rows = self._connection.execute(
            f"""SELECT rowid, {_SNIPPETS} FROM texts WHERE texts MATCH ?3 AND rowid BETWEEN ?4 AND ?5
                AND +rowid IN (SELECT value FROM json_each(?6))""",
            (_BEGIN, _END, expression, min(known, default=0), max(known, default=0), json.dumps(known)),
        )
        found = {row[0]: tuple(_found_texts(row[1:])) for row in rows}
        return [replace(hit, texts=found.get(ids[hit.path] or -1, ())) for hit in hits]

    def _id_of(self, path: str) -> int | None:
        row = self._connection.execute("SELECT id FROM photos WHERE path = ?", (stored(path),)).fetchone()
        return None if row is None else int(row[0])

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
        wanted = {row[0]: row for row in self._as_indexed(execute(f"{_TEXTS_OF} WHERE p.id IN {stale}", between))}
        outdated = [(rowid,) for rowid, row in there.items() if wanted.get(rowid) != row]
        self._connection.executemany("DELETE FROM texts WHERE rowid = ?", outdated)
        self._connection.executemany(_PUT, [row for rowid, row in wanted.items() if there.get(rowid) != row])

    def _as_indexed(self, rows: Iterable[tuple[Any, ...]]) -> list[tuple[int | str | None, ...]]:
        roots = sorted(restored(path) for (path,) in self._connection.execute("SELECT path FROM roots"))
        return [
            (photo_id, _names(restored(path), roots), *(text and with_gaps(text) for text in texts))
            for photo_id, path, *texts in rows
        ]


def _names(path: str, roots: Sequence[str]) -> str:
    """Return the names of a photo and of the folders that it is in, from the outermost of the sorted roots on."""
    root = next((root for root in roots if is_under(path, root)), os.path.dirname(path))
    return with_gaps(path[len(os.path.dirname(root)) :].strip(os.sep))


def _found_texts(snippets: Sequence[str | None]) -> Iterator[FoundText]:
    for source, text in zip(SOURCES, snippets, strict=True):
        if text and _BEGIN in text:
            yield _found_text(source.column, without_gaps(text))


def _found_text(source: str, marked: str) -> FoundText:
    """Return a text with the places of its marks, on one line and without the marks."""
    text, marks = "", []
    for part in re.split(f"({_BEGIN}[^{_END}]*{_END})", " ".join(marked.split())):
        if part.startswith(_BEGIN):
            marks.append((len(text), len(text) + len(part) - 2))
            part = part[1:-1]
        text += part
    return FoundText(source, text, tuple(marks))
