"""A path that goes through links is the same photo, however it is spelled."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.paths import spellings
from tests.support.runs import counts, inside, run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def root(painted: Path, tmp_path: Path) -> Path:
    """An album of one photo, with a link to a folder of two outside, reached by way of a link."""
    one, *others = sorted(painted.rglob("*.jpg"))[:3]
    (tmp_path / "real" / "album").mkdir(parents=True)
    (tmp_path / "far").mkdir()
    shutil.copy(one, tmp_path / "real" / "album" / "a.jpg")
    for number, file in enumerate(others):
        shutil.copy(file, tmp_path / "far" / f"{number}.jpg")
    (tmp_path / "real" / "album" / "nas").symlink_to(tmp_path / "far")
    (tmp_path / "way").symlink_to(tmp_path / "real")
    return tmp_path / "way" / "album"


def test_the_spellings_of_a_path(root: Path, tmp_path: Path) -> None:
    assert spellings(root / "nas" / "x") == [
        str(tmp_path / "way" / "album" / "nas" / "x"),
        str(tmp_path / "real" / "album" / "nas" / "x"),
        str(tmp_path / "far" / "x"),
    ]
    assert spellings(tmp_path / "far" / "none") == [str(tmp_path / "far" / "none")]


def test_a_linked_folder_is_found_in_forgotten_and_indexed_as_it_is_known(
    library: Library, root: Path, tmp_path: Path
) -> None:
    assert counts(run(library, root)) == {"new": 3, "embedded": 3}
    real = tmp_path / "real" / "album"
    known = {str(real / name) for name in ("a.jpg", "nas/0.jpg", "nas/1.jpg")}
    for spelled in (root, real):
        assert counts(run(library, spelled / "nas")) == {"unchanged": 2}
        assert counts(run(library, spelled / "nas" / "0.jpg")) == {"unchanged": 1}
        found = library.find("a photo", filters={"in": str(spelled / "nas")})
        assert {hit.path for hit in found} == {str(real / "nas" / f"{number}.jpg") for number in range(2)}
        assert len(library.find("a photo", filters={"not_in": str(spelled / "nas")})) == 1
        assert library.show(spelled / "nas" / "0.jpg").path == str(real / "nas" / "0.jpg")
        similar = library.similar(spelled / "nas" / "0.jpg")
        assert {hit.path for hit in similar} == known - {str(real / "nas" / "0.jpg")}
    assert set(inside(library).photos.by_path()) == known
    assert [root.path for root in library.status().roots] == [str(real)]
    assert library.forget(root / "nas" / "0.jpg").photos == 1
    report = library.forget(root / "nas")
    assert (report.photos, report.still_in) == (1, str(real))


def test_a_link_that_is_new_is_indexed_as_part_of_its_root(library: Library, root: Path, tmp_path: Path) -> None:
    (root / "nas").unlink()
    run(library, root)
    (root / "nas").symlink_to(tmp_path / "far")
    assert counts(run(library, root / "nas")) == {"new": 2, "embedded": 2}
    assert counts(run(library)) == {"unchanged": 3}


def test_a_link_to_a_folder_of_the_same_root_is_that_folder(library: Library, root: Path) -> None:
    (root / "again").symlink_to(root / "deep")
    (root / "deep").mkdir()
    shutil.copy(root / "a.jpg", root / "deep" / "b.jpg")
    run(library, root)
    assert counts(run(library, root / "again")) == {"unchanged": 1}
    assert inside(library).photos.count() == 4
    assert library.show(root / "again" / "b.jpg").path.endswith("deep/b.jpg")


def test_a_root_that_was_moved_and_linked_from_its_old_place_is_not_doubled(
    library: Library, root: Path, tmp_path: Path
) -> None:
    run(library, root)
    (tmp_path / "real").rename(tmp_path / "moved")
    (tmp_path / "real").symlink_to(tmp_path / "moved")
    assert counts(run(library, tmp_path / "real" / "album")) == {"unchanged": 3}
