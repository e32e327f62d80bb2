"""What the towers answered: the tables models, embeddings and prompts. Vectors are unit length.

A vector is stored as float32, little-endian, one after the other (docs/library-format.md).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition, together
from mcsearch.library.photos import UNUSED
from mcsearch.paths import restored, stored
from mcsearch.records import ModelRow, ScannedFile

Vector = npt.NDArray[np.float32]

BLOCK_ROWS = 8192
_MODEL_COLUMNS = "id, name, fingerprint, dimensions, logit_scale, logit_bias, weights"


def blob(vector: Vector) -> bytes:
    """The stored form of a vector."""
    return vector.astype("<f4", copy=False).tobytes()


class Vectors:
    """Models, embeddings and encoded prompts. Writing methods belong inside `Library.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.added = False  # embeddings, in the transaction under way

    def model(self, name: str | None = None) -> ModelRow | None:
        """The model of that name, or without one the library's default; None when there is none."""
        where, parameters = ("is_default", ()) if name is None else ("name = ?", (name,))
        row = self._connection.execute(f"SELECT {_MODEL_COLUMNS} FROM models WHERE {where}", parameters).fetchone()
        return None if row is None else ModelRow(*row)

    def model_names(self) -> list[str]:
        """The names of the models the library knows, sorted."""
        return [name for (name,) in self._connection.execute("SELECT name FROM models ORDER BY name")]

    def add_model(
        self,
        name: str,
        fingerprint: str,
        dimensions: int,
        logit_scale: float,
        logit_bias: float | None,
        weights: str | None,
    ) -> ModelRow:
        """Make a model known, unless it is. The first one becomes the default."""
        self._connection.execute(
            """INSERT INTO models (name, fingerprint, dimensions, logit_scale, logit_bias, weights, is_default)
               VALUES (?, ?, ?, ?, ?, ?, NOT EXISTS (SELECT 1 FROM models))
               ON CONFLICT (name) DO NOTHING""",
            (name, fingerprint, dimensions, logit_scale, logit_bias, weights),
        )
        model = self.model(name)
        assert model is not None
        return model

    def lacking(self, model_id: int) -> int:
        """How many photos have no embedding of the model."""
        row = self._connection.execute(
            """SELECT COUNT(*) FROM photos p WHERE NOT EXISTS
                 (SELECT 1 FROM embeddings e WHERE e.content_id = p.content_id AND e.model_id = ?)""",
            (model_id,),
        ).fetchone()
        return int(row[0])

    def set_default(self, model_id: int) -> None:
        """Let a model answer when none is named."""
        self._connection.execute("UPDATE models SET is_default = (id = ?)", (model_id,))

    def forget(self, model_id: int) -> None:
        """Drop a model with its embeddings, prompts and tags. If it was the default, the oldest one left becomes it.

        When none is left, the library still knows by `last_model` which one it had.
        """
        self._connection.execute("DELETE FROM last_model")
        self._connection.execute(
            """INSERT INTO last_model (name, weights) SELECT name, weights FROM models
               WHERE id = ? AND (SELECT COUNT(*) FROM models) = 1""",
            (model_id,),
        )
        self._connection.execute("DELETE FROM models WHERE id = ?", (model_id,))
        self._connection.execute(
            """UPDATE models SET is_default = 1 WHERE id = (SELECT MIN(id) FROM models)
               AND NOT EXISTS (SELECT 1 FROM models WHERE is_default)"""
        )

    def last_model(self) -> tuple[str, str | None] | None:
        """The name of the only model that there was before it was dropped, and its checkpoint, if one was named."""
        rows = self._connection.execute("SELECT name, weights FROM last_model WHERE NOT EXISTS (SELECT 1 FROM models)")
        return rows.fetchone()  # type: ignore[no-any-return]

    def set_weights(self, model_id: int, weights: str | None) -> None:
        """Remember where the checkpoint of a model is, when the user has named a file."""
        self._connection.execute("UPDATE models SET weights = ? WHERE id = ?", (weights, model_id))

    def has_embedding(self, content_id: int, model_id: int) -> bool:
        """Whether a content has an embedding of the model."""
        found = self._connection.execute(
            "SELECT 1 FROM embeddings WHERE content_id = ? AND model_id = ?", (content_id, model_id)
        )
        return found.fetchone() is not None

    def add_embedding(self, content_id: int, model_id: int, vector: Vector) -> None:
        """Store an embedding, float32 of shape (dimensions,); an earlier one of the same model is replaced."""
        self._connection.execute(
            "INSERT OR REPLACE INTO embeddings (content_id, model_id, vector) VALUES (?, ?, ?)",
            (content_id, model_id, blob(vector)),
        )
        self.added = True

    def drop_unused(self, unused_since: str) -> int:
        """Drop the embeddings of contents that no photo has had since then (ISO 8601, UTC); how many."""
        return self._connection.execute(
            f"DELETE FROM embeddings WHERE content_id IN (SELECT id FROM contents WHERE {UNUSED})", (unused_since,)
        ).rowcount

    def of_photo(self, file: ScannedFile, model: ModelRow) -> Vector | None:
        """The embedding of a photo, float32 (dimensions,), if the library has it and the file is unchanged."""
        row = self._connection.execute(
            """SELECT e.vector FROM photos p JOIN embeddings e ON e.content_id = p.content_id
               WHERE p.path = ? AND p.size_bytes = ? AND p.mtime_ns = ? AND e.model_id = ?""",
            (stored(file.path), file.size_bytes, file.mtime_ns, model.id),
        ).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype="<f4")

    def blocks(
        self, model: ModelRow, conditions: Sequence[Condition] = ()
    ) -> Iterator[tuple[npt.NDArray[np.int64], Vector]]:
        """Content ids (n,) and embeddings (n, dimensions) of the photos that meet the conditions, in blocks.

        Each content comes once, however many photos have it; contents without a photo do not come.
        """
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT e.content_id, e.vector FROM embeddings e
                WHERE e.model_id = ? AND EXISTS
                  (SELECT 1 FROM photos p WHERE p.content_id = e.content_id AND {where})""",
            [model.id, *parameters],
        )
        while block := rows.fetchmany(BLOCK_ROWS):
            ids, vectors = zip(*block, strict=True)
            yield (
                np.array(ids, dtype=np.int64),
                np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(ids), model.dimensions),
            )

    def count(self, model: ModelRow, conditions: Sequence[Condition] = ()) -> int:
        """How many photos that meet the conditions have an embedding of the model."""
        where, parameters = together(conditions)
        row = self._connection.execute(
            f"""SELECT COUNT(*) FROM photos p JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ?
                WHERE {where}""",
            [model.id, *parameters],
        ).fetchone()
        return int(row[0])

    def by_path(self, model: ModelRow, conditions: Sequence[Condition] = ()) -> Iterator[tuple[list[str], Vector]]:
        """Paths and embeddings (n, dimensions) of the photos that meet the conditions, by path, in blocks."""
        where, parameters = together(conditions)
        rows = self._connection.execute(
            f"""SELECT p.path, e.vector FROM photos p
                JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ? WHERE {where} ORDER BY p.path""",
            [model.id, *parameters],
        )
        while block := rows.fetchmany(BLOCK_ROWS):
            paths, vectors = zip(*block, strict=True)
            matrix = np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(paths), model.dimensions)
            yield [restored(path) for path in paths], matrix

    def prompts(self, model_id: int, prompts: Iterable[str]) -> dict[str, Vector]:
        """The vectors of those prompts that the model's text tower has answered before."""
        found = {}
        for prompt in prompts:
            row = self._connection.execute(
                "SELECT vector FROM prompts WHERE model_id = ? AND prompt = ?", (model_id, prompt)
            ).fetchone()
            if row is not None:
                found[prompt] = np.frombuffer(row[0], dtype="<f4")
        return found

    def add_prompts(self, model_id: int, vectors: Mapping[str, Vector]) -> None:
        """Remember what the text tower answered."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO prompts (model_id, prompt, vector) VALUES (?, ?, ?)",
            [(model_id, prompt, blob(vector)) for prompt, vector in vectors.items()],
        )
