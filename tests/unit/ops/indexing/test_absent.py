"""A disk that is away keeps its photos, however the library reaches it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from tests.support.runs import counts, inside, run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def disk(painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Disk":
    """A mounted disk with three photos in a folder."""
    return Disk(tmp_path / "mnt", painted, monkeypatch)


class Disk:
    """A folder that counts as a mount point until it is unplugged."""

    def __init__(self, mount: Path, painted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mount, self.photos, self.is_mounted = mount, mount / "photos", True
        self.photos.mkdir(parents=True)
        for number, file in enumerate(sorted(painted.rglob("*.jpg"))[:3]):
            shutil.copy(file, self.photos / f"{number}.jpg")
        real = os.path.ismount

        def is_mount(path: str | os.PathLike[str]) -> bool:
            return self.is_mounted if os.fspath(path) == str(mount) else real(path)

        monkeypatch.setattr(os.path, "ismount", is_mount)

    def unplug(self, *left: str, stray: Path | None = None) -> None:
        """Take the disk away; the empty folders `left` and a stray photo are in the mount point then."""
        self.mount.rename(self.mount.with_name("unplugged"))
        self.is_mounted = False
        for name in left:
            (self.mount / name).mkdir(parents=True)
        if stray is not None:
            shutil.copy(stray, self.mount / left[-1] / "stray.jpg")

    def plug_in(self) -> None:
        if self.mount.exists():
            shutil.rmtree(self.mount)
        self.mount.with_name("unplugged").rename(self.mount)
        self.is_mounted = True


@pytest.fixture
def other(painted: Path, tmp_path: Path) -> Path:
    """A folder of one photo that is always there."""
    (tmp_path / "other").mkdir()
    shutil.copy(sorted(painted.rglob("*.jpg"))[7], tmp_path / "other" / "x.jpg")
    return tmp_path / "other"


def _paths(library: Library) -> set[str]:
    return set(inside(library).photos.by_path())


def _assert_kept_until_it_is_back(library: Library, disk: Disk, *roots: Path, words: str, stray: int = 0) -> None:
    before = _paths(library)
    for named in ((), roots):
        report = run(library, *named)
        assert report.removed == 0
        assert words in "\n".join(report.warnings)
        assert _paths(library) >= before
    disk.plug_in()
    report = run(library)
    assert (report.removed, report.warnings) == (stray, ())
    (disk.photos / "0.jpg").unlink()
    assert run(library).removed == 1, "what is deleted on a disk that is there is dropped"


@pytest.mark.parametrize("left", [(), ("",), ("photos",)])
def test_a_root_below_the_mount_point(library: Library, disk: Disk, left: tuple[str, ...]) -> None:
    run(library, disk.photos)
    disk.unplug(*left)
    words = "Nothing is mounted" if left == ("photos",) else "is missing"
    _assert_kept_until_it_is_back(library, disk, disk.photos, words=words)


@pytest.mark.parametrize("root", ["", "photos"])
def test_a_stray_file_in_the_unmounted_mount_point(library: Library, disk: Disk, other: Path, root: str) -> None:
    run(library, disk.mount / root)
    disk.unplug("photos", stray=other / "x.jpg")
    _assert_kept_until_it_is_back(library, disk, disk.mount / root, words="Nothing is mounted", stray=1)


@pytest.mark.parametrize(("left", "words"), [((), "is a broken link"), (("photos",), "Nothing is mounted")])
def test_a_link_to_a_folder_on_the_disk(
    library: Library, disk: Disk, other: Path, left: tuple[str, ...], words: str
) -> None:
    (other / "nas").symlink_to(disk.photos)
    run(library, other)
    assert str(other / "nas" / "0.jpg") in _paths(library)
    disk.unplug(*left)
    for path in (other / "nas", other / "nas" / "0.jpg"):
        run(library, path)
    _assert_kept_until_it_is_back(library, disk, other, words=words)
    (other / "nas").unlink()
    assert run(library).removed == 2


@pytest.mark.parametrize("left", [(), ("photos",)])
def test_a_link_to_a_photo_on_the_disk(library: Library, disk: Disk, other: Path, left: tuple[str, ...]) -> None:
    (other / "linked.jpg").symlink_to(disk.photos / "0.jpg")
    run(library, other)
    disk.unplug(*left)
    _assert_kept_until_it_is_back(library, disk, other, words="is a broken link")
    assert str(other / "linked.jpg") not in _paths(library), "the photo it leads to has been removed"


def test_a_root_with_rules_of_its_own_inside_another(library: Library, disk: Disk, tmp_path: Path) -> None:
    run(library, disk.photos, hidden=True)
    run(library, tmp_path)
    disk.is_mounted = False
    inside(library)._connection.execute("DELETE FROM mounts")  # a folder like any other
    disk.photos.rename(tmp_path.with_name(f"{tmp_path.name}-elsewhere"))
    report = run(library, tmp_path)
    assert counts(report) == {}
    assert f"{disk.photos} is missing" in report.warnings[0]


def test_single_photos_on_the_disk(library: Library, disk: Disk) -> None:
    run(library, disk.photos / "0.jpg", disk.photos / "1.jpg")
    disk.unplug("photos")
    report = run(library, disk.photos / "0.jpg")
    assert (report.removed, len(report.warnings)) == (0, 1)
    disk.plug_in()
    (disk.photos / "0.jpg").unlink()
    assert run(library, disk.photos / "0.jpg").removed == 1


def test_photos_that_were_moved_from_the_disk_into_its_folder(library: Library, disk: Disk) -> None:
    run(library, disk.photos)
    disk.is_mounted = False  # the same files, no disk
    assert run(library, disk.photos).warnings == ()
    (disk.photos / "0.jpg").unlink()
    assert run(library, disk.photos).removed == 1, "an ordinary folder now"


def test_what_was_on_the_disk_can_be_dropped(library: Library, disk: Disk, other: Path) -> None:
    (other / "nas").symlink_to(disk.photos)
    run(library, other)
    disk.unplug("photos")
    [warning] = run(library).warnings
    assert warning.endswith(f"mcsearch forget {other / 'nas'}")
    assert library.forget(other / "nas").photos == 3
    assert run(library).warnings == ()


def test_the_mount_points_are_known_before_anything_is_embedded(library: Library, disk: Disk) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        run(library, disk.photos, progress=killed)
    assert str(disk.mount) in inside(library).roots.mounts()


@pytest.mark.parametrize("root", [".", "photos"])
def test_another_disk_at_the_same_mount_point(library: Library, disk: Disk, painted: Path, root: str) -> None:
    run(library, disk.mount / root)
    one, *others = sorted(painted.rglob("*.jpg"))[3:7]
    first = _paths(library)
    disk.unplug("photos")
    disk.is_mounted = True
    for file in (one, *others):
        shutil.copy(file, disk.photos / f"other-{file.name}")
    report = run(library)
    assert counts(report) == {"new": 4, "embedded": 4}
    assert f"Another disk is mounted at {disk.mount}" in report.warnings[0]
    assert "3 photos" in report.warnings[0]
    assert _paths(library) > first
    (disk.photos / f"other-{one.name}").unlink()
    report = run(library)
    assert (counts(report), len(report.warnings)) == ({"unchanged": 3, "removed": 1}, 1)
    disk.mount.rename(disk.mount.with_name("second"))
    disk.plug_in()
    report = run(library)
    assert (counts(report), len(report.warnings)) == ({"unchanged": 3}, 1)
    (disk.photos / "0.jpg").unlink()
    assert run(library).removed == 1
    assert library.forget(disk.mount).photos == 5
    assert run(library, disk.photos).warnings == ()


def test_a_disk_whose_folders_were_renamed_is_the_same_disk(library: Library, disk: Disk, painted: Path) -> None:
    run(library, disk.mount)
    disk.photos.rename(disk.mount / "renamed")
    shutil.copy(sorted(painted.rglob("*.jpg"))[5], disk.mount / "new.jpg")
    report = run(library)
    assert (counts(report), report.warnings) == ({"new": 1, "moved": 3, "embedded": 1}, ())
