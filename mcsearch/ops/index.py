"""Index folders: scan, compare with the library, read and hash, decode, embed, store."""

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, cast

from mcsearch.errors import UsageError
from mcsearch.library.difference import Difference
from mcsearch.library.library import Library
from mcsearch.models import checkpoints
from mcsearch.models.catalog import DEFAULT_MODEL, RESEARCH_ONLY, Model
from mcsearch.models.lookup import find_model
from mcsearch.ops.finding.ranking import pack
from mcsearch.ops.indexing.places import Place, asked_for, with_roots_inside
from mcsearch.ops.indexing.run import Checkpoint, IndexRun
from mcsearch.ops.models import use_model
from mcsearch.ops.towers import check_fingerprint
from mcsearch.paths import absolute
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.photos.workers.pool import MOST_WORKERS, processors
from mcsearch.records import GivenRules, ModelRow, Progress, ScannedFile, no_progress
from mcsearch.reports import IndexReport


def index(
    library: Library,
    paths: Sequence[str | os.PathLike[str]] = (),
    *,
    model: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    device: str = "auto",
    workers: int | None = None,
    batch_size: int | None = None,
    exclude: Sequence[str] | None = None,
    hidden: bool | None = None,
    raw_pairs: Literal["one", "both"] | None = None,
    videos: bool | None = None,
    force: bool = False,
    use: bool = False,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with what is in these folders or files; without any, in all known roots.

    The library remembers how a root was indexed: `exclude` (globs), `hidden`, `raw_pairs` and `videos` stay as they
    were where they are None.
    Without `model` it goes on with the library's own, at first DEFAULT_MODEL. Another model stands
    beside it, and answers by default once all photos have its embeddings and `use` asks for it.
    A RAW file beside a JPEG or HEIC of the same name is its companion, or a photo too with raw_pairs="both".
    `videos` takes videos for photos: a few frames each, their embeddings averaged.
    `workers` decode, by default one a processor; `force` reads everything again. Files that cannot be
    read are recorded as failures and stop nothing. Raises UsageError for a path that is not there and was
    never indexed, NothingIndexedError without a path or a root, ModelError when the model cannot be had, Interrupted
    on Ctrl-C with all that was done kept.
    """
    places, warnings = asked_for(library, paths, _given(exclude, hidden, raw_pairs, videos))
    return index_places(
        library, places, warnings, model=model, weights=weights, device=device, workers=workers,
        batch_size=batch_size, force=force, use=use, progress=progress,
    )  # fmt: skip


def index_places(
    library: Library,
    places: Sequence[Place],
    warnings: Sequence[str] = (),
    *,
    model: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    device: str = "auto",
    workers: int | None = None,
    batch_size: int | None = None,
    force: bool = False,
    use: bool = False,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with what is at these places, none inside another; otherwise as `index`.

    `warnings` come first among those of the report.
    """
    started = time.monotonic()
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"{workers:,} decode workers do not work: 1 to {MOST_WORKERS} do.")
    row = library.vectors.model(model)
    if row is None and (last := library.vectors.last_model()) is not None and model in (None, last[0]):
        model, weights = last[0], weights or last[1]
    catalog_row = find_model(row.name if row else model or DEFAULT_MODEL)
    notes = ScanNotes()
    walks = list(with_roots_inside(places, library.roots.known()))
    paths = [place.path for place in places]
    difference = library.photos.compare(_counted(walks, notes, progress), paths, row.id if row else None, force=force)
    warnings = [*warnings, *_keep_what_is_out_of_reach(library, difference, paths, notes)]
    scan_s = time.monotonic() - started
    counts: Counter[str] = Counter()
    profile = None
    if difference.total:
        chosen = None
        if difference.needs_model:
            chosen = _choose_checkpoint(catalog_row, row, Path(weights) if weights is not None else None)
            if row is not None and chosen.weights != row.weights:
                with library.transaction():
                    library.vectors.set_weights(row.id, chosen.weights)
        run = IndexRun(library, difference, catalog_row, chosen, progress)
        profile = run.embed_all(device, workers or processors(), batch_size, scan_s)
        counts = run.counts
    with library.transaction():
        removed = difference.remove_gone()
        difference.record_companions()
        roots = {place.path: place.rules for place in walks if place.path == place.root and os.path.isdir(place.path)}
        library.roots.record(roots, notes.mounts)
    if (embedded_with := library.vectors.model(catalog_row.name)) is not None:
        pack(library, embedded_with)
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
        model=catalog_row.name,
        warnings=tuple(warnings),
        notices=(*_left_out(notes), *_notices(library, catalog_row, was_known=row is not None, use=use)),
        profile=profile,
    )


