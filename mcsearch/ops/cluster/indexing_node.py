"""The actor that indexes on one node: the pipeline of one machine, fed by the owner of the library."""

import os
import time
from dataclasses import replace
from pathlib import Path

from mcsearch import __version__, settings
from mcsearch.errors import ModelError, UsageError
from mcsearch.models.towers import TowerFacts
from mcsearch.ops.cluster.messages import Delivery, IndexingJob, Order, packed
from mcsearch.ops.indexing.executor import Outcome
from mcsearch.ops.indexing.pipeline import Pipeline
from mcsearch.ops.model import ModelInUse

# A delivery goes out when it holds as much, or after that time, so that each costs the owner little for a photo.
_GATHERED = 64
_GATHER_S = 0.25


class IndexingNode:
    """Reads, decodes and embeds files on this node, with `workers` decode processes and a tower of its own."""

    def __init__(self, job: IndexingJob, workers: int) -> None:
        self._job, self._workers = job, workers
        self._pipeline: Pipeline | None = None
        self._model: ModelInUse | None = None
        self._numbers: dict[str, int] = {}  # of the files in the pipeline, by path

    def begin(self) -> Delivery:
        """Return how much this node takes; the model is looked for when the first file comes. Raises UsageError."""
        if self._job.version != __version__:
            raise UsageError(f"it has mcsearch {__version__}, and this machine {self._job.version}")
        return self._delivery([], [])

    def exchange(self, orders: list[Order]) -> Delivery:
        """Take files, wait a moment for outcomes, and return those there are. Raises ModelError."""
        pipeline = self._started()
        unseen = []
        for order in orders:
            if order.anyway or _sees(order):
                self._numbers[order.file.path] = order.number
                pipeline.submit(order.file, order.task)
            else:
                unseen.append(order.number)
        outcomes: list[Outcome] = []
        until = time.monotonic() + _GATHER_S
        while pipeline.in_flight and len(outcomes) < _GATHERED and (left := until - time.monotonic()) > 0:
            outcomes += pipeline.settled(left)
        delivery = self._delivery([(self._numbers.pop(one.file.path), one) for one in outcomes], unseen)
        if not unseen:
            return delivery
        return replace(delivery, blind=tuple(folder for folder in self._job.folders if not _shows_anything(folder)))

    def make_model(self) -> ModelInUse:
        """Return the model of the job, found on this node or downloaded to it. Raises ModelError."""
        job = self._job
        weights = None if job.weights is None else Path(job.weights)
        model = ModelInUse(job.model, weights=weights, device=job.device, cache=settings.cache_folder())
        if job.fingerprint is not None and model.fingerprint != job.fingerprint:
            raise ModelError(
                f"{model.checkpoint} is not the checkpoint of {job.model} that the library is indexed with, and their "
                "vectors cannot be compared."
            )
        return model

    def _started(self) -> Pipeline:
        if self._pipeline is None:
            self._model = self.make_model()
            self._pipeline = Pipeline(self._model, self._workers, self._job.batch_size, self._job.max_megapixels)
        return self._pipeline

    def _delivery(self, outcomes: list[tuple[int, Outcome]], unseen: list[int]) -> Delivery:
        pipeline = self._pipeline
        if pipeline is None:
            return Delivery(*packed(outcomes), unseen, 4 * self._workers, {})
        tower = None if pipeline.tower is None else TowerFacts.of(pipeline.tower)
        return Delivery(*packed(outcomes), unseen, pipeline.room, pipeline.spent_s, pipeline.engine, tower)


def _sees(order: Order) -> bool:
    """Return whether this node sees a file as the owner does."""
    try:
        return os.stat(order.file.path).st_size == order.file.size_bytes and os.access(order.file.path, os.R_OK)
    except OSError:
        return False


def _shows_anything(folder: str) -> bool:
    """Return whether this node sees anything in an indexed folder: a mount that is missing leaves an empty one."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except NotADirectoryError:
        return True  # a file
    except OSError:
        return False
