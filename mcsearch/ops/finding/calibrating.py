"""Compute the margin of relevance from the library, at the end of a run that indexes."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3

from mcsearch.errors import ModelError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import BACKGROUND
from mcsearch.models.rare import Kind, rare_prompts
from mcsearch.ops.model import ModelInUse
from mcsearch.private import make_private
from mcsearch.records.embeddings import Margin
from mcsearch.records.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

# A library with fewer photos keeps the margin that mcsearch comes with, and a run that embeds fewer encodes no prompts.
WORTHWHILE = 50
# The margin is computed anew when the number of photos has changed by this share.
_CHANGED = 0.25
_AT_ONCE = 128  # feeds the streams of a text tower


def calibrate(library: LibraryFile, model: ModelInUse, embedded: int, progress: Progress) -> None:
    """Compute and store the model's margin if there is none, or if the library has grown or shrunk by a quarter.

    `embedded` is the number of photos that the run has embedded. Only if they are worthwhile, prompts are encoded that
    the cache does not hold; that takes seconds. Do not call it inside a transaction.
    """
    record = model.indexed
    if record is None:
        return
    kinds, photos = rare_prompts(model.name), library.models.count_embeddings(record.id)
    prompts, known = _digest(kinds), library.models.margin(record.id)
    current = known is not None and known.prompts == prompts and abs(photos - known.photos) < _CHANGED * known.photos
    if current or photos < WORTHWHILE:
        return
    # Imported late, with numpy: after most runs, the margin is current.
    from mcsearch.ops.finding.packed.copies import sampled_rows
    from mcsearch.search.calibration import SAMPLE, chance_margin

    file = None if library.cache is None else library.cache / "prompts" / f"{record.fingerprint}-{prompts}.npy"
    vectors = _kept(file, kinds, record.dimensions)
    if vectors is None:
        if embedded < WORTHWHILE:
            return
        try:
            vectors = _encoded(model, kinds, progress)
        except ModelError:  # as when the checkpoint has been removed; the next run tries again
            return
        _keep(file, vectors)
    rows, scales, total = sampled_rows(library, record, SAMPLE)
    if not len(rows):
        return
    by_kind, start = [], len(BACKGROUND)
    for kind in kinds:
        by_kind.append((kind.share, vectors[start : start + len(kind.prompts)]))
        start += len(kind.prompts)
    logits = chance_margin(rows, scales, total, by_kind, vectors[: len(BACKGROUND)], record.logit_scale)
    with library.transaction():
        library.models.set_margin(record.id, Margin(logits, photos, prompts))


def _all_prompts(kinds: tuple[Kind, ...]) -> list[str]:
    return [*BACKGROUND, *(prompt for kind in kinds for prompt in kind.prompts)]


def _digest(kinds: tuple[Kind, ...]) -> str:
    listed = "\n".join((*_all_prompts(kinds), *(f"{kind.share} {len(kind.prompts)}" for kind in kinds)))
    return blake3(listed.encode()).hexdigest(length=8)


def _encoded(model: ModelInUse, kinds: tuple[Kind, ...], progress: Progress) -> "Vectors":
    """Return the vectors of the background prompts and of all kinds, float32 (prompts, dimensions)."""
    import numpy as np

    prompts = _all_prompts(kinds)
    parts = []
    for start in range(0, len(prompts), _AT_ONCE):
        progress("calibrating", start, len(prompts))
        parts.append(model.text_tower.embed(prompts[start : start + _AT_ONCE]))
    return np.concatenate(parts)


def _kept(file: Path | None, kinds: tuple[Kind, ...], dimensions: int) -> "Vectors | None":
    """Return the vectors of an earlier run, of whichever library; None if there are none."""
    if file is None:
        return None
    import numpy as np

    try:
        vectors = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    usable = vectors.dtype == np.float32 and vectors.shape == (len(_all_prompts(kinds)), dimensions)
    return vectors if usable else None


def _keep(file: Path | None, vectors: "Vectors") -> None:
    if file is None:
        return
    import numpy as np

    part = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):  # it is only a cache
        make_private(file.parent)
        with part.open("wb") as written:
            np.save(written, vectors)
        part.replace(file)
