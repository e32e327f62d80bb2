"""The models that the library has embeddings of: the table models."""

import sqlite3

from mcsearch.records.embeddings import IndexedModel, Margin

_COLUMNS = "id, name, fingerprint, dimensions, logit_scale, logit_bias, weights"


class Models:
    """Models by name. Writing methods belong inside `LibraryFile.transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, name: str | None = None) -> IndexedModel | None:
        """Return the model with that name, or the library's default without a name; None if there is none."""
        where, parameters = ("is_default", ()) if name is None else ("name = ?", (name,))
        found = self._connection.execute(f"SELECT {_COLUMNS} FROM models WHERE {where}", parameters).fetchone()
        return None if found is None else IndexedModel(*found)

    def names(self) -> list[str]:
        """Return the names of all models, sorted."""
        return [name for (name,) in self._connection.execute("SELECT name FROM models ORDER BY name")]

    def fingerprints(self) -> set[str]:
        """Return the fingerprints of all models."""
        return {fingerprint for (fingerprint,) in self._connection.execute("SELECT fingerprint FROM models")}

    def add(
        self,
        name: str,
        fingerprint: str,
        dimensions: int,
        logit_scale: float,
        logit_bias: float | None,
        weights: str | None,
    ) -> IndexedModel:
        """Return the model with that name, adding it if it is missing. The first model becomes the default."""
        self._connection.execute(
            """INSERT INTO models (name, fingerprint, dimensions, logit_scale, logit_bias, weights, is_default)
               VALUES (?, ?, ?, ?, ?, ?, NOT EXISTS (SELECT 1 FROM models))
               ON CONFLICT (name) DO NOTHING""",
            (name, fingerprint, dimensions, logit_scale, logit_bias, weights),
        )
        model = self.find(name)
        assert model is not None
        return model

    def count_embeddings(self, model_id: int) -> int:
        """Return the number of embeddings of the model."""
        found = self._connection.execute("SELECT COUNT(*) FROM embeddings WHERE model_id = ?", (model_id,)).fetchone()
        return int(found[0])

    def count_lacking(self, model_id: int) -> int:
        """Count the photos that the model has not embedded."""
        (count,) = self._connection.execute(
            """SELECT COUNT(*) FROM photos p WHERE NOT EXISTS
                 (SELECT 1 FROM embeddings e WHERE e.content_id = p.content_id AND e.model_id = ?)""",
            (model_id,),
        ).fetchone()
        return int(count)

    def set_default(self, model_id: int) -> None:
        """Make a model the default, which is used when no model is named."""
        self._connection.execute("UPDATE models SET is_default = (id = ?)", (model_id,))

    def set_weights(self, model_id: int, weights: str | None) -> None:
        """Store the path of the checkpoint that the user named for a model; None if the user named none."""
        self._connection.execute("UPDATE models SET weights = ? WHERE id = ?", (weights, model_id))

    def margin(self, model_id: int) -> Margin | None:
        """Return the margin of relevance computed for a model in this library; None if there is none yet."""
        found = self._connection.execute(
            "SELECT margin, margin_photos, margin_prompts FROM models WHERE id = ? AND margin IS NOT NULL", (model_id,)
        ).fetchone()
        return None if found is None else Margin(*found)

    def set_margin(self, model_id: int, margin: Margin) -> None:
        """Store the margin of relevance computed for a model in this library."""
        self._connection.execute(
            "UPDATE models SET margin = ?, margin_photos = ?, margin_prompts = ? WHERE id = ?",
            (margin.logits, margin.photos, margin.prompts, model_id),
        )

    def forget(self, model_id: int) -> None:
        """Drop a model with its embeddings, prompts and tags.

        If it was the default, the oldest remaining model becomes the default. If it was the only model, `intended`
        returns it afterwards.
        """
        dropped = self._connection.execute("SELECT name, weights FROM models WHERE id = ?", (model_id,)).fetchone()
        self._connection.execute("DELETE FROM models WHERE id = ?", (model_id,))
        self._connection.execute(
            """UPDATE models SET is_default = 1 WHERE id = (SELECT MIN(id) FROM models)
               AND NOT EXISTS (SELECT 1 FROM models WHERE is_default)"""
        )
        if dropped is not None:
            self.intend(*dropped)

    def intend(self, name: str, weights: str | None) -> None:
        """Remember the model that a library without any is to go on with, and the checkpoint that the user named."""
        if self.find() is None:
            self._connection.execute("DELETE FROM last_model")
            self._connection.execute("INSERT INTO last_model (name, weights) VALUES (?, ?)", (name, weights))

    def intended(self) -> tuple[str, str | None] | None:
        """The name, and the named checkpoint if any, of the model that a library without any goes on with."""
        rows = self._connection.execute("SELECT name, weights FROM last_model WHERE NOT EXISTS (SELECT 1 FROM models)")
        return rows.fetchone()  # type: ignore[no-any-return]
