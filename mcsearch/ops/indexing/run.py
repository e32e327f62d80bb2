"""Run files through the pipeline and store the outcomes in the library."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from mcsearch.errors import Interrupted
from mcsearch.library.comparing.difference import Difference, ToDo
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.executor import Embedded, Executor, Outcome
from mcsearch.ops.model import ModelInUse
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.photos.scan import mtime_ns
from mcsearch.photos.workers.outcomes import FactsRead, Hashed, Undecodable
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import Facts, ScannedFile
from mcsearch.records.progress import Progress
from mcsearch.records.runs import Profile

SETTLED = ("new", "changed", "embedding", "facts", "moved", "failed")
_GRACE_S = 1.2


class IndexRun:
    """Processes the files of one index run and stores the results in the library.

    `counts` holds the number of files finished as "new", "changed", "embedding" or "facts" (where only that was
    missing), "moved" and "failed", and the numbers of photos "embedded" and "damaged".
    """

    def __init__(
        self,
        library: LibraryFile,
        difference: Difference,
        model: ModelInUse,
        progress: Progress,
    ) -> None:
        self._library, self._difference, self._model = library, difference, model
        self._progress = progress
        self.counts: Counter[str] = Counter()
        self.embedding_s = 0.0
        self._to_do: dict[str, ToDo] = {}
        self._facts: dict[str, Facts] = {}  # by path, of files that were read and are not stored yet
        # Of several files with the same content, only the first (the leader) is embedded. The others (its twins) wait
        # here under its path.
        self._leaders: dict[bytes, str] = {}
        self._twins: dict[str, tuple[bytes, list[ToDo]]] = {}
        self._folders: set[str] = set()  # folders with new dates that are in UTC or tell the offset of others

    def embed_all(self, pipeline: Executor, batch_size: int | None, scan_s: float = 0.0) -> Profile | None:
        """Process every file of the difference and return a profile of the time spent, or None if no tower was needed.

        `pipeline` is closed at the end, and `batch_size` is its. `scan_s` is the time the scan took; `embedding_s`
        holds the time from the loaded tower to the end. Raises Interrupted on Ctrl-C, after storing what is finished.
        """
        try:
            self._progress("indexing", 0, self._difference.total)
            waiting = self._difference.to_do()
            store_s = 0.0
            while self._fill(pipeline, waiting):
                outcomes = pipeline.settled()
                started = time.perf_counter()
                self._store(pipeline, outcomes)
                store_s += time.perf_counter() - started
            self._localise()
            if pipeline.ready_at is not None:
                self.embedding_s = time.monotonic() - pipeline.ready_at
            return _profile(pipeline, batch_size, scan_s, store_s)
        except KeyboardInterrupt:
            self._store(pipeline, pipeline.close(grace_s=_GRACE_S))
            self._localise()
            raise Interrupted(
                f"Stopped. {self._done} of {self._difference.total} files are done and stay in the library.",
                hint="With --force, the same command starts from the beginning."
                if self._difference.force
                else "Run the same command again to continue.",
            ) from None
        finally:
            pipeline.close()

    @property
    def _done(self) -> int:
        return sum(self.counts[kind] for kind in SETTLED)

    def _fill(self, pipeline: Executor, waiting: Iterator[ToDo]) -> bool:
        """Submit files while there is room, and return whether any file is still in the pipeline."""
        while pipeline.has_room and (to_do := next(waiting, None)) is not None:
            self._to_do[to_do.file.path] = to_do
            pipeline.submit(to_do.file, _task(to_do))
        return pipeline.in_flight > 0

    def _store(self, pipeline: Executor, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        again: list[ScannedFile] = []
        turned: list[ScannedFile] = []
        before, indexed = self.counts.copy(), self._model.indexed
        try:
            with self._library.transaction():
                for outcome in outcomes:
                    if not isinstance(outcome, Undecodable):
                        self._facts[outcome.file.path] = outcome.facts
                    if isinstance(outcome, FactsRead):
                        turned += self._settle_facts(outcome.file)
                    elif isinstance(outcome, Hashed):
                        again += self._settle_hash(outcome)
                    elif isinstance(outcome, Embedded):
                        again += self._settle_embedding(outcome)
                    else:
                        again += self._settle_failure(outcome)
        except BaseException:
            self.counts, self._model.indexed = before, indexed  # the transaction was rolled back
            raise
        for file in again:
            pipeline.submit(file, "decode")
        for file in turned:
            pipeline.submit(file, "hash")
        self._progress("indexing", self._done, self._difference.total)

    def _settle_facts(self, file: ScannedFile) -> list[ScannedFile]:
        """Store the facts of a photo that is in the library, unless its file has changed since the scan.

        Return the file if a sidecar turns it another way than before, so that it is another content now.
        """
        to_do, content_id = self._to_do[file.path], self._library.photos.content_of(file)
        if content_id is None or not _is_unchanged(file):  # the next run will process the file
            self._to_do.pop(file.path)
            self._facts.pop(file.path)
            self.counts[to_do.change] += 1
        elif self._library.facts.turned(file.path) != self._facts[file.path].turned:
            return [file]
        else:
            self._settle(to_do, content_id)
        return []

    def _settle_hash(self, outcome: Hashed) -> list[ScannedFile]:
        """Store a file whose content has an embedding already; return the files that must be decoded after all."""
        to_do = self._to_do[outcome.file.path]
        content_id = self._library.photos.content_id(outcome.content_hash)
        model = self._model.indexed
        if content_id is not None and model and self._is_embedded(content_id, model.id, to_do):
            self._enter_content(outcome)
            self._settle(to_do, content_id)
            return []
        leader = self._leaders.get(outcome.content_hash)
        if leader is not None:
            self._twins[leader][1].append(to_do)
            return []
        self._leaders[outcome.content_hash] = outcome.file.path
        self._twins[outcome.file.path] = (outcome.content_hash, [])
        return [outcome.file]

    def _take_twins(self, leader: str) -> tuple[bytes | None, list[ToDo]]:
        """Remove and return a leader's content hash, from when it was hashed, and the twins that waited for it."""
        content_hash, twins = self._twins.pop(leader, (None, []))
        if content_hash is not None:
            del self._leaders[content_hash]
        return content_hash, twins

    def _settle_embedding(self, outcome: Embedded) -> list[ScannedFile]:
        library = self._library
        content_id = self._enter_content(outcome)
        model_id = self._model.enter_into_library().id
        if not (outcome.from_preview and self._difference.needs_picture(content_id, model_id)):
            library.embeddings.add(content_id, model_id, outcome.vector, from_preview=outcome.from_preview)
        if outcome.signature is not None:
            library.duplicates.add_signatures({content_id: outcome.signature.tobytes()})
        library.photos.set_damage(content_id, outcome.damage)
        self.counts["embedded"] += 1
        self._settle(self._to_do[outcome.file.path], content_id)
        content_hash, twins = self._take_twins(outcome.file.path)
        is_twinned = content_hash == outcome.content_hash
        if outcome.damage is not None:
            self.counts["damaged"] += 1 + (len(twins) if is_twinned else 0)
        if not is_twinned:  # the file changed after it was hashed
            return [twin.file for twin in twins]
        again = [twin for twin in twins if not self._is_embedded(content_id, model_id, twin)]
        for twin in twins:
            if twin not in again:
                self._settle(twin, content_id)
        return [twin.file for twin in again]

    def _enter_content(self, outcome: Hashed | Embedded) -> int:
        """Return the id of the content of a file. One that was imported gets the hash of the file only now."""
        return self._library.photos.add_content(
            outcome.content_hash, outcome.file.size_bytes, file_hash=outcome.file_hash
        )

    def _is_embedded(self, content_id: int, model_id: int, to_do: ToDo) -> bool:
        """Return whether a file with this content needs no embedding; that of a preview may not do for it."""
        return self._library.embeddings.has(content_id, model_id, previews=to_do.file.previews)

    def _settle_failure(self, outcome: Undecodable) -> list[ScannedFile]:
        to_do = self._to_do.pop(outcome.file.path)
        self._library.photos.fail(outcome.file, outcome.reason, retry=outcome.retry, changed=to_do.change == "changed")
        self.counts["failed"] += 1
        return [twin.file for twin in self._take_twins(outcome.file.path)[1]]

    def _settle(self, to_do: ToDo, content_id: int) -> None:
        """Store the content and the facts of a file, and count it."""
        self._to_do.pop(to_do.file.path)
        photos = self._library.photos
        moved_from = self._difference.take_gone(content_id) if to_do.change == "new" else None
        if moved_from is not None and photos.move(moved_from, to_do.file, content_id):
            self.counts["moved"] += 1
        else:
            photos.put(to_do.file, content_id)
            self.counts[to_do.change] += 1
        facts = self._facts.pop(to_do.file.path)
        self._library.facts.put(to_do.file, facts, READERS_VERSION)
        if _matters_to_offsets(facts):
            self._folders.add(os.path.dirname(to_do.file.path))

    def _localise(self) -> None:
        """Convert dates in UTC to local time, by the offsets of the photos that are stored in the same folder."""
        for folder in sorted(self._folders):
            with self._library.transaction():
                self._library.facts.localise(folder)


