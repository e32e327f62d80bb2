"""A path that goes through links is the same photo, however it is spelled."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import UsageError
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


def test_what_several_links_lead_to_is_forgotten_by_its_real_path_at_once(
    library: Library, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "real" / "album" / "linked.jpg").symlink_to(tmp_path / "far" / "0.jpg")
    run(library, root)
    assert library.forget(root / "linked.jpg").photos == 1, "the link alone, by its own name"
    run(library, root)
    assert library.forget(tmp_path / "far" / "0.jpg").photos == 2
    run(library, root)
    assert library.forget(tmp_path / "far").photos == 3
    assert len(library.find("a photo", filters={"in": str(root)})) == 1


def test_a_link_that_is_new_is_indexed_as_part_of_its_root(library: Library, root: Path, tmp_path: Path) -> None:
    (root / "nas").unlink()
    run(library, root)
    (root / "nas").symlink_to(tmp_path / "far")
    assert counts(run(library, root / "nas")) == {"new": 2, "embedded": 2}
    assert counts(run(library)) == {"unchanged": 3}


def test_what_a_link_led_to_that_leads_nowhere_is_kept(library: Library, root: Path, tmp_path: Path) -> None:
    run(library, root)
    (tmp_path / "far").rename(tmp_path / "elsewhere")
    for named in (root / "nas", root / "nas" / "0.jpg", root):
        report = run(library, named)
        assert (report.removed, len(report.warnings)) == (0, 1)
    (root / "nas").unlink()
    assert run(library, root / "nas").removed == 2


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


def _paths(library: Library, folder: Path) -> set[str]:
    return {hit.path for hit in library.find(filters={"in": folder}, limit=99)}


def test_a_linked_folder_may_be_named_by_its_real_path(library: Library, root: Path, tmp_path: Path) -> None:
    run(library, root)
    nas, far = tmp_path / "real" / "album" / "nas", tmp_path / "far"
    both = {str(nas / "0.jpg"), str(nas / "1.jpg")}
    assert _paths(library, far) == both
    assert _paths(library, far / "0.jpg") == {str(nas / "0.jpg")}
    assert len(library.find("a photo", filters={"not_in": far})) == 1
    assert library.show(far / "0.jpg").path == str(nas / "0.jpg")
    assert str(nas / "0.jpg") not in {hit.path for hit in library.similar(far / "0.jpg")}
    assert counts(run(library, far)) == {"unchanged": 2}
    assert counts(run(library, far / "1.jpg")) == {"unchanged": 1}
    shutil.copy(root / "a.jpg", far / "new.jpg")
    assert counts(run(library, far / "new.jpg"))["new"] == 1
    assert library.show(far / "new.jpg").path == str(nas / "new.jpg")
    assert library.tag_by_hand(far / "0.jpg", give="x").photos == 1
    assert library.forget(far).photos == 3
    assert library.status().photos == 1


def test_a_folder_above_a_linked_one_holds_its_photos(library: Library, root: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "far").rename(tmp_path / "disk" / "far")
    (root / "nas").unlink()
    (root / "nas").symlink_to(tmp_path / "disk" / "far")
    run(library, root)
    nas = tmp_path / "real" / "album" / "nas"
    assert _paths(library, tmp_path / "disk") == {str(nas / "0.jpg"), str(nas / "1.jpg")}
    assert library.forget(tmp_path / "disk").photos == 2


def test_either_of_two_links_to_a_folder_names_its_photos(library: Library, root: Path, tmp_path: Path) -> None:
    (root / "zweiter").symlink_to(tmp_path / "far")
    run(library, root)
    assert library.status().photos == 3
    for name in ("nas", "zweiter"):
        assert len(_paths(library, root / name)) == 2
        assert library.show(root / name / "0.jpg").facts is not None
        assert counts(run(library, root / name)) == {"unchanged": 2}
    shutil.copy(root / "a.jpg", tmp_path / "far" / "new.jpg")
    for name in ("nas", "zweiter"):
        run(library, root / name / "new.jpg")
    assert library.status().photos == 4
    assert counts(run(library)) == {"unchanged": 4}


def test_a_linked_photo_may_be_named_by_its_real_path(library: Library, root: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (root / "a.jpg").rename(tmp_path / "one" / "original.jpg")
    (root / "a.jpg").symlink_to(tmp_path / "one" / "original.jpg")
    run(library, root)
    known = str(tmp_path / "real" / "album" / "a.jpg")
    assert library.show(tmp_path / "one" / "original.jpg").path == known
    assert _paths(library, tmp_path / "one") == {known}


def test_a_link_that_is_gone_names_nothing_any_more(library: Library, root: Path, tmp_path: Path) -> None:
    run(library, root)
    (root / "nas").unlink()
    run(library, root)
    assert _paths(library, tmp_path / "far") == set()
    assert counts(run(library, tmp_path / "far"))["new"] == 2
    assert library.show(tmp_path / "far" / "0.jpg").path == str(tmp_path / "far" / "0.jpg")


def test_a_folder_that_is_nowhere_is_refused(library: Library, root: Path, tmp_path: Path) -> None:
    run(library, root)
    for key in ("in", "not_in"):
        with pytest.raises(UsageError, match=r"No photo of the library is in .*/typo, which does not exist\."):
            library.find("a photo", filters={key: tmp_path / "typo"})
    (root / "nas" / "0.jpg").rename(tmp_path / "0.jpg")
    assert _paths(library, root / "nas" / "0.jpg")  # it is gone, but still in the library
    with pytest.raises(UsageError, match=r"/typo\.jpg: "):
        library.similar(tmp_path / "typo.jpg")
