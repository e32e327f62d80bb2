"""What watch does when the library is busy or other processes index and forget."""

import os
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


def test_a_root_that_is_removed_and_made_anew_at_once_is_still_followed(library: Library, photos: Path) -> None:
    one = next(photos.rglob("*.jpg")).read_bytes()
    library.index([photos], model="demo")
    reports = library.watch([photos])
    next(reports)
    shutil.rmtree(photos)
    photos.mkdir()  # with the same inode on many file systems
    (photos / "1.jpg").write_bytes(one)
    assert next(reports).moved == 1
    (photos / "2.jpg").write_bytes(one + b" ")
    assert next(reports).new == 1


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_what_a_new_and_a_replaced_link_lead_to_is_followed(library: Library, photos: Path, tmp_path: Path) -> None:
    one, other, third, *_ = (file.read_bytes() for file in sorted(photos.rglob("*.jpg")))
    root, first, second = (tmp_path / name for name in ("root", "first", "second"))
    for folder in (root, first, second):
        folder.mkdir()
    (first / "1.jpg").write_bytes(one)
    library.index([root, photos], model="demo")
    reports = library.watch([root])
    next(reports)
    (root / "link").symlink_to(first)
    assert next(reports).new == 1
    (first / "2.jpg").write_bytes(other)
    assert next(reports).new == 1
    (root / "new").symlink_to(second)
    (root / "new").replace(root / "link")
    assert next(reports).removed == 2
    (second / "3.jpg").write_bytes(third)
    assert next(reports).new == 1
    linked = [path for path in inside(library).photos.by_path() if path.startswith(str(root))]
    assert linked == [str(root / "link" / "3.jpg")]


def test_a_sidecar_belongs_to_its_photo_in_any_case(library: Library, photos: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    one, other, *_ = sorted(photos.rglob("*.jpg"))
    shutil.copy(one, root / "img_1.jpg")
    library.index([root], model="demo")
    reports = library.watch([root])
    next(reports)
    (root / "IMG_1.XMP").write_text(
        """<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
        xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></x>"""
    )
    shutil.copy(other, root / "b.jpg")  # a sidecar alone is no reason for a report
    assert next(reports).new == 1
    facts = library.show(root / "img_1.jpg").facts
    assert facts is not None
    assert facts.rating == 4


def test_a_signal_whose_exception_was_lost_ends_it_all_the_same(library: Library, photos: Path) -> None:
    received: list[int] = []
    library.index([photos], model="demo")
    reports = library.watch([photos], is_ended=lambda: bool(received))
    next(reports)
    received.append(15)
    with pytest.raises(KeyboardInterrupt):
        next(reports)


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
    (folder / "A.XMP").write_text(
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
