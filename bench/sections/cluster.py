"""What the owner of a library can take from a cluster, played on one machine by nodes that only sleep.

python -m bench.sections.cluster nodes [N ...]   photos a second from N nodes of 60 a second each, and the cost of one
python -m bench.sections.cluster store           photos a second that one process stores, without any node

A node that sleeps takes no processor, so that two cores can play sixteen nodes. What it delivers has the size of real
photos' results. Needs Ray for the first.
"""

import itertools
import json
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mcsearch import __version__
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.engines import Engine
from mcsearch.models.towers import TowerFacts
from mcsearch.ops.cluster.connection import ClusterNode, Connection
from mcsearch.ops.cluster.executor import ClusterExecutor
from mcsearch.ops.cluster.indexing_node import IndexingNode
from mcsearch.ops.cluster.messages import Delivery, IndexingJob, Order
from mcsearch.ops.indexing.executor import Embedded, Executor, Outcome
from mcsearch.ops.indexing.run import IndexRun
from mcsearch.ops.model import ModelInUse
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import Facts, ScannedFile
from mcsearch.records.progress import no_progress
from mcsearch.search.signatures import BYTES

RATE = 60.0
DIMENSIONS = 512
_SECONDS = 15
_BATCH = 16
_STORED = 20_000


class SleepingPipeline:
    """An Executor whose tower sleeps as long as one of RATE photos a second would compute, or not at all."""

    def __init__(self, rate: float | None) -> None:
        self.engine, self.tower = Engine("torch", "cpu", "float32", _BATCH), TowerFacts(DIMENSIONS, 100.0, None)
        self.ready_at: float | None = time.monotonic()
        self.workers, self.warnings = 1, list[str]()
        self.spent_s: dict[str, float] = dict.fromkeys(("read", "decode", "load", "wait", "engine"), 0.0)
        self._rate, self._files = rate, deque[ScannedFile]()
        self._free_at = time.monotonic()
        self._random = np.random.default_rng()

    @property
    def in_flight(self) -> int:
        """The number of files that were submitted and are not finished."""
        return len(self._files)

    @property
    def room(self) -> int:
        """The number of files that may be submitted."""
        return 4 * _BATCH - len(self._files)

    @property
    def has_room(self) -> bool:
        """Whether another file may be submitted."""
        return self.room > 0

    def submit(self, file: ScannedFile, _task: Task) -> None:
        """Take a file."""
        if not self._files:
            self._free_at = max(self._free_at, time.monotonic())
        self._files.append(file)

    def settled(self, _wait_s: float = 0.0) -> list[Outcome]:
        """Sleep for a batch, and return it."""
        batch = [self._files.popleft() for _ in range(min(_BATCH, len(self._files)))]
        if self._rate is not None:  # by the clock, since a busy machine wakes sleepers late
            self._free_at += len(batch) / self._rate
            time.sleep(max(0.0, self._free_at - time.monotonic()))
        vectors = self._random.standard_normal((len(batch), DIMENSIONS)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        facts = Facts("jpeg", "2023-06-12T10:11:12", "exif", 4032, 3024, "Pixel 7", keywords=("bench",))
        signature = np.zeros(BYTES, np.int8)
        hashes = [self._random.bytes(32) for _ in batch]
        return [
            Embedded(file, hash_, facts, vector, signature, None)
            for file, hash_, vector in zip(batch, hashes, vectors, strict=True)
        ]

    def close(self, _grace_s: float = 0.0) -> list[Outcome]:
        """Do nothing."""
        return []


class SleepingNode(IndexingNode):
    """A node with a SleepingPipeline; its files need not exist."""

    def exchange(self, orders: list[Order]) -> Delivery:
        """Take files and return finished ones."""
        return super().exchange([replace(order, anyway=True) for order in orders])

    def _started(self) -> Any:
        if self._pipeline is None:
            self._pipeline = SleepingPipeline(RATE)  # type: ignore[assignment]
        return self._pipeline


class OneMachine(Connection):
    """A cluster of this machine alone, which passes for `count` nodes."""

    def __init__(self, count: int) -> None:
        super().__init__("local")
        self._own = super().nodes()[0]
        self._played = [ClusterNode(str(number), str(number), 1, 0) for number in range(count)]

    def nodes(self) -> list[ClusterNode]:
        """Return the nodes that are played."""
        return self._played

    def start(self, actor: type, _node: ClusterNode, processors: int, gpus: int, *arguments: Any) -> Any:
        """Start an actor."""
        return super().start(actor, self._own, processors, gpus, *arguments)


class Watched:
    """An executor that remembers how many outcomes it has returned when, and how much processor time that took."""

    def __init__(self, executor: Executor, ready: int) -> None:
        self._executor, self._ready, self._done = executor, ready, 0
        self.marks: list[tuple[float, float, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def settled(self) -> list[Outcome]:
        """Return outcomes, and take a mark once all workers are ready."""
        outcomes = self._executor.settled()
        self._done += len(outcomes)
        if self._executor.workers >= self._ready:
            self.marks.append((time.monotonic(), time.process_time(), self._done))
        return outcomes


def indexed(executor: Any, ready: int, count: int, folder: Path) -> dict[str, float]:
    """Store `count` photos from an executor; return the rate and the owner's processor time for a photo.

    Measured from when all workers are ready until nine tenths of the photos are done: the rest runs out.
    """
    with LibraryFile(folder / f"{ready}.db") as library:
        model = ModelInUse("demo", library=library)
        model.take_elsewhere(TowerFacts(DIMENSIONS, 100.0, None))
        difference = library.photos.compare(_files(count), ["/photos"], None, READERS_VERSION, force=False)
        watched: Any = Watched(executor, ready)
        IndexRun(library, difference, model, no_progress).embed_all(watched, None)
        size_bytes = library.size_bytes
    marks = [mark for mark in watched.marks if mark[2] <= 0.9 * count]
    (began, cpu, first), (ended, cpu_then, last) = marks[0], marks[-1]
    return {
        "photos_per_second": (last - first) / (ended - began),
        "owner_us_per_photo": 1e6 * (cpu_then - cpu) / (last - first),
        "library_bytes_per_photo": size_bytes / count,
        "photos": last - first,
    }


def nodes(counts: list[int], folder: Path) -> Iterator[dict[str, float]]:
    """Measure each number of nodes."""
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0")
    import ray

    ray.init(
        address="local", num_cpus=max(counts), object_store_memory=200_000_000, include_dashboard=False,
        log_to_driver=False,
    )  # fmt: skip
    for count in counts:
        connection = OneMachine(count)
        job = IndexingJob(__version__, "demo", None, "cpu", None, None)
        executor = ClusterExecutor(connection, job, ["/photos"], node_class=SleepingNode)
        # What the nodes that are ready first do until the last one is.
        photos = int(count * RATE * (_SECONDS + count))
        found = indexed(executor, count, photos, folder)
        yield {"nodes": count, "of_linear": found["photos_per_second"] / (count * RATE), **found}
    ray.shutdown()


def _files(count: int) -> Iterator[ScannedFile]:
    for number in itertools.count():
        if number == count:
            return
        yield ScannedFile(f"/photos/{number // 1000:06d}/{number:09d}.jpg", 1_000_000 + number, number)


def main() -> None:
    """Measure, and print a JSON object a line."""
    part, *counts = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        if part == "store":
            print(json.dumps(indexed(SleepingPipeline(None), 1, _STORED, Path(folder))))
            return
        for row in nodes([int(count) for count in counts] or [1, 2, 4, 8, 16], Path(folder)):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
