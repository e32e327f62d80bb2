"""Take embeddings that were made elsewhere, by content hash and model fingerprint, from a folder of Parquet files."""

import datetime
import os
from pathlib import Path
from typing import NamedTuple

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.models.lookup import find_model
from mcsearch.ops.exchange.embedding_files import EmbeddingFile, Rows
from mcsearch.ops.exchange.parquet_shards import arrow
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import shown
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import ImportReport


class _Expected(NamedTuple):
    """What all files of a model must agree with, and where that is from."""

    fingerprint: str
    dimensions: int | None
    source: str
    hint: str = ""


def import_embeddings(opened: OpenLibrary, folder: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Store the embeddings in the Parquet files of a folder, and return how many there were and how many are new.

    A photo with one of these contents that is indexed later costs a hash instead of an embedding. What the library has
    stays as it is. Raises UsageError for a file that is no EmbeddingFile, of a model that does not exist, of another
    fingerprint than the library, the weights on this disk or another of the files, or with a row that is not an
    embedding; what came before that row is stored.
    """
    pa = arrow()
    if not os.path.exists(folder):
        raise UsageError(f"There is no file or folder {folder}.")
    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else [folder]
    files = [file for file in files if file.is_file()]  # not what would be waited for, such as a pipe
    if not files:
        raise UsageError(f"{folder} contains no Parquet files.")
    read = added = 0
    expected: dict[str, _Expected] = {}
    for file in files:  # all are checked before the first one is stored
        _check(opened.file, file, EmbeddingFile(pa, file), expected)
    for number, file in enumerate(files):
        progress("importing", number, len(files))
        table = EmbeddingFile(pa, file)
        for rows in table.rows():
            added += _store(opened.file, table, rows)
            read += len(rows.hashes)
    progress("importing", len(files), len(files))
    return ImportReport(read, added)


def _check(library: LibraryFile, file: Path, table: EmbeddingFile, expected: dict[str, _Expected]) -> None:
    """Check a file against the library, the weights on this disk and the files before it, whose models are expected."""
    made, model = table.made, library.models.find(table.made.name)
    if made.name not in expected:
        if model is not None:
            expected[made.name] = _Expected(model.fingerprint, model.dimensions, "this library")
        elif made.logit_scale is None:
            find_model(made.name)
            raise UsageError(
                f"This library does not know {made.name}, and {file} does not say its logit_scale.",
                hint=f"Index a photo with it first: mcsearch index PHOTO --model {made.name}",
            )
        else:
            found = _on_this_disk(made.name)
            expected[made.name] = found or _Expected(made.fingerprint, table.dimensions, shown(str(file)))
    wanted = expected[made.name]
    if wanted.dimensions is None:
        wanted = expected[made.name] = wanted._replace(dimensions=table.dimensions)
    if wanted.fingerprint != made.fingerprint or table.dimensions not in (None, wanted.dimensions):
        raise UsageError(
            f"{file} was made with another checkpoint of {made.name} than {wanted.source}, and their vectors cannot be "
            "compared.",
            hint=wanted.hint,
        )


def _on_this_disk(name: str) -> _Expected | None:
    """Return what the weights of a model are that an index run would use; None if they are not on this disk."""
    model = find_model(name)
    weights = checkpoints.on_disk(model)
    if weights is None:
        return None
    hint = (
        f"If you have that checkpoint, index a photo with it first: mcsearch index PHOTO --model {name} --weights FILE"
    )
    return _Expected(checkpoints.fingerprint(model, weights), None, shown(str(weights)), hint)


def _store(library: LibraryFile, table: EmbeddingFile, rows: Rows) -> int:
    """Store some rows in one transaction, and return how many embeddings the library did not have."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    added, made = 0, table.made
    with library.transaction():
        model = library.models.find(made.name) or _added(library, table)
        for content_hash, size_bytes, vector, from_preview in zip(
            rows.hashes, rows.sizes, rows.vectors, rows.from_previews, strict=True
        ):
            content_id = library.photos.content_id(content_hash)
            if content_id is None:
                content_id = library.photos.add_content(content_hash, size_bytes, unused_since=now)
            if not library.embeddings.has(content_id, model.id):
                library.embeddings.add(content_id, model.id, vector, from_preview=from_preview)
                added += 1
    return added


def _added(library: LibraryFile, table: EmbeddingFile) -> IndexedModel:
    made = table.made
    assert made.logit_scale is not None
    assert table.dimensions is not None
    return library.models.add(
        made.name, made.fingerprint, table.dimensions, made.logit_scale, made.logit_bias, None
    )  # fmt: skip
