"""Write a backup of a library, also while other processes write to it."""

import os
import sqlite3
from pathlib import Path

from mcsearch.errors import OutputError, UsageError
from mcsearch.library.upkeep.backup import copy_library, is_earlier_state, is_library
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import shown
from mcsearch.records import Progress, no_progress
from mcsearch.reports import BackupReport


def back_up_library(
    opened: OpenLibrary, file: str | os.PathLike[str], *, replace: bool = False, progress: Progress = no_progress
) -> BackupReport:
    """Write a backup of the library to a file that its user alone can read, and return a report.

    It is the library as of one moment; restoring is copying it back. An earlier backup of the same library is replaced,
    another library only with `replace`, and no other file ever. Raises UsageError for a file that is not replaced,
    OutputError if it cannot be written, and LibraryDamagedError for a library that is damaged.
    """
    library, target = opened.file.file, Path(file).expanduser()
    if not os.fspath(file) or target.is_dir() or not target.absolute().parent.is_dir():
        raise UsageError(f"{shown(os.fspath(file))!r} is not a file in a folder that exists. Name one for the backup.")
    if target.exists():
        _check_replaceable(target, library, replace=replace)
    try:
        copy_library(library, target, progress)
    except OSError as error:
        raise OutputError(f"{shown(str(target))} cannot be written: {error.strerror or error}.") from error
    except sqlite3.Error as error:
        raise OutputError(f"The backup {shown(str(target))} cannot be written: {error}.") from error
    return BackupReport(str(target), target.stat().st_size)


def _check_replaceable(target: Path, library: Path, *, replace: bool) -> None:
    name = shown(str(target))
    if target.samefile(library):
        raise UsageError(f"{name} is the library itself. Name another file.")
    if not is_library(target):
        raise UsageError(f"{name} exists and is not a backup of a library. Name another file.")
    if not replace and not is_earlier_state(target, library):
        raise UsageError(
            f"{name} is another library, or a newer backup of this one.", hint="To replace it all the same: --yes"
        )
