"""Index folders: scan, compare with the library, read and hash, decode, embed, store."""

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mcsearch.errors import UsageError
from mcsearch.library.comparing.difference import Difference
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.models.catalog import RESEARCH_ONLY
from mcsearch.ops.describing.places import name_places
from mcsearch.ops.finding.calibrating import calibrate
from mcsearch.ops.indexing.absent import forget_ordinary_folders, keep_absent, mounts_of
from mcsearch.ops.indexing.excludes import exclude_notices
from mcsearch.ops.indexing.moved import follow_moves, with_rules_of_moved
from mcsearch.ops.indexing.places import MISSING, Place, asked_for, with_roots_inside
from mcsearch.ops.indexing.scanning import scanned
from mcsearch.ops.model import ModelInUse, model_to_index_with
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.reading.roots import read_in_roots
from mcsearch.paths import shown
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.photos.reading.reader import reader
from mcsearch.photos.scan import ScanNotes
from mcsearch.records.progress import Progress, no_progress, one_stage
from mcsearch.records.roots import RootRules, RuleChanges
from mcsearch.records.runs import IndexReport

if TYPE_CHECKING:
    from mcsearch.ops.cluster.connection import Connection
    from mcsearch.ops.indexing.executor import Executor


def index_paths(
    opened: OpenLibrary,
    paths: Sequence[str | os.PathLike[str]] = (),
    *,
    model: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    device: str = "auto",
    workers: int | None = None,
    batch_size: int | None = None,
    max_megapixels: int | None = None,
    exclude: Sequence[str] | None = None,
    hidden: bool | None = None,
    raw_pairs: Literal["one", "both"] | None = None,
    videos: bool | None = None,
    any_suffix: bool | None = None,
    read: bool | None = None,
    previews: bool | None = None,
    force: bool = False,
    use: bool = False,
    ray: str | None = None,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with these folders and files, or with all known roots, and return a report.

    The library remembers the rules of each root: `exclude` (globs), `hidden`, `raw_pairs`, `videos`, `any_suffix` (also
    files without a known suffix), `read` (also the text in photos) and `previews` (embed previews that cameras put into
    photos instead of the pictures); a rule that is None stays as it was. With `use`, the model becomes the default once
    it has embedded all photos. `workers` is the number of decode processes, by default one per processor. Larger
    pictures than `max_megapixels` are failures, by default as large as this machine's memory allows. `force` reads
    every file again. Files that cannot be read are recorded as failures and do not stop the run.
    `ray` is the address of a Ray cluster whose nodes read and embed, "auto" for the one this machine belongs to,
    "local" to start one; `workers` is then the most decode processes on a node.
    Raises UsageError for a missing path that was never indexed, NothingIndexedError when there are neither paths nor
    roots, ModelError when the model is unavailable, and Interrupted on Ctrl-C, with all finished work kept.
    """
    library = opened.file
    if read:
        reader()  # raises an error now rather than after an hour
    file = None if weights is None else Path(weights)
    chosen = model_to_index_with(library, model, file, device, progress=progress)
    globs = None if exclude is None else tuple(exclude)
    changes = RuleChanges(globs, hidden, raw_pairs, videos, any_suffix, read, previews)
    places, warnings = asked_for(library, paths, changes)
    with contextlib.ExitStack() as stack:
        cluster = None
        if ray is not None:  # now, since an error after an hour of scanning would come too late
            from mcsearch.ops.cluster.connection import Connection

            with one_stage(progress, "connecting to the cluster"):
                cluster = stack.enter_context(contextlib.closing(Connection(ray)))
        return index_places(
            library, places, chosen, warnings, given=changes, workers=workers, batch_size=batch_size,
            max_megapixels=max_megapixels, force=force, use=use, cluster=cluster, progress=progress,
        )  # fmt: skip


def index_places(
    library: LibraryFile,
    places: Sequence[Place],
    model: ModelInUse,
    warnings: Sequence[str] = (),
    *,
    given: RuleChanges | None = None,
    workers: int | None = None,
    batch_size: int | None = None,
    max_megapixels: int | None = None,
    force: bool = False,
    use: bool = False,
    cluster: "Connection | None" = None,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with these places, none inside another, and return a report.

    `given` are the rules that the user has changed. The other parameters are those of `index_paths`; the report's
    warnings begin with `warnings`.
    """
    started = time.monotonic()
    check_workers(workers)
    check_megapixels(max_megapixels)
    was_known = model.indexed is not None
    known = library.roots.known()
    walks, roots, notes, difference = _compare(library, places, model, force=force, progress=progress)
    moves, in_doubt = follow_moves(library, places, progress)
    if moves:
        places = with_rules_of_moved(places, given or RuleChanges(), moves)
        walks, roots, notes, difference = _compare(library, places, model, force=force, progress=progress)
        gone = {MISSING.format(shown(move.old)) for move in moves if move.is_root}
        warnings = [warning for warning in warnings if warning not in gone]
        known = {**known, **{move.new: move.rules for move in moves}}
    kept = keep_absent(library, difference, walks, notes)
    if mounts := mounts_of(walks, notes).difference(library.roots.mounts()):
        with library.transaction():
            library.roots.add_mounts(mounts)
    scan_s = time.monotonic() - started
    counts: Counter[str] = Counter()
    profile, embedding_s = None, 0.0
    if difference.total:
        # Imported late, as all that reads photos: most runs find that nothing has changed.
        from mcsearch.ops.indexing.run import IndexRun

        if difference.needs_model:
            _store_checkpoint_path(library, model)
        run = IndexRun(library, difference, model, progress)
        executor: Executor
        if cluster is None:
            executor = _here(model, workers, batch_size, max_megapixels)
        else:
            executor = _on_cluster(
                cluster, model, places, workers, batch_size, max_megapixels, embeds=difference.needs_model
            )
        profile = run.embed_all(executor, batch_size, scan_s)
        counts, embedding_s = run.counts, run.embedding_s
        warnings = [*warnings, *executor.warnings]
    with library.transaction():
        removed = difference.remove_gone()
        difference.record_companions()
        library.roots.record(roots)
        paths = [place.path for place in places]
        library.links.record(paths, [*notes.links, *(path for path in paths if os.path.realpath(path) != path)])
        if not kept:
            forget_ordinary_folders(library, difference, walks, notes)
    name_places(library)
    completion = _make_default(library, model, use=use)
    if model.indexed is not None:
        if difference.total or removed or moves:  # otherwise a query does so if it must
            from mcsearch.ops.finding.packed.copies import pack

            pack(library, model.indexed)
        calibrate(library, model, counts["embedded"], progress)
    texts_read, unread = read_in_roots(library, walks, workers, progress)
    carried = sum(move.found for move in moves)
    settled = sum(counts[kind] for kind in ("new", "changed", "moved", "failed")) + difference.unreadable
    return IndexReport(
        new=counts["new"],
        changed=counts["changed"],
        moved=counts["moved"] + carried,
        unchanged=max(difference.scanned - settled - carried, 0),
        removed=removed,
        failed=counts["failed"],
        damaged=counts["damaged"],
        embedded=counts["embedded"],
        seconds=time.monotonic() - started,
        embedding_s=embedding_s,
        model=model.name,
        texts_read=texts_read,
        facts_read=counts["facts"],
        unreadable=difference.unreadable,
        warnings=(*warnings, *kept, *unread),
        notices=(
            *map(str, moves),
            *in_doubt,
            *_left_out(notes),
            *exclude_notices(walks, known, notes.excluding),
            *_licence(model, was_known=was_known),
            *completion,
        ),
        profile=profile,
    )


def _here(model: ModelInUse, workers: int | None, batch_size: int | None, max_megapixels: int | None) -> "Executor":
    """Return an executor for this machine."""
    from mcsearch.ops.indexing.pipeline import Pipeline
    from mcsearch.photos.workers.pool import processors

    return Pipeline(model, workers or processors(), batch_size, max_megapixels)


def _on_cluster(
    cluster: "Connection",
    model: ModelInUse,
    places: Sequence[Place],
    workers: int | None,
    batch_size: int | None,
    max_megapixels: int | None,
    *,
    embeds: bool,
) -> "Executor":
    """Return an executor for the nodes of a cluster, on which the same model is looked for if it `embeds`."""
    from mcsearch import __version__
    from mcsearch.ops.cluster.executor import ClusterExecutor
    from mcsearch.ops.cluster.messages import IndexingJob

    fingerprint = model.fingerprint if embeds else None
    job = IndexingJob(
        __version__, model.name, model.weights, model.device, fingerprint, batch_size, max_megapixels
    )  # fmt: skip
    folders = [place.path for place in places]
    return ClusterExecutor(cluster, job, folders, workers=workers, on_tower=model.take_elsewhere)


def check_workers(workers: int | None) -> None:
    """Raise UsageError for a number of decode processes that is not possible."""
    if workers is None:
        return
    from mcsearch.photos.workers.pool import MOST_WORKERS

    if not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"{workers:,} decode workers are not possible: the number must be 1 to {MOST_WORKERS}.")


