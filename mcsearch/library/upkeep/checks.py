"""What may be wrong with a library file: damaged pages, rows without their parent, vectors that are none."""

import itertools
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mcsearch.library.upkeep.parts import Parts
from mcsearch.paths import restored
from mcsearch.records.photos import ScannedFile
from mcsearch.records.progress import Progress, no_progress

_MOST_MESSAGES = 20
_BLOCK_ROWS = 8192
# Vectors are stored at unit length in float32, which is exact to 1e-6.
_LENGTH_TOLERANCE = 1e-3
_SIGNATURE_BYTES = 1024
# What a person gave is never dropped, not even if the row it belongs to is missing.
_GIVEN_BY_HAND = ("hand_tags", "kept_hand_tags", "taught_examples")
_UNKNOWN_MTIME_NS = -1


@dataclass(slots=True)
class WrongVectors:
    """The vectors of a model in one table that are of a wrong length, not finite or not of unit length."""

    model: str
    table: Literal["embeddings", "prompts"]
    wrong_size: int = 0
    not_finite: int = 0
    not_unit: int = 0
    rowids: list[int] = field(default_factory=list)


class Checks:
    """Checks of the whole file, and what mends it. Mending methods belong inside `LibraryFile.transaction`.

    `parts` are its tables, indexes and triggers.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.parts = Parts(connection)

    def damage(self) -> list[str]:
        """Return SQLite's sentences about damage of the file, at most the first few; empty if there is none."""
        try:
            rows = self._connection.execute(f"PRAGMA integrity_check({_MOST_MESSAGES})").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
        lines = (line for (message,) in rows for line in message.splitlines())
        return [line for line in lines if line != "ok" and not line.startswith("***")]

    def build_indexes_anew(self) -> None:
        """Build all indexes from their tables, which mends damage of indexes alone. Raises sqlite3.Error."""
        self._connection.execute("REINDEX")

    def lacks_last_change(self) -> bool:
        """Return whether the record of changes is empty, by which copies of the vectors know their source."""
        return self._connection.execute("SELECT 1 FROM embedding_changes").fetchone() is None

    def record_change(self) -> None:
        """Record a change, so that there is one by which copies of the vectors know their source."""
        self._connection.execute("INSERT INTO embedding_changes DEFAULT VALUES")

    def orphans(self) -> Counter[str]:
        """Count the rows whose parent row is missing, by table."""
        return Counter(table for table, *_ in self._connection.execute("PRAGMA foreign_key_check"))

    def without_content(self) -> Iterator[tuple[int, ScannedFile]]:
        """Yield the id of each missing content with the file of a photo that has it."""
        rows = self._connection.execute(
            """SELECT content_id, path, size_bytes, mtime_ns FROM photos
               WHERE content_id NOT IN (SELECT id FROM contents) ORDER BY content_id, path"""
        )
        for content_id, path, size_bytes, mtime_ns in rows:
            yield content_id, ScannedFile(restored(path), size_bytes, mtime_ns)

    def mend_orphans(self, hashes: Mapping[int, tuple[bytes, bytes]]) -> None:
        """Remove the rows whose parent row is missing, except for what was given by hand.

        A missing content is put back with its own hash and that of its file, which are given by content id. One whose
        hashes are not known gets a random one, and its photos are read again by the next index run. A missing label
        gets its examples back, and its name as prompt.
        """
        for content_id, size_bytes in self._connection.execute(
            """SELECT content_id, MAX(size_bytes) FROM
                 (SELECT content_id, size_bytes FROM photos UNION ALL SELECT content_id, 0 FROM kept_hand_tags
                  UNION ALL SELECT content_id, 0 FROM taught_examples)
               WHERE content_id NOT IN (SELECT id FROM contents) GROUP BY content_id"""
        ).fetchall():
            known = hashes.get(content_id)
            put = """INSERT OR IGNORE INTO contents (id, size_bytes, content_hash, file_hash)
              VALUES (?1, ?2, ?3, NULLIF(?4, ?3))"""
            if known is None or not self._connection.execute(put, (content_id, size_bytes, *known)).rowcount:
                self._connection.execute(put, (content_id, size_bytes, os.urandom(32), None))
                self._connection.execute(
                    "UPDATE photos SET mtime_ns = ? WHERE content_id = ?", (_UNKNOWN_MTIME_NS, content_id)
                )
        self._connection.execute(
            """INSERT OR IGNORE INTO taught_labels (label, prompts, taught_at)
               SELECT label, json_array(label), strftime('%Y-%m-%dT%H:%M:%S+00:00') FROM taught_examples
               WHERE label NOT IN (SELECT label FROM taught_labels)"""
        )
        for table in tables_of(self._connection):
            keys = self._connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
            for _, columns in itertools.groupby(keys if table not in _GIVEN_BY_HAND else (), lambda row: row[0]):
                listed = list(columns)
                same = " AND ".join(f"parent.{key} = {table}.{column}" for _, _, _, column, key, *_ in listed)
                self._connection.execute(
                    f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM {listed[0][2]} parent WHERE {same})"
                )

    def wrong_vectors(self, progress: Progress = no_progress) -> list[WrongVectors]:
        """Return the vectors of photos and prompts that are none, for each model and table that has such."""
        found: list[WrongVectors] = []
        models = self._connection.execute("SELECT id, name, dimensions FROM models ORDER BY name").fetchall()
        for table in ("embeddings", "prompts"):
            for model_id, name, dimensions in models:
                wrong = WrongVectors(name, table)
                self._examine(wrong, model_id, dimensions, progress)
                if wrong.rowids:
                    found.append(wrong)
        return found

    def drop_vectors(self, wrong: WrongVectors) -> None:
        """Drop wrong vectors. The next index run embeds these photos again, the next query these prompts."""
        self._connection.executemany(f"DELETE FROM {wrong.table} WHERE rowid = ?", ((rowid,) for rowid in wrong.rowids))

    def wrong_dimensions(self) -> list[tuple[str, int, int]]:
        """Return each model whose vectors agree on another number of components, with the wrong one and theirs."""
        rows = self._connection.execute(
            """SELECT m.name, m.dimensions, MIN(length(e.vector)) / 4
               FROM models m JOIN embeddings e ON e.model_id = m.id GROUP BY m.id
               HAVING MIN(length(e.vector)) = MAX(length(e.vector)) AND MIN(length(e.vector)) <> 4 * m.dimensions
                 AND MIN(length(e.vector)) % 4 = 0"""
        )
        return [(name, stated, held) for name, stated, held in rows]

    def set_dimensions(self, model: str, dimensions: int) -> None:
        """Correct the number of components that a model is said to have."""
        self._connection.execute("UPDATE models SET dimensions = ? WHERE name = ?", (dimensions, model))

    def wrong_signatures(self) -> int:
        """Count the signatures of a wrong length."""
        (count,) = self._connection.execute(
            "SELECT COUNT(*) FROM signatures WHERE length(signature) <> ?", (_SIGNATURE_BYTES,)
        ).fetchone()
        return int(count)

    def drop_wrong_signatures(self) -> None:
        """Drop the signatures of a wrong length, which `dupes` computes again."""
        self._connection.execute("DELETE FROM signatures WHERE length(signature) <> ?", (_SIGNATURE_BYTES,))

    def _examine(self, wrong: WrongVectors, model_id: int, dimensions: int, progress: Progress) -> None:
        stage = f"checking vectors of {wrong.model}"
        where = f"FROM {wrong.table} WHERE model_id = ?"
        (total,) = self._connection.execute(f"SELECT COUNT(*) {where}", (model_id,)).fetchone()
        rows = self._connection.execute(f"SELECT rowid, vector {where}", (model_id,))
        done = 0
        while block := rows.fetchmany(_BLOCK_ROWS):
            whole = [(rowid, vector) for rowid, vector in block if len(vector) == 4 * dimensions]
            wrong.wrong_size += len(block) - len(whole)
            wrong.rowids += {rowid for rowid, _ in block} - {rowid for rowid, _ in whole}
            vectors = np.frombuffer(b"".join(vector for _, vector in whole), "<f4").reshape(len(whole), dimensions)
            finite = np.isfinite(vectors).all(axis=1)
            with np.errstate(over="ignore", invalid="ignore"):
                unit = np.abs(np.linalg.norm(vectors, axis=1) - 1) < _LENGTH_TOLERANCE
            wrong.not_finite += int((~finite).sum())
            wrong.not_unit += int((finite & ~unit).sum())
            wrong.rowids += [whole[place][0] for place in np.flatnonzero(~(finite & unit))]
            done += len(block)
            progress(stage, done, total)


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """Return the tables of a library, without those that SQLite and the migrations keep."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [name for (name,) in rows if not name.startswith(("sqlite_", "_"))]
