"""Turn labels assigned to blocks of embeddings into rows of tags, in the order that SQLite stores fastest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsearch.ops.finding.labels_file import Label
from mcsearch.search.labels import Assigned

Ids = npt.NDArray[np.int64]
_BLOCK_VECTORS = 65536


@dataclass(frozen=True, slots=True)
class PhotoLabels:
    """Labels assigned to photos, as parallel arrays: photo ids, indices of labels, scores and probabilities."""

    photo_ids: Ids
    labels: npt.NDArray[np.intp]
    scores: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]


def photos_with(content_ids: Ids, targets: tuple[Ids, Ids]) -> tuple[Ids, Ids]:
    """Return the ids of the photos in `targets` with these contents, content by content, and their number per content.

    `targets` holds content ids, in ascending order, and the id of a photo with each.
    """
    contents, photo_ids = targets
    first = np.searchsorted(contents, content_ids, "left")
    copies = np.searchsorted(contents, content_ids, "right") - first
    starts = np.repeat(first - (np.cumsum(copies) - copies), copies)
    return photo_ids[starts + np.arange(len(starts))], copies


def of_photos(content_ids: Ids, assigned: Assigned, targets: tuple[Ids, Ids]) -> PhotoLabels:
    """Return the labels of contents as labels of the photos in `targets` that have these contents."""
    photo_ids, copies = photos_with(content_ids[assigned.rows], targets)
    return PhotoLabels(
        photo_ids,
        np.repeat(assigned.labels, copies),
        np.repeat(assigned.scores, copies),
        np.repeat(assigned.probabilities, copies),
    )


def in_order(labels: Sequence[Label], some: Sequence[PhotoLabels]) -> Iterator[tuple[str, str, int, float, float]]:
    """Yield set, label, photo id, score and probability of every tag, sorted by the key of the table.

    In any other order, SQLite takes three times as long to store a million tags.
    """
    if not some:
        return
    keys = [(label.set.encode(), label.name.encode()) for label in labels]
    ranks = np.empty(len(keys), np.intp)
    ranks[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    numbers = np.concatenate([part.labels for part in some])
    photo_ids = np.concatenate([part.photo_ids for part in some])
    scores = np.concatenate([part.scores for part in some])
    probabilities = np.concatenate([part.probabilities for part in some])
    order = np.lexsort((photo_ids, ranks[numbers]))
    for start in range(0, len(order), _BLOCK_VECTORS):
        block = order[start : start + _BLOCK_VECTORS]
        of_labels = [labels[number] for number in numbers[block].tolist()]
        yield from zip(
            [label.set for label in of_labels], [label.name for label in of_labels],
            photo_ids[block].tolist(), scores[block].tolist(), probabilities[block].tolist(),
            strict=True,
        )  # fmt: skip
