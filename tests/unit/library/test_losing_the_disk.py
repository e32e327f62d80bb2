"""A full disk and a file that disappears: a sentence, nothing damaged, and the next run goes on."""

import re
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import LibraryError
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.photos import ScannedFile
from mcsearch.records.tags import TagCount
from tests.support.runs import inside


def test_a_full_disk_damages_nothing_and_the_next_run_goes_on(painted: Path, tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    with Library(file) as library:
        execute = inside(library)._connection.execute
        (pages,) = execute("PRAGMA page_count").fetchone()
        execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(LibraryError, match="the disk is full") as raised:
            library.index([painted], model="demo", batch_size=4)
        assert str(raised.value) == f"The library {file} cannot be written: the disk is full."
        assert raised.value.hint.startswith("Make room on it. What was stored before is kept.")
        stored = library.status().photos
        assert (inside(library).checks.damage(), inside(library).checks.orphans()) == ([], {})
        execute("PRAGMA max_page_count = 1000000")
        assert library.index([painted]).new == 36 - stored
        (pages,) = execute("PRAGMA page_count").fetchone()
        execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LibraryError, match="the disk is full"):
            library.tag_by_hand(list(inside(library).photos.by_path()), give=[f"a label {n}" for n in range(900)])
        assert [count for count in library.tags() if count.source == "manual"] == []


def test_a_library_that_disappears_during_a_run_is_not_written_to_in_vain(painted: Path, tmp_path: Path) -> None:
    file, away = tmp_path / "library.db", tmp_path / "away.db"

    def move(stage: str, done: int, _: int | None) -> None:
        if stage == "indexing" and done and file.exists():
            for part in tmp_path.glob("library.db*"):
                part.rename(part.with_name(part.name.replace("library", "away")))

    with Library(file) as library, pytest.raises(LibraryError, match=re.escape(f"{file} is not there any more")):
        library.index([painted], model="demo", batch_size=4, progress=move)
    assert not file.exists()
    for part in tmp_path.glob("away.db*"):
        part.rename(part.with_name(part.name.replace("away", "library")))
    assert not away.exists()
    with Library(file) as library:
        stored = library.status().photos
        assert 0 < stored < 36
        assert (inside(library).checks.damage(), inside(library).checks.orphans()) == ([], {})
        assert library.index([painted]).new == 36 - stored


def test_a_photo_that_another_process_has_moved_keeps_its_tags(tmp_path: Path) -> None:
    new = ScannedFile("/new.jpg", 1, 1)
    with LibraryFile(tmp_path / "library.db") as library, library.transaction():
        content = library.photos.add_content(b"a", 1)
        library.photos.put(ScannedFile("/old.jpg", 1, 1), content)
        model = library.models.add("demo", "f", 2, 1.0, None, None)
        library.tags.add(model.id, [("labels", "dog", 1, 0.5, 0.5)])
        assert library.photos.move("/old.jpg", new, content)
        assert not library.photos.move("/old.jpg", new, content)
        library.photos.put(new, content)
        assert library.tags.counts(model.id, ["labels"]) == [TagCount("dog", 1, "automatic", ("labels",))]
