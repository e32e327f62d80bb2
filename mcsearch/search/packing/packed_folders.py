"""The folders of packed copies in the cache: one for each library and model, removed when either is gone."""

import contextlib
import os
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from blake3 import blake3

from mcsearch.search.packing.packed import read_header

_AWAY_AT_MOST_S = 30 * 24 * 3600


def folder_of(copies: Path, library: str, fingerprint: str) -> Path:
    """Return the folder of the copy for a library, by its real path, and a model, by its fingerprint."""
    return copies / f"{blake3(os.fsencode(library)).hexdigest(length=8)}-{fingerprint}"


def remove_unused(copies: Path, library: str, fingerprints: Collection[str]) -> None:
    """Remove the copies of libraries that no longer exist, and those of this library for models it no longer has.

    A library whose folder is away, too, may be on a disk that comes back: its copies stay for 30 days after the last
    photos were added.
    """
    with contextlib.suppress(OSError):
        for folder in list(copies.iterdir()):
            _, _, fingerprint = folder.name.partition("-")
            if folder == folder_of(copies, library, fingerprint):
                is_used = fingerprint in fingerprints
            else:
                is_used = _has_library(folder)
            if not is_used:
                _remove(folder)


def _has_library(folder: Path) -> bool:
    """Return whether the library of a copy exists, or may come back."""
    try:
        library = str(
            read_header(folder).get("library", "")
        )  # earlier versions, which did not store it, used no checksums
        is_away = bool(library) and not os.path.isdir(os.path.dirname(library))
        return os.path.exists(library) or (is_away and _age_s(folder / "state.json") < _AWAY_AT_MOST_S)
    except (OSError, ValueError):  # another process may be writing it just now
        return _age_s(folder) < _AWAY_AT_MOST_S


def _age_s(file: Path) -> float:
    return time.time() - file.stat().st_mtime


def _remove(folder: Path) -> None:
    """Remove a copy, unless another process is writing it."""
    from filelock import FileLock, Timeout

    with contextlib.suppress(Timeout, OSError), FileLock(folder / "lock", timeout=0):
        shutil.rmtree(folder, ignore_errors=True)
