"""The labels of photos: the table tags, by model and set, and the table hand_tags, which no run overrides."""

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mcsearch.library.conditions import Condition, together
from mcsearch.paths import restored
from mcsearch.records.tags import PhotoTag, TagChange, TagCount

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ids = npt.NDArray[np.int64]


class Tags:
    """Tags of models and tags given by hand. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def total(self) -> int:
        """Count all tags, whether from models or given by hand."""
        sql = "SELECT (SELECT COUNT(*) FROM tags) + (SELECT COUNT(*) FROM hand_tags WHERE given)"
        return int(self._connection.execute(sql).fetchone()[0])

    def sets(self, model_id: int) -> list[str]:
        """Return the names of the sets of a model, sorted."""
        # This seeks from name to name in the primary key; a DISTINCT would read every tag.
        rows = self._connection.execute(
            """WITH RECURSIVE names (name) AS (
                 SELECT MIN(set_name) FROM tags WHERE model_id = :model_id
                 UNION ALL SELECT (SELECT MIN(set_name) FROM tags WHERE model_id = :model_id AND set_name > name)
                 FROM names WHERE name IS NOT NULL)
               SELECT name FROM names WHERE name IS NOT NULL""",
            {"model_id": model_id},
        )
        return [name for (name,) in rows]

    def targets(self, conditions: Sequence[Condition] = ()) -> "tuple[Ids, Ids]":
        """Return the content ids, in rising order, and the photo ids of the photos that meet the conditions."""
        import numpy as np

        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"SELECT p.content_id, p.id FROM photos p WHERE {where} ORDER BY p.content_id", parameters
        )
        both = np.fromiter(itertools.chain.from_iterable(rows), np.int64).reshape(-1, 2)
        return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])

    def clear(self, model_id: int, sets: Sequence[str], conditions: Sequence[Condition] = ()) -> int:
        """Remove the tags of these sets from the photos that meet the conditions, and return their number."""
        condition, parameters = _of_sets(model_id, sets)
        if conditions:
            where, more = together(conditions)
            condition += f" AND photo_id IN (SELECT p.id FROM photos p WHERE {where})"
            parameters += more
        return self._connection.execute(f"DELETE FROM tags WHERE {condition}", parameters).rowcount

    def clear_taught(self, label: str) -> None:
        """Remove the tags of all models for a label of the set "taught"."""
        self._connection.execute("DELETE FROM tags WHERE set_name = 'taught' AND label = ?", (label,))

    def add(self, model_id: int, rows: Iterable[tuple[str, str, int, float, float]]) -> None:
        """Store tags as (set, label, photo id, score, probability); none of them may exist already."""
        # OR REPLACE would search for rows to delete and take twice as long.
        self._connection.executemany(
            "INSERT INTO tags (model_id, set_name, label, photo_id, score, probability) VALUES (?, ?, ?, ?, ?, ?)",
            ((model_id, *row) for row in rows),
        )

    def give(self, photo_ids: Sequence[int], labels: Sequence[str], *, given: bool) -> None:
        """Record that these labels were added to photos by hand, or removed from them.

        Removing a label also removes those added by hand whose last level it is.
        """
        if not given:
            self._connection.executemany(
                """UPDATE hand_tags SET given = 0 WHERE photo_id = ?1 AND given
                     AND ' > ' || ?2 = substr(label, -length(?2) - 3) COLLATE NOCASE""",
                ((photo_id, label) for photo_id in photo_ids for label in labels),
            )
        self._connection.executemany(
            "INSERT OR REPLACE INTO hand_tags (photo_id, label, given) VALUES (?, ?, ?)",
            ((photo_id, label, int(given)) for photo_id in photo_ids for label in labels),
        )

    def clear_by_hand(self, conditions: Sequence[Condition] = ()) -> int:
        """Forget the labels added and removed by hand on the photos that meet the conditions, and return their number.

        Without conditions, also forget those kept for photos that are no longer in the library.
        """
        if not conditions:
            self._connection.execute("DELETE FROM kept_hand_tags")
        where, parameters = together(conditions)
        return self._connection.execute(
            f"DELETE FROM hand_tags WHERE photo_id IN (SELECT p.id FROM photos p WHERE {where})", parameters
        ).rowcount

    def drop_taken_away(self) -> None:
        """Remove those tags of models that were removed by hand, by their label or its last level."""
        self._connection.execute(
            """DELETE FROM tags WHERE photo_id IN (SELECT photo_id FROM hand_tags WHERE NOT given) AND EXISTS
                 (SELECT 1 FROM hand_tags h WHERE h.photo_id = tags.photo_id AND NOT h.given AND (h.label = tags.label
                    OR ' > ' || h.label = substr(tags.label, -length(h.label) - 3) COLLATE NOCASE))"""
        )

    def taken_away(self) -> set[tuple[int, str]]:
        """Return the photo id and the lower-case label of each tag that was removed by hand."""
        rows = self._connection.execute("SELECT photo_id, lower(label) FROM hand_tags WHERE NOT given")
        return set(rows)

    def remember(self, model_id: int, sets: Sequence[str], conditions: Sequence[Condition] = ()) -> None:
        """Remember the photos' present tags of these sets, for `changes` and `remembered`, until the next call."""
        condition, parameters = _of_sets(model_id, sets)
        where, more = together(conditions)
        self._connection.execute("DROP TABLE IF EXISTS temp.earlier_tags")
        self._connection.execute(
            """CREATE TEMP TABLE earlier_tags (photo_id INTEGER, set_name TEXT, label TEXT,
                 PRIMARY KEY (photo_id, set_name, label)) STRICT, WITHOUT ROWID"""
        )
        self._connection.execute(
            f"""INSERT INTO temp.earlier_tags SELECT photo_id, set_name, label FROM tags
                WHERE {condition} AND photo_id IN (SELECT p.id FROM photos p WHERE {where})""",
            [*parameters, *more],
        )

    def remembered(self, photo_ids: Sequence[int]) -> dict[int, set[str]]:
        """Return the labels that these photos had when `remember` was called, by photo id."""
        found: dict[int, set[str]] = {}
        rows = self._connection.execute(
            f"SELECT photo_id, label FROM temp.earlier_tags WHERE photo_id IN {_IDS}", (json.dumps(list(photo_ids)),)
        )
        for photo_id, label in rows:
            found.setdefault(photo_id, set()).add(label)
        return found

    def changes(self, model_id: int, sets: Sequence[str], conditions: Sequence[Condition] = ()) -> list[TagChange]:
        """Return the change in each label of these sets since `remember`, most frequent label first."""
        condition, parameters = _of_sets(model_id, sets)
        where, more = together(conditions)
        rows = self._connection.execute(
            f"""WITH now AS (SELECT set_name, label, photo_id FROM tags
                  WHERE {condition} AND photo_id IN (SELECT p.id FROM photos p WHERE {where})),
                moved (label, photos, come, go) AS (
                  SELECT n.label, 1, e.label IS NULL, 0 FROM now n LEFT JOIN temp.earlier_tags e
                    ON e.photo_id = n.photo_id AND e.set_name = n.set_name AND e.label = n.label
                  UNION ALL SELECT e.label, 0, 0, 1 FROM temp.earlier_tags e WHERE NOT EXISTS
                    (SELECT 1 FROM tags t WHERE t.model_id = ? AND t.set_name = e.set_name AND t.label = e.label
                       AND t.photo_id = e.photo_id))
                SELECT label, SUM(photos), SUM(come), SUM(go) FROM moved GROUP BY label ORDER BY 2 DESC, 1""",
            [*parameters, *more, model_id],
        )
        return [TagChange(*row) for row in rows]

    def counts(self, model_id: int, sets: Sequence[str], conditions: Sequence[Condition] = ()) -> list[TagCount]:
        """Count the photos that meet the conditions for each label of these sets, most frequent label first."""
        condition, parameters = _of_sets(model_id, sets)
        if conditions:
            where, more = together(conditions)
            condition += f" AND photo_id IN (SELECT p.id FROM photos p WHERE {where})"
            parameters += more
        rows = self._connection.execute(
            f"SELECT label, set_name, COUNT(*) FROM tags WHERE {condition} GROUP BY set_name, label", parameters
        )
        found: dict[str, dict[str, int]] = {}
        for label, set_name, count in rows:
            found.setdefault(label, {})[set_name] = count
        counts = []
        for label, of_sets in found.items():
            photos = sum(of_sets.values())
            if len(of_sets) > 1:  # a photo may carry the label in several of them
                distinct = f"SELECT COUNT(DISTINCT photo_id) FROM tags WHERE {condition} AND label = ?"
                (photos,) = self._connection.execute(distinct, [*parameters, label]).fetchone()
            counts.append(TagCount(label, photos, "automatic", tuple(sorted(of_sets))))
        return sorted(counts, key=lambda count: (-count.photos, count.label))

    def counts_by_hand(self) -> list[TagCount]:
        """Count the photos for each label given by hand, most frequent label first."""
        rows = self._connection.execute(
            "SELECT label, COUNT(*) FROM hand_tags WHERE given GROUP BY label ORDER BY 2 DESC, 1"
        )
        return [TagCount(label, count, "manual") for label, count in rows]

    def tagged_photos(self, model_id: int, sets: Sequence[str], conditions: Sequence[Condition] = ()) -> int:
        """Count the photos that meet the conditions and carry a label of these sets."""
        where, parameters = together(conditions)
        condition, of_sets = _of_sets(model_id, sets)
        row = self._connection.execute(
            f"""SELECT COUNT(*) FROM photos p WHERE {where} AND EXISTS
                  (SELECT 1 FROM tags t WHERE t.photo_id = p.id AND {condition})""",
            [*parameters, *of_sets],
        ).fetchone()
        return int(row[0])

    def of_photo(self, photo_id: int) -> tuple[PhotoTag, ...]:
        """Return the tags of a photo: those given by hand, then those of models, most probable first."""
        by_hand = self._connection.execute(
            "SELECT label, 'manual' FROM hand_tags WHERE photo_id = ? AND given ORDER BY label", (photo_id,)
        )
        automatic = self._connection.execute(
            """SELECT t.label, 'automatic', m.name, t.score, t.probability, t.set_name
               FROM tags t JOIN models m ON m.id = t.model_id
               WHERE t.photo_id = ? ORDER BY t.probability DESC, t.label""",
            (photo_id,),
        )
        return tuple(PhotoTag(*row) for row in itertools.chain(by_hand, automatic))

    def by_path(self, model_id: int, conditions: Sequence[Condition] = ()) -> Iterator[tuple[str, list[str]]]:
        """Yield the path and the sorted labels of each photo that meets the conditions, in order of path.

        The labels are those of the model and those given by hand.
        """
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, h.label, t.label FROM photos p
                LEFT JOIN hand_tags h ON h.photo_id = p.id AND h.given
                LEFT JOIN tags t ON t.photo_id = p.id AND t.model_id = ?
                WHERE {where} ORDER BY p.path""",
            [model_id, *parameters],
        )
        for path, group in itertools.groupby(rows, key=lambda row: row[0]):
            labels: dict[str, str] = {}
            for _, by_hand, automatic in group:
                for label in (by_hand, automatic):
                    if label is not None:
                        labels.setdefault(label.casefold(), label)
            yield restored(path), sorted(labels.values())


_IDS = "(SELECT value FROM json_each(?))"


def with_ids(photo_ids: Sequence[int]) -> Condition:
    """Return the condition that a photo has one of these ids."""
    return Condition(f"p.id IN {_IDS}", (json.dumps(list(photo_ids)),))


def _of_sets(model_id: int, sets: Sequence[str]) -> tuple[str, list[str | bytes | int | float]]:
    """Return the SQL, with its parameters, of the condition that a tag belongs to one of these sets of a model."""
    return f"model_id = ? AND set_name IN {_IDS}", [model_id, json.dumps(list(sets))]
