"""Parquet files of embeddings that were made elsewhere: their model, and their rows, checked."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError

_BLOCK = 4096
_PREVIEW = "from_preview"
_COLUMNS = ("content_hash", "size_bytes", "embedding")
_HASH_BYTES = 32
# How far the length of a vector may be from 1 after it went through other programs.
_LENGTH_WITHIN = 1e-3


@dataclass(frozen=True, slots=True)
class Made:
    """The model that embeddings were made with, as their file says; `logit_scale` is None if it does not."""

    name: str
    fingerprint: str
    logit_scale: float | None
    logit_bias: float | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file: content hashes, sizes, float32 unit vectors (n, dimensions) and which are of previews."""

    hashes: list[bytes]
    sizes: list[int]
    vectors: npt.NDArray[np.float32]
    from_previews: list[bool]


class EmbeddingFile:
    """A Parquet file with the columns content_hash, size_bytes and embedding, and a model in its metadata.

    It may have a column from_preview; without it, all embeddings are those of pictures.
    `dimensions` is None for a file without rows. Raises UsageError for any other file.
    """

    def __init__(self, pa: Any, file: Path) -> None:
        self._pa, self._file = pa, file
        try:
            self._table = pa.parquet.ParquetFile(file)
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(error) from error
        schema = self._table.schema_arrow
        for name in _COLUMNS:
            if (found := schema.names.count(name)) != 1:
                raise UsageError(
                    f"{file} has {'no' if not found else 'more than one'} column {name}; an import needs "
                    f"{', '.join(_COLUMNS)}."
                )
        self._check_type(schema.field("embedding").type)
        self._says_previews = schema.names.count(_PREVIEW) == 1 and pa.types.is_boolean(schema.field(_PREVIEW).type)
        self.made = self._made(schema.metadata or {})
        first = next(self._batches(1, ["embedding"]), None)
        self.dimensions = None if first is None or not len(first) else len(first.column(0)[0].as_py() or ())

    def rows(self) -> Iterator[Rows]:
        """Yield all rows, some at a time. Raises UsageError if one is no embedding, or cannot be read."""
        columns = [*_COLUMNS, *([_PREVIEW] if self._says_previews else ())]
        for batch in self._batches(_BLOCK, columns):
            yield Rows(self._hashes(batch), self._sizes(batch), self._vectors(batch), self._from_previews(batch))

    def _batches(self, size: int, columns: list[str]) -> Iterator[Any]:
        try:
            yield from self._table.iter_batches(size, columns=columns)
        except (OSError, self._pa.ArrowException) as error:
            raise self._unreadable(error) from error

    def _made(self, metadata: dict[bytes, bytes]) -> Made:
        name, fingerprint, scale, bias = (
            metadata.get(key, b"").decode(errors="replace")
            for key in (b"model", b"fingerprint", b"logit_scale", b"logit_bias")
        )
        if not name or not fingerprint:
            raise UsageError(
                f"{self._file} does not say in its metadata which `model` and `fingerprint` it was made with."
            )
        try:
            numbers = float(scale) if scale else None, float(bias) if bias else None
        except ValueError:
            numbers = math.nan, None
        if (numbers[0] is not None and not 0 < numbers[0] < math.inf) or not math.isfinite(numbers[1] or 0):
            raise UsageError(f"{self._file}: logit_scale and logit_bias in its metadata must be numbers.")
        return Made(name, fingerprint, *numbers)

    def _check_type(self, kind: Any) -> None:
        types = self._pa.types
        is_list = types.is_fixed_size_list(kind) or types.is_list(kind) or types.is_large_list(kind)
        if not is_list or not types.is_floating(kind.value_type):
            raise UsageError(f"{self._file}: the column embedding must contain lists of floating-point numbers.")

    def _hashes(self, batch: Any) -> list[bytes]:
        try:
            found = [one if isinstance(one, bytes) else bytes.fromhex(one) for one in batch["content_hash"].to_pylist()]
        except (TypeError, ValueError):
            found = [b""]
        if any(len(one) != _HASH_BYTES for one in found):
            raise UsageError(f"{self._file}: a content_hash is not a BLAKE3 hash of {_HASH_BYTES} bytes.")
        return found

    def _sizes(self, batch: Any) -> list[int]:
        try:
            found = batch["size_bytes"].cast(self._pa.int64()).to_pylist()
        except self._pa.ArrowException:
            found = [None]
        if any(size is None or size < 0 for size in found):
            raise UsageError(f"{self._file}: a size_bytes is not a number of bytes.")
        return list(map(int, found))

    def _from_previews(self, batch: Any) -> list[bool]:
        if not self._says_previews:
            return [False] * len(batch)
        return [value is True for value in batch[_PREVIEW].to_pylist()]

    def _vectors(self, batch: Any) -> npt.NDArray[np.float32]:
        column = batch["embedding"]
        values = column.flatten()
        if column.null_count or values.null_count:
            raise UsageError(f"{self._file}: an embedding is missing.")
        lengths = set(self._pa.compute.list_value_length(column).to_pylist())
        if lengths - {self.dimensions}:
            raise UsageError(f"{self._file}: the embeddings are not all of the same number of dimensions.")
        vectors: npt.NDArray[np.float64] = values.to_numpy().reshape(len(column), -1).astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not bool(np.all(np.abs(norms - 1) <= _LENGTH_WITHIN)):
            raise UsageError(f"{self._file}: an embedding is not of unit length.")
        # What was float32 stays as it is, bit for bit.
        exact = self._pa.types.is_float32(column.type.value_type)
        return (vectors if exact else vectors / norms).astype(np.float32)

    def _unreadable(self, error: Exception) -> UsageError:
        return UsageError(f"{self._file} cannot be read as a Parquet file: {str(error).splitlines()[0].rstrip('.')}.")
