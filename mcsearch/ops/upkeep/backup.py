"""Write a backup of a library, also while other processes write to it."""

import os
import sqlite3
from pathlib import Path

from mcsearch.errors import OutputError, UsageError
from mcsearch.library.upkeep.backup import copy_library, is_earlier_state, is_library, logs_of
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import shown
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import BackupReport


def back_up_library(
    opened: OpenLibrary, file: str | os.PathLike[str], *, replace: bool = False, progress: Progress = no_progress
) -> BackupReport:
    """Write a backup of the library to a file that its user alone can read, and return a report.

    It is the library as of one moment; restoring is copying it back. An earlier backup of the same library is replaced,
    another library only with `replace`, and no other file ever. Raises UsageError for a file that is not replaced,
    OutputError if it cannot be written, and LibraryDamagedError for a library that is damaged.
    """
    library, target = opened.file.file, Path(file).expanduser()
    if os.path.islink(target):  # such as one that leads to another disk; the link stays
        target = Path(os.path.realpath(target))
    if not os.fspath(file) or os.path.isdir(target) or not os.path.isdir(target.absolute().parent):
        raise UsageError(f"{shown(os.fspath(file))!r} is not a file in a folder that exists. Name one for the backup.")
    try:
        _check_replaceable(target, library, replace=replace)
        copy_library(library, target, progress)
    except OSError as error:
        raise OutputError(f"{shown(str(target))} cannot be written: {error.strerror or error}.") from error
    except sqlite3.Error as error:
        raise OutputError(f"The backup {shown(str(target))} cannot be written: {error}.") from error
    return BackupReport(str(target), target.stat().st_size)


def _check_replaceable(target: Path, library: Path, *, replace: bool) -> None:
    name = shown(str(target))
    if os.path.realpath(target) in {os.path.realpath(log) for log in logs_of(library)}:
        raise UsageError(f"{name} belongs to the library. Name another file.")
    if not os.path.lexists(target):
        for log in logs_of(target):
            if log.exists():
                raise UsageError(f"{shown(str(log))} exists, which would be lost. Name another file.")
        return
    if target.samefile(library):
        raise UsageError(f"{name} is the library itself. Name another file.")
    if not target.is_file() or not is_library(target):
        raise UsageError(f"{name} exists and is not a backup of a library. Name another file.")
    if not replace and not is_earlier_state(target, library):
        raise UsageError(
            f"{name} is another library, or a newer backup of this one.", hint="To replace it all the same: --yes"
        )
