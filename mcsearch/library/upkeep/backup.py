"""Copy a library file while others write to it, and tell whose backup a file is."""

import contextlib
import glob
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mcsearch.errors import LibraryDamagedError
from mcsearch.records.progress import Progress, no_progress

_PAGES_A_STEP = 512
_PART_NAME_BYTES = 200


def copy_library(source: Path, target: Path, progress: Progress = no_progress) -> None:
    """Copy a library as it is now to a file that replaces `target`, readable by its user alone.

    Other processes may write to the library meanwhile. The copy is complete and free of damage, or `target` stays as
    it was. Raises sqlite3.Error, OSError, and LibraryDamagedError for a library that is damaged itself.
    """
    _remove_left_behind(target)
    part = target.with_name(f"{_part_name(target)}{os.getpid()}")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy, _refused_if_damaged(source):
            with contextlib.closing(_reading(source)) as library:
                # In a transaction that reads, every step copies from the same state, and no writer starts it anew.
                library.execute("BEGIN")
                library.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
                library.backup(
                    copy,
                    pages=_PAGES_A_STEP,
                    progress=lambda _, left, total: progress("copying the library", total - left, total),
                )
            damage = [message for (message,) in copy.execute("PRAGMA integrity_check(3)") if message != "ok"]
        if damage:
            raise _damaged(source, "; ".join(damage))
        _flush(part)
        for log in logs_of(target):  # SQLite would apply it to the new file
            log.unlink(missing_ok=True)
        part.replace(target)
        _flush(target.parent)
    finally:
        for left in (part, *logs_of(part)):
            left.unlink(missing_ok=True)


@contextlib.contextmanager
def _refused_if_damaged(source: Path) -> Iterator[None]:
    """Turn what SQLite says of damage, which may be so bad that it cannot be examined, into LibraryDamagedError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _damaged(source, str(error)) from error
        raise


def _damaged(library: Path, damage: str) -> LibraryDamagedError:
    return LibraryDamagedError(
        f"The library {library} is damaged, so no backup was written: {damage}.",
        hint="To find out what to do: mcsearch doctor",
    )


def is_library(file: Path) -> bool:
    """Return whether a file is a library of mcsearch."""
    try:
        with contextlib.closing(_at_rest(file)) as library:
            names = {name for (name,) in library.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return {"photos", "contents", "_sqlite_migrations"} <= names


def is_earlier_state(file: Path, library: Path) -> bool:
    """Return whether a file is a copy of this library from before, as told by the tokens of its commits.

    Raises LibraryDamagedError for a library that is damaged itself.
    """
    if any(log.exists() and log.stat().st_size for log in logs_of(file)):
        return False  # it is in use
    newest = "SELECT id, token FROM embedding_changes ORDER BY id DESC LIMIT 1"
    try:
        with contextlib.closing(_at_rest(file)) as copy:
            found = copy.execute(newest).fetchone()
    except sqlite3.Error:
        return False
    with _refused_if_damaged(library), contextlib.closing(_reading(library)) as original:
        known = original.execute("SELECT 1 FROM embedding_changes WHERE id = ? AND token = ?", found or (0, 0))
        return found is not None and known.fetchone() is not None


def _remove_left_behind(target: Path) -> None:
    """Remove the parts of copies whose process was killed. They are named for the number of that process."""
    for part in target.parent.glob(f"{glob.escape(_part_name(target))}*"):
        number = part.name.rpartition(".part-")[2].partition("-")[0]
        if os.name == "posix" and number.isdigit() and not _is_alive(int(number)):
            part.unlink(missing_ok=True)


def _part_name(target: Path) -> str:
    """Return how the names of copies of a file begin that are not complete: so short that SQLite can add to them."""
    return f".{os.fsdecode(os.fsencode(target.name)[:_PART_NAME_BYTES])}.part-"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        pass
    return process != os.getpid()


def _reading(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)


def _at_rest(file: Path) -> sqlite3.Connection:
    """Open a file that nothing writes to, without leaving other files beside it."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)


def logs_of(file: Path) -> list[Path]:
    """Return the paths of the files that SQLite keeps beside one that is in use."""
    return [file.with_name(file.name + suffix) for suffix in ("-wal", "-shm", "-journal")]


def _flush(path: Path) -> None:
    """Have the system write a file, or the entries of a folder, to its disk."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
