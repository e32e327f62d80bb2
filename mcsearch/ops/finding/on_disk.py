"""Which photos are still on disk as they were indexed, each file once."""

import os
import stat
from collections.abc import Callable, Iterable

from mcsearch.records import DuplicatePhoto

# Called with a path that is left out, and why.
OnLeftOut = Callable[[str, str], None]


def say_nothing(path: str, reason: str) -> None:
    """The callback of whoever does not want to know what is left out."""


def present(photos: Iterable[DuplicatePhoto], on_left_out: OnLeftOut) -> list[DuplicatePhoto]:
    """The photos that are there with the size and time they were indexed with, one for each file.

    Several paths lead to a file through symbolic links, linked folders and hard links. The one that goes through no
    symbolic link stays, then the shortest.
    """
    files: dict[tuple[int, int], DuplicatePhoto] = {}
    for photo in photos:
        try:
            seen = os.stat(photo.path)
        except (OSError, ValueError):
            on_left_out(photo.path, "it is not there, or cannot be read")
            continue
        if not stat.S_ISREG(seen.st_mode) or (seen.st_size, seen.st_mtime_ns) != (photo.size_bytes, photo.mtime_ns):
            on_left_out(photo.path, "it has changed since it was indexed")
            continue
        file = (seen.st_dev, seen.st_ino)
        files[file] = min(files[file], photo, key=_directness) if file in files else photo
    return list(files.values())


def _directness(photo: DuplicatePhoto) -> tuple[bool, int, str]:
    return os.path.realpath(photo.path) != photo.path, len(photo.path), photo.path
