"""Tag photos with the labels that fit them."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import BACKGROUND, ensemble
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.labels_file import Label, read_labels
from mcsearch.ops.model import ModelInUse
from mcsearch.ops.sidecars import write_tags
from mcsearch.records import Progress, Tag, TagCount, TaggedPhoto, no_progress
from mcsearch.reports import OnSidecar, SidecarReport, TagReport
from mcsearch.search.labels import Assigned, assign

_STORED_AT_ONCE = 1_000_000
_BLOCK_VECTORS = 65536


def tag_photos(
    library: LibraryFile,
    model: ModelInUse,
    labels_file: str | os.PathLike[str],
    *,
    top_k: int = 5,
    threshold: float = 0.5,
    filters: Wanted | None = None,
    dry_run: bool = False,
    write_xmp: bool = False,
    on_photo: Callable[[TaggedPhoto], None] | None = None,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> TagReport:
    """Assign labels to photos: those with a probability ≥ `threshold`, the `top_k` most probable of a photo.

    Replaces, all or nothing, what was assigned with this model before to the photos concerned: all of
    them, or those that `filters` leave (as in find). `dry_run` leaves the library as it was. `on_photo` is called with
    every photo and its tags as they are decided. `write_xmp` then writes them as `write_sidecars` does.
    Raises UsageError for a bad labels file and NothingIndexedError when there are no photos.
    """

    def write() -> SidecarReport:
        return write_tags(library, row, met, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)

    labels = read_labels(Path(labels_file))
    row = model.record
    wanted = filter_conditions(model.record, filters)
    encoded = model.encode_prompts([*(prompt for label in labels for prompt in label.prompts), *BACKGROUND])
    label_vectors = np.stack([ensemble([encoded[prompt] for prompt in label.prompts]) for label in labels])
    background = np.stack([encoded[prompt] for prompt in BACKGROUND])
    waiting: list[tuple[npt.NDArray[np.int64], Assigned]] = []
    with library.transaction(keep=not dry_run):
        met = library.photos.fixed(wanted)  # a tag may be among what is asked for, and tags go now
        total, done = library.photos.count(met), 0
        library.tags.clear(row.id, met)
        for content_ids, photos in library.embeddings.blocks(row, met):
            assigned = assign(photos, label_vectors, background, row.logit_scale, threshold=threshold, top_k=top_k)
            waiting.append((content_ids, assigned))
            if sum(len(some.rows) for _, some in waiting) >= _STORED_AT_ONCE:
                library.tags.add(row.id, _in_order(labels, waiting))
                waiting.clear()
            if on_photo is not None:
                _report(library, met, labels, content_ids.tolist(), assigned, on_photo)
            done += len(content_ids)
            progress("tagging", done, total)
        library.tags.add(row.id, _in_order(labels, waiting))
        counts = tuple(library.tags.counts(row.id, met))
        report = TagReport(total, library.tags.tagged_photos(row.id, met), counts)
        if write_xmp and dry_run:  # what was decided is there only until the transaction ends
            report = dataclasses.replace(report, sidecars=write())
    if write_xmp and not dry_run:
        report = dataclasses.replace(report, sidecars=write())
    return report


def count_tags(library: LibraryFile, model: ModelInUse) -> tuple[TagCount, ...]:
    """How many photos carry each label, most first; keywords of their own after the tags of the model."""
    return (*library.tags.counts(model.record.id), *library.facts.keyword_counts())


def _in_order(
    labels: Sequence[Label], assigned: Sequence[tuple[npt.NDArray[np.int64], Assigned]]
) -> Iterator[tuple[str, int, float, float]]:
    """Label, content id, score and probability of what was assigned, in the order of the table's key.

    A million tags in any other order take SQLite three times as long.
    """
    if not assigned:
        return
    names = [label.name for label in labels]
    ranks = np.empty(len(names), np.intp)
    ranks[sorted(range(len(names)), key=lambda number: names[number].encode())] = np.arange(len(names))
    numbers = np.concatenate([some.labels for _, some in assigned])
    contents = np.concatenate([content_ids[some.rows] for content_ids, some in assigned])
    scores = np.concatenate([some.scores for _, some in assigned])
    probabilities = np.concatenate([some.probabilities for _, some in assigned])
    order = np.lexsort((contents, ranks[numbers]))
    for start in range(0, len(order), _BLOCK_VECTORS):
        some = order[start : start + _BLOCK_VECTORS]
        yield from zip(
            [names[number] for number in numbers[some].tolist()],
            contents[some].tolist(), scores[some].tolist(), probabilities[some].tolist(),
            strict=True,
        )  # fmt: skip


def _report(
    library: LibraryFile,
    met: Sequence[Condition],
    labels: Sequence[Label],
    ids: Sequence[int],
    assigned: Assigned,
    on_photo: Callable[[TaggedPhoto], None],
) -> None:
    tags: dict[int, list[Tag]] = {}
    for row, label, score, probability in zip(
        assigned.rows.tolist(), assigned.labels.tolist(), assigned.scores.tolist(),
        assigned.probabilities.tolist(), strict=True,
    ):  # fmt: skip
        tags.setdefault(ids[row], []).append(Tag(labels[label].name, score, probability))
    paths = library.photos.paths(ids, met)
    for content_id in ids:
        for path in paths.get(content_id, []):
            on_photo(TaggedPhoto(path, tuple(tags.get(content_id, ()))))
