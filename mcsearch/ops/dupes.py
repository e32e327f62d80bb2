"""Find photos that are there more than once: the same file, the same picture, or nearly the same shot."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.perceptual import perceptual_hashes
from mcsearch.ops.finding.ranking import packed_rows
from mcsearch.ops.model import ModelInUse
from mcsearch.photos.formats import RAW, VIDEO, Format, format_of
from mcsearch.records import DuplicateGroup, DuplicatePhoto, IndexedModel, Progress, no_progress
from mcsearch.search.groups import Groups
from mcsearch.search.pairs import near_pairs
from mcsearch.search.quantise import ERROR_PER_SCALE

Numbers = npt.NDArray[np.int64]

# The same picture: embeddings this near propose a pair, and perceptual hashes that differ in no more bits confirm it.
# Painted copies differ in 0 to 4 bits when they are re-encoded or resized, in up to 12 when 4 % are cut off all around.
_NEAR_COSINE = 0.9
_NEAR_BITS = 10
# Cosines below this put photos together that have little in common, and most pairs of a library among them.
_LEAST_SIMILAR = 0.5
# Of copies with as many pixels, those come first that lost the least when they were written. Others come after them.
_BEST_FORMATS = ("TIFF", "PNG", "JPEG XL", "HEIF", "AVIF", "JPEG")


def find_duplicates(
    library: LibraryFile,
    model: ModelInUse,
    *,
    exact: bool = False,
    similar: float | None = None,
    filters: Wanted | None = None,
    progress: Progress = no_progress,
) -> list[DuplicateGroup]:
    """Groups of photos that show the same, largest group first, the best copy of each first; nothing is changed.

    Without `exact` and `similar`: the same picture, however it was encoded or resized, slightly cropped or turned.
    With `exact` only files with the same content; with `similar`, a cosine, also bursts and variants that near to each
    other. Exact copies are in all of them. RAW files and videos are held against their like only. The best copy has the
    most pixels; among those, a format that keeps more, then the earliest date. Raises
    UsageError for a bad value, NothingIndexedError when there are no photos.
    """
    if exact and similar is not None:
        raise UsageError("Choose one of exact and similar.")
    if similar is not None and not _LEAST_SIMILAR <= similar <= 1:
        raise UsageError(f"{similar:g} is no similarity to ask for: {_LEAST_SIMILAR:g} to 1 works, for instance 0.95.")
    met = filter_conditions(model.record, filters)
    groups = [[content_id] for content_id in library.duplicates.exact(met)]
    if not exact:
        content_ids, rows, scales = packed_rows(library, model.record, met)
        together = Groups(len(content_ids))
        # By what cosines of packed rows may be off.
        slack = float(2 * ERROR_PER_SCALE * scales.max(initial=0))
        if similar is not None:
            for first, second, cosines in near_pairs(rows, scales, similar - slack):
                sure = _at_least(library, model.record, content_ids, first, second, cosines, similar, slack)
                together.add(first[sure], second[sure])
        else:
            _add_same_pictures(library, together, content_ids, rows, scales, progress)
        several = [content_ids[group].tolist() for group in together.of_several()]
        grouped = {content_id for group in several for content_id in group}
        groups = several + [group for group in groups if group[0] not in grouped]
    photos = library.duplicates.photos([content_id for group in groups for content_id in group], met)
    found = [
        alike
        for group in groups
        for alike in _by_kind(photo for content_id in group for photo in photos.get(content_id, ()))
    ]
    return sorted(found, key=lambda group: (-len(group.photos), group.photos[0].path))


def _add_same_pictures(
    library: LibraryFile,
    together: Groups,
    content_ids: Numbers,
    rows: npt.NDArray[np.int8],
    scales: npt.NDArray[np.float32],
    progress: Progress,
) -> None:
    """Put contents together that are the same picture by their embeddings and by their perceptual hashes."""
    proposed = np.zeros(len(rows), bool)
    for first, second, _ in near_pairs(rows, scales, _NEAR_COSINE):
        proposed[first] = proposed[second] = True
    hashes = perceptual_hashes(library, content_ids[proposed].tolist(), progress)
    hashed = np.array([number for number in np.flatnonzero(proposed) if int(content_ids[number]) in hashes], np.int64)
    bits = np.array([hashes[int(content_ids[number])] for number in hashed], np.uint64)
    for first, second, _ in near_pairs(rows[hashed], scales[hashed], _NEAR_COSINE):
        same = np.bitwise_count(bits[first] ^ bits[second]) <= _NEAR_BITS
        together.add(hashed[first[same]], hashed[second[same]])


def _at_least(
    library: LibraryFile,
    model: IndexedModel,
    content_ids: Numbers,
    first: Numbers,
    second: Numbers,
    cosines: npt.NDArray[np.float32],
    wanted: float,
    slack: float,
) -> npt.NDArray[np.bool_]:
    """Which pairs have a cosine of at least that. Those that packed rows leave open are settled by the embeddings."""
    sure = cosines >= wanted + slack
    unsure = np.flatnonzero(~sure)
    numbers, places = np.unique(np.concatenate([first[unsure], second[unsure]]), return_inverse=True)
    vectors = library.embeddings.of_contents(model, content_ids[numbers].tolist()).astype(np.float64)
    exact = (vectors[places[: len(unsure)]] * vectors[places[len(unsure) :]]).sum(axis=1)
    sure[unsure] = exact >= wanted - 1e-6
    return sure


def _by_kind(photos: Iterable[DuplicatePhoto]) -> Iterator[DuplicateGroup]:
    """The groups that photos make, best first: a RAW file or a video is no copy of a picture that was made of it."""
    kinds: dict[Format | None, list[DuplicatePhoto]] = {}
    for photo in photos:
        kind = format_of(photo.path)
        kinds.setdefault(kind if kind in (RAW, VIDEO) else None, []).append(photo)
    return (DuplicateGroup(tuple(sorted(alike, key=_worth))) for alike in kinds.values() if len(alike) > 1)


def _worth(photo: DuplicatePhoto) -> tuple[int, int, str, str]:
    pixels = (photo.width or 0) * (photo.height or 0)
    rank = _BEST_FORMATS.index(photo.format) if photo.format in _BEST_FORMATS else len(_BEST_FORMATS)
    return -pixels, rank, photo.taken_at or "9999", photo.path
