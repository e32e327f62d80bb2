"""Write a sentence about each photo, each content once by each model."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcsearch.errors import Interrupted
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.texts.contents import Content
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.photos.workers.outcomes import Decoded, Undecodable
from mcsearch.photos.workers.pool import decode_all, processors
from mcsearch.records.photos import ScannedFile
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import CaptionReport

if TYPE_CHECKING:
    from mcsearch.models.reference.captioning import Captioner

STAGE = "writing captions"
BATCH = 16


def caption_photos(
    opened: OpenLibrary,
    *,
    filters: Wanted | None = None,
    model: str | None = None,
    weights: str | Path | None = None,
    device: str = "auto",
    again: bool = False,
    progress: Progress = no_progress,
) -> CaptionReport:
    """Write a sentence about each photo that meets the filters and has none by this model; return a report.

    `model` names a CoCa model, as ARCHITECTURE:TAG of open_clip or hf-hub:ORG/REPO. With `again`, all sentences are
    written anew. It is loaded only if there is something to do. Raises UsageError for a model that cannot write,
    ModelError if it is unavailable, NothingIndexedError for an empty library, and Interrupted on Ctrl-C, with the
    sentences written until then kept.
    """
    from mcsearch.models.reference.captioning import DEFAULT_CAPTIONER, load_captioner

    started, name, captions = time.monotonic(), model or DEFAULT_CAPTIONER, opened.file.captions
    conditions = filter_conditions(opened.file, opened.models.to_ask().record, filters)
    lacking = captions.lacking(name, conditions, again=again)
    total = lacking.count()
    run = _CaptionRun(opened, name)
    if not total:
        return CaptionReport(0, 0, 0, name, time.monotonic() - started)
    captioner = load_captioner(name, None if weights is None else Path(weights), device, progress)
    waiting: dict[str, Content] = {}

    def files() -> Iterator[ScannedFile]:
        for content in lacking:
            waiting[content.file.path] = content
            yield content.file

    try:
        progress(STAGE, 0, total)
        for outcome in decode_all(files(), captioner.framing, processors()):
            run.settle(waiting.pop(outcome.file.path), outcome)
            run.write(captioner, at_least=BATCH)
            progress(STAGE, run.settled, max(total, run.settled))
        run.write(captioner, at_least=1)
        progress(STAGE, run.settled, run.settled)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Stopped. {run.written:,} of {total:,} captions are written and stay in the library.",
            hint="Run the same command again to continue.",
        ) from None
    return CaptionReport(run.written, run.failed, run.changed, name, time.monotonic() - started)


class _CaptionRun:
    """Collects decoded photos, and writes and stores the sentences about a batch of them in one transaction."""

    def __init__(self, opened: OpenLibrary, model: str) -> None:
        self.written = self.failed = self.changed = 0
        self._library, self._model = opened.file, model
        self._batch: list[tuple[int, Decoded]] = []

    @property
    def settled(self) -> int:
        """The number of photos with a sentence, that could not be decoded, or that have changed since indexing."""
        return self.written + self.failed + self.changed

    def settle(self, content: Content, outcome: Decoded | Undecodable) -> None:
        if isinstance(outcome, Undecodable):
            self.failed += 1
        elif outcome.content_hash != content.content_hash:
            self.changed += 1  # the next index run will see that
        else:
            self._batch.append((content.content_id, outcome))

    def write(self, captioner: "Captioner", *, at_least: int) -> None:
        """Write the sentences about the photos collected, if there are at least so many."""
        if len(self._batch) < at_least:
            return
        # The middle frame stands for a video.
        pixels = [one.pixels if one.pixels.ndim == 3 else one.pixels[len(one.pixels) // 2] for _, one in self._batch]
        sentences = captioner.sentences(np.stack(pixels))
        with self._library.transaction():
            for (content_id, _), sentence in zip(self._batch, sentences, strict=True):
                self._library.captions.put(content_id, sentence, self._model)
        self.written += len(self._batch)
        self._batch.clear()
