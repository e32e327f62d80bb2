"""Embeddings by their id, for copies of them: what is there, what is new, what has become of some."""

import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition, together
from mcsearch.records import EmbeddingState, ModelRow

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_BLOCK_ROWS = 8192
_AT_ONCE = 1000  # what SQLite takes as parameters of one statement, and more


class Embeddings:
    """Which embeddings there are. What several calls say belongs together within one `Library.snapshot`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record_change(self) -> None:
        """Record that the transaction added embeddings."""
        self._connection.execute("INSERT INTO embedding_changes DEFAULT VALUES")

    def state(self) -> EmbeddingState:
        """The state of all embeddings. It is another one when any was added, but not when some were only removed."""
        row = self._connection.execute(
            """SELECT id, token, (SELECT seq FROM sqlite_sequence WHERE name = 'embeddings')
               FROM embedding_changes ORDER BY id DESC LIMIT 1"""
        ).fetchone()
        return EmbeddingState(row[0], row[1], row[2] or 0)

    def came_from(self, earlier: EmbeddingState) -> bool:
        """Whether the library was once in that state, so that embeddings were only added and removed since."""
        found = self._connection.execute(
            "SELECT 1 FROM embedding_changes WHERE id = ? AND token = ?", (earlier.change_id, earlier.token)
        )
        return found.fetchone() is not None and self.state().highest_id >= earlier.highest_id

    def count(self, model: ModelRow, after: int | None = None) -> int:
        """How many embeddings of a model there are, or have a higher id than that."""
        # The whole is counted in an index; with an id it is the vectors' own pages that are read.
        where, parameters = ("", ()) if after is None else (" AND id > ?", (after,))
        counted = self._connection.execute(
            f"SELECT COUNT(*) FROM embeddings WHERE model_id = ?{where}", (model.id, *parameters)
        )
        return int(counted.fetchone()[0])

    def added_after(self, model: ModelRow, embedding_id: int) -> Iterator[tuple[Ids, Vectors]]:
        """Ids (n,) and embeddings (n, dimensions) of a model with a higher id than that, by id, in blocks."""
        rows = self._connection.execute(
            "SELECT id, vector FROM embeddings WHERE id > ? AND model_id = ? ORDER BY id", (embedding_id, model.id)
        )
        while block := rows.fetchmany(_BLOCK_ROWS):
            ids, vectors = zip(*block, strict=True)
            yield np.array(ids, np.int64), _matrix(vectors, model)

    def look_up(
        self, model: ModelRow, ids: Sequence[int], conditions: Sequence[Condition] = ()
    ) -> tuple[Ids, Ids, Vectors]:
        """Those of these embeddings that are still there, and that a photo has which meets the conditions.

        As ids (n,), content ids (n,) and embeddings (n, dimensions), by id.
        """
        where, parameters = together(conditions)
        found: list[tuple[int, int, bytes]] = []
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            found += self._connection.execute(
                f"""SELECT e.id, e.content_id, e.vector FROM embeddings e
                    WHERE e.id IN ({", ".join("?" * len(some))}) AND e.model_id = ? AND EXISTS
                      (SELECT 1 FROM photos p WHERE p.content_id = e.content_id AND {where})""",
                [*some, model.id, *parameters],
            ).fetchall()
        found.sort()
        return (
            np.array([row[0] for row in found], np.int64),
            np.array([row[1] for row in found], np.int64),
            _matrix([row[2] for row in found], model),
        )

    def of_contents(self, model: ModelRow, content_ids: Sequence[int]) -> Vectors:
        """The embeddings (n, dimensions) of contents, in the order given; zeros for one that has none any more."""
        found: dict[int, bytes] = {}
        for start in range(0, len(content_ids), _AT_ONCE):
            some = content_ids[start : start + _AT_ONCE]
            found |= self._connection.execute(
                f"""SELECT content_id, vector FROM embeddings
                    WHERE content_id IN ({", ".join("?" * len(some))}) AND model_id = ?""",
                [*some, model.id],
            ).fetchall()
        none = bytes(4 * model.dimensions)
        return _matrix([found.get(content_id, none) for content_id in content_ids], model)

    def contents(self, model: ModelRow, conditions: Sequence[Condition] = ()) -> tuple[Ids, Ids]:
        """What `meeting` gives, with the content id of each."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT e.id, e.content_id FROM embeddings e WHERE e.model_id = ? AND EXISTS
                  (SELECT 1 FROM photos p WHERE p.content_id = e.content_id AND {where})""",
            [model.id, *parameters],
        )
        both = np.fromiter((number for row in rows for number in row), np.int64).reshape(-1, 2)
        both = both[np.argsort(both[:, 0])]
        return both[:, 0].copy(), both[:, 1].copy()

    def meeting(self, model: ModelRow, conditions: Sequence[Condition]) -> Ids:
        """The ids, rising, of the model's embeddings that a photo has which meets the conditions."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT e.id FROM photos p JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ?
                WHERE {where}""",
            [model.id, *parameters],
        )
        return np.unique(np.fromiter((embedding_id for (embedding_id,) in rows), np.int64))


def _matrix(vectors: Sequence[bytes], model: ModelRow) -> Vectors:
    return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), model.dimensions)
