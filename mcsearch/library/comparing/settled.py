"""Stretches of paths in which the scanned photos are as the library knows them, so that nothing is to do there."""

import itertools
import os
import sqlite3
from collections.abc import Sequence

from mcsearch.library.photo_facts.sidecars import stored_sidecars
from mcsearch.paths import stored
from mcsearch.records import ScannedFile

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
        photos = files if all(map(_is_only_photo, files)) else list(filter(_is_only_photo, files))
        if not photos:
            return files
        ends = {"first": stored(photos[0].path), "last": stored(photos[-1].path)}
        others = {"previews": all(file.previews for file in photos), "most": len(photos) + 1}
        if self._connection.execute(_KNOWN, {**self._wanted, **ends, **others}).fetchone() != (*_listed(photos), True):
            return files
        # A file that is scanned twice, through a link, must not make a stretch inside another one.
        added = self._connection.execute(
            """INSERT INTO temp.settled SELECT :first, :last, :photos WHERE IFNULL(:first >
                 (SELECT last FROM temp.settled WHERE first <= :last ORDER BY first DESC LIMIT 1), TRUE)""",
            {**ends, "photos": len(photos)},
        )
        return list(itertools.filterfalse(_is_only_photo, files)) if added.rowcount else files


def _is_only_photo(file: ScannedFile) -> bool:
    return file.companion_of is None and file.role == "photo"


def _listed(photos: Sequence[ScannedFile]) -> tuple[bytes, str, str, str]:
    """Return the paths, the sizes, the times and the sidecars of photos, each as one text."""
    paths, sizes, times, sidecars, *_ = zip(*photos, strict=True)
    listed = map(stored_sidecars, sidecars) if any(sidecars) else itertools.repeat(None, len(photos))
    return (
        os.fsencode("\0".join(paths)),
        ",".join(map(str, sizes)),
        ",".join(map(str, times)),
        "\0".join(one or "" for one in listed),
    )


# The known photos between two paths in the form of `_listed`, and whether nothing is to do for any of them. One row for
# all of them is handed over much faster than a row for each.
_KNOWN = f"""
SELECT CAST(GROUP_CONCAT(path, char(0)) AS BLOB), GROUP_CONCAT(size_bytes), GROUP_CONCAT(mtime_ns),
  GROUP_CONCAT(sidecars, char(0)), MIN(is_done IS TRUE)
FROM (
  SELECT p.path, p.size_bytes, p.mtime_ns, COALESCE(x.sidecars, '') AS sidecars,
    x.readers_version >= :readers_version AND e.id IS NOT NULL AND (:previews OR {IS_OF_PICTURE}) AS is_done
  FROM photos p LEFT JOIN facts x ON x.photo_id = p.id
  LEFT JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = :model_id
  WHERE p.path BETWEEN :first AND :last
  ORDER BY p.path LIMIT :most)
"""
