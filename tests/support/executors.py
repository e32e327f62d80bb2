"""The contract of an Executor, checked on whatever implements it."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mcsearch.ops.indexing.executor import Embedded, Executor, Outcome
from mcsearch.photos.scan import mtime_ns
from mcsearch.photos.workers.outcomes import FactsRead, Hashed, Undecodable
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import ScannedFile

MakeExecutor = Callable[[Path], Executor]


def keeps_the_contract(make: MakeExecutor, photos: Path) -> dict[str, Embedded]:
    """Check an executor on a folder of photos, to which a damaged one is added, and return what it has embedded."""
    damaged = photos / "damaged.jpg"
    damaged.write_bytes(b"\xff\xd8\xff\xe0 no photo")
    files = [_scanned(file) for file in [*sorted(photos.glob("*/*")), damaged]]
    gone = ScannedFile(str(photos / "gone.jpg"), 10, 10)
    executor = make(photos)
    try:
        assert executor.has_room
        assert executor.in_flight == 0
        assert executor.engine is None
        tasks: list[Task] = ["hash", "facts", *["decode"] * len(files)]  # type: ignore[list-item]
        for file, task in zip([*files, gone], tasks, strict=False):
            executor.submit(file, task)
        outcomes = _all(executor, len(files) + 1)
        of = {one.file.path: one for one in outcomes}
        assert len(of) == len(outcomes)
        assert sorted(of) == sorted([*(file.path for file in files), gone.path])
        assert [type(of[file.path]) for file in files[:2]] == [Hashed, FactsRead]
        assert {Path(path).name for path, one in of.items() if isinstance(one, Undecodable)} == {
            "damaged.jpg", "gone.jpg",
        }  # fmt: skip
        embedded = {path: one for path, one in of.items() if isinstance(one, Embedded)}
        assert len(embedded) == len(files) - 3
        for one in embedded.values():
            assert one.vector.dtype == np.float32
            assert abs(float(one.vector @ one.vector) - 1) < 1e-4
            assert one.signature is not None
            assert one.facts.width
        # A file that was only hashed may be wanted after all.
        executor.submit(files[0], "decode")
        (again,) = _all(executor, 1)
        assert isinstance(again, Embedded)
        hashed = of[files[0].path]
        assert isinstance(hashed, Hashed)
        assert again.content_hash == hashed.content_hash
        assert executor.engine is not None
        assert executor.ready_at is not None
        assert executor.workers >= 1
        assert executor.spent_s["decode"] > 0
        assert executor.spent_s["engine"] > 0
        taken = 0
        while executor.has_room:  # bounded, however many files there are
            executor.submit(files[2], "decode")
            taken += 1
            assert taken < 1000
        return embedded | {again.file.path: again}
    finally:
        executor.close()
        assert executor.close() == []


def _all(executor: Executor, count: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while executor.in_flight:
        outcomes += executor.settled()
    assert len(outcomes) == count
    return outcomes


def _scanned(file: Path) -> ScannedFile:
    status = os.stat(file)
    return ScannedFile(str(file), status.st_size, mtime_ns(status))
