"""Index folders: scan, compare with the library, read and hash, decode, embed, store."""

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcsearch.errors import Interrupted, UsageError
from mcsearch.library.difference import Difference, ToDo
from mcsearch.library.library import Library
from mcsearch.models import checkpoints
from mcsearch.models.catalog import DEFAULT_MODEL, RESEARCH_ONLY, Model, find_model
from mcsearch.models.engines import choose_engine
from mcsearch.models.towers import ImageTower, load_image_tower
from mcsearch.ops.models import use_model
from mcsearch.ops.pipeline import Embedded, Outcome, Pipeline
from mcsearch.ops.processors import processors
from mcsearch.ops.towers import check_fingerprint
from mcsearch.paths import absolute, below
from mcsearch.photos.scan import ScanNotes, ScanRules, scan
from mcsearch.photos.workers import Hashed, Undecodable
from mcsearch.records import IndexReport, ModelRow, Progress, ScannedFile, no_progress

_GRACE_S = 1.2


def index(
    library: Library,
    paths: Sequence[str | os.PathLike[str]],
    *,
    model: str | None = None,
    weights: Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    batch_size: int | None = None,
    exclude: Sequence[str] = (),
    hidden: bool = False,
    force: bool = False,
    use: bool = False,
    progress: Progress = no_progress,
) -> IndexReport:
    """Bring the library up to date with what is in these folders or files.

    Without `model` it goes on with the library's own, at first DEFAULT_MODEL. Another model stands
    beside it, and answers by default once all photos have its embeddings and `use` asks for it.
    `workers` decode, by default one a processor; `force` reads everything again. Files that cannot be
    read are recorded as failures and stop nothing. Raises UsageError for a path that is not there and was
    never indexed, ModelError when the model cannot be had, Interrupted on Ctrl-C with all that was done kept.
    """
    started = time.monotonic()
    row = library.vectors.model(model)
    catalog_row = find_model(row.name if row else model or DEFAULT_MODEL)
    warnings: list[str] = []
    roots = _present(library, paths, warnings)
    notes = ScanNotes()
    files = _counted(roots, ScanRules(exclude, hidden), notes, progress)
    difference = library.photos.compare(files, roots, row.id if row else None, force=force)
    _keep_what_is_out_of_reach(library, difference, roots, notes, warnings)
    counts: Counter[str] = Counter()
    if difference.total:
        chosen = _choose_checkpoint(catalog_row, row, weights)
        if row is not None and chosen.weights != row.weights:
            with library.transaction():
                library.vectors.set_weights(row.id, chosen.weights)
        run = _Run(library, difference, chosen, counts, force=force, progress=progress)
        run.embed_all(device, workers or processors(), batch_size)
    with library.transaction():
        removed = difference.remove_gone()
        library.photos.record_roots([root for root in roots if os.path.isdir(root)], notes.mounts)
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
        notices=tuple(_notices(library, catalog_row, was_known=row is not None, use=use)),
    )


def _notices(library: Library, model: Model, *, was_known: bool, use: bool) -> Iterator[str]:
    """What is said once: the licence of new weights, and when another model can answer from now on."""
    row = library.vectors.model(model.name)
    if row is None:
        return
    if not was_known and model.licence == RESEARCH_ONLY:
        yield f"The weights of {model.name} are for research use only (licence {model.licence})."
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


@dataclass(frozen=True)
class _Checkpoint:
    """The model of a run: its catalog row, its file, what tells it apart, and whether the user named the file."""

    model: Model
    file: Path
    fingerprint: str
    weights: str | None


