"""Rank embeddings by a query vector with their packed copy."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.packed.copies import copy_folder, pack
from mcsearch.records.embeddings import IndexedModel
from mcsearch.search.exact import reranker
from mcsearch.search.exact.candidates import Candidates, DamagedError, PackedCandidates, ScanElsewhere
from mcsearch.search.packing import packed
from mcsearch.search.packing.packed import PackedVectors

Ids = npt.NDArray[np.int64]
Vector = npt.NDArray[np.float32]

_TRIES = 3


def best_of_copy(
    library: LibraryFile,
    model: IndexedModel,
    query: Vector,
    limit: int,
    min_score: float,
    conditions: Sequence[Condition],
    only: Ids | None,
    cluster: ScanElsewhere | None,
) -> list[tuple[int, float]] | None:
    """Return what `rank` returns, after bringing the copy up to date; None if there can be none."""
    folder = copy_folder(library, model)
    if folder is None:
        return None
    for attempt in range(_TRIES):
        copy = PackedVectors.load(folder, model.dimensions)
        # The copy is loaded before the snapshot, so their states differ if another process stores something meanwhile.
        with library.snapshot(), contextlib.ExitStack() as stack:
            state = library.embeddings.state()
            if copy is not None and copy.state == state:
                with contextlib.suppress(DamagedError):
                    return reranker.best(
                        stack.enter_context(_candidates(copy, query, cluster)), query, limit, min_score,
                        lambda ids: library.embeddings.look_up(model, ids, conditions if only is None else ()),
                        lambda: library.embeddings.meeting(model, conditions), only,
                    )  # fmt: skip
                packed.remove(folder)
        if attempt == _TRIES - 1 or not pack(library, model):
            break
    return None


@contextlib.contextmanager
def _candidates(copy: PackedVectors, query: Vector, cluster: ScanElsewhere | None) -> Iterator[Candidates]:
    """Give the candidates for a query, from the packed copy itself or from the cluster that holds its rows."""
    if cluster is None:
        yield PackedCandidates(copy, query)
        return
    candidates = cluster.candidates(copy, query)
    try:
        yield candidates
    finally:
        cluster.partial |= candidates.partial
        candidates.close()
