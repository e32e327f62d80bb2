"""Sidecars beside photos: which file, how it is replaced, and what is left alone. In this process."""

import os
import stat
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mcsearch.errors import Interrupted
from mcsearch.ops.sidecars import update_sidecars
from mcsearch.photos import sidecar_files
from mcsearch.photos.facts.sidecar import EMPTY, own_keywords, with_keywords
from mcsearch.records.progress import no_progress
from mcsearch.records.runs import SidecarChange, SidecarReport
from tests.support.sidecars import DIGIKAM, LIGHTROOM


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.png"):
        (folder / name).write_bytes(b"a photo")
    return folder


def _update(
    photos: dict[Path, list[str]], dry_run: bool = False, told: list[SidecarChange] | None = None
) -> SidecarReport:
    given = sorted((str(path), labels) for path, labels in photos.items())
    on_sidecar = None if told is None else told.append
    return update_sidecars(given, len(given), dry_run, on_sidecar, no_progress)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_sidecars_are_made_kept_up_to_date_and_taken_away(folder: Path) -> None:
    photos = _files(folder)
    told: list[SidecarChange] = []
    tags = {folder / "a.jpg": ["dog", "beach"], folder / "b.jpg": [], folder / "c.png": ["dog"]}
    assert _update(tags, told=told) == SidecarReport(2, 0, 0, 0, ())
    assert [Path(change.sidecar).name for change in told] == ["a.jpg.xmp", "c.png.xmp"]
    assert set(_files(folder)) == {*photos, "a.jpg.xmp", "c.png.xmp"}
    before = os.stat(folder / "a.jpg.xmp")
    assert _update(tags) == SidecarReport(0, 2, 0, 0, ())
    assert os.stat(folder / "a.jpg.xmp").st_mtime_ns == before.st_mtime_ns
    assert os.stat(folder / "a.jpg.xmp").st_ino == before.st_ino
    tags[folder / "c.png"] = []
    tags[folder / "a.jpg"] = ["cat"]
    assert _update(tags) == SidecarReport(1, 0, 1, 0, ())
    assert own_keywords((folder / "a.jpg.xmp").read_bytes()) == {"cat", "mcsearch/cat", "mcsearch|cat"}
    assert _update({path: [] for path in tags}) == SidecarReport(0, 0, 1, 0, ())
    assert _files(folder) == photos


def test_a_dry_run_tells_the_same_and_writes_nothing(folder: Path) -> None:
    (folder / "a.jpg.xmp").write_text(DIGIKAM)
    before, told, really = _files(folder), [], []
    tags = {folder / "a.jpg": ["dog"], folder / "b.jpg": ["dog"]}
    report = _update(tags, dry_run=True, told=told)
    assert _files(folder) == before
    assert _update(tags, told=really) == report == SidecarReport(2, 0, 0, 0, ())
    assert told == really


def test_an_existing_sidecar_keeps_its_content_and_its_permissions(folder: Path) -> None:
    file = folder / "a.jpg.XMP"
    file.write_text(DIGIKAM, encoding="utf-8")
    file.chmod(0o640)
    _update({folder / "a.jpg": ["dog"]})
    assert "People/Ana" in file.read_text(encoding="utf-8")
    assert "mcsearch/dog" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert _update({folder / "a.jpg": []}) == SidecarReport(1, 0, 0, 0, ())
    assert ElementTree.canonicalize(from_file=file) == ElementTree.canonicalize(DIGIKAM)
    assert not list(folder.glob(".*"))


def test_the_sidecar_of_a_raw_is_not_that_of_the_jpeg_beside_it(folder: Path) -> None:
    (folder / "a.xmp").write_text(LIGHTROOM)  # says that it is for a.nef, wherever that is
    (folder / "b.nef").write_bytes(b"raw")
    (folder / "b.xmp").write_text(DIGIKAM)
    (folder / "c.xmp").write_text(DIGIKAM)
    _update({folder / name: ["wolf"] for name in ("a.jpg", "b.jpg", "b.nef", "c.png")})
    written = {name for name, content in _files(folder).items() if b"mcsearch|wolf" in content}
    assert written == {"a.jpg.xmp", "b.jpg.xmp", "b.xmp", "c.xmp"}


