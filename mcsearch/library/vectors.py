"""What the towers answered: the tables models, embeddings and prompts. Vectors are unit length.

A vector is stored as float32, little-endian, one after the other (docs/library-format.md).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.records import Condition, ModelRow, together

Vector = npt.NDArray[np.float32]

BLOCK_ROWS = 8192
_MODEL_COLUMNS = "id, name, fingerprint, dimensions, logit_scale, weights"


def blob(vector: Vector) -> bytes:
    """The stored form of a vector."""
    return vector.astype("<f4", copy=False).tobytes()


class Vectors:
    """Models, embeddings and encoded prompts. Writing methods belong inside `Library.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def model(self, name: str | None = None) -> ModelRow | None:
        """The model of that name, or without one the library's default; None when there is none."""
        where, parameters = ("is_default", ()) if name is None else ("name = ?", (name,))
        row = self._connection.execute(f"SELECT {_MODEL_COLUMNS} FROM models WHERE {where}", parameters).fetchone()
        return None if row is None else ModelRow(*row)

    def model_names(self) -> list[str]:
        """The names of the models the library knows, sorted."""
        return [name for (name,) in self._connection.execute("SELECT name FROM models ORDER BY name")]

    def add_model(
        self, name: str, fingerprint: str, dimensions: int, logit_scale: float, weights: str | None
    ) -> ModelRow:
        """Make a model known, unless it is. The first one becomes the default."""
        self._connection.execute(
            """INSERT INTO models (name, fingerprint, dimensions, logit_scale, weights, is_default)
               VALUES (?, ?, ?, ?, ?, NOT EXISTS (SELECT 1 FROM models))
               ON CONFLICT (name) DO NOTHING""",
            (name, fingerprint, dimensions, logit_scale, weights),
        )
        model = self.model(name)
        assert model is not None
        return model

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
