"""Folders and files that only their user can read, and files that only SQLite may open.

On Windows, the files of a user's own folders are private already.
"""

import contextlib
import os
from pathlib import Path

# POSIX drops all locks that a process has on a file when it closes any descriptor of it. Another process would then
# take its own connection to a library for the last one, and delete the log that is still in use.
_libraries: set[tuple[int, int]] = set()
_LOG_INDEX_SUFFIX = "-shm"


def create_private(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for the user alone; leave those that exist as they are.

    Raises OSError.
    """
    if not folder.is_dir():
        create_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def make_private(folder: Path) -> None:
    """Create a folder like `create_private`, or let nobody but its user look into one that exists. Raises OSError."""
    create_private(folder)
    if os.name == "posix" and (mode := folder.stat().st_mode & 0o777) & 0o077:
        folder.chmod(mode & 0o700)


def create_private_file(file: Path) -> None:
    """Create an empty file that only the user can read and write, or do nothing if it exists. Raises OSError.

    A file that exists is not opened: closing it would drop the locks that this process has on it.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600))


def add_locked(status: os.stat_result) -> None:
    """Remember the file of a library that this process has opened, by its status."""
    _libraries.add((status.st_dev, status.st_ino))


def is_locked(path: str) -> bool:
    """Return whether a path, which may contain links, is a library that was opened, or the index of its log."""
    resolved = os.path.realpath(path)
    return bool(_libraries) and (_is_library(resolved) or _is_library(resolved.removesuffix(_LOG_INDEX_SUFFIX)))


def _is_library(path: str) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) in _libraries