def test_keywords_move_when_another_program_makes_a_sidecar_that_goes_first(folder: Path) -> None:
    (folder / "a.xmp").write_text(DIGIKAM)
    _update({folder / "a.jpg": ["dog"]})
    (folder / "a.jpg.xmp").write_text(DIGIKAM)
    assert _update({folder / "a.jpg": ["dog"]}) == SidecarReport(2, 0, 0, 0, ())
    assert not own_keywords((folder / "a.xmp").read_bytes())
    assert own_keywords((folder / "a.jpg.xmp").read_bytes())


def test_what_cannot_be_changed_is_skipped_with_a_sentence_and_the_rest_is_done(folder: Path, tmp_path: Path) -> None:
    (folder / "a.jpg.xmp").write_text("<not xml")
    (folder / "b.jpg.xmp").mkdir()
    long = folder / ("n" * 250 + ".jpg")  # its sidecar's name is longer than file systems take
    long.write_bytes(b"a photo")
    gone = [folder / "gone.jpg", folder / "gone too.jpg", tmp_path / "unplugged" / "z.jpg"]
    before = _files(folder)
    photos = [*(folder / name for name in ("a.jpg", "b.jpg", "c.png")), long, *gone]
    report = _update({path: ["dog"] for path in photos})
    assert (report.written, report.skipped) == (1, 6)
    assert len(report.warnings) == 5
    text = "\n".join(report.warnings)
    assert "a.jpg.xmp was left unchanged: it is not well-formed XML (line 1)." in text
    assert "b.jpg.xmp was left unchanged because it is not a regular file" in text
    assert f"Some photos of {folder} are missing" in text
    assert f"Some photos of {tmp_path / 'unplugged'} are missing" in text
    assert "cannot be written: File name too long." in text
    after = _files(folder)
    del after["c.png.xmp"]
    assert after == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_folders_and_sidecars_that_are_read_only_are_skipped(folder: Path) -> None:
    (folder / "a.jpg.xmp").write_text(DIGIKAM)
    (folder / "a.jpg.xmp").chmod(0o444)
    assert _update({folder / "a.jpg": ["dog"]}).warnings == (
        f"{folder / 'a.jpg.xmp'} was left unchanged because it is read-only.",
    )
    folder.chmod(0o555)
    try:
        report = _update({folder / "b.jpg": ["dog"], folder / "c.png": ["dog"]})
    finally:
        folder.chmod(0o755)
    assert report.skipped == 2
    assert report.warnings == (f"Sidecars in {folder} were left unchanged because the folder is not writable.",)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link_and_one_to_nowhere_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.xmp").write_text(DIGIKAM)
    (folder / "a.jpg.xmp").symlink_to(tmp_path / "elsewhere.xmp")
    (folder / "b.jpg.xmp").symlink_to(tmp_path / "nowhere.xmp")
    report = _update({folder / "a.jpg": ["dog"], folder / "b.jpg": ["dog"]})
    assert (report.written, report.skipped) == (1, 1)
    assert (folder / "a.jpg.xmp").is_symlink()
    assert own_keywords((tmp_path / "elsewhere.xmp").read_bytes())
    assert _update({folder / "a.jpg": []}).written == 1
    (tmp_path / "elsewhere.xmp").write_bytes(with_keywords(None, ["dog"]) or b"")
    assert _update({folder / "a.jpg": []}).written == 1
    assert (folder / "a.jpg.xmp").is_symlink()
    assert (tmp_path / "elsewhere.xmp").read_bytes() == EMPTY
    assert _update({folder / "a.jpg": []}).unchanged == 1
    assert not (tmp_path / "nowhere.xmp").exists()


def test_a_stop_in_the_middle_of_a_file_leaves_the_old_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.jpg.xmp").write_text(DIGIKAM, encoding="utf-8")
    before = _files(folder)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(Interrupted):
        _update({folder / "a.jpg": ["dog"]})
    assert _files(folder) == before


def test_what_another_program_writes_meanwhile_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "a.jpg.xmp"
    file.write_text(DIGIKAM, encoding="utf-8")
    os.utime(file, ns=(1, 1))
    monkeypatch.setattr(os, "fsync", lambda _: file.write_text(LIGHTROOM))
    assert _update({folder / "a.jpg": ["dog"]}) == SidecarReport(1, 0, 0, 0, ())
    assert file.read_bytes() == with_keywords(LIGHTROOM.encode(), ["dog"])


def test_a_sidecar_that_another_program_makes_meanwhile_is_read_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "a.jpg.xmp"
    monkeypatch.setattr(os, "fsync", lambda _: file.exists() or file.write_text(LIGHTROOM))
    assert _update({folder / "a.jpg": ["dog"]}) == SidecarReport(1, 0, 0, 0, ())
    assert file.read_bytes() == with_keywords(LIGHTROOM.encode(), ["dog"])
    assert not list(folder.glob(".*"))


