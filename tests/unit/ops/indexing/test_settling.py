"""Paths wait until two looks find the same."""

import time
from collections.abc import Iterator
from pathlib import Path

from mcsearch.ops.indexing.settling import Settling


def _settled(settling: Settling, looks: int) -> Iterator[list[str]]:
    for _ in range(looks):
        time.sleep(0.02)
        yield settling.settled()


def test_a_path_settles_once_when_it_looks_the_same_twice() -> None:
    sizes = iter((1, 12, 123, 123))  # a file that grows
    settling = Settling(lambda _: next(sizes), quiet_s=0.001)
    settling.add("a.jpg")
    assert list(_settled(settling, 3)) == [[], [], ["a.jpg"]]
    assert list(_settled(settling, 2)) == [[], []]


def test_it_is_not_looked_at_again_before_the_quiet_time_is_over() -> None:
    settling = Settling(lambda path: path, quiet_s=3600)
    settling.add("a")
    settling.add("a")
    assert list(_settled(settling, 3)) == [[], [], []]


def test_what_is_gone_settles_too(tmp_path: Path) -> None:
    settling = Settling(lambda path: Path(path).exists(), quiet_s=0.001)
    settling.add(str(tmp_path / "none"))
    assert list(_settled(settling, 1)) == [[str(tmp_path / "none")]]
