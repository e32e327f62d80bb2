"""Walking roots: what is found, what is left out, and that nothing on a disk raises or goes round in circles."""

import os
import socket
import sys
from pathlib import Path

import pytest

from mcsearch.photos.formats import format_of
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.photos.skipping import LITTER, is_left_out
from mcsearch.records.roots import RootRules
from tests.support.users import NOBODY, unprivileged

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs file names of any bytes")


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found(root: Path, *exclude: str, hidden: bool = False, notes: ScanNotes | None = None) -> list[str]:
    """The paths that a scan finds, relative to the root."""
    files = scan(str(root), RootRules(exclude, hidden), notes or ScanNotes())
    return [os.path.relpath(file.path, root).replace(os.sep, "/") for file in files]


def test_photos_in_sorted_order_and_nothing_else(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.png", "b/1.JPG", "a/x.WebP", "c.tiff", "notes.txt", "film.mp4", "jpg", "x.jpg.part")
    touch(tmp_path, "a.jpg", "a-1.jpg", "a b/1.png", "a0.jpg", "a/é.jpg", "a/y/z/1.jpg", "A.jpg")
    in_order = ["A.jpg", "a b/1.png", "a-1.jpg", "a.jpg", "a/x.WebP", "a/y/z/1.jpg", "a/é.jpg", "a0.jpg", "b/1.JPG"]
    assert found(tmp_path) == [*in_order, "b/2.png", "c.tiff"]
    assert sorted(map(os.fsencode, in_order)) == [os.fsencode(path) for path in in_order]  # as SQLite sorts them


def test_size_and_time_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"12345")
    os.utime(tmp_path / "a.jpg", ns=(1, 1_600_000_000_123_456_700))
    (file,) = scan(str(tmp_path), RootRules(), ScanNotes())
    assert file.size_bytes == 5
    assert file.mtime_ns == os.stat(tmp_path / "a.jpg").st_mtime_ns


FAR_TIMES = (10_413_792_000 * 10**9, -10_413_792_000 * 10**9)  # 2300 and 1640


@posix
@pytest.mark.parametrize("mtime_ns", FAR_TIMES)
def test_a_time_that_64_bits_do_not_hold_becomes_the_last_or_the_first(tmp_path: Path, mtime_ns: int) -> None:
    touch(tmp_path, "a.jpg", "a.xmp")
    for name in ("a.jpg", "a.xmp"):
        os.utime(tmp_path / name, ns=(1, mtime_ns))
    if os.stat(tmp_path / "a.jpg").st_mtime_ns != mtime_ns:
        pytest.skip("this file system does not hold such times")
    (file,) = scan(str(tmp_path), RootRules(), ScanNotes())
    [sidecar] = file.sidecars
    assert file.mtime_ns == sidecar.mtime_ns == (2**63 - 1 if mtime_ns > 0 else -(2**63))


