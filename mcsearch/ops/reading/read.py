"""Read the text in photos: each content once by each version of the reader."""

import time
from collections.abc import Iterator, Sequence

from mcsearch.errors import Interrupted, UsageError
from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.texts.contents import Content
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.photos.reading.reader import FRAMING, reader
from mcsearch.photos.workers.outcomes import TextRead, Undecodable
from mcsearch.photos.workers.pool import MOST_WORKERS, processors, read_all
from mcsearch.records.photos import ScannedFile
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import ReadReport

STAGE = "reading text"
# Reading the text of a crowded page takes a slow processor this long.
_TIME_LIMIT_S = 180.0
# What was read is stored this often.
_STORED_EVERY_S = 2.0


def read_photos(
    opened: OpenLibrary,
    *,
    filters: Wanted | None = None,
    again: bool = False,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> ReadReport:
    """Read the text in the photos that meet the filters, where that has not been done, and return a report.

    A photo without text is remembered as read; with `again`, all are read again. `workers` is the number of processes.
    Raises UsageError if the reader is not installed, NothingIndexedError for an empty library, and Interrupted on
    Ctrl-C, with what was read until then kept.
    """
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise UsageError(f"{workers:,} workers are not possible: the number must be 1 to {MOST_WORKERS}.")
    reader()
    conditions = filter_conditions(opened.file, opened.models.to_ask().record, filters)
    return read_texts(opened.file, conditions, again=again, workers=workers, progress=progress)


def read_texts(
    library: LibraryFile,
    conditions: Sequence[Condition],
    *,
    again: bool = False,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> ReadReport:
    """Read the text in the photos that meet the conditions, as `read_photos` does."""
    started, name = time.monotonic(), reader()
    unread = library.read_texts.unread(name, conditions, again=again)
    total = unread.count()
    run = _ReadRun(library, name)
    by_path: dict[str, Content] = {}

    def files() -> Iterator[ScannedFile]:
        for content in unread:
            by_path[content.file.path] = content
            yield content.file

    try:
        if total:
            progress(STAGE, 0, total)
        for outcome in read_all(files(), FRAMING, workers or processors(), _TIME_LIMIT_S):
            run.settle(by_path.pop(outcome.file.path), outcome)
            progress(STAGE, run.settled, max(total, run.settled))
        run.store()
    except KeyboardInterrupt:
        run.store()
        raise Interrupted(
            f"Stopped. {run.settled:,} of {total:,} photos are done; what was read stays in the library.",
            hint="Run the same command again to continue.",
        ) from None
    return ReadReport(run.read, run.with_text, run.failed, run.changed, time.monotonic() - started)


class _ReadRun:
    """Counts and stores what is read, several photos in one transaction."""

    def __init__(self, library: LibraryFile, reader: str) -> None:
        self.read = self.with_text = self.failed = self.changed = 0
        self._library, self._reader = library, reader
        self._waiting: list[tuple[int, str, str | None]] = []
        self._stored_at = time.monotonic()

    @property
    def settled(self) -> int:
        """The number of photos that were read, could not be read, or have changed since they were indexed."""
        return self.read + self.failed + self.changed

    def settle(self, content: Content, outcome: TextRead | Undecodable) -> None:
        if isinstance(outcome, Undecodable):
            self.failed += 1
            if not outcome.retry:
                self._waiting.append((content.content_id, "", outcome.reason))
        elif outcome.content_hash != content.content_hash:
            self.changed += 1  # the next index run will see that
        else:
            self.read += 1
            self.with_text += bool(outcome.text)
            self._waiting.append((content.content_id, outcome.text, None))
        if time.monotonic() - self._stored_at >= _STORED_EVERY_S:
            self.store()

    def store(self) -> None:
        """Store what has been read since the last time."""
        if self._waiting:
            with self._library.transaction():
                for content_id, text, failure in self._waiting:
                    self._library.read_texts.put(content_id, text, self._reader, failure)
            self._waiting.clear()
        self._stored_at = time.monotonic()