def check_megapixels(megapixels: int | None) -> None:
    """Raise UsageError for a limit that photos of today's cameras may exceed."""
    if megapixels is None:
        return
    from mcsearch.photos.workers.memory import MEGAPIXELS_AT_LEAST

    if megapixels < MEGAPIXELS_AT_LEAST:
        raise UsageError(f"A limit of {megapixels} megapixels is too low: it must be at least {MEGAPIXELS_AT_LEAST}.")


def _compare(
    library: LibraryFile, places: Sequence[Place], model: ModelInUse, *, force: bool, progress: Progress
) -> tuple[list[Place], dict[str, RootRules | None], ScanNotes, Difference]:
    """Store the roots among these places, scan them, and compare them with the library.

    Return the scanned places, the roots with their rules, what else the scan found, and the difference.
    """
    notes = ScanNotes()
    walks = list(with_roots_inside(places, library.roots.known()))
    roots = {place.path: place.rules for place in walks if place.path == place.root and os.path.isdir(place.path)}
    if roots:  # stored first, so that a run without paths continues this one if it is killed
        with library.transaction():
            library.roots.begin(roots)
            library.models.intend(model.name, model.weights)
    model_id = model.indexed.id if model.indexed else None
    paths = [place.path for place in places]
    files = scanned(walks, notes, progress)
    return walks, roots, notes, library.photos.compare(files, paths, model_id, READERS_VERSION, force=force)


