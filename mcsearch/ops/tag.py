"""Tag photos with the labels that fit them, or by hand."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.tags import with_ids
from mcsearch.models.prompts import BACKGROUND, ensemble
from mcsearch.ops.finding.assigning import PhotoLabels, in_order, of_photos, photos_with
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.labels_file import MANUAL, Label, wanted_labels
from mcsearch.ops.model import ModelInUse
from mcsearch.ops.show import show_photo
from mcsearch.ops.sidecars import write_tags
from mcsearch.paths import shown
from mcsearch.records import LabelledPhoto, Progress, Tag, TagCount, TaggedPhoto, no_progress
from mcsearch.reports import ClearReport, HandTagReport, OnSidecar, SidecarReport, TagReport
from mcsearch.search.labels import assign

_STORED_AT_ONCE = 1_000_000


def tag_photos(
    library: LibraryFile,
    model: ModelInUse,
    labels_file: str | os.PathLike[str] | None = None,
    *,
    labels: str | Sequence[str] = (),
    set_name: str | None = None,
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

    Labels come from a file and from `labels`, which are as lines of a file. The tags are a set, which is called
    `set_name`, else as the file without its suffix; each of `labels` is one of its own. A run replaces, all or
    nothing, the tags of its sets, of this model, on the photos concerned: all of them, or those that `filters` leave
    (as in find_photos). What was given or taken away by hand stays so.
    `dry_run` leaves the library as it was and reports the changes. `on_photo` is called with every photo and its tags
    as they are decided. `write_xmp` then writes the photos' tags as `write_sidecars` does.
    Raises UsageError for bad labels and NothingIndexedError when there are no photos.
    """

    def write() -> SidecarReport:
        return write_tags(library, row, met, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)

    if not 0 <= threshold <= 1:
        raise UsageError(f"{threshold:g} is no probability for a threshold: 0 to 1 works, for instance 0.5.")
    lines = [labels] if isinstance(labels, str) else labels
    wanted = wanted_labels(None if labels_file is None else Path(labels_file), lines, set_name)
    if not wanted:
        raise UsageError("Name a labels file, or labels.")
    sets = sorted({label.set for label in wanted})
    row = model.record
    asked = filter_conditions(row, filters)
    label_vectors, background = _vectors(model, wanted)
    waiting: list[PhotoLabels] = []
    with library.transaction(keep=not dry_run):
        met = library.photos.fixed(asked)  # a tag may be among what is asked for, and tags go now
        total, done = library.photos.count(met), 0
        targets = library.tags.targets(met)
        if dry_run or on_photo is not None:
            library.tags.remember(row.id, sets, met)
        library.tags.clear(row.id, sets, met)
        for content_ids, photos in library.embeddings.blocks(row, met):
            assigned = assign(photos, label_vectors, background, row.logit_scale, threshold=threshold, top_k=top_k)
            waiting.append(of_photos(content_ids, assigned, targets))
            if on_photo is not None:
                _report(library, photos_with(content_ids, targets)[0].tolist(), wanted, waiting[-1], on_photo)
            if sum(len(some.photo_ids) for some in waiting) >= _STORED_AT_ONCE:
                library.tags.add(row.id, in_order(wanted, waiting))
                waiting.clear()
            done += len(content_ids)
            progress("tagging", done, total)
        library.tags.add(row.id, in_order(wanted, waiting))
        library.tags.drop_taken_away()
        counts = tuple(library.tags.counts(row.id, sets, met))
        report = TagReport(total, library.tags.tagged_photos(row.id, sets, met), counts)
        if dry_run:  # what was decided is there only until the transaction ends
            report = dataclasses.replace(report, changes=tuple(library.tags.changes(row.id, sets, met)))
            report = dataclasses.replace(report, sidecars=write() if write_xmp else None)
    if write_xmp and not dry_run:
        report = dataclasses.replace(report, sidecars=write())
    return report


