"""Write captions into the XMP sidecars beside photos, where other programs can read them, and take them out again."""

from mcsearch.library.filtering.filters import Wanted
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.sidecars import update_sidecars
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import OnSidecar, SidecarReport


def write_captions(
    opened: OpenLibrary,
    *,
    filters: Wanted | None = None,
    dry_run: bool = False,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> SidecarReport:
    """Write the stored captions as descriptions into the sidecars of all photos, or of those that match `filters`.

    A photo with a description of the user's keeps that. `on_sidecar` is called with each sidecar that is written or
    deleted, or with `dry_run` would be. A sidecar that cannot be written is skipped with a warning. Raises UsageError
    for a bad filter, and NothingIndexedError when there are no photos.
    """
    library = opened.file
    conditions = filter_conditions(library, opened.models.to_ask().record, filters)
    total = library.photos.count(conditions)
    return update_sidecars(library.captions.by_path(conditions), total, dry_run, on_sidecar, progress, described=True)


def remove_captions(
    opened: OpenLibrary,
    *,
    filters: Wanted | None = None,
    dry_run: bool = False,
    on_sidecar: OnSidecar | None = None,
    progress: Progress = no_progress,
) -> SidecarReport:
    """Remove the captions that mcsearch wrote from the sidecars; delete sidecars it created that hold nothing else."""
    library = opened.file
    conditions = filter_conditions(library, opened.models.to_ask().record, filters) if filters else []
    none = ((path, ()) for path in library.photos.by_path(conditions))
    return update_sidecars(none, library.photos.count(conditions), dry_run, on_sidecar, progress, described=True)
