"""A path is spelled as the folders that contain it spell it."""

import os
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.paths import absolute, as_listed
from tests.support.runs import counts, run


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


@pytest.mark.skipif(os.name == "nt", reason="the file system itself folds case")
def test_a_name_in_another_case_or_unicode_form_is_the_one_that_the_folder_lists(tmp_path: Path) -> None:
    folder = tmp_path / unicodedata.normalize("NFC", "Bögen")
    folder.mkdir()
    (folder / "IMG.JPG").touch()
    decomposed = str(tmp_path / unicodedata.normalize("NFD", "bögen") / "img.jpg")

    def as_folded(one: str, other: str) -> bool:  # a file system that folds case and Unicode forms
        return _folded(one) == _folded(other)

    assert as_listed(decomposed, is_same=as_folded) == str(folder / "IMG.JPG")
    assert as_listed(str(folder / "none.jpg"), is_same=as_folded) == str(folder / "none.jpg")
    assert as_listed(str(folder / "IMG.JPG"), is_same=as_folded) == str(folder / "IMG.JPG")


@pytest.mark.skipif(os.path.normcase("A") == "a", reason="needs a file system that tells case apart")
def test_names_that_differ_in_case_stay_apart_where_the_file_system_tells_them_apart(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "A.JPG").touch()
    assert absolute(tmp_path / "a.jpg") == str(tmp_path / "a.jpg")
    assert absolute(tmp_path / "A.JPG") == str(tmp_path / "A.JPG")
    assert absolute(tmp_path / "A.jpg") == str(tmp_path / "A.jpg")
    (tmp_path / "b.jpg").touch()
    os.link(tmp_path / "b.jpg", tmp_path / "B.jpg")  # the same file under two names that both exist
    assert absolute(tmp_path / "B.jpg") == str(tmp_path / "B.jpg")


@pytest.fixture
def folding(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system that does not tell case apart."""
    folder = tmp_path / "Folding"
    folder.mkdir()
    (folder / "probe").touch()
    if (folder / "PROBE").exists():
        yield folder
        return
    if not all(map(shutil.which, ("mkntfs", "lowntfs-3g"))):
        pytest.skip("needs a file system that does not tell case apart, or lowntfs-3g to mount one")
    image, mount = tmp_path / "image", tmp_path / "mount"
    image.write_bytes(b"\0" * 4_000_000)
    mount.mkdir()
    made = subprocess.run(["mkntfs", "-FQ", image], capture_output=True, check=False)
    if made.returncode or subprocess.run(["lowntfs-3g", image, mount, "-o", "ignore_case"], check=False).returncode:
        pytest.skip("may not mount a file system here")
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_photo_named_in_another_case_is_the_same_photo(painted: Path, folding: Path, tmp_path: Path) -> None:
    (folding / "Äpfel").mkdir()
    shutil.copy(next(painted.rglob("*.jpg")), folding / "Äpfel" / "One.jpg")
    other = folding / "äPFEL"
    with Library(tmp_path / "library.db") as library:
        assert counts(run(library, folding)) == {"new": 1, "embedded": 1}
        [hit] = library.find(filters={"in": other})
        assert library.find(filters={"in": other / "ONE.jpg"}) == [hit]
        assert library.show(other / "ONE.JPG").path == hit.path
        assert counts(run(library, other)) == {"unchanged": 1}
        assert counts(run(library, folding.parent / folding.name / "ÄPFEL" / "oNE.jpg")) == {"unchanged": 1}
        assert library.status().photos == 1
        assert library.tag_by_hand(other / "oNe.jpg", give="fruit").photos == 1
        assert library.forget(other).photos == 1
