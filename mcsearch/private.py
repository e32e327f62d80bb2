"""Folders and files that only their user can read. On Windows, those of a user's own folders are so already."""

import contextlib
import os
from pathlib import Path


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
