"""From labels and blocks of embeddings to the rows of tags, in the order in which they are stored fastest."""

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
    """Labels assigned to photos, as parallel arrays: ids of photos, places of labels, scores and probabilities."""

    photo_ids: Ids
    labels: npt.NDArray[np.intp]
    scores: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]


def photos_with(content_ids: Ids, targets: tuple[Ids, Ids]) -> tuple[Ids, Ids]:
    """The photos of `targets` that have these contents, content by content, and how many each content has.

    `targets` are content ids, ascending, and the ids of the photos that have them.
    """
    contents, photo_ids = targets
    first = np.searchsorted(contents, content_ids, "left")
    copies = np.searchsorted(contents, content_ids, "right") - first
    starts = np.repeat(first - (np.cumsum(copies) - copies), copies)
    return photo_ids[starts + np.arange(len(starts))], copies


def of_photos(content_ids: Ids, assigned: Assigned, targets: tuple[Ids, Ids]) -> PhotoLabels:
    """What was assigned to contents as it is for the photos of `targets` that have them."""
    photo_ids, copies = photos_with(content_ids[assigned.rows], targets)
    return PhotoLabels(
        photo_ids,
        np.repeat(assigned.labels, copies),
        np.repeat(assigned.scores, copies),
        np.repeat(assigned.probabilities, copies),
    )


def in_order(labels: Sequence[Label], some: Sequence[PhotoLabels]) -> Iterator[tuple[str, str, int, float, float]]:
    """Set, label, photo id, score and probability of what was assigned, in the order of the table's key.

    A million tags in any other order take SQLite three times as long.
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
