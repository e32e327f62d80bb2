"""Carry everything known about a folder over to its new place, when the folder has been moved."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mcsearch.library.conditions import at_or_below
from mcsearch.library.filtering.filters import NOT
from mcsearch.library.photo_facts.sidecars import restored_sidecars, stored_sidecars
from mcsearch.paths import is_under, restored, stored

# The columns that hold paths of files.
_COLUMNS = (
    ("photos", "path"), ("failures", "path"), ("companions", "path"), ("companions", "photo_path"),
    ("kept_hand_tags", "path"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A photo of the library: its path, and the size, time and content that its file had when it was indexed.

    `turned` is how a sidecar turned it, as in Facts.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    content_hash: bytes
    turned: int | None


class Moves:
    """Photos by folder, and moves of folders. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def below(self, folder: str) -> list[KnownFile]:
        """Return the photos at or below a folder, by path."""
        inside = at_or_below(folder)
        rows = self._connection.execute(
            f"""SELECT p.path, p.size_bytes, p.mtime_ns, c.content_hash, f.turned
                FROM photos p JOIN contents c ON c.id = p.content_id LEFT JOIN facts f ON f.photo_id = p.id
                WHERE {inside.sql} ORDER BY p.path""",
            inside.parameters,
        )
        return [KnownFile(restored(path), *known) for path, *known in rows]

    def new_files(self, sizes: Iterable[int]) -> Iterator[tuple[str, int]]:
        """Yield the path and the size of each new file of these sizes that the last comparison has found."""
        rows = self._connection.execute(
            """SELECT path, size_bytes FROM temp.todo
               WHERE change = 'new' AND size_bytes IN (SELECT value FROM json_each(?))""",
            (json.dumps(list(sizes)),),
        )
        return ((restored(path), size_bytes) for path, size_bytes in rows)

    def is_unknown(self, folder: str, except_for: str) -> bool:
        """Return whether the library knows no file at or below a folder, except for those below another folder."""
        inside, outside = at_or_below(folder, "path"), at_or_below(except_for, "path")
        tables = ("photos", "failures", "companions", "kept_hand_tags")
        known = (f"EXISTS (SELECT 1 FROM {table} WHERE {inside.sql} AND NOT {outside.sql})" for table in tables)
        parameters = (*inside.parameters, *outside.parameters) * len(tables)
        return not self._connection.execute(f"SELECT {' OR '.join(known)}", parameters).fetchone()[0]

    def has_set_aside(self, folder: str) -> bool:
        """Return whether photos at or below a folder are on a disk in whose place another one is mounted."""
        inside = at_or_below(folder)
        found = self._connection.execute(
            f"SELECT 1 FROM photos p JOIN set_aside s ON s.photo_id = p.id WHERE {inside.sql} LIMIT 1",
            inside.parameters,
        )
        return found.fetchone() is not None

    def carry_over(self, old: str, new: str, mtimes_ns: Sequence[tuple[str, int]], *, roots: bool) -> None:
        """Rename a folder in all tables, so that photos keep their ids, and with them their tags and facts.

        `mtimes_ns` are the old paths of the photos that were found at the new place, with the times of their files
        there. With `roots`, roots at and below the folder are renamed with their rules; otherwise they stay.
        """
        self._connection.executemany(
            "UPDATE photos SET mtime_ns = ? WHERE path = ?", [(mtime_ns, stored(path)) for path, mtime_ns in mtimes_ns]
        )
        self._rename_sidecars(old, new)
        for table, column in _COLUMNS:
            self._rename(table, column, old, new)
        self._rename_in_albums(old, new)
        if roots:
            # The new place may have become a root at the start of this run.
            self._connection.execute("DELETE FROM roots WHERE path = ?", (stored(new),))
            self._rename("roots", "path", old, new)
            self._rename_globs(old, new)

    def _rename(self, table: str, column: str, old: str, new: str) -> None:
        inside = at_or_below(old, column)
        rows = self._connection.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE {inside.sql}", inside.parameters
        ).fetchall()
        self._connection.executemany(
            f"UPDATE {table} SET {column} = ? WHERE {column} = ?",
            [(stored(renamed(restored(path), old, new)), path) for (path,) in rows],
        )

    def _rename_sidecars(self, old: str, new: str) -> None:
        inside = at_or_below(old)
        rows = self._connection.execute(
            f"""SELECT f.photo_id, f.sidecars FROM facts f JOIN photos p ON p.id = f.photo_id
                WHERE f.sidecars IS NOT NULL AND {inside.sql}""",
            inside.parameters,
        ).fetchall()
        changes = []
        for photo_id, sidecars in rows:
            files = restored_sidecars(sidecars)
            moved = [file._replace(path=renamed(file.path, old, new)) for file in files]
            changes.append((stored_sidecars(moved), photo_id))
        self._connection.executemany("UPDATE facts SET sidecars = ? WHERE photo_id = ?", changes)

    def _rename_in_albums(self, old: str, new: str) -> None:
        """Rename the folder in the photos and in the filters of saved queries."""
        for name, text in self._connection.execute("SELECT name, query FROM albums").fetchall():
            query = json.loads(text)
            filters = query.get("filters", {})
            for kept, keys in ((query, ("like", "not_like")), (filters, ("in", f"{NOT}in"))):
                kept |= {key: [_renamed_term(path, old, new) for path in kept[key]] for key in keys if key in kept}
            if (changed := json.dumps(query)) != text:
                self._connection.execute("UPDATE albums SET query = ? WHERE name = ?", (changed, name))

    def _rename_globs(self, old: str, new: str) -> None:
        """Rename the folder in excludes that are absolute paths."""
        inside = at_or_below(new, "path")
        rows = self._connection.execute(
            f"SELECT path, rules FROM roots WHERE rules IS NOT NULL AND {inside.sql}", inside.parameters
        ).fetchall()
        for path, text in rows:
            rules = json.loads(text)
            rules["exclude"] = [renamed(glob, old, new) for glob in rules["exclude"]]
            self._connection.execute("UPDATE roots SET rules = ? WHERE path = ?", (json.dumps(rules), path))


def renamed(path: str, old: str, new: str) -> str:
    """Return where a path is after a folder was renamed; a path outside the folder does not change."""
    return new + path[len(old) :] if is_under(path, old) else path


def _renamed_term(term: str, old: str, new: str) -> str:
    """Return a path that may follow a weight, such as `2:/photos/dog.jpg`, after a folder was renamed."""
    weight, colon, path = term.partition(":")
    if colon and is_under(path, old):
        return weight + colon + renamed(path, old, new)
    return renamed(term, old, new)