def tag_by_hand(
    library: LibraryFile,
    model: ModelInUse | None,
    photos: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    *,
    give: str | Sequence[str] = (),
    take: str | Sequence[str] = (),
    filters: Wanted | None = None,
    dry_run: bool = False,
    write_xmp: bool = False,
    on_photo: Callable[[LabelledPhoto], None] | None = None,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> HandTagReport:
    """Give labels to these photos, or to all that `filters` leave, and take others away; no run changes that.

    A label that was taken away stays away, and one that was given stays, until `clear_tags` clears the set "manual".
    `on_photo` is called with every photo and the tags it has then. `write_xmp` then writes the photos' tags as
    `write_sidecars` does. Only `filters` and `write_xmp` need a model. Raises UsageError for a photo that the library
    does not know; then nothing is stored.
    """

    def write() -> SidecarReport:
        assert model is not None
        return write_tags(library, model.record, met, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)

    given, taken = (_by_hand([labels] if isinstance(labels, str) else labels) for labels in (give, take))
    if both := {label.casefold() for label in given} & {label.casefold() for label in taken}:
        raise UsageError(f"The label {min(both)!r} is given and taken away.")
    if not given and not taken:
        raise UsageError("Name the labels to give or to take away.")
    named = [photos] if isinstance(photos, str | os.PathLike) else photos
    if not named and not filters:
        raise UsageError("Name the photos, or say by filters which.")
    known = [_photo_id(library, photo) for photo in named]
    met = [with_ids(known)] if named else []
    if filters:
        assert model is not None
        met += filter_conditions(model.record, filters)
    with library.transaction(keep=not dry_run):
        met = library.photos.fixed(met)
        paths = library.photos.ids(met)
        library.tags.give(list(paths), given, given=True)
        library.tags.give(list(paths), taken, given=False)
        library.tags.drop_taken_away()
        if on_photo is not None:
            for photo_id, path in paths.items():
                on_photo(LabelledPhoto(path, library.tags.of_photo(photo_id)))
        report = HandTagReport(len(paths), write() if write_xmp and dry_run else None)
    return HandTagReport(len(paths), write()) if write_xmp and not dry_run else report


def clear_tags(
    library: LibraryFile,
    model: ModelInUse,
    *,
    set_name: str | None = None,
    filters: Wanted | None = None,
    dry_run: bool = False,
) -> ClearReport:
    """Take away the tags of a model in one set, or in all, from all photos or those that `filters` leave.

    The set "manual" is what was given and taken away by hand; it is cleared only when it is named.
    Raises UsageError for a set that there is not.
    """
    row = model.record
    there = library.tags.sets(row.id)
    if set_name not in (None, MANUAL, *there):
        raise UsageError(f"There is no set of tags {set_name!r}. There are {', '.join([*there, MANUAL])}.")
    met = filter_conditions(row, filters)
    with library.transaction(keep=not dry_run):
        if set_name == MANUAL:
            return ClearReport(library.tags.clear_by_hand(met), (MANUAL,))
        sets = there if set_name is None else [set_name]
        return ClearReport(library.tags.clear(row.id, sets, library.photos.fixed(met)), tuple(sets))


def count_tags(library: LibraryFile, model: ModelInUse | None) -> tuple[TagCount, ...]:
    """Count the photos with each label, most first: tags of the model, if there is one, tags by hand, keywords."""
    automatic = library.tags.counts(model.record.id, library.tags.sets(model.record.id)) if model is not None else []
    return (*automatic, *library.tags.counts_by_hand(), *library.facts.keyword_counts())


def _vectors(model: ModelInUse, labels: Sequence[Label]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The vectors of labels (n, dimensions), and those of the background prompts."""
    encoded = model.encode_prompts([*(prompt for label in labels for prompt in label.prompts), *BACKGROUND])
    of_labels = np.stack([ensemble([encoded[prompt] for prompt in label.prompts]) for label in labels])
    return of_labels, np.stack([encoded[prompt] for prompt in BACKGROUND])


def _report(
    library: LibraryFile,
    photo_ids: list[int],
    labels: Sequence[Label],
    some: PhotoLabels,
    on_photo: Callable[[TaggedPhoto], None],
) -> None:
    """Call `on_photo` with each of these photos and what was assigned to it."""
    taken_away = library.tags.taken_away()
    tags: dict[int, list[Tag]] = {}
    for photo_id, label, score, probability in zip(
        some.photo_ids.tolist(), some.labels.tolist(), some.scores.tolist(), some.probabilities.tolist(), strict=True
    ):
        name = labels[label].name
        if (photo_id, name.lower()) not in taken_away:
            tags.setdefault(photo_id, []).append(Tag(name, score, probability))
    earlier = library.tags.remembered(photo_ids)
    for photo_id, path in library.photos.ids([with_ids(photo_ids)]).items():
        given = tuple(tags.get(photo_id, ()))
        now, before = {one.label for one in given}, earlier.get(photo_id, set())
        on_photo(TaggedPhoto(path, given, tuple(sorted(now - before)), tuple(sorted(before - now))))


def _by_hand(labels: Sequence[str]) -> list[str]:
    """Labels as somebody has typed them, without needless spaces. Raises UsageError for an empty one."""
    tidy = [" ".join(label.split()) for label in labels]
    if not all(tidy):
        raise UsageError("An empty label fits nothing. Name one, such as +beach.")
    return tidy


def _photo_id(library: LibraryFile, photo: str | os.PathLike[str]) -> int:
    path = show_photo(library, photo).path  # of a companion its photo's
    photo_id = library.photos.id_of(path)
    if photo_id is None:
        raise UsageError(f"{shown(path)} could not be read, and has no tags.")
    return photo_id