def test_sidecars_are_found_beside_their_photos_in_any_case(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.jpg.xmp", "a.xmp", "B.JPG", "b.XMP", "c.jpg", "other.xmp", "d/c.xmp", "e.jpg")
    touch(tmp_path, "f.jpg", "f.cr2", "f.cr2.xmp", "f.XMP")
    (tmp_path / "e.xmp").mkdir()
    wanted = {"a.jpg": ["a.jpg.xmp", "a.xmp"], "B.JPG": ["b.XMP"], "c.jpg": [], "e.jpg": []}
    wanted |= {"f.jpg": ["f.cr2.xmp", "f.XMP"], "f.cr2": []}
    for root in (tmp_path, *(tmp_path / name for name in wanted)):
        for file in scan(str(root), RootRules(), ScanNotes()):
            names = [os.path.basename(sidecar.path) for sidecar in file.sidecars]
            assert names == wanted[os.path.basename(file.path)]
            assert all((sidecar.size_bytes, sidecar.mtime_ns > 0) == (1, True) for sidecar in file.sidecars)


def test_a_file_by_itself_is_what_it_is_in_its_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.cr2", "a.xmp")
    for exclude, role in (((), "companion"), (("*.jpg",), "photo"), (("*.xmp",), "companion")):
        rules = RootRules(exclude)
        [in_folder] = [file for file in scan(str(tmp_path), rules, ScanNotes()) if file.path.endswith(".cr2")]
        [alone] = scan(str(tmp_path / "a.cr2"), rules, ScanNotes(), root=str(tmp_path))
        assert alone == in_folder
        assert alone.role == role


def test_a_single_file_may_be_the_root(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.txt", ".hidden.jpg")
    for name, expected in (("a.jpg", 1), ("a.txt", 0), (".hidden.jpg", 1)):
        assert len(list(scan(str(tmp_path / name), RootRules(), ScanNotes()))) == expected


def test_folder_named_like_a_photo_is_walked(tmp_path: Path) -> None:
    touch(tmp_path, "holiday.jpg/a.jpg")
    assert found(tmp_path) == ["holiday.jpg/a.jpg"]


@linux
def test_any_file_name(tmp_path: Path) -> None:
    names = ["two words.jpg", "line\nbreak.jpg", "📷.jpg", "été.jpg", "*.jpg", "\\.jpg", "\udcff\udcfe.jpg", "'\".jpg"]
    folder = os.path.join(tmp_path, "folder \udcff\n")
    os.mkdir(folder)
    for name in names:
        with open(os.path.join(folder, name), "wb"):
            pass
    assert {os.path.basename(file.path) for file in scan(str(tmp_path), RootRules(), ScanNotes())} == set(names)
    assert len(found(tmp_path, "folder*/line*", "\udcff*")) == len(names) - 2


def test_hidden_files_and_folders_only_on_demand(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", ".b.jpg", ".folder/c.jpg")
    assert found(tmp_path) == ["a.jpg"]
    assert found(tmp_path, hidden=True) == [".b.jpg", ".folder/c.jpg", "a.jpg"]


@pytest.mark.parametrize(
    "folder",
    ["@eaDir", "node_modules", ".git", "System Volume Information", "$RECYCLE.BIN", ".thumbnails", ".Trash-1000",
     "#recycle", ".@__thumb", "iPod Photo Cache", "Lightroom Previews.lrdata", "Session.cosessiondb",
     "Pictures.photoslibrary/resources", "iPhoto Library.photolibrary/Thumbnails"],
)  # fmt: skip
def test_litter_is_left_out_even_with_hidden(folder: str, tmp_path: Path) -> None:
    touch(tmp_path, f"album/{folder}/a.jpg", "album/b.jpg")
    assert found(tmp_path) == ["album/b.jpg"]
    assert found(tmp_path, hidden=True) == ["album/b.jpg"]


def test_litter_is_written_as_it_is_compared() -> None:
    assert {name.lower() for name in LITTER} == LITTER


def test_no_litter_has_the_suffix_of_a_photo() -> None:
    assert not any(map(format_of, LITTER))


def test_originals_inside_an_apple_bundle_are_found(tmp_path: Path) -> None:
    touch(tmp_path, "Pictures.photoslibrary/originals/0/a.jpeg", "Pictures.photoslibrary/Masters/b.jpeg")
    assert len(found(tmp_path)) == 2
    assert len(found(tmp_path / "Pictures.photoslibrary")) == 2


def test_a_root_with_a_hidden_or_littered_name_is_walked(tmp_path: Path) -> None:
    touch(tmp_path, ".cache/a.jpg")
    assert found(tmp_path / ".cache") == ["a.jpg"]


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*.png"], ["a.jpg", "2020/b.jpg", "2020/trip/c.jpg", "2021/b.jpg"]),
        (["2020"], ["a.jpg", "a.png", "2021/b.jpg"]),
        (["2020/"], ["a.jpg", "a.png", "2021/b.jpg"]),
        (["2020/trip"], ["a.jpg", "a.png", "2020/b.jpg", "2021/b.jpg"]),
        (["202?/b.jpg"], ["a.jpg", "a.png", "2020/trip/c.jpg"]),
        (["b.jpg", "[ac].png"], ["a.jpg", "2020/trip/c.jpg"]),
        (["trip/c.jpg", "/a.jpg", ""], ["a.jpg", "a.png", "2020/b.jpg", "2020/trip/c.jpg", "2021/b.jpg"]),
        (["./2020"], ["a.jpg", "a.png", "2021/b.jpg"]),
        (["./trip", "./b.jpg"], ["a.jpg", "a.png", "2020/b.jpg", "2020/trip/c.jpg", "2021/b.jpg"]),
        (["./*/b.jpg"], ["a.jpg", "a.png", "2020/trip/c.jpg"]),
        (["**/trip/**"], ["a.jpg", "a.png", "2020/b.jpg", "2021/b.jpg"]),
        (["**/2020/trip", "**/a.png"], ["a.jpg", "2020/b.jpg", "2021/b.jpg"]),
        (["2020/**/c.jpg", "2021/**/b.jpg"], ["a.jpg", "a.png", "2020/b.jpg"]),
        (["*"], []),
    ],
)
def test_exclude(globs: list[str], expected: list[str], tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.png", "2020/b.jpg", "2020/trip/c.jpg", "2021/b.jpg")
    assert found(tmp_path, *globs) == sorted(expected)


@posix
def test_links_to_folders_are_followed_and_circles_end(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    touch(tmp_path, "root/album/a.jpg", "elsewhere/b.jpg")
    (root / "self").symlink_to(root)
    (root / "album" / "up").symlink_to(root)
    (root / "again").symlink_to(root / "album")
    (root / "out").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(root)
    assert found(root) == ["album/a.jpg", "out/b.jpg"]


@posix
def test_links_to_files_are_found_and_broken_ones_are_not(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/real.jpg", "root/z.jpg")
    (tmp_path / "root" / "linked.jpg").symlink_to(tmp_path / "elsewhere" / "real.jpg")
    (tmp_path / "root" / "broken.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert found(tmp_path / "root") == ["linked.jpg", "z.jpg"]


@posix
@pytest.mark.parametrize("name", ["loop", "loop.jpg"])
def test_link_to_itself_is_noted(name: str, tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "z.jpg")
    (tmp_path / name).symlink_to(name)
    notes = ScanNotes()
    assert found(tmp_path, notes=notes) == ["a.jpg", "z.jpg"]
    assert notes.unreadable == [str(tmp_path / name)]


@posix
def test_fifos_sockets_and_devices_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "fifo.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/null")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
        assert found(tmp_path) == ["a.jpg"]


@posix
@pytest.mark.parametrize(
    ("mode", "noted"), [(0, "locked"), (0o444, "locked/b.jpg")], ids=["unreadable", "unsearchable"]
)
def test_folder_without_permission_is_noted(mode: int, noted: str, unprivileged_folder: Path) -> None:
    touch(unprivileged_folder, "a.jpg", "locked/b.jpg", "z/c.jpg")
    locked = unprivileged_folder / "locked"
    if os.getuid() == 0:
        os.chown(locked, NOBODY, -1)
    locked.chmod(mode)
    notes = ScanNotes()
    try:
        with unprivileged():
            assert found(unprivileged_folder, notes=notes) == ["a.jpg", "z/c.jpg"]
    finally:
        locked.chmod(0o700)
    assert notes.unreadable == [str(unprivileged_folder / noted)]


@posix
def test_folder_too_deep_to_be_named_is_noted(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "z/c.jpg")
    top = folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # deeper than a path may be long, so that not even root can open it by its name
        os.mkdir("d" * 250, dir_fd=folder)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=folder)
        if folder != top:
            os.close(folder)
        folder = below
    os.close(folder)
    os.close(top)
    notes = ScanNotes()
    assert found(tmp_path, notes=notes) == ["a.jpg", "z/c.jpg"]
    assert len(notes.unreadable) == 1


@pytest.mark.parametrize("name", ["missing", "missing.jpg"])
def test_missing_root_is_noted(name: str, tmp_path: Path) -> None:
    notes = ScanNotes()
    assert list(scan(str(tmp_path / name), RootRules(), notes)) == []
    assert notes.unreadable == [str(tmp_path / name)]


@linux
def test_mount_points_are_noted() -> None:
    notes = ScanNotes()
    list(scan("/dev/shm", RootRules(("*",)), notes))
    assert notes.mounts == (["/dev/shm"] if os.path.ismount("/dev/shm") else [])


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("", False),
        ("a.jpg", False),
        ("raw/deep/a.jpg", False),
        (".a.jpg", True),
        ("b/.hidden/c/a.jpg", True),
        ("node_modules/a.jpg", True),
        ("skip/a.jpg", True),
        ("raw/x.jpg", True),
        ("Mine.photoslibrary/originals/a.jpg", False),
        ("Mine.photoslibrary/resources/a.jpg", True),
    ],
)
def test_a_path_is_left_out_exactly_where_the_walk_leaves_it_out(tmp_path: Path, path: str, left_out: bool) -> None:
    rules = RootRules(("skip", "raw/x*"))
    assert is_left_out(str(tmp_path / path), str(tmp_path), rules) == left_out
    if path:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
        assert (not list(scan(str(tmp_path), rules, ScanNotes()))) == left_out
