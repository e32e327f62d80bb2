"""What workers may take of the machine's memory, all together and alone."""

import threading
import time
from pathlib import Path

import pytest

from mcsearch.photos.workers.memory import GIB, _group_limits, default_megapixels, memory_bytes, shares, shares_to_read
from mcsearch.photos.workers.turns import Turns

MIB = 1024**2


@pytest.mark.parametrize(
    ("machine", "asked", "workers", "each_mib", "alone_mib"),
    [
        (64 * GIB, 8, 8, 4096, 61 * 1024),
        (16 * GIB, 8, 8, 13 * 1024 // 8, 13 * 1024),
        (4 * GIB, 8, 4, 512, 2048),
        (GIB, 16, 1, 512, 512),
        (2 * GIB, 1, 1, 1024, 1024),
    ],
)
def test_workers_share_the_memory(machine: int, asked: int, workers: int, each_mib: int, alone_mib: int) -> None:
    found = shares(asked, machine)
    assert (found.workers, found.each_bytes // MIB, found.alone_bytes // MIB) == (workers, each_mib, alone_mib)
    assert found.workers * found.each_bytes <= machine


def test_the_largest_picture_depends_on_the_memory_and_is_never_below_250_megapixels() -> None:
    assert [default_megapixels(gib * GIB) for gib in (1, 4, 8, 64)] == [250, 268, 671, 1000]


def test_the_limit_of_a_control_group_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups, mounted = tmp_path / "cgroup", tmp_path / "fs"
    (mounted / "outer" / "inner").mkdir(parents=True)
    (mounted / "outer" / "memory.max").write_text("3000\n")
    (mounted / "outer" / "inner" / "memory.max").write_text("max\n")
    groups.write_text("0::/outer/inner\n")
    assert list(_group_limits(groups, mounted)) == [3000]
    (mounted / "memory" / "job").mkdir(parents=True)
    (mounted / "memory" / "job" / "memory.limit_in_bytes").write_text("2000\n")
    groups.write_text("5:cpu,memory:/job\n4:pids:/job\n0::/elsewhere\n")
    assert list(_group_limits(groups, mounted)) == [2000]
    assert list(_group_limits(tmp_path / "none", mounted)) == []
    assert memory_bytes() > GIB // 4
    monkeypatch.setattr("mcsearch.photos.workers.memory._group_limits", lambda: iter([3000, 2000]))
    assert memory_bytes() == 2000


def test_who_goes_alone_waits_for_the_others_and_comes_before_the_next() -> None:
    turns, order = Turns(), list[str]()
    started, may_end = threading.Event(), threading.Event()

    def share(name: str) -> None:
        with turns.shared():
            order.append(name)
            started.set()
            may_end.wait(10)

    def alone() -> None:
        with turns.alone():
            order.append("alone")

    first = threading.Thread(target=share, args=("first",))
    first.start()
    started.wait(10)
    second = threading.Thread(target=alone)
    second.start()
    deadline = time.monotonic() + 10
    while not turns._wanting_to_be_alone and time.monotonic() < deadline:
        pass
    third = threading.Thread(target=share, args=("third",))
    third.start()
    assert order == ["first"]
    may_end.set()
    for thread in (first, second, third):
        thread.join(10)
    assert order == ["first", "alone", "third"]


@pytest.mark.parametrize(("gib", "asked", "workers"), [(2, 8, 1), (8, 8, 3), (16, 8, 8), (16, 1, 1)])
def test_every_worker_that_reads_text_gets_what_reading_takes(gib: int, asked: int, workers: int) -> None:
    found = shares_to_read(asked, gib * GIB)
    assert (found.workers, found.each_bytes) == (workers, 3 * GIB)
