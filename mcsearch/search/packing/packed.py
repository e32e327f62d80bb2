"""The packed vectors of a model: int8 rows in memory-mapped files, a cache that can be recreated at any time.

A folder holds `state.json` and a file for each array, named after the generation in the state. Rows are only ever
appended, in order of embedding id. The state is replaced last; it records the number of valid rows, a checksum of each
block of rows, and the size, times and inode of each file. A copy whose files have changed since then is ignored.

Checking all checksums would take longer than a search, so loading relies on the time of the last change of a file's
status (ctime), which no program can set: bytes that were changed through the file system are always noticed. Bytes that
have changed on the disk by themselves are not; therefore loading checks one block at random, and `is_intact` all.
Windows has no such time. There, only size and modification time are compared, besides the random block.
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
from blake3 import blake3

from mcsearch.private import make_private
from mcsearch.records.embeddings import EmbeddingState
from mcsearch.search.packing.quantise import ERROR_PER_SCALE, Rows, quantise

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_FORMAT = 3
_BLOCK_ROWS = 2048
_ARRAYS = ("rows", "scales", "ids")
_SCAN_ROWS = 16384
_SCAN_THREADS = 8


class PackedRows:
    """Packed vectors in memory or mapped from files.

    `rows` int8 (n, dimensions) and `scales` float32 (n,) are those of quantise.py; `ids` int64 (n,) are the ids of the
    embeddings in rising order.
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

    def __init__(self, folder: Path, header: dict[str, Any], dimensions: int) -> None:
        self.folder, self.generation = folder, str(header["generation"])
        self.state = EmbeddingState(**header["state"])
        if not all(type(number) is int for number in asdict(self.state).values()):
            raise ValueError("state.json does not hold the state of a library")
        self.checksums: list[str] = header["checksums"]
        count = int(header["count"])
        if len(self.checksums) != -(-count // _BLOCK_ROWS):
            raise ValueError("state.json lacks checksums")
        super().__init__(
            self._map("rows", np.int8, (count, dimensions)),
            self._map("scales", np.float32, (count,)),
            self._map("ids", np.int64, (count,)),
        )

    @classmethod
    def load(cls, folder: Path, dimensions: int) -> Self | None:
        """Load the copy in a folder; None when there is none, its files have changed, or a block is damaged."""
        copy = cls._load(folder, dimensions, anew=False)
        if copy is not None and copy.checksums:
            block = int.from_bytes(os.urandom(4)) % len(copy.checksums)
            if not copy.is_intact([block]):
                remove(folder)
                return None
        return copy

    @classmethod
    def load_restored(cls, folder: Path, dimensions: int) -> Self | None:
        """Load a copy whose files were moved, restored or given other permissions, if all its checksums are right.

        From then on `load` accepts it, too. Only one process may do this at a time. Raises OSError.
        """
        copy = cls._load(folder, dimensions, anew=True)
        if copy is None or not copy.is_intact():
            return None
        header = read_header(folder)
        _write_header(folder, {**header, "files": _facts(folder, copy.generation)})
        return copy

    @classmethod
    def _load(cls, folder: Path, dimensions: int, *, anew: bool) -> Self | None:
        """Load the copy in a folder unless its files have changed; with `anew`, they may differ in ctime and inode."""
        try:
            header = read_header(folder)
            if header["format"] != _FORMAT or header["files"]["rows"][0] != header["count"] * dimensions:
                return None
            recorded, found = header["files"], _facts(folder, str(header["generation"]))
            if anew:
                recorded, found = ({name: some[:2] for name, some in facts.items()} for facts in (recorded, found))
            return cls(folder, header, dimensions) if recorded == found else None
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None

    def is_intact(self, blocks: Iterable[int] | None = None) -> bool:
        """Return whether these blocks of rows, by default all, match their checksums.

        All of a million rows take a fifth of a second.
        """
        wanted = range(len(self.checksums)) if blocks is None else blocks
        return all(self._checksum(block) == self.checksums[block] for block in wanted)

    def has_intact_end(self) -> bool:
        """Return whether the last rows match their checksum, which is computed anew when rows are appended to them."""
        return not self.checksums or self.is_intact([len(self.checksums) - 1])

    def checksums_of_full_blocks(self) -> list[str]:
        """Return the checksums of the blocks that appending does not change."""
        return self.checksums[: len(self.ids) // _BLOCK_ROWS]

    def _checksum(self, block: int) -> str:
        return _checksum(*(array[block * _BLOCK_ROWS : (block + 1) * _BLOCK_ROWS] for array in self.arrays))

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The rows, scales and ids."""
        return self.rows, self.scales, self.ids

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
    library: str = "",
) -> None:
    """Write a packed copy of embeddings, given in order of id, or append them to the copy `after`.

    `library` is the path of the library, by which `remove_unused` knows whether it still exists.
    Only one process may do this at a time; others may go on using a copy they have loaded. Raises OSError, and leaves
    the earlier state in force.
    """
    make_private(folder)
    generation = after.generation if after is not None else os.urandom(8).hex()
    checksums = after.checksums_of_full_blocks() if after is not None else []
    unfinished = _Block(after)
    count = len(after.ids) if after is not None else 0
    try:
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(_file(folder, name, generation).open("ab")) for name in _ARRAYS]
            for block_ids, vectors in blocks:
                arrays: tuple[npt.NDArray[Any], ...] = (*quantise(vectors), np.ascontiguousarray(block_ids, np.int64))
                for file, array in zip(files, arrays, strict=True):
                    file.write(array.data)
                checksums += unfinished.add(arrays)
                count += len(block_ids)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
    except OSError:
        _remove_all_but(folder, "")
        raise
    header = {
        "format": _FORMAT,
        "library": library,
        "generation": generation,
        "count": count,
        "checksums": [*checksums, *unfinished.rest()],
        "files": _facts(folder, generation),
        "state": asdict(state),
    }
    _write_header(folder, header)
    _remove_all_but(folder, generation)


class _Block:
    """The rows since the last full block, whose checksum is still to come."""

    def __init__(self, after: PackedVectors | None) -> None:
        full = len(after.ids) // _BLOCK_ROWS * _BLOCK_ROWS if after is not None else 0
        self._parts = [] if after is None else [tuple(array[full:] for array in after.arrays)]

    def add(self, arrays: tuple[npt.NDArray[Any], ...]) -> list[str]:
        """Add rows, and return the checksums of the blocks that are full now."""
        self._parts.append(arrays)
        joined = tuple(np.concatenate(some) for some in zip(*self._parts, strict=True))
        full = len(joined[0]) // _BLOCK_ROWS * _BLOCK_ROWS
        starts = range(0, full, _BLOCK_ROWS)
        self._parts = [tuple(array[full:] for array in joined)]
        return [_checksum(*(array[start : start + _BLOCK_ROWS] for array in joined)) for start in starts]

    def rest(self) -> list[str]:
        """Return the checksum of the rows after the last full block, or nothing if there are none."""
        return [_checksum(*arrays) for arrays in self._parts if len(arrays[0])]


def _checksum(*arrays: npt.NDArray[Any]) -> str:
    digest = blake3()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest(length=8)


def read_header(folder: Path) -> dict[str, Any]:
    """Return the content of the `state.json` of a copy. Raises OSError, ValueError."""
    header = json.loads((folder / "state.json").read_bytes())
    if not isinstance(header, dict):
        raise ValueError("state.json is not an object")
    return header


def _write_header(folder: Path, header: dict[str, Any]) -> None:
    part = folder / "state.json.part"
    with part.open("wb") as written:
        written.write(json.dumps(header).encode("ascii"))
        written.flush()
        os.fsync(written.fileno())
    part.replace(folder / "state.json")


def _file(folder: Path, name: str, generation: str) -> Path:
    return folder / f"{name}-{generation}"


def _facts(folder: Path, generation: str) -> dict[str, list[int]]:
    """Return the size, the times of modification and change, and the inode of each array's file, for `state.json`."""
    stats = {name: _file(folder, name, generation).stat() for name in _ARRAYS}
    if os.name == "nt":  # what Windows calls ctime is when a file was made
        return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}
    return {name: [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino] for name, stat in stats.items()}


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
