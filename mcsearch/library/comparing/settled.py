"""Stretches of paths in which the scanned photos are as the library knows them, so that nothing is to do there."""

import functools
import os
import sqlite3
from collections.abc import Sequence

from mcsearch.library.photo_facts.sidecars import stored_sidecars
from mcsearch.paths import stored
from mcsearch.records.photos import ScannedFile

# So few that one changed file costs little, so many that the statement itself costs little.
COMPARED_AT_ONCE = 256
# True of an embedding of the model :model_id if it was not made from a preview.
IS_OF_PICTURE = """NOT EXISTS
    (SELECT 1 FROM from_previews v WHERE v.content_id = p.content_id AND v.model_id = :model_id)"""


class Settled:
    """The stretches that are settled, none inside another, in `temp.settled`; `temp.gaps` is what lies between them.

    `wanted` are the `model_id` whose embeddings the photos must have, and the `readers_version` of their facts.
    """

    def __init__(self, connection: sqlite3.Connection, wanted: dict[str, int | None]) -> None:
        self._connection, self._wanted = connection, wanted
        connection.executescript(
            """DROP VIEW IF EXISTS temp.gaps; DROP TABLE IF EXISTS temp.settled;
               CREATE TEMP TABLE settled (first ANY PRIMARY KEY, last ANY, photos INTEGER) STRICT, WITHOUT ROWID;
               CREATE TEMP VIEW gaps AS SELECT '' AS after, COALESCE(MIN(first), x'FF') AS before FROM temp.settled
                 UNION ALL SELECT last, LEAD(first, 1, x'FF') OVER (ORDER BY first) FROM temp.settled;"""
        )

    def left_of(self, files: Sequence[ScannedFile]) -> Sequence[ScannedFile]:
        """Return those of some scanned files, in the order of their paths, that are not settled.

        The photos are settled if exactly they are known from the first path to the last, and nothing is to do for any
        of them. Companions, and photos that are companions too, never are.
        """
        others = [file for file in files if file.companion_of is not None or file.role != "photo"]
        photos = [file for file in files if file.companion_of is None and file.role == "photo"] if others else files
        return others if photos and self._settle(photos) else files

    def _settle(self, photos: Sequence[ScannedFile]) -> bool:
        paths, sizes, times, sidecars, _, _, previews = zip(*photos, strict=True)
        ends = {"first": stored(paths[0]), "last": stored(paths[-1])}
        execute = self._connection.execute
        if execute(_NUMBER, {**ends, "most": len(photos) + 1}).fetchone() != (len(photos),):
            return False
        listed = [stored_sidecars(some) or "" for some in sidecars] if any(sidecars) else [""] * len(photos)
        as_scanned = (
            os.fsencode("\0".join(paths)),
            ",".join(map(str, sizes)),
            ",".join(map(str, times)),
            "\0".join(listed),
            True,
        )
        if execute(self._known, {**self._wanted, **ends, "previews": all(previews)}).fetchone() != as_scanned:
            return False
        # A file that is scanned twice, through a link, must not make a stretch inside another one.
        added = execute(
            """INSERT INTO temp.settled SELECT :first, :last, :photos WHERE IFNULL(:first >
                 (SELECT last FROM temp.settled WHERE first <= :last ORDER BY first DESC LIMIT 1), TRUE)""",
            {**ends, "photos": len(photos)},
        )
        return added.rowcount == 1

    @functools.cached_property
    def _known(self) -> str:
        """The SQL for the known photos between two paths, in the order of the index on paths.

        It gives their paths, sizes, times and sidecars, each as one text, since one row is handed over much faster than
        a row for each, and whether nothing is to do for any of them. To look up each photo in one more table takes as
        long as all else, so what is the same for all photos of the library is asked only once.
        """
        all_read, all_embedded = self._connection.execute(_SAME_FOR_ALL, self._wanted).fetchone()
        joins, sidecars, done = "", "''", ["TRUE"]
        if not all_read:
            joins += "LEFT JOIN facts x ON x.photo_id = p.id "
            sidecars = "COALESCE(x.sidecars, '')"
            done.append("x.readers_version >= :readers_version")
        if not all_embedded:
            joins += "LEFT JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = :model_id "
            done.append(f"e.id IS NOT NULL AND (:previews OR {IS_OF_PICTURE})")
        return f"""
            SELECT CAST(GROUP_CONCAT(p.path, char(0)) AS BLOB), GROUP_CONCAT(p.size_bytes), GROUP_CONCAT(p.mtime_ns),
              GROUP_CONCAT({sidecars}, char(0)), MIN(({" AND ".join(done)}) IS TRUE)
            FROM photos p {joins} WHERE p.path BETWEEN :first AND :last"""


# The number of known photos between two paths, at most that of the photos to compare and one.
_NUMBER = "SELECT COUNT(*) FROM (SELECT 1 FROM photos WHERE path BETWEEN :first AND :last LIMIT :most)"
# Whether all photos have facts of these readers and none has a sidecar, and whether all contents have an embedding of
# the model, none from a preview.
_SAME_FOR_ALL = """
SELECT (SELECT COUNT(*) FROM photos) =
         (SELECT COUNT(*) FROM facts WHERE readers_version >= :readers_version AND sidecars IS NULL),
       (SELECT COUNT(*) FROM contents) = (SELECT COUNT(*) FROM embeddings WHERE model_id = :model_id)
         AND NOT EXISTS (SELECT 1 FROM from_previews WHERE model_id = :model_id)
"""
