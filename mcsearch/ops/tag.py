"""Tag photos with the labels that fit them, or by hand."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.levels import LEVELS, leaf, tidy_label
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.tags import with_ids
from mcsearch.likeness import did_you_mean
from mcsearch.ops.finding.assigning import Assigner, PhotoLabels, in_order, of_photos, photos_with
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.labels_file import EVERYDAY, MANUAL, TAUGHT, Label, wanted_labels
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.show import show_photo
from mcsearch.ops.sidecars import write_tags
from mcsearch.paths import shown
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import ClearReport, HandTagReport, OnSidecar, SidecarReport, TagReport
from mcsearch.records.tags import LabelledPhoto, Tag, TagCount, TaggedPhoto

_STORED_AT_ONCE = 1_000_000
_ENCODED_AT_ONCE = 1000  # labels, of several prompts each


def tag_photos(
    opened: OpenLibrary,
    labels_file: str | os.PathLike[str] | None = None,
    *,
    labels: str | Sequence[str] = (),
    taught: bool = False,
    set_name: str | None = None,
    top_k: int = 5,
    threshold: float = 0.5,
    filters: Wanted | None = None,
    model: str | None = None,
    dry_run: bool = False,
    write_xmp: bool = False,
    on_photo: Callable[[TaggedPhoto], None] | None = None,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> TagReport:
    """Tag each photo with its `top_k` most probable labels, of those with a probability ≥ `threshold`.

    Labels come from a file and from `labels`, which are written like lines of such a file. Tags belong to a set:
    `set_name`, or else the file's name without its suffix; without `set_name`, each of `labels` forms its own set.
    With `taught`, photos also get all labels that were taught by examples and that reach the threshold, in the set
    "taught". If neither file nor labels nor `taught` is given, the labels are those that come with the program, in the
    set "everyday", held to the margin that hits of a query are held to, and those that were taught.
    A run covers all photos, or those that match `filters` (as in find_photos). In one transaction it replaces this
    model's earlier tags of the same sets on them. Labels given or removed by hand are never changed.
    With `dry_run` the library stays unchanged and the report lists the changes. `on_photo` is called with each photo
    and its new tags. `write_xmp` then writes sidecars as `write_sidecars` does.
    Raises UsageError for bad labels, and NothingIndexedError when there are no photos.
    """
    library, chosen = opened.file, opened.models.to_ask(model, progress)
    record = chosen.record

    def write() -> SidecarReport:
        return write_tags(library, record, conditions, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)

    if not 0 <= threshold <= 1:
        raise UsageError(f"{threshold:g} is no probability for a threshold: 0 to 1 works, for instance 0.5.")
    if top_k < 1:
        raise UsageError(f"Each photo is to get {top_k} labels at most, but it must be at least 1.")
    lines = [labels] if isinstance(labels, str) else labels
    if taught and not library.taught.listed():
        raise UsageError("No label has been taught.", hint="Teach one: mcsearch teach LABEL --yes PHOTO...")
    everyday = labels_file is None and not lines and not taught
    file = EVERYDAY if everyday else None if labels_file is None else Path(labels_file)
    wanted = wanted_labels(file, lines, set_name)
    matching = filter_conditions(library, record, filters)
    assigner = Assigner(library, chosen, wanted, taught=taught or everyday, strict=everyday, progress=progress)
    given, sets = assigner.labels, sorted({label.set for label in wanted} | ({TAUGHT} if taught or everyday else set()))
    unsaved: list[PhotoLabels] = []
    with library.transaction(keep=not dry_run):
        conditions = library.photos.fixed(matching)  # filters may ask for tags, which this run is about to replace
        total, done = library.photos.count(conditions), 0
        targets = library.tags.targets(conditions)
        if dry_run or on_photo is not None:
            library.tags.remember(record.id, sets, conditions)
        library.tags.clear(record.id, sets, conditions)
        for content_ids, photos in library.embeddings.blocks(record, conditions):
            assigned = assigner.assign(content_ids, photos, threshold=threshold, top_k=top_k)
            unsaved.append(of_photos(content_ids, assigned, targets))
            if on_photo is not None:
                _report(library, photos_with(content_ids, targets)[0].tolist(), given, unsaved[-1], on_photo)
            if sum(len(some.photo_ids) for some in unsaved) >= _STORED_AT_ONCE:
                library.tags.add(record.id, in_order(given, unsaved))
                unsaved.clear()
            done += len(content_ids)
            progress("tagging", done, total)
        library.tags.add(record.id, in_order(given, unsaved))
        library.tags.drop_taken_away()
        counts = tuple(library.tags.counts(record.id, sets, conditions))
        report = TagReport(total, library.tags.tagged_photos(record.id, sets, conditions), counts)
        if dry_run:  # the new tags are gone once the transaction ends
            report = dataclasses.replace(report, changes=tuple(library.tags.changes(record.id, sets, conditions)))
            report = dataclasses.replace(report, sidecars=write() if write_xmp else None)
    if write_xmp and not dry_run:
        report = dataclasses.replace(report, sidecars=write())
    return report


def tag_by_hand(
    opened: OpenLibrary,
    photos: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    *,
    give: str | Sequence[str] = (),
    take: str | Sequence[str] = (),
    filters: Wanted | None = None,
    model: str | None = None,
    dry_run: bool = False,
    write_xmp: bool = False,
    on_photo: Callable[[LabelledPhoto], None] | None = None,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> HandTagReport:
    """Add labels to photos by hand and remove others: on the photos named, those that match `filters`, or both.

    With both, only named photos that match are changed. No tag run changes what was added or removed by hand; only
    `clear_tags` does, for the set "manual". `on_photo` is called with each photo and the tags it has afterwards.
    `write_xmp` then writes sidecars as `write_sidecars` does. A model is needed only for `filters` and `write_xmp`.
    Raises UsageError for a photo that is not in the library; then nothing is stored.
    """
    library = opened.file
    record = opened.models.to_ask(model).record if filters or write_xmp else None

    def write() -> SidecarReport:
        assert record is not None
        return write_tags(library, record, conditions, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)

    given, taken = (_by_hand([labels] if isinstance(labels, str) else labels) for labels in (give, take))
    if both := {label.casefold() for label in given} & {label.casefold() for label in taken}:
        raise UsageError(f"The label {min(both)!r} is both added and removed.")
    if not given and not taken:
        raise UsageError("Name labels to add or to remove.")
    named = [photos] if isinstance(photos, str | os.PathLike) else photos
    if not named and not filters:
        raise UsageError("Name the photos to tag, or select them with filters.")
    known = photo_ids(opened, named)
    conditions = [with_ids(known)] if named else []
    if filters:
        assert record is not None
        conditions += filter_conditions(library, record, filters)
    with library.transaction(keep=not dry_run):
        conditions = library.photos.fixed(conditions)
        paths = library.photos.ids(conditions)
        library.tags.give(list(paths), taken, given=False)
        library.tags.give(list(paths), given, given=True)
        library.tags.drop_taken_away()
        if on_photo is not None:
            for photo_id, path in paths.items():
                on_photo(LabelledPhoto(path, library.tags.of_photo(photo_id)))
        report = HandTagReport(len(paths), write() if write_xmp and dry_run else None)
    return HandTagReport(len(paths), write()) if write_xmp and not dry_run else report


def clear_tags(
    opened: OpenLibrary,
    *,
    set_name: str | None = None,
    filters: Wanted | None = None,
    model: str | None = None,
    dry_run: bool = False,
) -> ClearReport:
    """Remove a model's tags of one set, or of all sets, from all photos or from those that match `filters`.

    The set "manual" holds the labels given and removed by hand; it is cleared only when it is named.
    Raises UsageError for a set that does not exist.
    """
    library, record = opened.file, opened.models.to_ask(model).record
    existing = library.tags.sets(record.id)
    if set_name not in (None, MANUAL, *existing):
        meant = did_you_mean(set_name or "", existing)
        raise UsageError(f"There is no tag set {set_name!r}.{meant} The sets are {', '.join([*existing, MANUAL])}.")
    conditions = filter_conditions(library, record, filters)
    with library.transaction(keep=not dry_run):
        if set_name == MANUAL:
            return ClearReport(library.tags.clear_by_hand(conditions), (MANUAL,))
        sets = existing if set_name is None else [set_name]
        return ClearReport(library.tags.clear(record.id, sets, library.photos.fixed(conditions)), tuple(sets))


def count_tags(opened: OpenLibrary, *, model: str | None = None) -> tuple[TagCount, ...]:
    """Return the number of photos with each label: the model's tags, if any, then tags by hand, then keywords.

    Within each of these, the most frequent label comes first. Taught labels are listed even if no photo has them.
    """
    library = opened.file
    automatic: list[TagCount] = []
    if model is not None or library.models.find() is not None:
        record = opened.models.to_ask(model).record
        taught = {label.name: label.yes + label.no for label in library.taught.listed()}
        for count in library.tags.counts(record.id, library.tags.sets(record.id)):
            examples = taught.pop(count.label, 0) if TAUGHT in count.sets else 0
            automatic.append(dataclasses.replace(count, examples=examples))
        automatic += [TagCount(name, 0, "automatic", (TAUGHT,), examples) for name, examples in taught.items()]
    return (*automatic, *library.tags.counts_by_hand(), *library.facts.keyword_counts())


def _report(
    library: LibraryFile,
    photo_ids: list[int],
    labels: Sequence[Label],
    assigned: PhotoLabels,
    on_photo: Callable[[TaggedPhoto], None],
) -> None:
    """Call `on_photo` with each of these photos and the labels assigned to it."""
    taken_away = library.tags.taken_away()
    tags: dict[int, list[Tag]] = {}
    for photo_id, label, score, probability in zip(
        assigned.photo_ids.tolist(), assigned.labels.tolist(), assigned.scores.tolist(),
        assigned.probabilities.tolist(), strict=True,
    ):  # fmt: skip
        name = labels[label].name
        if not {(photo_id, name.lower()), (photo_id, leaf(name).lower())} & taken_away:
            tags.setdefault(photo_id, []).append(Tag(name, score, probability))
    earlier = library.tags.remembered(photo_ids)
    for photo_id, path in library.photos.ids([with_ids(photo_ids)]).items():
        given = tuple(tags.get(photo_id, ()))
        now, before = {one.label for one in given}, earlier.get(photo_id, set())
        on_photo(TaggedPhoto(path, given, tuple(sorted(now - before)), tuple(sorted(before - now))))


def _by_hand(labels: Sequence[str]) -> list[str]:
    """Return labels as typed by the user, tidied. Raises UsageError for an empty label or level."""
    tidy = [tidy_label(label) for label in labels]
    if not all(level for label in tidy for level in label.split(LEVELS)):
        raise UsageError("A label is empty.", hint='Name one, for instance +beach or "+animals > dog".')
    return tidy


def photo_ids(opened: OpenLibrary, photos: Sequence[str | os.PathLike[str]]) -> list[int]:
    """Return the ids of photos. Raises UsageError for one that is not in the library, or could not be read."""
    ids = []
    for photo in photos:
        if os.path.isdir(os.path.expanduser(photo)):
            raise UsageError(
                f"{shown(os.fspath(photo))} is a folder. Name photos.",
                hint="To tag all photos in a folder: mcsearch tag --in DIR +LABEL",
            )
        path = show_photo(opened, photo).path  # for a companion file, the path of the photo it belongs to
        photo_id = opened.file.photos.id_of(path)
        if photo_id is None:
            raise UsageError(f"{shown(path)} cannot be tagged, because it could not be read when it was indexed.")
        ids.append(photo_id)
    return ids
