"""Select the photos that are still on disk as they were indexed, each file once."""

import os
import stat
from collections.abc import Callable, Iterable

from mcsearch.photos.scan import mtime_ns
from mcsearch.records.answers import DuplicatePhoto

# Called with a path that is left out, and the reason.
OnLeftOut = Callable[[str, str], None]


def say_nothing(path: str, reason: str) -> None:
    """Ignore a path that is left out; the default callback."""


def present(photos: Iterable[DuplicatePhoto], on_left_out: OnLeftOut) -> list[DuplicatePhoto]:
    """Return the photos that exist with the size and time they had when they were indexed, one for each file.

    Symbolic links and hard links can give a file several paths. A path without symbolic links is preferred, then the
    shortest.
    """
    files: dict[tuple[int, int], DuplicatePhoto] = {}
    for photo in photos:
        try:
            seen = os.stat(photo.path)
        except (OSError, ValueError):
            on_left_out(photo.path, "it is missing or cannot be read")
            continue
        if not is_as_indexed(seen, photo.size_bytes, photo.mtime_ns):
            on_left_out(photo.path, "it has changed since it was indexed")
            continue
        file = (seen.st_dev, seen.st_ino)
        files[file] = min(files[file], photo, key=_directness) if file in files else photo
    return list(files.values())


def is_as_indexed(found: os.stat_result, size_bytes: int, indexed_mtime_ns: int) -> bool:
    """Return whether what was found is a file of the size and the time of change that the library has."""
    return stat.S_ISREG(found.st_mode) and (found.st_size, mtime_ns(found)) == (size_bytes, indexed_mtime_ns)


def _directness(photo: DuplicatePhoto) -> tuple[bool, int, str]:
    return os.path.realpath(photo.path) != photo.path, len(photo.path), photo.path
