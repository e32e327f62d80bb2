"""Which contents several photos have, and the table perceptual_hashes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from mcsearch.library.conditions import Condition, chunks, one_of, together
from mcsearch.paths import restored
from mcsearch.records import DuplicatePhoto, ScannedFile


class Duplicates:
    """Contents by the photos that have them. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def exact(self, conditions: Sequence[Condition] = ()) -> list[int]:
        """The ids of the contents that more than one of the photos which meet the conditions has."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"SELECT p.content_id FROM photos p WHERE {where} GROUP BY p.content_id HAVING COUNT(*) > 1", parameters
        )
        return [content_id for (content_id,) in rows]

    def photos(
        self, content_ids: Sequence[int], conditions: Sequence[Condition] = ()
    ) -> dict[int, list[DuplicatePhoto]]:
        """The photos that have these contents and meet the conditions, by content."""
        found: dict[int, list[DuplicatePhoto]] = {}
        for some in chunks(content_ids):
            where, parameters = together([one_of("p.content_id", some), *conditions])
            rows = self._connection.execute(
                f"""SELECT p.content_id, p.path, p.size_bytes, f.format, f.width, f.height, f.taken_at
                    FROM photos p LEFT JOIN facts f ON f.photo_id = p.id
                    WHERE {where}""",
                parameters,
            )
            for content_id, path, *facts in rows:
                found.setdefault(content_id, []).append(DuplicatePhoto(restored(path), *facts))
        return found

    def hashes(self, content_ids: Sequence[int]) -> dict[int, int]:
        """The perceptual hashes of those of these contents that have one, as unsigned integers of 64 bits."""
        found: dict[int, int] = {}
        for some in chunks(content_ids):
            wanted = one_of("content_id", some)
            rows = self._connection.execute(
                f"SELECT content_id, hash FROM perceptual_hashes WHERE {wanted.sql}", wanted.parameters
            )
            found |= {content_id: signed % 2**64 for content_id, signed in rows}
        return found

    def add_hashes(self, hashes: Mapping[int, int]) -> None:
        """Remember perceptual hashes, by content."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO perceptual_hashes (content_id, hash) VALUES (?, ?)",
            [(content_id, value - 2**64 if value >= 2**63 else value) for content_id, value in hashes.items()],
        )

    def files(self, content_ids: Sequence[int]) -> Iterator[tuple[int, bytes, ScannedFile]]:
        """Each of these contents with its hash and one of the files that have it."""
        for some in chunks(content_ids):
            wanted = one_of("c.id", some)
            rows = self._connection.execute(
                f"""SELECT c.id, c.content_hash, MIN(p.path), p.size_bytes, p.mtime_ns
                    FROM contents c JOIN photos p ON p.content_id = c.id
                    WHERE {wanted.sql} GROUP BY c.id""",
                wanted.parameters,
            ).fetchall()
            for content_id, content_hash, path, size_bytes, mtime_ns in rows:
                yield content_id, content_hash, ScannedFile(restored(path), size_bytes, mtime_ns)
