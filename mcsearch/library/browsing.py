"""Lists of contents to browse, what is shown of each, and counts under conditions. A content has one or more photos."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import DATED, LOCAL_TIME, Condition, at_or_below, chunks, one_of, together
from mcsearch.paths import below, restored

Ids = npt.NDArray[np.int64]
Ratios = npt.NDArray[np.int32]

_ORDERS = {
    "date": f"{DATED} DESC, {LOCAL_TIME} DESC, p.path",
    "path": "p.path",
}
_WITH_FACTS = "photos p LEFT JOIN facts f ON f.photo_id = p.id"


@dataclass(frozen=True, slots=True)
class ShownContent:
    """What is shown of a content: its hash, the path and the facts of its first photo, and the number of its photos."""

    content_hash: bytes
    path: str
    copies: int
    taken_at: str | None
    taken_from: str | None
    width: int | None
    height: int | None
    format: str | None
    latitude: float | None
    longitude: float | None


class Browsing:
    """Reads across the tables of photos, contents, facts and labels."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def contents(self, conditions: Sequence[Condition], order: str, limit: int) -> Ids:
        """Return the contents of the photos that meet the conditions, by "date" (newest first) or "path", each once."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"SELECT p.content_id FROM {_WITH_FACTS} WHERE {where} ORDER BY {_ORDERS[order]} LIMIT ?",
            [*parameters, 2 * limit],
        )
        return _each_once(np.fromiter((content_id for (content_id,) in rows), np.int64))[:limit]

    def in_order(self, content_ids: Ids, order: str) -> Ids:
        """Return these contents by "date" (newest first) or "path"."""
        found: list[tuple[int, str, tuple[int, str]]] = []
        for some in chunks(content_ids.tolist()):
            wanted = one_of("p.content_id", some)
            rows = self._connection.execute(
                f"SELECT p.content_id, p.path, {DATED}, {LOCAL_TIME} FROM {_WITH_FACTS} WHERE {wanted.sql}",
                wanted.parameters,
            )
            found += [(row[0], restored(row[1]), (row[2] or 0, row[3] or "")) for row in rows]
        found.sort(key=lambda one: one[1])
        if order == "date":
            found.sort(key=lambda one: one[2], reverse=True)
        return _each_once(np.array([one[0] for one in found], np.int64))

    def count(self, conditions: Sequence[Condition], model_id: int | None = None) -> int:
        """Count the contents of the photos that meet the conditions, or only those that a model has embedded."""
        where, parameters = together(conditions)
        embedded = "JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ?" if model_id is not None else ""
        (count,) = self._connection.execute(
            f"SELECT COUNT(DISTINCT p.content_id) FROM photos p {embedded} WHERE {where}",
            [*([] if model_id is None else [model_id]), *parameters],
        ).fetchone()
        return int(count)

    def shown(self, content_ids: Sequence[int], conditions: Sequence[Condition] = ()) -> dict[int, ShownContent]:
        """Return what is shown of these contents, by content id, considering photos that meet the conditions.

        Contents that have no such photo any more are left out.
        """
        found: dict[int, ShownContent] = {}
        for some in chunks(content_ids):
            where, parameters = together([one_of("p.content_id", some), *conditions])
            rows = self._connection.execute(
                f"""SELECT p.content_id, c.content_hash, MIN(p.path), COUNT(*), f.taken_at, f.taken_from, f.width,
                      f.height, f.format, f.latitude, f.longitude
                    FROM {_WITH_FACTS} JOIN contents c ON c.id = p.content_id WHERE {where} GROUP BY p.content_id""",
                parameters,
            )
            for content_id, content_hash, path, *rest in rows:
                found[content_id] = ShownContent(content_hash, restored(path), *rest)
        return found

    def layout(self, content_ids: Ids) -> tuple[Ratios, list[str | None]]:
        """Return width / height × 100 (0 if unknown) and the month, such as "2024-05", or None, of each content."""
        ratios: dict[int, tuple[int, str | None]] = {}
        for some in chunks(content_ids.tolist()):
            wanted = one_of("p.content_id", some)
            rows = self._connection.execute(
                f"""SELECT p.content_id, f.width, f.height, CASE WHEN {DATED} THEN substr({LOCAL_TIME}, 1, 7) END
                    FROM {_WITH_FACTS} WHERE {wanted.sql}""",
                wanted.parameters,
            )
            for content_id, width, height, month in rows:
                ratios[content_id] = round(100 * width / height) if width and height else 0, month
        both = [ratios.get(content_id, (0, None)) for content_id in content_ids.tolist()]
        return np.array([ratio for ratio, _ in both], np.int32), [month for _, month in both]

    def files(self, content_id: int) -> list[tuple[str, int, int]]:
        """Return path, size in bytes and modification time in nanoseconds of the photos with a content, by path."""
        rows = self._connection.execute(
            "SELECT path, size_bytes, mtime_ns FROM photos WHERE content_id = ? ORDER BY path", (content_id,)
        )
        return [(restored(path), size_bytes, mtime_ns) for path, size_bytes, mtime_ns in rows]

    def counts(self, column: str, conditions: Sequence[Condition], limit: int) -> list[tuple[str, int]]:
        """Count the photos that meet the conditions by a column of facts: "camera" or "format", most frequent first."""
        assert column in ("camera", "format")
        where, parameters = together(conditions)
        return self._connection.execute(
            f"""SELECT f.{column}, COUNT(*) FROM {_WITH_FACTS} WHERE {where} AND f.{column} IS NOT NULL
                GROUP BY f.{column} ORDER BY 2 DESC, 1 LIMIT ?""",
            [*parameters, limit],
        ).fetchall()

    def years(self, conditions: Sequence[Condition]) -> list[tuple[str | None, int]]:
        """Count the photos that meet the conditions by year, newest first; None stands for undated photos."""
        where, parameters = together(conditions)
        return self._connection.execute(
            f"""SELECT CASE WHEN {DATED} THEN substr({LOCAL_TIME}, 1, 4) END AS year, COUNT(*)
                FROM {_WITH_FACTS} WHERE {where} GROUP BY year ORDER BY year DESC""",
            parameters,
        ).fetchall()

    def folders(self, root: str, conditions: Sequence[Condition], limit: int) -> list[tuple[str, int]]:
        """Count the photos that meet the conditions by the folder directly in a root, most photos first."""
        low = below(root)[0]
        where, parameters = together([at_or_below(root), *conditions])
        rows = self._connection.execute(
            f"""SELECT substr(rest, 1, instr(rest, ?) - 1) AS folder, COUNT(*)
                FROM (SELECT substr(p.path, ?) AS rest FROM photos p WHERE typeof(p.path) = 'text' AND {where})
                WHERE instr(rest, ?) > 0 GROUP BY folder ORDER BY 2 DESC, 1 LIMIT ?""",
            [os.sep, len(low) + 1, *parameters, os.sep, limit],
        )
        return [(low + folder, count) for folder, count in rows]

    def places(self, conditions: Sequence[Condition], degrees: float, limit: int) -> list[tuple[float, float, int]]:
        """Return mean latitude, mean longitude and number of photos of the fullest cells of a grid of the Earth."""
        where, parameters = together(conditions)
        return self._connection.execute(
            f"""SELECT AVG(f.latitude), AVG(f.longitude), COUNT(*) FROM {_WITH_FACTS}
                WHERE {where} AND f.latitude IS NOT NULL
                GROUP BY ROUND(f.latitude / ?), ROUND(f.longitude / ?) ORDER BY 3 DESC, 1, 2 LIMIT ?""",
            [*parameters, degrees, degrees, limit],
        ).fetchall()

    def labels(self, model_id: int, conditions: Sequence[Condition], limit: int) -> list[tuple[str, int]]:
        """Count the photos that meet the conditions by label, from tags, keywords and names, most frequent first."""
        where, parameters = together(conditions)
        these = f"photo_id IN (SELECT p.id FROM photos p WHERE {where})" if conditions else "TRUE"
        return self._connection.execute(
            f"""SELECT MIN(label), COUNT(DISTINCT photo_id) FROM
                  (SELECT label, photo_id FROM tags WHERE model_id = ? AND {these}
                   UNION ALL SELECT label, photo_id FROM hand_tags WHERE given AND {these}
                   UNION ALL SELECT label, photo_id FROM keywords WHERE {these})
                GROUP BY label COLLATE NOCASE ORDER BY 2 DESC, 1 LIMIT ?""",
            [model_id, *parameters, *parameters, *parameters, limit],
        ).fetchall()


def _each_once(ids: Ids) -> Ids:
    """Return each id at its first place."""
    _, first = np.unique(ids, return_index=True)
    return ids[np.sort(first)]
