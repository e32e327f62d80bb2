"""Folders of hits: nothing in them is overwritten, nothing twice, and times stay."""

import os
from pathlib import Path

import pytest

from mcsearch.errors import UsageError
from mcsearch.ops.showing.gathering import Gathered, gather

posix = pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    """Three photos named x.jpg: two with the same content, one with another."""
    paths = []
    for folder, content in (("a", b"first"), ("b", b"first"), ("c", b"second")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "x.jpg"
        path.write_bytes(content)
        os.utime(path, ns=(0, 1_500_000_000_123_456_789))
        paths.append(str(path))
    return paths


def test_copies_keep_their_time_and_never_overwrite(photos: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "new" / "hits"
    assert gather(photos, str(folder)) == Gathered(2, 1, ())
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"x.jpg": b"first", "x (2).jpg": b"second"}
    assert os.stat(folder / "x.jpg").st_mtime_ns == os.stat(photos[0]).st_mtime_ns
    assert gather(photos, str(folder)) == Gathered(0, 3, ())


@posix
def test_links_lead_to_the_photos(photos: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "hits"
    (folder / "x.jpg").parent.mkdir()
    (folder / "x.jpg").symlink_to(tmp_path / "nowhere")
    assert gather(photos, str(folder), link=True) == Gathered(3, 0, ())
    assert sorted(os.readlink(file) for file in folder.iterdir()) == sorted([*photos, str(tmp_path / "nowhere")])
    assert gather(photos, str(folder), link=True) == Gathered(0, 3, ())


def test_a_photo_that_is_gone_is_left_out_with_a_warning(photos: list[str], tmp_path: Path) -> None:
    os.unlink(photos[0])
    gathered = gather(photos, str(tmp_path / "hits"))
    assert (gathered.made, gathered.present) == (2, 0)
    assert gathered.warnings == (f"{photos[0]} is missing or cannot be read, so it was left out.",)


def test_a_file_is_not_a_folder(photos: list[str]) -> None:
    with pytest.raises(UsageError, match="is a file"):
        gather(photos, photos[0])
