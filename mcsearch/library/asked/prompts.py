"""The cache of prompts that a text tower has encoded: the table prompts."""

import sqlite3
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from mcsearch.library.embeddings import blob

Vector = npt.NDArray[np.float32]


class Prompts:
    """Vectors of prompts, by model. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, model_id: int, prompts: Iterable[str]) -> dict[str, Vector]:
        """Return the vectors, float32 (dimensions,), of those prompts that the text tower has already encoded."""
        found = {}
        for prompt in prompts:
            row = self._connection.execute(
                "SELECT vector FROM prompts WHERE model_id = ? AND prompt = ?", (model_id, prompt)
            ).fetchone()
            if row is not None:
                found[prompt] = np.frombuffer(row[0], dtype="<f4")
        return found

    def add(self, model_id: int, vectors: Mapping[str, Vector]) -> None:
        """Store the vectors of prompts."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO prompts (model_id, prompt, vector) VALUES (?, ?, ?)",
            [(model_id, prompt, blob(vector)) for prompt, vector in vectors.items()],
        )
