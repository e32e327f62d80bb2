"""The contents that several photos share, and the table signatures."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from mcsearch.library.conditions import Condition, chunks, one_of, together
from mcsearch.library.photo_facts.sidecars import restored_sidecars
from mcsearch.paths import restored
from mcsearch.records.answers import DuplicatePhoto
from mcsearch.records.photos import ScannedFile


class Duplicates:
    """Duplicate contents and signatures. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def exact(self, conditions: Sequence[Condition] = ()) -> list[list[int]]:
        """Return the ids of the contents of each file that several photos which meet the conditions are copies of.

        There are several contents if sidecars turn the copies in several ways.
        """
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT json_group_array(DISTINCT p.content_id)
                FROM (SELECT DISTINCT file_hash FROM contents WHERE file_hash IS NOT NULL) f
                JOIN contents c ON c.content_hash = f.file_hash OR c.file_hash = f.file_hash
                JOIN photos p ON p.content_id = c.id WHERE {where} GROUP BY f.file_hash HAVING COUNT(*) > 1""",
            parameters,
        )
        turned = [json.loads(content_ids) for (content_ids,) in rows]
        among_turned = {content_id for content_ids in turned for content_id in content_ids}
        rows = self._connection.execute(
            f"SELECT p.content_id FROM photos p WHERE {where} GROUP BY p.content_id HAVING COUNT(*) > 1", parameters
        )
        return turned + [[content_id] for (content_id,) in rows if content_id not in among_turned]

    def photos(
        self, content_ids: Sequence[int], conditions: Sequence[Condition] = ()
    ) -> dict[int, list[DuplicatePhoto]]:
        """Return the photos that have these contents and meet the conditions, by content id."""
        found: dict[int, list[DuplicatePhoto]] = {}
        for some in chunks(content_ids):
            where, parameters = together([one_of("p.content_id", some), *conditions])
            rows = self._connection.execute(
                f"""SELECT p.content_id, p.path, p.size_bytes, p.mtime_ns, f.format, f.width, f.height, f.taken_at,
                           f.taken_from, f.camera, f.latitude IS NOT NULL, f.sidecars IS NOT NULL,
                           EXISTS (SELECT 1 FROM damage d WHERE d.content_id = p.content_id)
                    FROM photos p LEFT JOIN facts f ON f.photo_id = p.id
                    WHERE {where}""",
                parameters,
            )
            for content_id, path, *known in rows:
                known[-3:] = map(bool, known[-3:])
                photo = DuplicatePhoto(restored(path), *known)
                found.setdefault(content_id, []).append(photo)
        return found

    def with_signature(self) -> set[int]:
        """Return the ids of the contents that have a signature."""
        return {content_id for (content_id,) in self._connection.execute("SELECT content_id FROM signatures")}

    def signatures(self, content_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the signatures of these contents by content id, without the contents that have none."""
        found: dict[int, bytes] = {}
        for some in chunks(content_ids):
            wanted = one_of("content_id", some)
            found |= self._connection.execute(
                f"SELECT content_id, signature FROM signatures WHERE {wanted.sql}", wanted.parameters
            ).fetchall()
        return found

    def add_signatures(self, signatures: Mapping[int, bytes]) -> None:
        """Store signatures, given by content id, of contents that have none."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO signatures (content_id, signature) VALUES (?, ?)", signatures.items()
        )

    def files(self, content_ids: Sequence[int]) -> Iterator[tuple[int, bytes, ScannedFile]]:
        """Yield the id and the hash of each of these contents, with one of the files that have it."""
        for some in chunks(content_ids):
            wanted = one_of("c.id", some)
            rows = self._connection.execute(
                f"""SELECT c.id, c.content_hash, MIN(p.path), p.size_bytes, p.mtime_ns, f.sidecars
                    FROM contents c JOIN photos p ON p.content_id = c.id LEFT JOIN facts f ON f.photo_id = p.id
                    WHERE {wanted.sql} GROUP BY c.id""",
                wanted.parameters,
            ).fetchall()
            for content_id, content_hash, path, size_bytes, mtime_ns, sidecars in rows:
                file = ScannedFile(restored(path), size_bytes, mtime_ns, restored_sidecars(sidecars))
                yield content_id, content_hash, file
