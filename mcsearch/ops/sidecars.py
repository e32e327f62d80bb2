"""Write the tags of photos into the XMP sidecars beside them, where other programs can read them."""

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Sequence

from mcsearch.errors import Interrupted
from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import shown
from mcsearch.photos.beside import Neighbours, has_suffix, is_meant_for, is_named_after
from mcsearch.photos.sidecar_files import (
    ChangedError,
    SkippedError,
    check_writable,
    clear_leftovers,
    put_sidecar,
    read_sidecar,
)
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import OnSidecar, SidecarChange, SidecarReport

_TRIES = 5


def write_sidecars(
    opened: OpenLibrary,
    *,
    filters: Wanted | None = None,
    model: str | None = None,
    dry_run: bool = False,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> SidecarReport:
    """Write the library's tags as keywords into the sidecars of all photos, or of those that match `filters`.

    Keywords that an earlier run wrote and that are no longer tags are removed. `on_sidecar` is called with each
    sidecar that is written or deleted, or with `dry_run` would be. A sidecar that cannot be written is skipped with a
    warning. Raises UsageError for a bad filter, and NothingIndexedError when there are no photos.
    """
    library, record = opened.file, opened.models.to_ask(model).record
    conditions = filter_conditions(library, record, filters)
    return write_tags(library, record, conditions, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)


def write_tags(
    library: LibraryFile,
    model: IndexedModel,
    conditions: Sequence[Condition],
    *,
    dry_run: bool,
    on_sidecar: OnSidecar | None,
    progress: Progress,
) -> SidecarReport:
    """Write one model's tags, and those given by hand, into the sidecars of the photos that meet the conditions."""
    tagged = library.tags.by_path(model.id, conditions)
    return update_sidecars(tagged, library.photos.count(conditions), dry_run, on_sidecar, progress)


def remove_sidecars(
    opened: OpenLibrary,
    *,
    filters: Wanted | None = None,
    dry_run: bool = False,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> SidecarReport:
    """Remove the keywords that mcsearch wrote from the sidecars; delete sidecars it created that hold nothing else."""
    library = opened.file
    conditions = filter_conditions(library, opened.models.to_ask().record, filters) if filters else []
    untagged = ((path, ()) for path in library.photos.by_path(conditions))
    return update_sidecars(untagged, library.photos.count(conditions), dry_run, on_sidecar, progress)


def update_sidecars(
    photos: Iterable[tuple[str, Sequence[str]]],
    total: int,
    dry_run: bool,
    on_sidecar: OnSidecar | None,
    progress: Progress,
    *,
    described: bool = False,
) -> SidecarReport:
    """Write the labels given with each path into its sidecars, in place of the keywords mcsearch wrote before.

    If they are `described`, what is given with each path is a description, of at most one text, instead of labels.
    `photos` must be sorted by path, so that each folder comes once. Raises Interrupted on Ctrl-C.
    """
    try:
        return _update_all(photos, total, dry_run, on_sidecar, progress, described=described)
    except KeyboardInterrupt:
        raise Interrupted(
            "Stopped. No sidecar is left half written.", hint="Run the same command again to continue."
        ) from None


def _update_all(
    photos: Iterable[tuple[str, Sequence[str]]],
    total: int,
    dry_run: bool,
    on_sidecar: OnSidecar | None,
    progress: Progress,
    *,
    described: bool,
) -> SidecarReport:
    counts: Counter[str] = Counter()
    warnings: dict[str, None] = {}  # an ordered set, so that a warning about a folder is given once
    done = 0
    for folder, group in itertools.groupby(photos, key=lambda photo: os.path.dirname(photo[0])):
        wanted = dict(group)
        on_disk = _listed(folder)
        if not dry_run:
            clear_leftovers(folder, on_disk)
        neighbours = Neighbours(on_disk.union(map(os.path.basename, wanted)))
        for photo, labels in wanted.items():
            sidecars = _sidecars(photo, labels, neighbours, exists=os.path.basename(photo) in on_disk)
            for sidecar, keywords in sidecars:
                try:
                    outcome = _update(sidecar, keywords, dry_run, described=described)
                except SkippedError as error:
                    counts["skipped"] += 1
                    warnings[str(error)] = None
                    continue
                counts[outcome] += 1
                if on_sidecar is not None and outcome in ("written", "deleted"):
                    deleted = outcome == "deleted"
                    if described:
                        on_sidecar(SidecarChange(photo, sidecar, (), deleted, "".join(keywords) or None))
                    else:
                        on_sidecar(SidecarChange(photo, sidecar, tuple(keywords), deleted))
            if labels and not sidecars:
                counts["skipped"] += 1
                warnings[f"Some photos of {shown(folder)} are missing; no sidecars were created for them."] = None
            done += 1
            progress("writing sidecars", done, total)
    return SidecarReport(counts["written"], counts["unchanged"], counts["deleted"], counts["skipped"], tuple(warnings))


def _listed(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _sidecars(
    photo: str, labels: Sequence[str], neighbours: Neighbours, *, exists: bool
) -> list[tuple[str, Sequence[str]]]:
    """Return the sidecars to update, and the keywords that each should hold.

    The first sidecar that belongs to this photo alone gets all keywords; if there is none, it will be created. The
    photo's other sidecars, and those it shares with other photos, get none.
    """
    folder, name = os.path.split(photo)
    own: list[str] = []
    shared: list[str] = []
    for found in neighbours.sidecars(name):
        sidecar, owners = os.path.join(folder, found), neighbours.owners(found)
        suffix = None if is_named_after(found, name) else _suffix_meant(sidecar)
        if not is_meant_for(photo, sidecar, suffix):
            continue
        if owners == [name] or (suffix is not None and has_suffix(name, suffix)):
            own.append(sidecar)
        elif name in owners:
            shared.append(sidecar)
    if not own and labels and exists:
        own.append(f"{photo}.xmp")
    return [*((sidecar, labels) for sidecar in own[:1]), *((sidecar, ()) for sidecar in (*own[1:], *shared))]


def _suffix_meant(sidecar: str) -> str | None:
    from mcsearch.photos.facts.sidecar import declared_suffix

    with contextlib.suppress(SkippedError):
        return declared_suffix(read_sidecar(sidecar) or b"")
    return None


def _update(sidecar: str, wanted: Sequence[str], dry_run: bool, *, described: bool) -> str:
    """Bring one sidecar up to date and return "written", "unchanged" or "deleted". Raises SkippedError."""
    from mcsearch.photos.facts.sidecar import EMPTY, SidecarError, with_keywords
    from mcsearch.photos.sidecar_description import with_description

    change = with_description if described else with_keywords

    for _ in range(_TRIES):
        before = read_sidecar(sidecar)
        try:
            after = change(before, wanted)
        except SidecarError as error:
            raise SkippedError(f"{shown(sidecar)} was left unchanged: {error}.") from None
        if after is None and os.path.islink(sidecar):
            after = EMPTY  # other programs may use the file that the link points to
        if after == before:
            return "unchanged"
        check_writable(sidecar)
        try:
            if not dry_run:
                put_sidecar(sidecar, before, after)
        except ChangedError:
            continue
        return "deleted" if after is None else "written"
    raise SkippedError(f"{shown(sidecar)} cannot be written: another program keeps changing it.")