class _Run:
    """The files of one run on their way through the pipeline into the library."""

    def __init__(
        self,
        library: Library,
        difference: Difference,
        checkpoint: _Checkpoint,
        counts: Counter[str],
        *,
        force: bool,
        progress: Progress,
    ) -> None:
        self._library, self._difference, self._checkpoint = library, difference, checkpoint
        self._counts, self._force, self._progress = counts, force, progress
        self._done = 0
        self._row: ModelRow | None = library.vectors.model(checkpoint.model.name)
        self._to_do: dict[str, ToDo] = {}
        # Of several files with one content the first is embedded; its twins wait here under its path.
        self._leaders: dict[bytes, str] = {}
        self._twins: dict[str, list[ToDo]] = {}

    def embed_all(self, device: str, workers: int, batch_size: int | None) -> None:
        """Settle every file of the difference. Raises Interrupted on Ctrl-C, when what is done is stored."""
        checkpoint = self._checkpoint

        def load_tower() -> ImageTower:
            return load_image_tower(checkpoint.model, checkpoint.file, choose_engine(device))

        pipeline = Pipeline(checkpoint.model, load_tower, workers, batch_size)
        left: list[Outcome] = []
        try:
            self._progress("indexing", 0, self._difference.total)
            waiting = self._difference.to_do()
            while self._fill(pipeline, waiting):
                self._store(pipeline, pipeline.settled())
        except KeyboardInterrupt:
            left = pipeline.close(grace_s=_GRACE_S)
            self._store(pipeline, left)
            raise Interrupted(
                f"Stopped. {self._done} of {self._difference.total} files are done and kept; "
                "the same command goes on from there."
            ) from None
        finally:
            pipeline.close()

    def _fill(self, pipeline: Pipeline, waiting: Iterator[ToDo]) -> bool:
        """Submit files while there is room; False when none is left anywhere."""
        while pipeline.has_room and (to_do := next(waiting, None)) is not None:
            self._to_do[to_do.file.path] = to_do
            pipeline.submit(to_do.file, decode=not to_do.shares_size)
        return pipeline.in_flight > 0

    def _store(self, pipeline: Pipeline, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        again: list[ScannedFile] = []
        with self._library.transaction():
            for outcome in outcomes:
                if isinstance(outcome, Hashed):
                    again += self._settle_hash(outcome)
                elif isinstance(outcome, Embedded):
                    again += self._settle_embedding(pipeline, outcome)
                else:
                    again += self._settle_failure(outcome)
        for file in again:
            pipeline.submit(file, decode=True)
        self._progress("indexing", self._done, self._difference.total)

    def _settle_hash(self, outcome: Hashed) -> list[ScannedFile]:
        """Use the embedding of a known content; else let the first file of a content be decoded."""
        to_do = self._to_do[outcome.file.path]
        content_id = self._library.photos.content_id(outcome.content_hash)
        if content_id is not None and self._row and self._library.vectors.has_embedding(content_id, self._row.id):
            self._settle(to_do, content_id)
            return []
        leader = self._leaders.get(outcome.content_hash)
        if leader is not None:
            self._twins[leader].append(to_do)
            return []
        self._leaders[outcome.content_hash] = outcome.file.path
        self._twins[outcome.file.path] = []
        return [outcome.file]

    def _settle_embedding(self, pipeline: Pipeline, outcome: Embedded) -> list[ScannedFile]:
        library = self._library
        content_id = library.photos.add_content(outcome.content_hash, outcome.file.size_bytes)
        library.vectors.add_embedding(content_id, self._known_model(pipeline).id, outcome.vector)
        self._counts["embedded"] += 1
        self._settle(self._to_do[outcome.file.path], content_id)
        twins = self._twins.pop(outcome.file.path, [])
        if self._leaders.pop(outcome.content_hash, None) is None:  # the file changed after it was hashed
            return [twin.file for twin in twins]
        for twin in twins:
            self._settle(twin, content_id)
        return []

    def _settle_failure(self, outcome: Undecodable) -> list[ScannedFile]:
        to_do = self._to_do.pop(outcome.file.path)
        self._library.photos.fail(outcome.file, outcome.reason, retry=outcome.retry, changed=to_do.change == "changed")
        self._counts["failed"] += 1
        self._done += 1
        return [twin.file for twin in self._twins.pop(outcome.file.path, [])]

    def _settle(self, to_do: ToDo, content_id: int) -> None:
        """Say what content a file has, and count it."""
        self._to_do.pop(to_do.file.path)
        photos = self._library.photos
        moved_from = self._difference.take_gone(content_id) if to_do.change == "new" else None
        if moved_from is not None and photos.move(moved_from, to_do.file, content_id):
            self._counts["moved"] += 1
        else:
            photos.put(to_do.file, content_id)
            self._counts[to_do.change] += 1
        self._done += 1

    def _known_model(self, pipeline: Pipeline) -> ModelRow:
        """The model as the library knows it, made known with its first embedding."""
        if self._row is None:
            assert pipeline.tower is not None
            self._row = self._library.vectors.add_model(
                self._checkpoint.model.name,
                self._checkpoint.fingerprint,
                pipeline.tower.dimensions,
                pipeline.tower.logit_scale,
                pipeline.tower.logit_bias,
                self._checkpoint.weights,
            )
        return self._row


def _present(library: Library, paths: Sequence[str | os.PathLike[str]], warnings: list[str]) -> list[str]:
    """The roots to compare: absolute, none inside another. A known one that is away is only warned about."""
    roots = sorted({absolute(path) for path in paths})
    present: list[str] = []
    for root in roots:
        if os.path.exists(root):
            if not any(root.startswith(below(other)[0]) for other in present):
                present.append(root)
        elif library.photos.knows_below(root):
            if os.path.isdir(os.path.dirname(root)) and library.photos.is_photo(root):
                present.append(root)  # a single photo that is gone
            else:
                warnings.append(f"{root} is not there now (an unplugged disk?). Its photos are kept as they were.")
        else:
            raise UsageError(f"There is no file or folder {root}.")
    return present


def _counted(roots: Sequence[str], rules: ScanRules, notes: ScanNotes, progress: Progress) -> Iterator[ScannedFile]:
    files = itertools.chain.from_iterable(scan(root, rules, notes) for root in roots if os.path.exists(root))
    for count, file in enumerate(files, start=1):
        if count % 1000 == 0:
            progress("scanning", count, None)
        yield file


def _keep_what_is_out_of_reach(
    library: Library, difference: Difference, roots: Sequence[str], notes: ScanNotes, warnings: list[str]
) -> None:
    """Keep photos below folders that could not be read, and below mount points with nothing mounted."""
    for folder in notes.unreadable:
        difference.keep_below(folder)
        warnings.append(f"{folder} cannot be read. What is known of it is kept as it was.")
    for root in roots:
        for mount in library.photos.mounts(root):
            if mount in notes.mounts:
                continue
            if difference.has_scanned_below(mount):
                with library.transaction():
                    library.photos.forget_mount(mount)
            elif difference.keep_below(mount):
                warnings.append(f"Nothing is mounted at {mount} now. Its photos are kept as they were.")


def _choose_checkpoint(model: Model, row: ModelRow | None, weights: Path | None) -> _Checkpoint:
    if weights is None and row is not None and row.weights is not None:
        weights = Path(row.weights)
    file = checkpoints.locate(model, weights)
    fingerprint = checkpoints.fingerprint(model, file)
    if row is not None:
        check_fingerprint(row, fingerprint, file)
    return _Checkpoint(model, file, fingerprint, absolute(weights) if weights is not None else None)
