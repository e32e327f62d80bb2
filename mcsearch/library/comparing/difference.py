"""The difference between the files on disk and the photos in the library, computed by SQLite.

Where the scanned files are as the library knows them, only the first and the last path of a stretch go into a temporary
table. All others go into another one, so that memory does not grow with the library.
"""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mcsearch.library.comparing.settled import COMPARED_AT_ONCE, IS_OF_PICTURE, Settled
from mcsearch.library.conditions import at_or_below, of_same_file
from mcsearch.library.photo_facts.sidecars import restored_sidecars, stored_sidecars
from mcsearch.library.transactions import transaction
from mcsearch.paths import restored, stored
from mcsearch.records.photos import ScannedFile

# The path, size, time, sidecars, photo it is a companion of, role, and whether a preview may stand for it.
_ScannedRow = tuple[str | bytes, int, int, str | None, str | bytes | None, str, bool]


@dataclass(frozen=True, slots=True)
class ToDo:
    """A file that an index run must process.

    `change` is the reason: the path is "new", the file has "changed", or only the "embedding" or only the "facts" are
    missing; facts are also read again when the sidecars have changed or the metadata readers have improved. The
    embedding of a preview counts only where the file may be embedded by one.
    `shares_size` is true if another file or a known content has the same size; the hash alone may then show that the
    file needs no embedding.
    """

    file: ScannedFile
    change: Literal["new", "changed", "embedding", "facts"]
    shares_size: bool


