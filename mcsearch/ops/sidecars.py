"""Write the tags of photos into the XMP sidecars beside them, where other programs see them."""

import contextlib
import os
import secrets
import stat
from collections import Counter
from collections.abc import Iterable, Sequence

from mcsearch.errors import Interrupted
from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.model import ModelInUse
from mcsearch.paths import shown
from mcsearch.photos.sidecar_names import Neighbours
from mcsearch.records import IndexedModel, Progress, no_progress
from mcsearch.reports import OnSidecar, SidecarChange, SidecarReport

SIZE_LIMIT_BYTES = 64 * 1024**2


def write_sidecars(
    library: LibraryFile,
    model: ModelInUse,
    *,
    filters: Wanted | None = None,
    dry_run: bool = False,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> SidecarReport:
    """Make the tags the library has our keywords in the sidecars of all photos, or of those that `filters` leave.

    Keywords of an earlier run that are no longer tags go. `on_sidecar` is called with each sidecar that
    is written or deleted, with `dry_run` with each that would be. What cannot be written is skipped with
    a warning. Raises UsageError for a bad filter and NothingIndexedError when there are no photos.
    """
    met = filter_conditions(model.record, filters)
    return write_tags(library, model.record, met, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress)


def write_tags(
    library: LibraryFile,
    row: IndexedModel,
    met: Sequence[Condition],
    *,
    dry_run: bool,
    on_sidecar: OnSidecar | None,
    progress: Progress,
) -> SidecarReport:
    """The same for the tags of one model on the photos that meet the conditions."""
    tagged = library.tags.by_path(row.id, met)
    return update_sidecars(tagged, library.photos.count(met), dry_run, on_sidecar, progress)


def remove_sidecars(
    library: LibraryFile,
    model: ModelInUse | None,
    *,
    filters: Wanted | None = None,
    dry_run: bool = False,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> SidecarReport:
    """Take our keywords out of the sidecars again; those made here that hold nothing else are deleted.

    `filters` need a model; without them there need be none.
    """
    met = filter_conditions(model.record, filters) if model is not None else []
    untagged = ((path, ()) for path in library.photos.by_path(met))
    return update_sidecars(untagged, library.photos.count(met), dry_run, on_sidecar, progress)


def update_sidecars(
    photos: Iterable[tuple[str, Sequence[str]]],
    total: int,
    dry_run: bool,
    on_sidecar: OnSidecar | None,
    progress: Progress,
) -> SidecarReport:
    """Make the labels given with each path our keywords in its sidecar. Paths come in order, folder by folder.

    Raises Interrupted on Ctrl-C.
    """
    try:
        return _update_all(photos, total, dry_run, on_sidecar, progress)
    except KeyboardInterrupt:
        raise Interrupted("Stopped. Every sidecar is whole; run it again to go on.") from None


def _update_all(
    photos: Iterable[tuple[str, Sequence[str]]],
    total: int,
    dry_run: bool,
    on_sidecar: OnSidecar | None,
    progress: Progress,
) -> SidecarReport:
    counts: Counter[str] = Counter()
    warnings: dict[str, None] = {}  # a sentence about a folder is said once
    folder, neighbours = None, Neighbours(())
    for done, (photo, labels) in enumerate(photos, start=1):
        if os.path.dirname(photo) != folder:
            folder = os.path.dirname(photo)
            neighbours = _neighbours(folder)
        concerned = _sidecars(photo, labels, neighbours)
        for sidecar, wanted in concerned:
            try:
                outcome = _update(sidecar, wanted, dry_run)
            except _SkippedError as error:
                counts["skipped"] += 1
                warnings[str(error)] = None
                continue
            counts[outcome] += 1
            if on_sidecar is not None and outcome in ("written", "deleted"):
                on_sidecar(SidecarChange(photo, sidecar, tuple(wanted), deleted=outcome == "deleted"))
        if labels and not concerned:
            counts["skipped"] += 1
            warnings[f"{shown(folder)} lacks photos that the library has; no sidecar was made for them."] = None
        progress("writing sidecars", done, total)
    return SidecarReport(counts["written"], counts["unchanged"], counts["deleted"], counts["skipped"], tuple(warnings))


class _SkippedError(Exception):
    """A sidecar is left as it is. `str(error)` is the sentence to show."""


def _neighbours(folder: str) -> Neighbours:
    try:
        return Neighbours(os.listdir(folder))
    except OSError:
        return Neighbours(())


def _sidecars(photo: str, labels: Sequence[str], neighbours: Neighbours) -> list[tuple[str, Sequence[str]]]:
    """The sidecars to look at, and the keywords each is to have: the first has them all, another none."""
    from mcsearch.photos.facts.sidecar import meant_for

    folder, name = os.path.split(photo)
    there = [os.path.join(folder, sidecar) for sidecar in neighbours.sidecars(name)]
    suffix = os.path.splitext(name)[1].lower()
    with contextlib.suppress(_SkippedError):
        there = [file for file in there if file.startswith(photo) or meant_for(_read(file)[0]) in (None, suffix)]
    if not there:
        return [(f"{photo}.xmp", labels)] if labels and name in neighbours else []
    return [(there[0], labels), *((file, ()) for file in there[1:])]


def _update(sidecar: str, labels: Sequence[str], dry_run: bool) -> str:
    """Bring one sidecar up to date; "written", "unchanged" or "deleted". Raises _SkippedError."""
    from mcsearch.photos.facts.sidecar import SidecarError, with_keywords

    before, facts = _read(sidecar) if os.path.lexists(sidecar) else (None, None)
    try:
        after = with_keywords(before, labels)
    except SidecarError as error:
        raise _SkippedError(f"{shown(sidecar)} is left as it is: {error}.") from None
    if after == before:
        return "unchanged"
    target = os.path.realpath(sidecar)  # where a sidecar is a link, what it leads to is written
    folder = os.path.dirname(target)
    if not os.access(folder, os.W_OK):
        raise _SkippedError(f"Sidecars in {shown(folder)} are left as they are: the folder cannot be written to.")
    if facts is not None and not os.access(target, os.W_OK):
        raise _SkippedError(f"{shown(sidecar)} is left as it is: it is read-only.")
    if not dry_run:
        try:
            if after is None:
                os.unlink(sidecar)
            else:
                _replace(target, after, facts)
        except OSError as error:
            raise _SkippedError(f"{shown(sidecar)} cannot be written: {error.strerror or error}.") from None
    return "deleted" if after is None else "written"


def _read(sidecar: str) -> tuple[bytes, os.stat_result]:
    try:
        facts = os.stat(sidecar)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > SIZE_LIMIT_BYTES:
            raise _SkippedError(f"{shown(sidecar)} is left as it is: it is not a file that XMP would be in.")
        with open(sidecar, "rb") as file:
            return file.read(), facts
    except OSError as error:
        raise _SkippedError(f"{shown(sidecar)} cannot be read: {error.strerror or error}.") from None


def _replace(target: str, content: bytes, facts: os.stat_result | None) -> None:
    """Put a file in place all at once, with the permissions of the one it replaces. Raises OSError."""
    part = os.path.join(os.path.dirname(target), f".mcsearch-{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            file.write(content)
            file.flush()
            if facts is not None:
                with contextlib.suppress(
                    OSError, AttributeError
                ):  # only root may give files away; Windows has no owner
                    os.chown(part, facts.st_uid, facts.st_gid)
                os.chmod(part, stat.S_IMODE(facts.st_mode))
            os.fsync(file.fileno())
        if facts is not None and os.stat(target).st_mtime_ns != facts.st_mtime_ns:
            raise OSError("another program has just changed it")
        os.replace(part, target)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