def _left_out(notes: ScanNotes) -> Iterator[str]:
    """Yield a notice for each format that cannot be read on this machine, with what to install."""
    for format_, count in sorted(notes.left_out.items(), key=lambda entry: entry[0].name):
        files = "file" if count == 1 else "files"
        yield f"{count:,} {format_.name} {files} cannot be read here. To read this format: {format_.install}"


def _licence(model: ModelInUse, *, was_known: bool) -> Iterator[str]:
    """Yield a notice, once, that weights the user supplied are for research only; for a download it comes earlier."""
    new_weights = not was_known and model.indexed is not None and model.weights is not None
    if new_weights and model.entry.licence == RESEARCH_ONLY:
        yield checkpoints.RESEARCH_NOTICE.format(model.name, model.entry.licence)


def _make_default(library: LibraryFile, model: ModelInUse, *, use: bool) -> list[str]:
    """Make the model the default if `use` is set and it has embedded all photos, and return notices about that."""
    default = library.models.find()
    if model.indexed is None or default is None or default.name == model.name:
        return []
    if left := library.models.count_lacking(model.indexed.id):
        photos = "1 photo has" if left == 1 else f"{left:,} photos have"
        return [f"{photos} no embedding of {model.name} yet; the default model is still {default.name}."]
    if use:
        from mcsearch.ops.models import use_model

        use_model(library, model.name)
        return [f"{model.name} is now the default model."]
    return [f"{model.name} has embedded all photos. To make it the default: mcsearch models use {model.name}"]


def _store_checkpoint_path(library: LibraryFile, model: ModelInUse) -> None:
    """Make sure that the checkpoint exists, and store its path if the user gave another one than before."""
    _ = model.checkpoint
    if model.indexed is not None and model.weights != model.indexed.weights:
        with library.transaction():
            library.models.set_weights(model.indexed.id, model.weights)
