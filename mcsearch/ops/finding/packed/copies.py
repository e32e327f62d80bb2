"""The packed copies of a library's embeddings: created, brought up to date, compared and removed."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.private import make_private
from mcsearch.records.embeddings import IndexedModel
from mcsearch.search import packing
from mcsearch.search.packing import packed
from mcsearch.search.packing.packed import PackedVectors
from mcsearch.search.packing.packed_folders import folder_of, remove_unused
from mcsearch.search.packing.quantise import Rows, quantise

Vector = npt.NDArray[np.float32]

_LOCK_TIMEOUT_S = 30.0
_COPIES = "vectors"  # in the cache folder


def packed_rows(
    library: LibraryFile, model: IndexedModel, conditions: Sequence[Condition] = ()
) -> tuple[npt.NDArray[np.int64], Rows, Vector]:
    """Return the content ids (n,) of the photos that meet the conditions, and their embeddings as rows and scales.

    Rows and scales are those of quantise.py, from the packed copy if there is one. Do not call it inside a
    transaction.
    """
    if pack(library, model) and (folder := copy_folder(library, model)):
        copy = PackedVectors.load(folder, model.dimensions)
        with library.snapshot():
            if copy is not None and copy.state == library.embeddings.state():
                ids, content_ids = library.embeddings.with_contents(model, conditions)
                places = np.searchsorted(copy.ids, ids)
                if len(ids) == len(copy.ids):
                    return content_ids, copy.rows, copy.scales
                return content_ids, copy.rows[places], copy.scales[places]
    blocks = [(ids, *quantise(vectors)) for ids, vectors in library.embeddings.blocks(model, conditions)]
    if not blocks:
        return np.empty(0, np.int64), np.empty((0, model.dimensions), np.int8), np.empty(0, np.float32)
    return (
        np.concatenate([ids for ids, _, _ in blocks]),
        np.concatenate([rows for _, rows, _ in blocks]),
        np.concatenate([scales for _, _, scales in blocks]),
    )


def sampled_rows(library: LibraryFile, model: IndexedModel, most: int) -> tuple[Rows, Vector, int]:
    """Return at most `most` embeddings, spread evenly, as rows and scales, and the number of all embeddings.

    Do not call it inside a transaction.
    """
    if pack(library, model) and (folder := copy_folder(library, model)):
        copy = PackedVectors.load(folder, model.dimensions)
        if copy is not None:
            step = max(1, -(-len(copy.ids) // most))
            return copy.rows[::step], copy.scales[::step], len(copy.ids)
    _, rows, scales = packed_rows(library, model)
    step = max(1, -(-len(rows) // most))
    return rows[::step], scales[::step], len(rows)


def packed_copy(library: LibraryFile, model: IndexedModel) -> PackedVectors | None:
    """Return the packed copy of a model's embeddings, brought up to date; None if there is none."""
    folder = copy_folder(library, model) if pack(library, model) else None
    return None if folder is None else PackedVectors.load(folder, model.dimensions)


def pack(library: LibraryFile, model: IndexedModel) -> bool:
    """Create the packed copy of a model's embeddings or bring it up to date; return False if that is not possible.

    Only embeddings added since are written, unless the copy is missing, damaged or belongs to another history of the
    library. Do not call it inside a transaction.
    """
    folder, state = copy_folder(library, model), library.embeddings.state()
    if folder is None or state.highest_id < packing.PACKED_FROM:
        return False
    copy = PackedVectors.load(folder, model.dimensions)
    if copy is not None and copy.state == state:
        return True
    from filelock import FileLock, Timeout

    try:
        make_private(folder)
        with FileLock(folder / "lock", timeout=_LOCK_TIMEOUT_S):
            copy = PackedVectors.load(folder, model.dimensions)
            if copy is None:
                copy = PackedVectors.load_restored(folder, model.dimensions)
            with library.snapshot():
                _write(library, model, folder, copy)
    except (OSError, Timeout):  # the cache cannot be written, or another process takes too long to write it
        return False
    if copy is None:
        remove_unused_copies(library)
    return True


def packed_agrees(library: LibraryFile, model: IndexedModel) -> bool | None:
    """Return whether the packed copy of a model's embeddings is that of the embeddings; None if there is none.

    Embeddings that were added or removed since it was written do not count. Do not call it inside a transaction.
    """
    folder = copy_folder(library, model)
    if folder is None or not (folder / "state.json").exists():
        return None
    copy = PackedVectors.load(folder, model.dimensions)
    if copy is None:
        return False
    with library.snapshot():
        if not library.embeddings.came_from(copy.state):
            return None  # of another history of the library: it is not used, and replaced by the next
        for ids, vectors in library.embeddings.added_after(model, 0):
            rows, scales = quantise(vectors)
            places = np.searchsorted(copy.ids, ids)
            packed_before = ids <= copy.state.highest_id
            places = places[packed_before]
            if (
                (places >= len(copy.ids)).any()
                or (copy.ids[places] != ids[packed_before]).any()
                or (copy.rows[places] != rows[packed_before]).any()
                or (copy.scales[places] != scales[packed_before]).any()
            ):
                return False
    return True


def pack_anew(library: LibraryFile, model: IndexedModel) -> None:
    """Replace the packed copy of a model's embeddings. Do not call it inside a transaction."""
    if (folder := copy_folder(library, model)) is not None:
        packed.remove(folder)
        pack(library, model)


def remove_unused_copies(library: LibraryFile) -> None:
    """Remove the packed copies of models that this library no longer has, and those of libraries that are gone."""
    if library.cache is not None:
        fingerprints = library.models.fingerprints()
        remove_unused(library.cache / _COPIES, os.path.realpath(library.file), fingerprints)


def _write(library: LibraryFile, model: IndexedModel, folder: Path, copy: PackedVectors | None) -> None:
    embeddings = library.embeddings
    state = embeddings.state()
    if copy is not None and copy.state == state:
        return
    last = int(copy.ids[-1]) if copy is not None and len(copy.ids) else 0
    if copy is not None:
        # At most a third of the copy may belong to embeddings that were replaced since.
        dense = len(copy.ids) + embeddings.count_after(model, last) <= 1.5 * library.models.count_embeddings(model.id)
        if not (dense and copy.has_intact_end() and embeddings.came_from(copy.state)):
            copy, last = None, 0
    packed.write(folder, embeddings.added_after(model, last), state, after=copy, library=os.path.realpath(library.file))


def copy_folder(library: LibraryFile, model: IndexedModel) -> Path | None:
    """Return the folder of the packed copy for this library file and model, or None without a cache."""
    if library.cache is None:
        return None
    return folder_of(library.cache / _COPIES, os.path.realpath(library.file), model.fingerprint)
