"""Assign labels to blocks of embeddings, and turn them into rows of tags, in the order that SQLite stores fastest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import BACKGROUND, ensemble
from mcsearch.ops.finding.labels_file import TAUGHT, Label
from mcsearch.ops.model import ModelInUse
from mcsearch.ops.teaching.classifiers import classifiers
from mcsearch.records.progress import Progress
from mcsearch.search.labels import Assigned, assign, together
from mcsearch.search.relevance import MARGIN
from mcsearch.search.teaching import assign_learnt

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
_BLOCK_VECTORS = 65536
_PROMPTS_AT_ONCE = 256  # feeds the streams of a text tower; what is encoded is kept after each block


class Assigner:
    """Assigns labels in words, and with `taught` those that were learnt from examples, to photos of the model in use.

    `labels` are all of them, in the order that `assign` numbers them. If it is `strict`, labels in words must exceed
    the background by the margin that the library sets for queries. Do not create it inside a transaction.
    """

    def __init__(
        self,
        library: LibraryFile,
        model: ModelInUse,
        labels: Sequence[Label],
        *,
        taught: bool,
        strict: bool,
        progress: Progress,
    ) -> None:
        learnt = classifiers(library, model, progress) if taught else {}
        self.labels = [*labels, *(Label(name, (), TAUGHT) for name in learnt)]
        self._scale, self._classifiers, self._in_words = model.record.logit_scale, list(learnt.values()), len(labels)
        self._vectors, self._background = _vectors(model, labels, progress)
        margin = library.models.margin(model.record.id)
        self._margin = (margin.logits if margin else MARGIN) if strict else 0.0
        # What was said about examples, by content: the number of the classifier, and whether its label fits.
        self._said: dict[int, list[tuple[int, bool]]] = {}
        for number, name in enumerate(learnt):
            for content_id, shows in library.taught.examples(name).items():
                self._said.setdefault(content_id, []).append((number, shows))

    def assign(self, content_ids: Ids, photos: Vectors, *, threshold: float, top_k: int) -> Assigned:
        """Return the labels of photos, given their contents: at most `top_k` in words each, and all that are learnt."""
        parts = []
        if self._in_words:
            words = assign(
                photos, self._vectors, self._background, self._scale, threshold=threshold, top_k=top_k,
                margin=self._margin,
            )  # fmt: skip
            parts.append(words)
        if self._classifiers:
            said = [
                (row, number, shows)
                for row, content_id in enumerate(content_ids.tolist() if self._said else ())
                for number, shows in self._said.get(content_id, ())
            ]
            part = assign_learnt(
                photos, self._classifiers, self._background, self._scale, threshold=threshold, said=said
            )
            parts.append(replace(part, labels=part.labels + self._in_words))
        return together(parts)


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


def _vectors(model: ModelInUse, labels: Sequence[Label], progress: Progress) -> tuple[Vectors, Vectors]:
    """Return the vectors of the labels, (labels, dimensions), and of the background prompts, (prompts, dimensions)."""
    encoded = model.encode_prompts(BACKGROUND)
    background = np.stack([encoded[prompt] for prompt in BACKGROUND])
    of_labels = np.empty((len(labels), background.shape[1]), np.float32)
    done, total = 0, sum(len(label.prompts) for label in labels)
    for rows in _blocks(labels):
        encoded = model.encode_prompts([prompt for row in rows for prompt in labels[row].prompts])
        for row in rows:
            of_labels[row] = ensemble([encoded[prompt] for prompt in labels[row].prompts])
        done += sum(len(labels[row].prompts) for row in rows)
        if len(rows) < len(labels):
            progress("encoding prompts", done, total)
    return of_labels, background


def _blocks(labels: Sequence[Label]) -> Iterator[list[int]]:
    """Yield the numbers of the labels in blocks of at least _PROMPTS_AT_ONCE prompts, the last one excepted."""
    block: list[int] = []
    prompts = 0
    for number, label in enumerate(labels):
        block.append(number)
        prompts += len(label.prompts)
        if prompts >= _PROMPTS_AT_ONCE:
            yield block
            block, prompts = [], 0
    if block:
        yield block
