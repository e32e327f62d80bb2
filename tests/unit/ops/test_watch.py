"""What watch does when the library is busy or other processes index and forget."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mcsearch import Library
from tests.support.raw_files import dng
from tests.support.runs import inside


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


def test_it_waits_while_the_library_is_busy(library: Library, photos: Path, tmp_path: Path) -> None:
    inside(library)._connection.execute("PRAGMA busy_timeout = 1")
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
    assert list(inside(library).roots.known()) == [str(new)]
    assert inside(library).photos.count() == 1


def test_files_that_belong_together_come_and_go_in_any_order(library: Library, photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    library.index([folder, photos], model="demo")
    reports = library.watch([folder])
    next(reports)
    raw, jpeg = folder / "a.dng", folder / "a.jpg"
    raw.write_bytes(dng(Image.open(next(photos.rglob("*.jpg"))).convert("RGB").resize((640, 480))))
    assert next(reports).new == 1
    shutil.copy(next(photos.rglob("*.jpg")), jpeg)
    report = next(reports)
    assert (report.new, report.removed) == (1, 1)
    assert library.show(raw).path == str(jpeg)
    (folder / "a.xmp").write_text(
        """<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
        xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></x>"""
    )
    shutil.copy(sorted(photos.rglob("*.jpg"))[1], folder / "b.jpg")  # a sidecar alone is no reason for a report
    assert next(reports).new == 1
    facts = library.show(jpeg).facts
    assert facts is not None
    assert facts.rating == 4
    jpeg.unlink()
    report = next(reports)
    assert (report.new, report.removed) == (1, 1)
    assert library.show(raw).path == str(raw)
