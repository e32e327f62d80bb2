"""The embeddings of contents: the tables embeddings, from_previews and embedding_changes.

A vector is stored as unit-length float32, little-endian, one component after the other (docs/library-format.md).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from mcsearch.errors import LibraryError
from mcsearch.library.conditions import Condition, chunks, one_of, together
from mcsearch.library.photos import UNUSED
from mcsearch.paths import restored, stored
from mcsearch.records.embeddings import EmbeddingState, IndexedModel
from mcsearch.records.photos import ScannedFile

# Imported late, since many commands need no vector.
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    Ids = npt.NDArray[np.int64]
    Vector = npt.NDArray[np.float32]
    Vectors = npt.NDArray[np.float32]

BLOCK_VECTORS = 8192
_HAS_PHOTO = "EXISTS (SELECT 1 FROM photos p WHERE p.content_id = e.content_id AND {})"


def blob(vector: Vector) -> bytes:
    """Return the bytes that are stored for a vector."""
    return vector.astype("<f4", copy=False).tobytes()


class Embeddings:
    """Embeddings by content and model. Writing methods belong inside `LibraryFile.transaction`.

    Calls whose results must be consistent with each other belong inside one `LibraryFile.snapshot`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._added = False  # in the transaction under way

    def add(self, content_id: int, model_id: int, vector: Vector, *, from_preview: bool = False) -> None:
        """Store an embedding, float32 (dimensions,), and replace an earlier one by the same model.

        With `from_preview`, it is that of a preview in the file instead of its picture.
        """
        self._connection.execute(
            "INSERT OR REPLACE INTO embeddings (content_id, model_id, vector) VALUES (?, ?, ?)",
            (content_id, model_id, blob(vector)),
        )
        if from_preview:
            self._connection.execute("INSERT INTO from_previews VALUES (?, ?)", (content_id, model_id))
        self._added = True

    def record_change(self) -> None:
        """Record at the end of a transaction that it added embeddings, if it did."""
        if self._added:
            self._connection.execute("INSERT INTO embedding_changes DEFAULT VALUES")
        self._added = False

    def forget_change(self) -> None:
        """Forget that the transaction added embeddings, after a rollback."""
        self._added = False

    def drop_unused(self, unused_since: str) -> int:
        """Drop the embeddings of contents unused since that time (ISO 8601, UTC), and return their number."""
        return self._connection.execute(
            f"DELETE FROM embeddings WHERE content_id IN (SELECT id FROM contents WHERE {UNUSED})", (unused_since,)
        ).rowcount

    def has(self, content_id: int, model_id: int, *, previews: bool = True) -> bool:
        """Return whether the model has embedded a content; without `previews`, whether it has embedded its picture."""
        found = self._connection.execute(
            """SELECT 1 FROM embeddings e WHERE e.content_id = :content AND e.model_id = :model
               AND (:previews OR NOT EXISTS
                 (SELECT 1 FROM from_previews v WHERE v.content_id = e.content_id AND v.model_id = e.model_id))""",
            {"content": content_id, "model": model_id, "previews": previews},
        )
        return found.fetchone() is not None

    def of_photo(self, file: ScannedFile, model: IndexedModel) -> Vector | None:
        """Return the embedding of a photo, float32 (dimensions,); None if there is none or the file has changed."""
        row = self._connection.execute(
            """SELECT e.vector FROM photos p JOIN embeddings e ON e.content_id = p.content_id
               WHERE p.path = ? AND p.size_bytes = ? AND p.mtime_ns = ? AND e.model_id = ?""",
            (stored(file.path), file.size_bytes, file.mtime_ns, model.id),
        ).fetchone()
        return None if row is None else _matrix(row, model)[0]

    def of_missing(self, path: str, model: IndexedModel) -> Vector | None:
        """Return the embedding of a photo whose file is missing, float32 (dimensions,); None if there is none."""
        row = self._connection.execute(
            """SELECT e.vector FROM photos p JOIN embeddings e ON e.content_id = p.content_id
               WHERE p.path = ? AND e.model_id = ?""",
            (stored(path), model.id),
        ).fetchone()
        return None if row is None else _matrix(row, model)[0]

    def of_contents(self, model: IndexedModel, content_ids: Sequence[int]) -> Vectors:
        """Return the embeddings (n, dimensions) of contents, in the order given; zeros for a content without one."""
        found: dict[int, bytes] = {}
        for some in chunks(content_ids):
            wanted = one_of("content_id", some)
            found |= self._connection.execute(
                f"SELECT content_id, vector FROM embeddings WHERE {wanted.sql} AND model_id = ?",
                [*wanted.parameters, model.id],
            ).fetchall()
        none = bytes(4 * model.dimensions)
        return _matrix([found.get(content_id, none) for content_id in content_ids], model)

    def blocks(self, model: IndexedModel, conditions: Sequence[Condition] = ()) -> Iterator[tuple[Ids, Vectors]]:
        """Yield content ids (n,) and embeddings (n, dimensions) of the photos that meet the conditions, in blocks.

        Each content appears once, however many photos have it; contents without a photo are left out.
        """
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"SELECT e.content_id, e.vector FROM embeddings e WHERE e.model_id = ? AND {_HAS_PHOTO.format(where)}",
            [model.id, *parameters],
        )
        return _blocks(rows, model)

    def by_path(self, model: IndexedModel, conditions: Sequence[Condition] = ()) -> Iterator[tuple[list[str], Vectors]]:
        """Yield paths and embeddings (n, dimensions) of the photos that meet the conditions, by path, in blocks."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, e.vector FROM photos p
                JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ? WHERE {where} ORDER BY p.path""",
            [model.id, *parameters],
        )
        while block := rows.fetchmany(BLOCK_VECTORS):
            paths, vectors = zip(*block, strict=True)
            yield [restored(path) for path in paths], _matrix(vectors, model)

    def count_photos(self, model: IndexedModel, conditions: Sequence[Condition] = ()) -> int:
        """Count the photos that meet the conditions and have an embedding of the model."""
        where, parameters = together(conditions)
        (count,) = self._connection.execute(
            f"""SELECT COUNT(*) FROM photos p JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ?
                WHERE {where}""",
            [model.id, *parameters],
        ).fetchone()
        return int(count)

    # For copies of the embeddings, such as the packed vectors, which identify embeddings by their own ids.

    def state(self) -> EmbeddingState:
        """Return the state of the embeddings. It changes when embeddings are added, not when they are removed."""
        row = self._connection.execute(
            """SELECT id, token, (SELECT seq FROM sqlite_sequence WHERE name = 'embeddings')
               FROM embedding_changes ORDER BY id DESC LIMIT 1"""
        ).fetchone()
        return EmbeddingState(row[0], row[1], row[2] or 0)

    def came_from(self, earlier: EmbeddingState) -> bool:
        """Return whether the library was in that state before, and has only added and removed embeddings since."""
        found = self._connection.execute(
            "SELECT 1 FROM embedding_changes WHERE id = ? AND token = ?", (earlier.change_id, earlier.token)
        )
        return found.fetchone() is not None and self.state().highest_id >= earlier.highest_id

    def count_after(self, model: IndexedModel, embedding_id: int) -> int:
        """Count the embeddings of a model with ids above this one."""
        # SQLite reads the pages of the vectors for this; to count all of a model, an index is enough.
        (count,) = self._connection.execute(
            "SELECT COUNT(*) FROM embeddings WHERE model_id = ? AND id > ?", (model.id, embedding_id)
        ).fetchone()
        return int(count)

    def added_after(self, model: IndexedModel, embedding_id: int) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the ids (n,) and embeddings (n, dimensions) of a model with ids above this one, by id, in blocks."""
        rows = self._connection.execute(
            "SELECT id, vector FROM embeddings WHERE id > ? AND model_id = ? ORDER BY id", (embedding_id, model.id)
        )
        return _blocks(rows, model)

    def look_up(
        self, model: IndexedModel, ids: Sequence[int], conditions: Sequence[Condition] = ()
    ) -> tuple[Ids, Ids, Vectors]:
        """Return the embeddings with these ids: ids (n,), content ids (n,) and vectors (n, dimensions), by id.

        Embeddings that no longer exist, or that belong to no photo which meets the conditions, are left out.
        """
        import numpy as np

        where, parameters = together(conditions)
        found: list[tuple[int, int, bytes]] = []
        for some in chunks(ids):
            wanted = one_of("e.id", some)
            found += self._connection.execute(
                f"""SELECT e.id, e.content_id, e.vector FROM embeddings e
                    WHERE {wanted.sql} AND e.model_id = ? AND {_HAS_PHOTO.format(where)}""",
                [*wanted.parameters, model.id, *parameters],
            ).fetchall()
        found.sort()
        return (
            np.array([row[0] for row in found], np.int64),
            np.array([row[1] for row in found], np.int64),
            _matrix([row[2] for row in found], model),
        )

    def with_contents(self, model: IndexedModel, conditions: Sequence[Condition] = ()) -> tuple[Ids, Ids]:
        """Return the ids that `meeting` returns, with the content id of each."""
        import numpy as np

        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"SELECT e.id, e.content_id FROM embeddings e WHERE e.model_id = ? AND {_HAS_PHOTO.format(where)}",
            [model.id, *parameters],
        )
        both = np.fromiter((number for row in rows for number in row), np.int64).reshape(-1, 2)
        both = both[np.argsort(both[:, 0])]
        return both[:, 0].copy(), both[:, 1].copy()

    def meeting(self, model: IndexedModel, conditions: Sequence[Condition]) -> Ids:
        """Return the ids, in rising order, of the embeddings of all photos that meet the conditions."""
        import numpy as np

        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT e.id FROM photos p JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ?
                WHERE {where}""",
            [model.id, *parameters],
        )
        return np.unique(np.fromiter((embedding_id for (embedding_id,) in rows), np.int64))


def _blocks(rows: sqlite3.Cursor, model: IndexedModel) -> Iterator[tuple[Ids, Vectors]]:
    import numpy as np

    while block := rows.fetchmany(BLOCK_VECTORS):
        ids, vectors = zip(*block, strict=True)
        yield np.array(ids, np.int64), _matrix(vectors, model)


def _matrix(vectors: Sequence[bytes], model: IndexedModel) -> Vectors:
    import numpy as np

    if any(len(vector) != 4 * model.dimensions for vector in vectors):
        raise LibraryError(
            f"The library has vectors of {model.name} of a wrong length.", hint="To mend it: mcsearch doctor --repair"
        )
    return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), model.dimensions)
