"""Embeddings as a folder of Parquet files, for engines that read such folders: Spark, DuckDB, LanceDB and others."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.photo_facts.exported import ExportedPhoto
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.model import ModelInUse
from mcsearch.paths import portable
from mcsearch.records.embeddings import IndexedModel

MOST_SHARDS = 10_000
_BLOCK = 4096
_SHARD = re.compile(r"part-\d{5}\.parquet")
# The facts that become columns of their own, with their types in Arrow.
_FACTS = {
    "taken_at": "string", "taken_from": "string", "width": "int32", "height": "int32", "camera": "string",
    "lens": "string", "latitude": "float64", "longitude": "float64", "altitude_m": "float64", "rating": "int32",
    "caption": "string",
}  # fmt: skip
_LISTS = ("keywords", "people")


def export_shards(
    library: LibraryFile, model: ModelInUse, folder: Path, shards: int, *, filters: Wanted | None = None
) -> int:
    """Write the photos with their embeddings, facts and tags, sorted by path, as Parquet files of a new folder.

    Returns the number of photos. The folder appears when it is complete. Memory stays at one block of photos. Raises
    UsageError for a folder that is there already or cannot be written, or without pyarrow.
    """
    pa = arrow()
    if not 1 <= shards <= MOST_SHARDS:
        raise UsageError(f"{shards:,} shards are not possible: the number must be 1 to {MOST_SHARDS:,}.")
    if os.path.exists(folder):
        raise UsageError(f"{folder} exists already.", hint="Name a new folder, or remove this one first.")
    part = folder.with_name(folder.name + ".part")
    try:
        _clear(part)
        part.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}.") from error
    try:
        with library.snapshot():
            record = model.record
            conditions = filter_conditions(library, record, filters)
            count = library.embeddings.count_photos(record, conditions)
            schema = _schema(pa, record)
            blocks = _cut(library.exported_photos(record, conditions, _BLOCK), _sizes(count, shards))
            for number, size in enumerate(_sizes(count, shards)):
                _write_shard(pa, part / f"part-{number:05d}.parquet", schema, size, blocks)
        part.replace(folder)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count


def arrow() -> Any:
    """Import pyarrow. Raises UsageError if it is not installed."""
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError:
        raise UsageError("Parquet files need pyarrow.", hint="pip install 'mcsearch[parquet]'") from None
    return pyarrow


def _clear(part: Path) -> None:
    """Remove what an export that was killed has left there. Raises UsageError if it is something else."""
    if not os.path.lexists(part):
        return
    if not part.is_dir() or part.is_symlink() or any(not _SHARD.fullmatch(entry.name) for entry in part.iterdir()):
        raise UsageError(f"{part} is in the way.", hint="Move it, or name another folder.")
    shutil.rmtree(part)


def _sizes(count: int, shards: int) -> list[int]:
    """Return the number of photos of each shard; they differ by one at most."""
    return [count * (number + 1) // shards - count * number // shards for number in range(shards)]


def _cut(blocks: Any, sizes: list[int]) -> Iterator[tuple[list[ExportedPhoto], Any]]:
    """Yield the blocks, cut where a shard ends."""
    ends = iter(sizes)
    left = next(ends, 0)
    for photos, vectors in blocks:
        start = 0
        while start < len(photos):
            while left == 0:
                left = next(ends)
            taken = min(left, len(photos) - start)
            yield photos[start : start + taken], vectors[start : start + taken]
            start, left = start + taken, left - taken


def _schema(pa: Any, model: IndexedModel) -> Any:
    fields = [("path", pa.string()), ("content_hash", pa.string()), ("size_bytes", pa.int64())]
    fields += [(name, getattr(pa, kind)()) for name, kind in _FACTS.items()]
    fields += [(name, pa.list_(pa.string())) for name in (*_LISTS, "tags")]
    fields.append(("from_preview", pa.bool_()))
    fields.append(("embedding", pa.list_(pa.float32(), model.dimensions)))
    said = {
        "model": model.name, "fingerprint": model.fingerprint, "logit_scale": repr(model.logit_scale),
        "logit_bias": "" if model.logit_bias is None else repr(model.logit_bias),
    }  # fmt: skip
    return pa.schema(fields, metadata=said)


def _write_shard(
    pa: Any, file: Path, schema: Any, size: int, blocks: Iterator[tuple[list[ExportedPhoto], Any]]
) -> None:
    with pa.parquet.ParquetWriter(file, schema) as writer:
        while size:
            photos, vectors = next(blocks)
            size -= len(photos)
            columns: list[Any] = [
                [_text(photo.path) for photo in photos],
                [photo.content_hash.hex() for photo in photos],
                [photo.size_bytes for photo in photos],
                *([getattr(photo.facts, name) for photo in photos] for name in _FACTS),
                *([list(getattr(photo.facts, name)) for photo in photos] for name in _LISTS),
                [list(photo.tags) for photo in photos],
                [photo.from_preview for photo in photos],
            ]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=False)]
            arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]))
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _text(path: str) -> str:
    """Return a path as UTF-8: bytes of it that are none appear as escapes, as in JSON."""
    return portable(path).encode("utf-8", "backslashreplace").decode()
