"""Labels learnt from examples: the tables taught_labels, taught_examples and taught_classifiers."""

import datetime
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import of_same_file
from mcsearch.library.embeddings import blob

Vector = npt.NDArray[np.float32]


# On `contents c`: a file may have several contents, one for each way in which sidecars have turned it.
_FILE = "COALESCE(c.file_hash, c.content_hash)"


@dataclass(frozen=True, slots=True)
class TaughtLabel:
    """A label learnt from examples, with its prompts and the numbers of files that show it and that do not."""

    name: str
    prompts: tuple[str, ...]
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class StoredClassifier:
    """What a model has learnt of a label: the fields of search.teaching.Classifier, and what it has learnt from.

    That is the number of examples, and the number of embeddings in the library at that time.
    """

    vector: Vector
    bias: float
    background_weight: float
    centre: Vector
    examples: int
    photos: int


class TaughtLabels:
    """Labels by name, in any case. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def listed(self) -> list[TaughtLabel]:
        """Return all labels by name."""
        return self._select("")

    def find(self, name: str) -> TaughtLabel | None:
        """Return the label of this name, or None."""
        return next(iter(self._select("WHERE l.label = ?", name)), None)

    def put(self, name: str, prompts: Sequence[str]) -> None:
        """Store a label with its prompts, or change the prompts of one that exists; what was learnt is forgotten."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._connection.execute(
            """INSERT INTO taught_labels (label, prompts, taught_at) VALUES (?, ?, ?)
               ON CONFLICT (label) DO UPDATE SET prompts = excluded.prompts, taught_at = excluded.taught_at""",
            (name, json.dumps(list(prompts), ensure_ascii=False), now),
        )
        self._connection.execute("DELETE FROM taught_classifiers WHERE label = ?", (name,))

    def forget(self, name: str) -> bool:
        """Forget a label with its examples, and return whether there was one."""
        return self._connection.execute("DELETE FROM taught_labels WHERE label = ?", (name,)).rowcount > 0

    def add_examples(self, name: str, examples: Mapping[int, bool]) -> None:
        """Store whether contents show a label, in place of what was stored before."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO taught_examples (label, content_id, shows) VALUES (?, ?, ?)",
            ((name, content_id, int(shows)) for content_id, shows in examples.items()),
        )

    def with_turned(self, content_ids: Iterable[int]) -> set[int]:
        """Return these contents with all others of the same files, which sidecars turn in other ways."""
        rows = self._connection.execute(
            f"SELECT o.id FROM json_each(?) g JOIN contents o ON o.id IN {of_same_file('g.value')}",
            (json.dumps(list(content_ids)),),
        )
        return {content_id for (content_id,) in rows}

    def examples(self, name: str) -> dict[int, bool]:
        """Return the contents that a label was taught with, and whether each shows it."""
        rows = self._connection.execute(
            "SELECT content_id, shows FROM taught_examples WHERE label = ? ORDER BY content_id", (name,)
        )
        return {content_id: bool(shows) for content_id, shows in rows}

    def said_by_people(self, name: str) -> dict[int, bool]:
        """Return the contents of photos that somebody gave a label, by hand or as a keyword, or took it away from."""
        rows = self._connection.execute(
            """SELECT p.content_id, 1 FROM photos p JOIN keywords k ON k.photo_id = p.id
               WHERE k.label = ? COLLATE NOCASE
               UNION ALL
               SELECT p.content_id, h.given FROM photos p JOIN hand_tags h ON h.photo_id = p.id WHERE h.label = ?""",
            (name, name),
        )
        return {content_id: bool(given) for content_id, given in rows}

    def embedded(self, name: str, model_id: int) -> int:
        """Count the examples of a label that a model has embedded."""
        (count,) = self._connection.execute(
            """SELECT COUNT(*) FROM taught_examples x JOIN embeddings e ON e.content_id = x.content_id
               WHERE x.label = ? AND e.model_id = ?""",
            (name, model_id),
        ).fetchone()
        return int(count)

    def classifier(self, name: str, model_id: int) -> StoredClassifier | None:
        """Return what a model has learnt of a label, or None."""
        row = self._connection.execute(
            """SELECT vector, bias, background_weight, centre, examples, photos FROM taught_classifiers
               WHERE label = ? AND model_id = ?""",
            (name, model_id),
        ).fetchone()
        if row is None:
            return None
        vector, bias, background_weight, centre, *learnt_from = row
        return StoredClassifier(
            np.frombuffer(vector, "<f4"), bias, background_weight, np.frombuffer(centre, "<f4"), *learnt_from
        )

    def put_classifier(self, name: str, model_id: int, learnt: StoredClassifier) -> None:
        """Store what a model has learnt of a label."""
        self._connection.execute(
            """INSERT OR REPLACE INTO taught_classifiers
                 (label, model_id, vector, bias, background_weight, centre, examples, photos)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                name, model_id, blob(learnt.vector), learnt.bias, learnt.background_weight, blob(learnt.centre),
                learnt.examples, learnt.photos,
            ),
        )  # fmt: skip

    def _select(self, where: str, *parameters: str) -> list[TaughtLabel]:
        rows = self._connection.execute(
            f"""SELECT l.label, l.prompts, COUNT(DISTINCT {_FILE}) FILTER (WHERE x.shows),
                  COUNT(DISTINCT {_FILE}) FILTER (WHERE NOT x.shows)
                FROM taught_labels l LEFT JOIN taught_examples x ON x.label = l.label
                LEFT JOIN contents c ON c.id = x.content_id {where}
                GROUP BY l.label ORDER BY l.label""",
            parameters,
        )
        return [TaughtLabel(name, tuple(json.loads(prompts)), yes, no) for name, prompts, yes, no in rows]
