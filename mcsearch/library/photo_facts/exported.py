"""Photos with all that other programs may want to know of them, for an export."""

import itertools
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition, together
from mcsearch.library.photo_facts.facts import COLUMNS, SOURCES
from mcsearch.library.tags import Tags
from mcsearch.paths import restored
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.photos import Facts


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A photo with its content hash, its facts and its tags; `size_bytes` is the size of the content.

    `from_preview` is true if its embedding is that of a preview in the file.
    """

    path: str
    content_hash: bytes
    size_bytes: int
    facts: Facts
    tags: tuple[str, ...]
    from_preview: bool


def exported_photos(
    connection: sqlite3.Connection, model: IndexedModel, conditions: Sequence[Condition], block: int
) -> Iterator[tuple[list[ExportedPhoto], npt.NDArray[np.float32]]]:
    """Yield the photos that a model has embedded and that meet the conditions, with their embeddings, by path."""
    where, parameters = together(conditions)
    columns = ", ".join(f"f.{column}" for column in COLUMNS)
    rows = connection.execute(
        f"""SELECT p.id, p.path, c.content_hash, c.size_bytes, e.vector, v.content_id IS NOT NULL, {columns}
            FROM photos p
            JOIN contents c ON c.id = p.content_id
            JOIN embeddings e ON e.content_id = p.content_id AND e.model_id = ?
            LEFT JOIN from_previews v ON v.content_id = e.content_id AND v.model_id = e.model_id
            LEFT JOIN facts f ON f.photo_id = p.id WHERE {where} ORDER BY p.path""",
        [model.id, *parameters],
    )
    labels = Tags(connection).by_path(model.id, conditions)
    while some := rows.fetchmany(block):
        words = _words(connection, [row[0] for row in some])
        photos = []
        for photo_id, path, content_hash, size_bytes, _, from_preview, *known in some:
            # Photos without an embedding have labels, too, and are passed by: both come in order of path.
            tags = next((found for name, found in labels if name == restored(path)), [])
            listed: dict[str, Any] = {
                name: tuple(words.get((photo_id, source), ())) for name, source in SOURCES.items()
            }
            facts = Facts(**dict(zip(COLUMNS, known, strict=True)), **listed)
            photos.append(
                ExportedPhoto(restored(path), content_hash, size_bytes, facts, tuple(tags), bool(from_preview))
            )
        vectors = np.frombuffer(b"".join(row[4] for row in some), "<f4").reshape(len(some), model.dimensions)
        yield photos, vectors


def _words(connection: sqlite3.Connection, photo_ids: list[int]) -> dict[tuple[int, str], list[str]]:
    """Return the keywords and people of photos, sorted, by photo id and source."""
    rows = connection.execute(
        """SELECT photo_id, source, label FROM keywords
           WHERE photo_id IN (SELECT value FROM json_each(?)) ORDER BY photo_id, source, label""",
        (json.dumps(photo_ids),),
    )
    return {key: [label for _, _, label in group] for key, group in itertools.groupby(rows, key=lambda row: row[:2])}