def _task(to_do: ToDo) -> Task:
    if to_do.change == "facts":
        return "facts"
    return "hash" if to_do.shares_size else "decode"


def _matters_to_offsets(facts: Facts) -> bool:
    """Return whether the date of a photo may be in UTC, or tells the UTC offset of others."""
    return facts.taken_from in ("container", "name", "takeout") or (facts.taken_at or "")[-6:-5] in ("+", "-")


def _is_unchanged(file: ScannedFile) -> bool:
    try:
        status = os.stat(file.path)
    except OSError:
        return False
    return (status.st_size, mtime_ns(status)) == (file.size_bytes, file.mtime_ns)


def _profile(pipeline: Executor, batch_size: int | None, scan_s: float, store_s: float) -> Profile | None:
    if pipeline.engine is None:
        return None
    spent, engine = pipeline.spent_s, pipeline.engine
    return Profile(
        scan_s=scan_s, load_s=spent["load"], read_s=spent["read"], decode_s=spent["decode"],
        engine_wait_s=spent["wait"], engine_s=spent["engine"], store_s=store_s,
        engine=engine.runtime, device=engine.device, precision=engine.dtype, streams=engine.streams,
        batch_size=batch_size or engine.batch_size, workers=pipeline.workers,
    )  # fmt: skip
