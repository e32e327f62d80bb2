"""Index folders: scan, compare with the library, read and hash, decode, embed, store."""

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.models.catalog import RESEARCH_ONLY
from mcsearch.ops.finding.ranking import pack
from mcsearch.ops.indexing.absent import forget_ordinary_folders, keep_absent, mounts_of
from mcsearch.ops.indexing.excludes import exclude_notices
from mcsearch.ops.indexing.places import Place, asked_for, with_roots_inside
from mcsearch.ops.indexing.run import IndexRun
from mcsearch.ops.model import ModelInUse
from mcsearch.ops.models import use_model
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.photos.workers.pool import MOST_WORKERS, processors
from mcsearch.records import Progress, RuleChanges, ScannedFile, no_progress
from mcsearch.reports import IndexReport


def index_paths(
    library: LibraryFile,
    paths: Sequence[str | os.PathLike[str]],
    model: ModelInUse,
    *,
    workers: int | None = None,
    batch_size: int | None = None,
    exclude: Sequence[str] | None = None,
    hidden: bool | None = None,
    raw_pairs: Literal["one", "both"] | None = None,
    videos: bool | None = None,
    any_suffix: bool | None = None,
    force: bool = False,
    use: bool = False,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with these folders and files, or with all known roots when none is named.

    The library remembers the rules of a root: `exclude` (globs), `hidden`, `raw_pairs`, `videos` and `any_suffix`
    (which includes files without a known suffix) stay as they were where they are None. With `use`, the model answers
    by default once it has embedded all photos.
    `workers` decode, by default one a processor; `force` reads everything again. Files that cannot be read are
    recorded as failures and do not stop the run. Raises UsageError for a path that does not exist and was never
    indexed, NothingIndexedError when there is neither path nor root, ModelError when the model cannot be had,
    Interrupted on Ctrl-C, with everything done so far kept.
    """
    globs = None if exclude is None else tuple(exclude)
    changes = RuleChanges(globs, hidden, raw_pairs, videos, any_suffix)
    places, warnings = asked_for(library, paths, changes)
    return index_places(
        library, places, model, warnings, workers=workers, batch_size=batch_size, force=force, use=use,
        progress=progress,
    )  # fmt: skip


def index_places(
    library: LibraryFile,
    places: Sequence[Place],
    model: ModelInUse,
    warnings: Sequence[str] = (),
    *,
    workers: int | None = None,
    batch_size: int | None = None,
    force: bool = False,
    use: bool = False,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with these places, none inside another; otherwise like `index_paths`.

    `warnings` come first among those of the report.
    """
    started = time.monotonic()
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"{workers:,} decode workers are out of range: 1 to {MOST_WORKERS} work.")
    was_known = model.indexed is not None
    notes = ScanNotes()
    known = library.roots.known()
    walks = list(with_roots_inside(places, known))
    paths = [place.path for place in places]
    roots = {place.path: place.rules for place in walks if place.path == place.root and os.path.isdir(place.path)}
    if roots:  # before all else: if the run is killed, the next one without paths goes on
        with library.transaction():
            library.roots.begin(roots)
            library.models.intend(model.name, model.weights)
    model_id = model.indexed.id if model.indexed else None
    difference = library.photos.compare(_counted(walks, notes, progress), paths, model_id, force=force)
    kept = keep_absent(library, difference, walks, notes)
    if mounts := mounts_of(walks, notes).difference(library.roots.mounts()):
        with library.transaction():
            library.roots.add_mounts(mounts)
    scan_s = time.monotonic() - started
    counts: Counter[str] = Counter()
    profile = None
    if difference.total:
        if difference.needs_model:
            _remember_checkpoint(library, model)
        run = IndexRun(library, difference, model, progress)
        profile = run.embed_all(workers or processors(), batch_size, scan_s)
        counts = run.counts
    with library.transaction():
        removed = difference.remove_gone()
        difference.record_companions()
        library.roots.record(roots)
        if not kept:
            forget_ordinary_folders(library, difference, walks, notes)
    completion = _complete(library, model, use=use)
    if model.indexed is not None:
        pack(library, model.indexed)
    settled = sum(counts[kind] for kind in ("new", "changed", "moved", "failed"))
    return IndexReport(
        new=counts["new"],
        changed=counts["changed"],
        moved=counts["moved"],
        unchanged=difference.scanned - settled,
        removed=removed,
        failed=counts["failed"],
        embedded=counts["embedded"],
        seconds=time.monotonic() - started,
        model=model.name,
        warnings=(*warnings, *kept),
        notices=(
            *_left_out(notes),
            *exclude_notices(walks, known, notes.excluding),
            *_licence(model, was_known=was_known),
            *completion,
        ),
        profile=profile,
    )


def _left_out(notes: ScanNotes) -> Iterator[str]:
    """What to install for the files whose format cannot be read here."""
    for row, count in sorted(notes.left_out.items(), key=lambda entry: entry[0].name):
        files = "file" if count == 1 else "files"
        yield f"{count:,} {row.name} {files} cannot be read here. To change that: {row.install}"


def _licence(model: ModelInUse, *, was_known: bool) -> Iterator[str]:
    """Say, once, that weights which the user named are for research only; a download says it itself."""
    new_weights = not was_known and model.indexed is not None and model.weights is not None
    if new_weights and model.entry.licence == RESEARCH_ONLY:
        yield checkpoints.RESEARCH_NOTICE.format(model.name, model.entry.licence)


def _complete(library: LibraryFile, model: ModelInUse, *, use: bool) -> list[str]:
    """Make the model the default if `use` asks for it and it has embedded all photos; say what stands in the way."""
    default = library.models.find()
    if model.indexed is None or default is None or default.name == model.name:
        return []
    if left := library.models.count_lacking(model.indexed.id):
        return [f"{left:,} photos have no embedding of {model.name} yet; {default.name} still answers by default."]
    if use:
        use_model(library, model.name)
        return [f"{model.name} answers by default from now on."]
    return [f"{model.name} is complete. To let it answer by default: mcsearch models use {model.name}"]


def _counted(places: Sequence[Place], notes: ScanNotes, progress: Progress) -> Iterator[ScannedFile]:
    there = [place for place in places if os.path.exists(place.path)]
    apart = {place.path for place in there}  # what is a place of its own is walked by its own rules
    walks = (scan(place.path, place.scan_rules, notes, root=place.root, apart=apart) for place in there)
    for count, file in enumerate(itertools.chain.from_iterable(walks), start=1):
        if count % 1000 == 0:
            progress("scanning", count, None)
        yield file


def _remember_checkpoint(library: LibraryFile, model: ModelInUse) -> None:
    """Find the model's checkpoint, and remember its file if the user has named another one than before."""
    _ = model.checkpoint
    if model.indexed is not None and model.weights != model.indexed.weights:
        with library.transaction():
            library.models.set_weights(model.indexed.id, model.weights)
