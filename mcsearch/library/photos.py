"""The photos of the library: the tables photos, contents and failures."""

import datetime
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mcsearch.library.conditions import Condition, at_or_below, chunks, of_same_file, one_of, together
from mcsearch.paths import restored, stored
from mcsearch.records.photos import Failure, ScannedFile

if TYPE_CHECKING:
    from mcsearch.library.comparing.difference import Difference

# Contents unused since a time. Triggers maintain `unused_since`; the table photos is checked too, to be safe.
UNUSED = "unused_since <= ? AND NOT EXISTS (SELECT 1 FROM photos p WHERE p.content_id = contents.id)"


class Photos:
    """Photos by path, and the contents they have. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def compare(
        self,
        files: Iterable[ScannedFile],
        roots: Sequence[str],
        model_id: int | None,
        readers_version: int,
        *,
        force: bool,
    ) -> "Difference":
        """Return the difference between the files scanned below `roots` and the photos the model has embedded."""
        from mcsearch.library.comparing.difference import Difference  # only an index run needs it

        return Difference(self._connection, files, roots, model_id, readers_version, force=force)

    def content_id(self, content_hash: bytes) -> int | None:
        """Return the id of a content, or None if it is unknown."""
        row = self._connection.execute("SELECT id FROM contents WHERE content_hash = ?", (content_hash,)).fetchone()
        return None if row is None else int(row[0])

    def content_of(self, file: ScannedFile) -> int | None:
        """Return the id of the content that this version of a file has, or None if it is not in the library."""
        row = self._connection.execute(
            "SELECT content_id FROM photos WHERE path = ? AND size_bytes = ? AND mtime_ns = ?",
            (stored(file.path), file.size_bytes, file.mtime_ns),
        ).fetchone()
        return None if row is None else int(row[0])

    def add_content(
        self, content_hash: bytes, size_bytes: int, *, file_hash: bytes | None = None, unused_since: str | None = None
    ) -> int:
        """Return the id of a content, adding it if it is unknown; `unused_since` if no photo has it.

        `file_hash` is that of the file, which differs if a sidecar turns the photo; None if it is not known.
        """
        self._connection.execute(
            """INSERT INTO contents (content_hash, size_bytes, file_hash, unused_since)
               VALUES (?1, ?2, NULLIF(?3, ?1), ?4)
               ON CONFLICT (content_hash) DO UPDATE SET file_hash = excluded.file_hash
                 WHERE contents.file_hash IS NULL AND excluded.file_hash IS NOT NULL""",
            (content_hash, size_bytes, file_hash, unused_since),
        )
        found = self.content_id(content_hash)
        assert found is not None
        return found

    def put(self, file: ScannedFile, content_id: int) -> None:
        """Store that the file has this content now, and forget a failure recorded for it."""
        path = stored(file.path)
        self._connection.execute(
            """INSERT INTO photos (path, size_bytes, mtime_ns, content_id) VALUES (?, ?, ?, ?)
               ON CONFLICT (path) DO UPDATE SET
                 size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, content_id = excluded.content_id""",
            (path, file.size_bytes, file.mtime_ns, content_id),
        )
        self._connection.execute("DELETE FROM failures WHERE path = ?", (path,))

    def move(self, old_path: str, file: ScannedFile, content_id: int) -> bool:
        """Rename a photo whose file has moved, perhaps without its sidecar, and return whether it still existed."""
        path, old = stored(file.path), stored(old_path)
        known = f"SELECT 1 FROM photos WHERE path = ?1 AND content_id IN {of_same_file('?2')}"
        if self._connection.execute(known, (old, content_id)).fetchone() is None:
            # Another process has renamed it, and its tags are those of the new path.
            return False
        # There may already be a photo with the new path, if the file replaced another one.
        self._connection.execute("DELETE FROM photos WHERE path = ?", (path,))
        self._connection.execute(
            "UPDATE photos SET path = ?, size_bytes = ?, mtime_ns = ?, content_id = ? WHERE path = ?",
            (path, file.size_bytes, file.mtime_ns, content_id, old),
        )
        self._connection.execute("DELETE FROM failures WHERE path = ?", (path,))
        return True

    def fail(self, file: ScannedFile, reason: str, *, retry: bool, changed: bool) -> None:
        """Record that a file could not be read. If it has changed and a retry is pointless, its photo is deleted."""
        path = stored(file.path)
        self._connection.execute(
            """INSERT INTO failures (path, size_bytes, mtime_ns, reason, retry, failed_at) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (path) DO UPDATE SET
                 size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, reason = excluded.reason,
                 retry = excluded.retry, failed_at = excluded.failed_at""",
            (path, file.size_bytes, file.mtime_ns, reason, int(retry), _now()),
        )
        if changed and not retry:
            self._connection.execute("DELETE FROM photos WHERE path = ?", (path,))

    def set_damage(self, content_id: int, reason: str | None) -> None:
        """Store what is missing of a damaged picture, or, with None, that nothing is."""
        if reason is None:
            self._connection.execute("DELETE FROM damage WHERE content_id = ?", (content_id,))
        else:
            self._connection.execute(
                """INSERT INTO damage (content_id, reason, found_at) VALUES (?, ?, ?)
                   ON CONFLICT (content_id) DO UPDATE SET reason = excluded.reason, found_at = excluded.found_at""",
                (content_id, reason, _now()),
            )

    def failures(self) -> list[Failure]:
        """Return all files that could not be read, and the damaged photos, by path."""
        rows = self._connection.execute(
            """SELECT path, reason, failed_at, 0 FROM failures
               UNION ALL SELECT p.path, d.reason, d.found_at, 1
                 FROM damage d JOIN photos p ON p.content_id = d.content_id
                 WHERE NOT EXISTS (SELECT 1 FROM failures f WHERE f.path = p.path)
               ORDER BY 1"""
        )
        return [Failure(restored(path), reason, at, bool(damaged)) for path, reason, at, damaged in rows]

    def paths(self, content_ids: Sequence[int], conditions: Sequence[Condition]) -> dict[int, list[str]]:
        """Return the sorted paths of the photos that have these contents and meet the conditions, by content id."""
        found: dict[int, list[str]] = {}
        for some in chunks(content_ids):
            where, parameters = together([one_of("p.content_id", some), *conditions])
            rows = self._connection.execute(
                f"SELECT p.content_id, p.path FROM photos p WHERE {where} ORDER BY p.path", parameters
            )
            for content_id, path in rows:
                found.setdefault(content_id, []).append(restored(path))
        return found

    def ids(self, conditions: Sequence[Condition] = ()) -> dict[int, str]:
        """Return the paths of the photos that meet the conditions, by photo id, in order of path."""
        where, parameters = together(conditions)
        rows = self._connection.execute(f"SELECT p.id, p.path FROM photos p WHERE {where} ORDER BY p.path", parameters)
        return {photo_id: restored(path) for photo_id, path in rows}

    def content_hashes(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the content hashes of the photos with these paths, by path; a path without a photo is left out."""
        found = {}
        for path in paths:
            row = self._connection.execute(
                "SELECT c.content_hash FROM photos p JOIN contents c ON c.id = p.content_id WHERE p.path = ?",
                (stored(path),),
            ).fetchone()
            if row is not None:
                found[path] = row[0]
        return found

    def id_of(self, path: str) -> int | None:
        """Return the id of the photo with this path, or None."""
        row = self._connection.execute("SELECT id FROM photos WHERE path = ?", (stored(path),)).fetchone()
        return None if row is None else int(row[0])

    def fixed(self, conditions: Sequence[Condition]) -> list[Condition]:
        """Return conditions that select exactly the photos which meet these now. Valid until the next call."""
        if not conditions:
            return []
        where, parameters = together(conditions)
        self._connection.execute("DROP TABLE IF EXISTS temp.fixed")
        self._connection.execute("CREATE TEMP TABLE fixed (photo_id INTEGER PRIMARY KEY) STRICT")
        self._connection.execute(f"INSERT INTO temp.fixed SELECT p.id FROM photos p WHERE {where}", parameters)
        return [Condition("p.id IN (SELECT photo_id FROM temp.fixed)", ())]

    def by_path(self, conditions: Sequence[Condition] = ()) -> Iterator[str]:
        """Yield the paths of the photos that meet the conditions, sorted."""
        where, parameters = together(conditions)
        rows = self._connection.execute(f"SELECT p.path FROM photos p WHERE {where} ORDER BY p.path", parameters)
        return (restored(path) for (path,) in rows)

    def count(self, conditions: Sequence[Condition] = ()) -> int:
        """Count the photos that meet the conditions."""
        where, parameters = together(conditions)
        return int(self._connection.execute(f"SELECT COUNT(*) FROM photos p WHERE {where}", parameters).fetchone()[0])

    def count_after_each(self, conditions: Sequence[Condition]) -> list[int]:
        """Count the photos that meet the first condition, the first two, and so on up to all of them."""
        return [self.count(conditions[:number]) for number in range(1, len(conditions) + 1)]

    def any(self) -> bool:
        """Return whether the library contains any photo."""
        return self._connection.execute("SELECT 1 FROM photos LIMIT 1").fetchone() is not None

    def knows_below(self, path: str) -> bool:
        """Return whether the library knows a root, photo, companion or failure at or below a path."""
        inside = at_or_below(path, "path")
        tables = ("roots", "photos", "companions", "failures")
        known = (f"EXISTS (SELECT 1 FROM {table} WHERE {inside.sql})" for table in tables)
        return bool(self._connection.execute(f"SELECT {' OR '.join(known)}", inside.parameters * 4).fetchone()[0])

    def is_photo(self, path: str) -> bool:
        """Return whether there is a photo with exactly this path."""
        return self._connection.execute("SELECT 1 FROM photos WHERE path = ?", (stored(path),)).fetchone() is not None

    def forget_below(self, path: str) -> tuple[int, int, int]:
        """Forget all files at or below a path. Their embeddings stay.

        Returns the numbers of photos, of other files that could not be read, and of companions.
        """
        inside = at_or_below(path, "path")
        self._connection.execute(
            f"DELETE FROM failures WHERE {inside.sql} AND path IN (SELECT path FROM photos)", inside.parameters
        )
        photos, failed, companions = (
            self._connection.execute(f"DELETE FROM {table} WHERE {inside.sql}", inside.parameters).rowcount
            for table in ("photos", "failures", "companions")
        )
        return photos, failed, companions

    def drop_contents(self, unused_since: str) -> None:
        """Drop the contents unused since that time (ISO 8601, UTC), with everything that refers to them."""
        self._connection.execute(f"DELETE FROM contents WHERE {UNUSED}", (unused_since,))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
