"""The packed vectors of a model: int8 rows in memory-mapped files, a cache that can be recreated at any time.

A folder holds `state.json` and a file for each array, named after the generation in the state. Rows are only ever
appended, in order of embedding id. The state is replaced last; it records the number of valid rows and the size and
time of each file. A copy whose files have changed since then is ignored.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mcsearch.records import EmbeddingState
from mcsearch.search.quantise import ERROR_PER_SCALE, Rows, quantise

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_FORMAT = 2
_ARRAYS = ("rows", "scales", "ids")
_SCAN_ROWS = 16384
_SCAN_THREADS = 8


class PackedRows:
    """Packed vectors in memory or mapped from files.

    `rows` int8 (n, dimensions) and `scales` float32 (n,) are those of search/quantise.py; `ids` int64 (n,) are the ids
    of the embeddings in rising order.
    """

    def __init__(self, rows: Rows, scales: Vectors, ids: Ids) -> None:
        self.rows, self.scales, self.ids = rows, scales, ids

    def upper_bounds(self, query: Vectors) -> tuple[Vectors, np.float32]:
        """Return upper bounds (n,) for the cosine of each row with a unit vector, and the scale of that vector.

        `query` is float32 (dimensions,).

        The true cosine is lower by at most 2 * ERROR_PER_SCALE * (scale of the row + scale of the query).
        """
        from concurrent.futures import ThreadPoolExecutor

        import numkong

        turned, (scale,) = quantise(query[None])
        bounds = np.empty(len(self.ids), np.float32)

        def bound(start: int) -> None:
            block = bounds[start : start + _SCAN_ROWS]
            rows = slice(start, start + len(block))
            products = numkong.cdist(turned, self.rows[rows], "dot", out_dtype="float32")
            np.multiply(np.asarray(products)[0], scale, out=block)
            block += ERROR_PER_SCALE
            block *= self.scales[rows]
            block += ERROR_PER_SCALE * scale

        # Threads for the page faults of a fresh mapping, which take as long as the products.
        with ThreadPoolExecutor(min(_SCAN_THREADS, os.cpu_count() or 1)) as threads:
            list(threads.map(bound, range(0, len(bounds), _SCAN_ROWS)))
        return bounds, scale


class PackedVectors(PackedRows):
    """A packed copy, mapped read-only.

    `state` is the library's at the time of the last row. Embeddings that the library has dropped since are still here,
    so a caller must check that an id still exists.
    """

    def __init__(self, folder: Path, generation: str, count: int, dimensions: int, state: EmbeddingState) -> None:
        self.folder, self.generation, self.state = folder, generation, state
        super().__init__(
            self._map("rows", np.int8, (count, dimensions)),
            self._map("scales", np.float32, (count,)),
            self._map("ids", np.int64, (count,)),
        )

    @classmethod
    def load(cls, folder: Path, dimensions: int) -> Self | None:
        """Load the copy in a folder; None when there is none or its files have changed."""
        try:
            header = json.loads((folder / "state.json").read_bytes())
            generation, count = str(header["generation"]), int(header["count"])
            if [header["format"], header["files"]] != [_FORMAT, _facts(folder, generation)]:
                return None
            if header["files"]["rows"][0] != count * dimensions:
                return None
            return cls(folder, generation, count, dimensions, EmbeddingState(**header["state"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _map(self, name: str, kind: type, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        if shape[0] == 0:
            return np.empty(shape, kind)
        mapped = np.memmap(_file(self.folder, name, self.generation), kind, "r", shape=shape)
        return mapped.view(np.ndarray)


def write(
    folder: Path,
    blocks: Iterable[tuple[Ids, Vectors]],
    state: EmbeddingState,
    *,
    after: PackedVectors | None = None,
) -> None:
    """Write a packed copy of embeddings, given in order of id, or append them to the copy `after`.

    Only one process may do this at a time; others may go on using a copy they have loaded. Raises OSError, and leaves
    the earlier state in force.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generation = after.generation if after is not None else os.urandom(8).hex()
    count = len(after.ids) if after is not None else 0
    try:
        with contextlib.ExitStack() as stack:
            rows, scales, ids = files = [
                stack.enter_context(_file(folder, name, generation).open("ab")) for name in _ARRAYS
            ]
            for block_ids, vectors in blocks:
                block_rows, block_scales = quantise(vectors)
                rows.write(block_rows.data)
                scales.write(block_scales.data)
                ids.write(np.ascontiguousarray(block_ids, np.int64).data)
                count += len(block_ids)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        _remove_all_but(folder, "")
        raise
    header = {
        "format": _FORMAT,
        "generation": generation,
        "count": count,
        "files": _facts(folder, generation),
        "state": asdict(state),
    }
    part = folder / "state.json.part"
    with part.open("wb") as written:
        written.write(json.dumps(header).encode("ascii"))
        written.flush()
        os.fsync(written.fileno())
    part.replace(folder / "state.json")
    _remove_all_but(folder, generation)


def _file(folder: Path, name: str, generation: str) -> Path:
    return folder / f"{name}-{generation}"


def _facts(folder: Path, generation: str) -> dict[str, list[int]]:
    """Return the size and the modification time of each array's file, as stored in `state.json`."""
    stats = {name: _file(folder, name, generation).stat() for name in _ARRAYS}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}


def _remove_all_but(folder: Path, generation: str) -> None:
    for name in _ARRAYS:
        for file in folder.glob(f"{name}-*"):
            if file != _file(folder, name, generation):
                with contextlib.suppress(OSError):  # Windows cannot delete a file that is mapped
                    file.unlink()


def remove(folder: Path) -> None:
    """Invalidate a packed copy; its files are removed when the next one is written."""
    with contextlib.suppress(OSError):
        (folder / "state.json").unlink()
