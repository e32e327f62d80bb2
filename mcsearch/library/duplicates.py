"""Which contents several photos have, and the table signatures."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mcsearch.library.conditions import Condition, together
from mcsearch.paths import restored
from mcsearch.records import DuplicatePhoto, ScannedFile

_AT_ONCE = 500


class Duplicates:
    """Contents by the photos that have them. Writing methods belong inside `Library.transaction`."""

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
        where, parameters = together(conditions)
        for some in _in_parts(content_ids):
            rows = self._connection.execute(
                f"""SELECT p.content_id, p.path, p.size_bytes, p.mtime_ns, f.format, f.width, f.height, f.taken_at,
                           f.taken_from, f.camera, f.latitude IS NOT NULL
                    FROM photos p LEFT JOIN facts f ON f.photo_id = p.id
                    WHERE p.content_id IN ({_marks(some)}) AND {where}""",
                [*some, *parameters],
            )
            for content_id, path, *known in rows:
                known[-1] = bool(known[-1])
                photo = DuplicatePhoto(restored(path), *known)
                found.setdefault(content_id, []).append(photo)
        return found

    def with_signature(self) -> set[int]:
        """The contents that have a signature."""
        return {content_id for (content_id,) in self._connection.execute("SELECT content_id FROM signatures")}

    def signatures(self, content_ids: Sequence[int]) -> dict[int, bytes]:
        """The signatures of those of these contents that have one."""
        found: dict[int, bytes] = {}
        for some in _in_parts(content_ids):
            found |= self._connection.execute(
                f"SELECT content_id, signature FROM signatures WHERE content_id IN ({_marks(some)})", some
            ).fetchall()
        return found

    def add_signatures(self, signatures: Mapping[int, bytes]) -> None:
        """Remember signatures, by content."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO signatures (content_id, signature) VALUES (?, ?)", signatures.items()
        )

    def files(self, content_ids: Sequence[int]) -> Iterator[tuple[int, bytes, ScannedFile]]:
        """Each of these contents with its hash and one of the files that have it."""
        for some in _in_parts(content_ids):
            rows = self._connection.execute(
                f"""SELECT c.id, c.content_hash, MIN(p.path), p.size_bytes, p.mtime_ns
                    FROM contents c JOIN photos p ON p.content_id = c.id
                    WHERE c.id IN ({_marks(some)}) GROUP BY c.id""",
                some,
            ).fetchall()
            for content_id, content_hash, path, size_bytes, mtime_ns in rows:
                yield content_id, content_hash, ScannedFile(restored(path), size_bytes, mtime_ns)


def _in_parts(ids: Sequence[int]) -> Iterable[list[int]]:
    return (list(ids[start : start + _AT_ONCE]) for start in range(0, len(ids), _AT_ONCE))


def _marks(some: Sequence[int]) -> str:
    return ", ".join("?" * len(some))