def test_a_sidecar_that_never_stays_the_same_is_skipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, written = folder / "a.jpg.xmp", iter(range(100))
    file.write_text(LIGHTROOM)
    monkeypatch.setattr(os, "fsync", lambda _: file.write_text(f"{LIGHTROOM}<!--{next(written)}-->"))
    report = _update({folder / "a.jpg": ["dog"]})
    assert report.warnings == (f"{file} cannot be written: another program keeps changing it.",)
    assert b"wolf" not in file.read_bytes()


def test_a_sidecar_that_gets_content_before_it_is_deleted_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "a.jpg.xmp"
    _update({folder / "a.jpg": ["dog"]})
    check = sidecar_files.check_writable

    def change(sidecar: str) -> None:
        check(sidecar)
        file.write_bytes(with_keywords(DIGIKAM.encode(), ["dog"]) or b"")

    monkeypatch.setattr("mcsearch.ops.sidecars.check_writable", change)
    _update({folder / "a.jpg": []})
    assert "People/Ana" in file.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="needs extended attributes")
def test_access_lists_and_extended_attributes_stay(folder: Path) -> None:
    file = folder / "a.jpg.xmp"
    file.write_text(DIGIKAM, encoding="utf-8")
    entries = [(1, 6, -1), (2, 4, 1234), (4, 4, -1), (16, 4, -1), (32, 0, -1)]  # user 1234 may read
    access = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(file, "user.note", b"mine")
        os.setxattr(file, "system.posix_acl_access", access)
    except OSError:
        pytest.skip("the file system has none")
    os.utime(file, ns=(1, 1))
    assert _update({folder / "a.jpg": ["dog"]}).written == 1
    assert os.getxattr(file, "user.note") == b"mine"
    assert os.getxattr(file, "system.posix_acl_access") == access
    assert os.stat(file).st_mtime_ns > 1


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_what_a_killed_process_left_is_deleted_and_what_a_live_one_writes_is_not(folder: Path) -> None:
    script = """
        import os, sys
        from mcsearch.photos.sidecar_files import put_sidecar
        os.fsync = lambda _: (print("writing", flush=True), sys.stdin.read())
        put_sidecar(sys.argv[1], None, b"<x/>")
    """
    arguments = [sys.executable, "-c", textwrap.dedent(script), str(folder / "b.jpg.xmp")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        (folder / ".mcsearch-notes.part").touch()
        leftovers = list(folder.glob(".mcsearch-?*.part"))
        assert len(leftovers) == 2
        _update({folder / "a.jpg": ["dog"]})
        assert all(file.exists() for file in leftovers)
        process.kill()
    _update({folder / "a.jpg": ["cat"]}, dry_run=True)
    assert all(file.exists() for file in leftovers)
    _update({folder / "a.jpg": ["cat"]})
    assert list(folder.glob(".*")) == [folder / ".mcsearch-notes.part"]


def test_a_shared_sidecar_is_not_written_and_loses_our_keywords(folder: Path) -> None:
    (folder / "a.png").write_bytes(b"a photo")
    shared = folder / "a.xmp"
    shared.write_bytes(with_keywords(DIGIKAM.encode(), ["dog"]) or b"")
    _update({folder / name: ["wolf"] for name in ("a.jpg", "a.png")})
    assert {name for name, content in _files(folder).items() if b"mcsearch|wolf" in content} == {
        "a.jpg.xmp", "a.png.xmp"
    }  # fmt: skip
    assert ElementTree.canonicalize(from_file=shared) == ElementTree.canonicalize(DIGIKAM)


def test_sidecars_are_found_in_any_case(folder: Path) -> None:
    (folder / "A.Xmp").write_text(DIGIKAM)
    (folder / "C.PNG.XMP").write_text(DIGIKAM)
    _update({folder / name: ["wolf"] for name in ("a.jpg", "c.png")})
    assert {name for name, content in _files(folder).items() if b"mcsearch|wolf" in content} == {"A.Xmp", "C.PNG.XMP"}


def test_a_file_too_large_to_be_a_sidecar_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidecar_files, "SIZE_LIMIT_BYTES", 100)
    (folder / "a.jpg.xmp").write_text(DIGIKAM)
    assert _update({folder / "a.jpg": ["dog"]}).skipped == 1
