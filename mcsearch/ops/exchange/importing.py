"""Take embeddings that were made elsewhere, by content hash and model fingerprint, from a folder of Parquet files."""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.exchange.parquet_shards import arrow
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.records import IndexedModel, Progress, no_progress
from mcsearch.reports import ImportReport

_BLOCK = 4096
_COLUMNS = ("content_hash", "size_bytes", "embedding")
_HASH_BYTES = 32
# How far the length of a vector may be from 1 after it went through other programs.
_LENGTH_WITHIN = 1e-3


@dataclass(frozen=True, slots=True)
class _Made:
    """The model that embeddings were made with, as their file says."""

    name: str
    fingerprint: str
    logit_scale: float
    logit_bias: float | None
    dimensions: int


def import_embeddings(opened: OpenLibrary, folder: Path, *, progress: Progress = no_progress) -> ImportReport:
    """Store the embeddings in the Parquet files of a folder, and return how many there were and how many are new.

    A photo with one of these contents that is indexed later costs a hash instead of an embedding. What the library has
    stays as it is. Raises UsageError for a file without the columns content_hash, size_bytes and embedding, without a
    model in its metadata, of another fingerprint than the library's, or with a row that is not an embedding; the files
    before it are stored.
    """
    pa = arrow()
    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else [folder]
    if not files:
        raise UsageError(f"{folder} contains no Parquet files.")
    read = added = 0
    for file in files:  # all are checked before the first one is stored
        _check_same(opened.file, file, _opened(pa, file)[1])
    for number, file in enumerate(files):
        progress("importing", number, len(files))
        table, made = _opened(pa, file)
        for batch in table.iter_batches(_BLOCK, columns=list(_COLUMNS)):
            hashes, sizes, vectors = _rows(file, batch, made.dimensions)
            added += _store(opened.file, made, hashes, sizes, vectors)
            read += len(hashes)
    progress("importing", len(files), len(files))
    return ImportReport(read, added)


def _opened(pa: Any, file: Path) -> tuple[Any, _Made]:
    try:
        table = pa.parquet.ParquetFile(file)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{file} cannot be read as a Parquet file: {str(error).splitlines()[0]}") from error
    schema = table.schema_arrow
    if missing := [name for name in _COLUMNS if name not in schema.names]:
        raise UsageError(f"{file} has no column {missing[0]}; an import needs {', '.join(_COLUMNS)}.")
    said = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    if not said.get("model") or not said.get("fingerprint"):
        raise UsageError(f"{file} does not say in its metadata which `model` and `fingerprint` it was made with.")
    kind = schema.field("embedding").type
    dimensions = kind.list_size if pa.types.is_fixed_size_list(kind) else 0
    if not dimensions or kind.value_type != pa.float32():
        raise UsageError(f"{file}: the column embedding must be a fixed-size list of float32.")
    try:
        scale, bias = float(said.get("logit_scale") or "nan"), said.get("logit_bias")
        return table, _Made(said["model"], said["fingerprint"], scale, float(bias) if bias else None, dimensions)
    except ValueError:
        raise UsageError(f"{file}: logit_scale and logit_bias in its metadata must be numbers.") from None


def _check_same(library: LibraryFile, file: Path, made: _Made) -> None:
    model = library.models.find(made.name)
    if model is None and not math.isfinite(made.logit_scale):
        raise UsageError(
            f"This library does not know {made.name}, and {file} does not say its logit_scale.",
            hint=f"Index a photo with it first: mcsearch index PHOTO --model {made.name}",
        )
    if model is not None and (model.fingerprint, model.dimensions) != (made.fingerprint, made.dimensions):
        raise UsageError(
            f"{file} was made with another checkpoint of {made.name} than this library, and their vectors cannot be "
            "compared."
        )


def _rows(file: Path, batch: Any, dimensions: int) -> tuple[list[bytes], list[int], np.ndarray[Any, Any]]:
    """Return the content hashes, sizes and unit vectors of a batch. Raises UsageError if one is none."""
    column = batch.column("embedding")
    try:
        hashes = [one if isinstance(one, bytes) else bytes.fromhex(one) for one in batch["content_hash"].to_pylist()]
        sizes = [int(size) for size in batch["size_bytes"].to_pylist()]
    except (TypeError, ValueError):
        raise UsageError(f"{file}: a content_hash or size_bytes is missing or is none.") from None
    if any(len(value) != _HASH_BYTES for value in hashes):
        raise UsageError(f"{file}: a content_hash is not a BLAKE3 hash of {_HASH_BYTES} bytes.")
    if column.null_count or column.flatten().null_count:
        raise UsageError(f"{file}: an embedding is missing.")
    vectors = column.flatten().to_numpy().reshape(-1, dimensions)
    lengths = np.linalg.norm(vectors, axis=1)
    if not bool(np.all(np.abs(lengths - 1) <= _LENGTH_WITHIN)):
        raise UsageError(f"{file}: an embedding is not of unit length.")
    return hashes, sizes, vectors


def _store(
    library: LibraryFile, made: _Made, hashes: Sequence[bytes], sizes: Sequence[int], vectors: np.ndarray[Any, Any]
) -> int:
    """Store a batch in one transaction, and return how many embeddings the library did not have."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    added = 0
    with library.transaction():
        model: IndexedModel = library.models.add(
            made.name, made.fingerprint, made.dimensions, made.logit_scale, made.logit_bias, None
        )
        for content_hash, size_bytes, vector in zip(hashes, sizes, vectors, strict=True):
            content_id = library.photos.content_id(content_hash)
            if content_id is None:
                content_id = library.photos.add_content(content_hash, size_bytes, unused_since=now)
            if not library.embeddings.has(content_id, model.id):
                library.embeddings.add(content_id, model.id, vector)
                added += 1
    return added
