"""Export the embeddings of a library, with their paths, to a file for other programs, block by block."""

import contextlib
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.model import ModelInUse
from mcsearch.paths import portable
from mcsearch.records.embeddings import IndexedModel

Blocks = Iterator[tuple[list[str], npt.NDArray[np.float32]]]


def export_embeddings(library: LibraryFile, model: ModelInUse, file: Path, *, filters: Wanted | None = None) -> int:
    """Write the unit vectors of all photos, or of those that match `filters`, sorted by path, and return their number.

    The suffix selects the format, one of FORMATS. Only one block of vectors and the paths are held in memory, and the
    file appears when it is complete. Raises UsageError for another suffix or a file that cannot be written.
    """
    check_suffix(file)
    write = FORMATS[file.suffix.lower()]
    part = file.with_name(file.name + ".part")
    try:
        with library.snapshot():  # the count in the header must match the vectors that follow
            record = model.record
            conditions = filter_conditions(library, record, filters)
            count = library.embeddings.count_photos(record, conditions)
            write(part, record, count, library.embeddings.by_path(record, conditions))
        part.replace(file)
        if file.suffix.lower() == ".npy":
            _paths_file(part).replace(_paths_file(file))
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):  # else this error would take the place of the first one
            part.unlink(missing_ok=True)
            _paths_file(part).unlink(missing_ok=True)
    return count


def check_suffix(file: Path) -> None:
    """Raise UsageError if the suffix of a file is not that of an export format."""
    if file.suffix.lower() not in FORMATS:
        raise UsageError(f"{file}: the name must end in one of {', '.join(FORMATS)}.")


def _write_npy(file: Path, model: IndexedModel, count: int, blocks: Blocks) -> None:
    """Write a float32 array (photos, dimensions), and FILE.paths.jsonl with one JSON string per row of the array."""
    with file.open("wb") as vectors, _paths_file(file).open("wb") as paths:
        header = {"descr": "<f4", "fortran_order": False, "shape": (count, model.dimensions)}
        np.lib.format.write_array_header_1_0(vectors, header)
        for names, block in blocks:
            vectors.write(block.astype("<f4", copy=False).tobytes())
            paths.writelines(_json(name) + b"\n" for name in names)


def _write_safetensors(file: Path, model: IndexedModel, count: int, blocks: Blocks) -> None:
    """Write a tensor `embeddings`, with the paths as a JSON array in the metadata.

    The metadata comes first in the file and needs all paths, so the vectors go through a temporary file.
    """
    names: list[str] = []
    vectors = file.with_name(file.name + ".vectors")
    try:
        with vectors.open("wb") as body:
            for some, block in blocks:
                names += some
                body.write(block.astype("<f4", copy=False).tobytes())
        size = vectors.stat().st_size
        header = {
            "__metadata__": {"model": model.name, "fingerprint": model.fingerprint, "paths": json.dumps(names)},
            "embeddings": {"dtype": "F32", "shape": [count, model.dimensions], "data_offsets": [0, size]},
        }
        encoded = json.dumps(header).encode()
        encoded += b" " * (-len(encoded) % 8)  # the format requires aligned data
        with file.open("wb") as whole, vectors.open("rb") as body:
            whole.write(struct.pack("<Q", len(encoded)) + encoded)
            while chunk := body.read(1 << 22):
                whole.write(chunk)
    finally:
        with contextlib.suppress(OSError):
            vectors.unlink(missing_ok=True)


def _write_parquet(file: Path, model: IndexedModel, _count: int, blocks: Blocks) -> None:
    """Write the columns `path` (string) and `embedding` (fixed-size list of float32)."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise UsageError("Parquet files need pyarrow: pip install 'mcsearch[parquet]'") from None
    embedding = pa.list_(pa.float32(), model.dimensions)
    schema = pa.schema([("path", pa.string()), ("embedding", embedding)], metadata={"model": model.name})
    with pq.ParquetWriter(file, schema) as writer:
        for names, block in blocks:
            # Parquet strings are UTF-8; bytes of a path that are not valid UTF-8 appear as escapes, as in JSON.
            paths = pa.array([portable(name).encode("utf-8", "backslashreplace").decode() for name in names])
            vectors = pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), model.dimensions)
            writer.write_batch(pa.record_batch([paths, vectors], schema=schema))


FORMATS: dict[str, Callable[[Path, IndexedModel, int, Blocks], None]] = {
    ".npy": _write_npy,
    ".parquet": _write_parquet,
    ".safetensors": _write_safetensors,
}


def _paths_file(file: Path) -> Path:
    return file.with_name(file.name + ".paths.jsonl")


def _json(name: str) -> bytes:
    return portable(json.dumps(name, ensure_ascii=False)).encode("utf-8", "backslashreplace")