def _given(
    exclude: Sequence[str] | None, hidden: bool | None, raw_pairs: Literal["one", "both"] | None, videos: bool | None
) -> GivenRules:
    """The rules that were given, without those that were not."""
    globs = None if exclude is None else list(exclude)
    rules = {"exclude": globs, "hidden": hidden, "raw_pairs": raw_pairs, "videos": videos}
    return cast("GivenRules", {name: rule for name, rule in rules.items() if rule is not None})


def _left_out(notes: ScanNotes) -> Iterator[str]:
    """What to install for the files whose format cannot be read here."""
    for row, count in sorted(notes.left_out.items(), key=lambda entry: entry[0].name):
        files = "file" if count == 1 else "files"
        yield f"{count:,} {row.name} {files} cannot be read here. To change that: {row.install}"


def _notices(library: Library, model: Model, *, was_known: bool, use: bool) -> Iterator[str]:
    """What is said once: the licence of new weights, and when another model can answer from now on."""
    row = library.vectors.model(model.name)
    if row is None:
        return
    if not was_known and row.weights is not None and model.licence == RESEARCH_ONLY:  # a download says it itself
        yield checkpoints.RESEARCH_NOTICE.format(model.name, model.licence)
    default = library.vectors.model()
    if default is None or default.name == model.name:
        return
    if left := library.vectors.lacking(row.id):
        yield f"{left:,} photos have no embedding of {model.name} yet; {default.name} still answers by default."
    elif use:
        use_model(library, model.name)
        yield f"{model.name} answers by default from now on."
    else:
        yield f"{model.name} is complete. To let it answer by default: mcsearch models use {model.name}"


def _counted(places: Sequence[Place], notes: ScanNotes, progress: Progress) -> Iterator[ScannedFile]:
    there = [place for place in places if os.path.exists(place.path)]
    apart = {place.path for place in there}  # what is a place of its own is walked by its own rules
    walks = (scan(place.path, place.scan_rules, notes, root=place.root, apart=apart) for place in there)
    for count, file in enumerate(itertools.chain.from_iterable(walks), start=1):
        if count % 1000 == 0:
            progress("scanning", count, None)
        yield file


def _keep_what_is_out_of_reach(
    library: Library, difference: Difference, paths: Sequence[str], notes: ScanNotes
) -> Iterator[str]:
    """Keep photos below folders that could not be read, and below mount points with nothing mounted; say which."""
    for folder in notes.unreadable:
        difference.keep_below(folder)
        yield f"{folder} cannot be read. What is known of it is kept as it was."
    for path in paths:
        for mount in library.roots.mounts(path):
            if mount in notes.mounts:
                continue
            if difference.has_scanned_below(mount):
                with library.transaction():
                    library.roots.forget_mount(mount)
            elif difference.keep_below(mount):
                yield f"Nothing is mounted at {mount} now. Its photos are kept as they were."


def _choose_checkpoint(model: Model, row: ModelRow | None, weights: Path | None) -> Checkpoint:
    if weights is None and row is not None and row.weights is not None:
        weights = Path(row.weights)
    file = checkpoints.locate(model, weights)
    fingerprint = checkpoints.fingerprint(model, file)
    if row is not None:
        check_fingerprint(row, fingerprint, file)
    return Checkpoint(file, fingerprint, absolute(weights) if weights is not None else None)
