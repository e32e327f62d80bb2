"""What watch does when the library is busy or other processes index and forget."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


def test_it_waits_while_the_library_is_busy(library: Library, photos: Path, tmp_path: Path) -> None:
    library._connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        other.rollback()

    library.index([photos], model="demo")
    other.execute("BEGIN IMMEDIATE")
    reports = library.watch(say=say)
    assert next(reports).unchanged == 36
    [first] = said
    assert "Another process is writing to the library" in first
    other.execute("BEGIN IMMEDIATE")
    next(photos.rglob("*.jpg")).unlink()
    assert next(reports).removed == 1
    assert said == [first] * 2


def test_it_follows_what_other_processes_index_and_forget(library: Library, photos: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    one, other_one, *_ = sorted(photos.rglob("*.jpg"))
    library.index([photos], model="demo")
    reports = library.watch()
    next(reports)
    with Library(tmp_path / "library.db") as other:
        other.forget(photos)
        other.index([new])
    one.unlink()
    shutil.copy(other_one, new / "x.jpg")
    assert next(reports).new == 1
    assert list(library.roots.known()) == [str(new)]
    assert library.photos.count() == 1