class Difference:
    """The files to process, and the photos whose files are gone. Valid until the next one on this connection.

    `scanned` counts the photos that the scan found, `total` those to process, and `unreadable` those that could not be
    read before, have not changed, and are not known from a time when they could. With `force`, every scanned photo is
    processed.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        files: Iterable[ScannedFile],
        roots: Sequence[str],
        model_id: int | None,
        readers_version: int,
        *,
        force: bool,
    ) -> None:
        self._connection, self.force = connection, force
        wanted = {"model_id": model_id, "readers_version": readers_version}
        settled = Settled(connection, wanted)
        connection.executescript(
            """DROP VIEW IF EXISTS temp.found;
               DROP TABLE IF EXISTS temp.scanned; DROP TABLE IF EXISTS temp.todo; DROP TABLE IF EXISTS temp.gone;
               DROP TABLE IF EXISTS temp.parted;
               CREATE TEMP TABLE scanned (path ANY PRIMARY KEY, size_bytes INTEGER, mtime_ns INTEGER,
                 sidecars TEXT, companion_of ANY, role TEXT, previews INTEGER) STRICT, WITHOUT ROWID;
               CREATE TEMP TABLE todo (path ANY, size_bytes INTEGER, mtime_ns INTEGER, sidecars TEXT,
                 previews INTEGER, change TEXT, shares_size INTEGER) STRICT;
               CREATE TEMP TABLE gone (path ANY PRIMARY KEY, content_id INTEGER) STRICT, WITHOUT ROWID;
               CREATE TEMP TABLE parted (path ANY PRIMARY KEY) STRICT, WITHOUT ROWID;
               CREATE TEMP VIEW found AS SELECT path, size_bytes, mtime_ns FROM temp.scanned
                 UNION ALL SELECT p.path, p.size_bytes, p.mtime_ns
                   FROM temp.settled t CROSS JOIN main.photos p ON p.path BETWEEN t.first AND t.last;"""
        )
        with transaction(connection):
            self._fill(files, roots, settled, wanted)
        self.scanned: int = connection.execute(
            """SELECT (SELECT COALESCE(SUM(photos), 0) FROM temp.settled)
                    + (SELECT COUNT(*) FROM temp.scanned WHERE role = 'photo')"""
        ).fetchone()[0]
        self.total: int = connection.execute("SELECT COUNT(*) FROM temp.todo").fetchone()[0]
        self.unreadable: int = 0 if force else connection.execute(_UNREADABLE).fetchone()[0]
        self.needs_model: bool = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM temp.todo WHERE change <> 'facts')"
        ).fetchone()[0]

    def _fill(
        self, files: Iterable[ScannedFile], roots: Sequence[str], settled: Settled, wanted: dict[str, int | None]
    ) -> None:
        connection, in_order = self._connection, iter(files)
        while batch := list(itertools.islice(in_order, COMPARED_AT_ONCE)):
            rows = map(_scanned_row, batch if self.force else settled.left_of(batch))
            connection.executemany("INSERT OR IGNORE INTO temp.scanned VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute(_TO_DO, {**wanted, "force": int(self.force)})
        for root in roots:
            inside = at_or_below(root, "+p.path")  # the index serves the gaps
            connection.execute(
                f"""INSERT OR IGNORE INTO temp.gone SELECT p.path, p.content_id
                    FROM temp.gaps g CROSS JOIN photos p ON p.path > g.after AND p.path < g.before
                    WHERE {inside.sql} AND NOT EXISTS
                      (SELECT 1 FROM temp.scanned s WHERE s.path = p.path AND s.role <> 'companion')""",
                inside.parameters,
            )
            inside = at_or_below(root, "f.path")
            connection.execute(
                f"""INSERT OR IGNORE INTO temp.gone SELECT f.path, NULL FROM failures f
                    WHERE {inside.sql} AND NOT EXISTS
                      (SELECT 1 FROM temp.scanned s WHERE s.path = f.path AND s.role <> 'companion') AND NOT EXISTS
                      (SELECT 1 FROM photos p WHERE p.path = f.path AND p.path <=
                        (SELECT last FROM temp.settled WHERE first <= f.path ORDER BY first DESC LIMIT 1))""",
                inside.parameters,
            )
            inside = at_or_below(root, "c.path")
            connection.execute(
                f"""INSERT OR IGNORE INTO temp.parted SELECT c.path FROM companions c WHERE {inside.sql} AND NOT EXISTS
                      (SELECT 1 FROM temp.scanned s WHERE s.path = c.path AND s.companion_of = c.photo_path)""",
                inside.parameters,
            )
        connection.execute("CREATE INDEX temp.gone_content_id ON gone (content_id)")

    def to_do(self) -> Iterator[ToDo]:
        """Yield the files to process, in scan order, fetched a few at a time."""
        after = 0
        while rows := self._connection.execute(
            "SELECT rowid, * FROM temp.todo WHERE rowid > ? ORDER BY rowid LIMIT 256",
            (after,),
        ).fetchall():
            after = rows[-1][0]
            for _, *of_file, change, shares_size in rows:
                yield ToDo(_file(*of_file), change, bool(shares_size))

    def has_scanned_below(self, folder: str) -> bool:
        """Return whether the scan found any file at or below a folder."""
        inside = at_or_below(folder, "path")
        found = self._connection.execute(f"SELECT 1 FROM temp.found WHERE {inside.sql} LIMIT 1", inside.parameters)
        return found.fetchone() is not None

    def keep_below(self, folder: str) -> int:
        """Keep the photos at or below a folder although the scan did not find them, and return their number."""
        inside = at_or_below(folder, "path")
        self._connection.execute(f"DELETE FROM temp.parted WHERE {inside.sql}", inside.parameters)
        return self._connection.execute(f"DELETE FROM temp.gone WHERE {inside.sql}", inside.parameters).rowcount

    def is_replaced_below(self, folders: Sequence[str]) -> bool:
        """Return whether other files than those known are below all these folders, as on another disk.

        Files of the same size as the known ones are taken for known files that have moved. Photos set aside are not
        counted.
        """
        below, parameters = _any_below(folders, "p.path")
        known, unchanged, moved = self._connection.execute(
            f"""SELECT COUNT(*), COUNT(s.path) FILTER (WHERE {_UNCHANGED}),
                  COUNT(*) FILTER (WHERE p.size_bytes IN (SELECT size_bytes FROM temp.found))
                FROM photos p LEFT JOIN temp.found s ON s.path = p.path
                WHERE ({below}) AND p.id NOT IN (SELECT photo_id FROM set_aside)""",
            parameters,
        ).fetchone()
        return known > 0 and unchanged == 0 and 2 * moved < known and any(map(self.has_scanned_below, folders))

    def set_aside_below(self, folders: Sequence[str]) -> None:
        """Keep the photos below these folders that the scan did not find until it finds them or they are forgotten."""
        below, parameters = _any_below(folders, "g.path")
        self._connection.execute(
            f"""INSERT OR IGNORE INTO set_aside
                SELECT p.id FROM temp.gone g JOIN photos p ON p.path = g.path WHERE {below}""",
            parameters,
        )

    def keep_set_aside(self, folders: Sequence[str]) -> int:
        """Keep the photos below these folders that are set aside, and return the number of those not found."""
        self._connection.execute(
            """DELETE FROM set_aside WHERE photo_id IN
                 (SELECT p.id FROM temp.found s JOIN photos p ON p.path = s.path)"""
        )
        below, parameters = _any_below(folders, "path")
        return self._connection.execute(
            f"""DELETE FROM temp.gone WHERE ({below}) AND path IN
                  (SELECT p.path FROM set_aside a JOIN photos p ON p.id = a.photo_id)""",
            parameters,
        ).rowcount

    def needs_picture(self, content_id: int, model_id: int) -> bool:
        """Return whether the picture of a content is embedded and a photo needs that: no preview may stand for it.

        What may stand for photos that were not scanned is not known here; they keep what they have.
        """
        found = self._connection.execute(
            f"""SELECT 1 FROM photos p LEFT JOIN temp.scanned s ON s.path = p.path
                WHERE p.content_id = :content_id AND s.previews IS NOT 1
                  AND {_HAS_EMBEDDING} AND {IS_OF_PICTURE} LIMIT 1""",
            {"content_id": content_id, "model_id": model_id},
        )
        return found.fetchone() is not None

    def take_gone(self, content_id: int) -> str | None:
        """Return the path of a photo whose file is gone, each only once: the file has moved.

        The photo has this content or, as the sidecar may not have moved, another one of the same file.
        """
        row = self._connection.execute(
            f"SELECT path FROM temp.gone WHERE content_id IN {of_same_file('?1')} ORDER BY content_id <> ?1 LIMIT 1",
            (content_id,),
        ).fetchone()
        if row is None:
            return None
        self._connection.execute("DELETE FROM temp.gone WHERE path = ?", row)
        return restored(row[0])

    def remove_gone(self) -> int:
        """Forget the photos and failures whose files are gone, and return the number of photos. Embeddings stay."""
        # A file that was copied before it was removed has moved: its copy gets the tags that were given by hand.
        self._connection.execute(
            f"""INSERT OR IGNORE INTO hand_tags (photo_id, label, given)
               SELECT copy.id, h.label, h.given FROM temp.gone g
               JOIN photos p ON p.path = g.path JOIN hand_tags h ON h.photo_id = p.id
               JOIN photos copy ON copy.content_id IN {of_same_file("p.content_id")}
               WHERE copy.path NOT IN (SELECT path FROM temp.gone)
                 AND NOT EXISTS (SELECT 1 FROM hand_tags own WHERE own.photo_id = copy.id)"""
        )
        # Compare contents too: another process may have stored another file under the path in the meantime.
        removed = self._connection.execute(
            """DELETE FROM photos WHERE (path, content_id) IN (SELECT path, content_id FROM temp.gone)"""
        )
        self._connection.execute("DELETE FROM failures WHERE path IN (SELECT path FROM temp.gone)")
        return removed.rowcount

    def record_companions(self) -> None:
        """Store which of the scanned files are companions of a photo, and forget the former companions."""
        self._connection.execute("DELETE FROM companions WHERE path IN (SELECT path FROM temp.parted)")
        self._connection.execute(
            """INSERT OR IGNORE INTO companions (path, photo_path)
               SELECT path, companion_of FROM temp.scanned WHERE companion_of IS NOT NULL"""
        )


def _any_below(folders: Sequence[str], column: str) -> tuple[str, list[str | bytes | int | float]]:
    conditions = [at_or_below(folder, column) for folder in folders]
    return " OR ".join(one.sql for one in conditions), [value for one in conditions for value in one.parameters]


def _scanned_row(file: ScannedFile) -> _ScannedRow:
    path, size_bytes, mtime_ns, sidecars, companion_of, role, previews = file
    known_as = None if companion_of is None else stored(companion_of)
    return stored(path), size_bytes, mtime_ns, stored_sidecars(sidecars), known_as, role, previews


def _file(path: str | bytes, size_bytes: int, mtime_ns: int, sidecars: str | None, previews: int) -> ScannedFile:
    return ScannedFile(restored(path), size_bytes, mtime_ns, restored_sidecars(sidecars), previews=bool(previews))


_UNCHANGED = "(p.size_bytes = s.size_bytes AND p.mtime_ns = s.mtime_ns) IS TRUE"
_HAS_EMBEDDING = "EXISTS (SELECT 1 FROM embeddings e WHERE e.content_id = p.content_id AND e.model_id = :model_id)"
_EMBEDDED = f"({_HAS_EMBEDDING} AND (s.previews OR {IS_OF_PICTURE}))"
_READ = """EXISTS (SELECT 1 FROM facts x WHERE x.photo_id = p.id
  AND x.sidecars IS s.sidecars AND x.readers_version >= :readers_version)"""
_FAILED_BEFORE = "(f.size_bytes = s.size_bytes AND f.mtime_ns = s.mtime_ns AND NOT f.retry) IS TRUE"
_TO_DO = f"""
INSERT INTO temp.todo
SELECT s.path, s.size_bytes, s.mtime_ns, s.sidecars, s.previews,
  CASE WHEN p.id IS NULL THEN 'new'
       WHEN NOT {_UNCHANGED} THEN 'changed'
       WHEN :force OR NOT {_EMBEDDED} THEN 'embedding'
       ELSE 'facts' END AS change,
  NOT :force AND (
    s.size_bytes IN (SELECT size_bytes FROM temp.scanned WHERE role = 'photo' GROUP BY size_bytes HAVING COUNT(*) > 1)
    OR (NOT {_UNCHANGED} AND EXISTS (SELECT 1 FROM contents c WHERE c.size_bytes = s.size_bytes)))
FROM temp.scanned s
LEFT JOIN photos p ON p.path = s.path
LEFT JOIN failures f ON f.path = s.path
WHERE s.role = 'photo' AND (:force OR NOT (
  ({_UNCHANGED} AND {_EMBEDDED} AND {_READ})
  OR {_FAILED_BEFORE}))
ORDER BY s.path
"""
_UNREADABLE = f"""SELECT COUNT(*) FROM failures f CROSS JOIN temp.scanned s ON s.path = f.path
  WHERE s.role = 'photo' AND {_FAILED_BEFORE} AND NOT EXISTS (SELECT 1 FROM photos p WHERE p.path = f.path)"""
