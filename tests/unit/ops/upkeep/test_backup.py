"""Backups: of one moment, of a library that others write to, readable by the user alone, never in place of others."""

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import LibraryDamagedError, OutputError, UsageError
from mcsearch.library.upkeep import backup
from mcsearch.records.photos import ScannedFile
from tests.support.runs import inside


@pytest.fixture
def library(indexed_library: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copy(indexed_library, tmp_path / "library.db")
    with Library(tmp_path / "library.db") as library:
        yield library


def _add(library: Library, name: str) -> None:
    with inside(library).transaction():
        inside(library).photos.put(ScannedFile(name, 1, 1), inside(library).photos.add_content(name.encode(), 1))


def test_a_backup_is_of_one_moment_whoever_writes_meanwhile(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES_A_STEP", 5)
    target, steps = tmp_path / "backup.db", []

    with Library(tmp_path / "library.db") as other:

        def write(stage: str, done: int, total: int | None) -> None:
            _add(other, f"/{done}.jpg")
            steps.append((stage, done, total))

        report = library.backup(target, progress=write)
    assert len(steps) > 5
    assert [done for _, done, _ in steps] == sorted({done for _, done, _ in steps}), "it never began anew"
    assert report.size_bytes == target.stat().st_size
    assert sorted(tmp_path.glob("*backup*")) == [target]
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert library.status().photos > 36
    with Library(target) as restored:
        assert restored.status().photos == 36
        assert inside(restored).checks.damage() == []


def test_the_name_of_a_backup_may_be_as_long_as_that_of_a_database(library: Library, tmp_path: Path) -> None:
    assert library.backup(tmp_path / ("b" * (255 - len("-journal")))).size_bytes > 0


def test_restoring_is_copying_back(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    library.tag_by_hand(next(inside(library).photos.by_path()), give=["mine"])
    library.backup(tmp_path / "backup.db")
    library.tag_by_hand(next(inside(library).photos.by_path()), take=["mine"])
    library.close()
    shutil.copy(tmp_path / "backup.db", file)
    with contextlib.closing(sqlite3.connect(file)) as connection:  # as a program for databases may leave it
        connection.execute("PRAGMA journal_mode = DELETE")
    with Library(file) as restored:
        assert [(count.label, count.photos) for count in restored.tags() if count.source == "manual"] == [("mine", 1)]
        assert inside(restored)._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_only_a_backup_of_this_library_is_replaced(library: Library, tmp_path: Path) -> None:
    target, photo, other = tmp_path / "backup.db", tmp_path / "photo.jpg", tmp_path / "other.db"
    library.backup(target)
    _add(library, "/new.jpg")
    library.backup(target)
    with Library(target) as restored:
        assert restored.status().photos == 37
    photo.write_bytes(b"a photo")
    with pytest.raises(UsageError, match=r"photo\.jpg exists and is not a backup of a library"):
        library.backup(photo, replace=True)
    assert photo.read_bytes() == b"a photo"
    with Library(other) as opened:
        _add(opened, "/other.jpg")
    with pytest.raises(UsageError, match="is another library"):
        library.backup(other)
    with pytest.raises(UsageError, match="is the library itself"):
        library.backup(tmp_path / "library.db", replace=True)
    with pytest.raises(UsageError, match="is not a file in a folder that exists"):
        library.backup(tmp_path)
    for _ in range(2):
        library.backup(other, replace=True)
    with Library(other) as restored:
        assert restored.status().photos == 37


def test_what_is_no_file_and_what_belongs_to_others_is_left_alone(library: Library, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
    with pytest.raises(UsageError, match="is not a backup"):
        library.backup(tmp_path / "pipe")
    with pytest.raises(OutputError, match="File name too long"):
        library.backup(tmp_path / ("x" * 300))
    with pytest.raises(UsageError, match="belongs to the library"):
        library.backup(tmp_path / "library.db-journal", replace=True)
    notes = tmp_path / "trip-journal"
    notes.write_text("Monday: rain")
    with pytest.raises(UsageError, match="trip-journal exists, which would be lost"):
        library.backup(tmp_path / "trip")
    assert notes.read_text() == "Monday: rain"


def test_a_link_to_another_disk_stays_one(library: Library, tmp_path: Path) -> None:
    disk, link = tmp_path / "disk", tmp_path / "backup.db"
    disk.mkdir()
    link.symlink_to(disk / "backup.db")
    for _ in range(2):
        library.backup(link)
        assert link.is_symlink()
        assert (disk / "backup.db").is_file()


def test_no_half_backup_stays(library: Library, tmp_path: Path) -> None:
    library.backup(tmp_path / "backup.db")
    before = (tmp_path / "backup.db").read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.backup(tmp_path / "backup.db", progress=stop)
    with sqlite3.connect(tmp_path / "library.db") as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'photos (content_id)', 'photos (mtime_ns)')")
    with pytest.raises(LibraryDamagedError, match="is damaged, so no backup was written"):
        library.backup(tmp_path / "backup.db")
    with (tmp_path / "library.db").open("r+b") as file:  # so bad that SQLite cannot examine it
        file.seek(100)
        file.write(b"\xff")
    with pytest.raises(LibraryDamagedError, match="so no backup was written: database disk image is malformed"):
        library.backup(tmp_path / "backup.db")
    assert (tmp_path / "backup.db").read_bytes() == before
    if os.name == "posix" and os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(OutputError, match="cannot be written: Permission denied"):
            library.backup(tmp_path / "locked" / "backup.db")
    assert sorted(tmp_path.glob(".*")) == []


@pytest.mark.skipif(os.name != "posix", reason="needs process numbers")
def test_what_a_killed_backup_left_is_removed(library: Library, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for number in (ended.pid, os.getppid()):
        for suffix in ("", "-journal"):
            (tmp_path / f".backup.db.part-{number}{suffix}").touch()
    library.backup(tmp_path / "backup.db")
    left = sorted(file.name for file in tmp_path.glob(".*"))
    assert left == [f".backup.db.part-{os.getppid()}", f".backup.db.part-{os.getppid()}-journal"]
