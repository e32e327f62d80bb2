"""Watch the roots and index whatever changes below them, as soon as it has stopped changing."""

import contextlib
import ctypes
import gc
import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from mcsearch.errors import LibraryBusyError, UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.index import index_paths, index_places
from mcsearch.ops.indexing.changes import Changes, Say, say_nothing
from mcsearch.ops.indexing.places import Known, is_gone, outermost, place_of
from mcsearch.ops.indexing.settling import Settling
from mcsearch.ops.model import model_to_index_with
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import several
from mcsearch.photos.beside import is_sidecar_name, related
from mcsearch.photos.formats import format_of
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import IndexReport

# The system drops notifications when too many arrive at once. A full scan at this interval finds what was missed.
FULL_SCAN_EVERY_S = 3600.0
_MANY_IN_A_FOLDER = 20  # With more changes than this in one folder, the whole folder is scanned.
_Report = TypeVar("_Report", IndexReport, IndexReport | None)
_Identity = tuple[tuple[int, int] | None, ...]


def watch_paths(
    opened: OpenLibrary,
    paths: Sequence[str | os.PathLike[str]] = (),
    *,
    max_megapixels: int | None = None,
    say: Say = say_nothing,
    is_ended: Callable[[], bool] = bool,
    progress: Progress = no_progress,
) -> Iterator[IndexReport]:
    """Yield the report of a first index run and of every later run that found something to do, without end.

    The first run covers these folders, or all known roots; later runs cover whatever has changed below them.
    `max_megapixels` is that of `index_paths`. `say` is called with a sentence when a root disappears or comes back, or
    when the library is busy; `progress` is that of the first run.
    Raises what `index_paths` raises, UsageError for a path that is a file, and KeyboardInterrupt once `is_ended`
    returns true (an exception raised by a signal handler is lost if the signal arrives during a destructor).
    """
    library = opened.file
    given = [library.spelled(path) for path in several(paths)]
    for path in given:
        if os.path.isfile(path):
            raise UsageError(f"{path} is a file. Only folders can be watched.")
    changes = Changes(say)
    roots = {root: _identity(library, root) for root in given or library.roots.known()}
    changes.follow(_present(roots))  # before the first run, so that no change during it is missed
    first = _retry_while_busy(lambda: index_paths(opened, given, max_megapixels=max_megapixels, progress=progress), say)
    _release_memory()
    yield first
    known = library.roots.known()
    settling = Settling(lambda path: _state(path, known))
    next_full_scan = time.monotonic() + FULL_SCAN_EVERY_S
    while not is_ended():
        known = library.roots.known()  # another process may have added or forgotten a root
        before, roots = roots, _followed(library, given, known)
        if roots != before:
            changes.follow(_present(roots))
            for root in _appeared(before, roots, say):
                settling.add(root)
        changed = changes.next()
        if changed and any(path in roots or os.path.islink(path) for path in changed):
            # A root was removed and perhaps created again, or a link has a new target: watch the folders there now.
            changes.follow(_present(roots))
        if changed is None or time.monotonic() > next_full_scan:
            changed = set(_present(roots)) | (changed or set())
            next_full_scan = time.monotonic() + FULL_SCAN_EVERY_S
        for path in changed:
            if _is_relevant(path, known):
                settling.add(path)
        if settled := settling.settled():
            report = _retry_while_busy(partial(_index_settled, library, settled, max_megapixels), say)
            if report is not None and _changed_anything(report):
                _release_memory()
                yield report
    raise KeyboardInterrupt


def _followed(library: LibraryFile, given: Sequence[str], known: Known) -> dict[str, _Identity]:
    """Return the roots to watch, none inside another, each with an identity that changes if the folder is replaced."""
    roots = [path for path in given if place_of(path, known)] if given else list(known)
    return {root: _identity(library, root) for root in outermost(roots)}


def _identity(library: LibraryFile, root: str) -> _Identity:
    """Return the device and inode of a root and of each mount point in it, with None for folders that do not exist."""
    return tuple(_file_id(folder) for folder in (root, *library.roots.mounts(root)))


def _file_id(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _present(roots: dict[str, _Identity]) -> list[str]:
    return [root for root, identity in roots.items() if identity[0] is not None]


def _appeared(before: dict[str, _Identity], now: dict[str, _Identity], say: Say) -> Iterator[str]:
    """Yield the roots that have appeared or have a newly mounted disk in them, and report which came and went."""
    for root, identity in now.items():
        was = before.get(root, (None,))
        if identity[0] is None:
            if was[0] is not None:
                say(f"{root} is missing (is its disk unplugged?). Waiting for it to come back.")
        elif identity != was:
            if root in before and was[0] is None:
                say(f"{root} is back.")
            yield root


def _is_relevant(path: str, known: Known) -> bool:
    """Return whether a change at this path may affect photos: it is a photo, a sidecar, a folder, or was deleted."""
    if (place := place_of(path, known)) is None:
        return False
    any_file = place.scan_rules.any_suffix or not os.path.isfile(path)
    return any_file or format_of(path) is not None or is_sidecar_name(path)


def _state(path: str, known: Known) -> Hashable:
    """Return a value that changes with a file's size or time, or with those of any photo below a folder.

    None means that nothing exists at the path.
    """
    place = place_of(path, known)
    try:
        status = os.stat(path)
    except OSError:
        return None
    if place is None or not stat.S_ISDIR(status.st_mode):
        return status.st_size, status.st_mtime_ns
    return hash(tuple(scan(path, place.scan_rules, ScanNotes(), root=place.root)))


def _index_settled(library: LibraryFile, paths: Sequence[str], max_megapixels: int | None) -> IndexReport | None:
    """Index what exists at these paths and drop what was deleted; return None if no path is relevant."""
    known = library.roots.known()
    in_folder = Counter(os.path.dirname(path) for path in paths)
    candidates: list[str] = []
    for path in paths:
        folder = os.path.dirname(path)
        candidates += [folder] if in_folder[folder] > _MANY_IN_A_FOLDER else _with_related(path)
    places = [place for path in outermost(candidates) if (place := place_of(path, known)) is not None]
    places = [place for place in places if os.path.exists(place.path) or is_gone(library, place)]
    if not places:
        return None
    return index_places(library, places, model_to_index_with(library), max_megapixels=max_megapixels)


def _with_related(path: str) -> list[str]:
    """Return the path and those of the photos that it may be a companion or sidecar of."""
    folder, name = os.path.split(path)
    try:
        names = [] if os.path.isdir(path) else os.listdir(folder)
    except OSError:
        names = []
    return [path, *(os.path.join(folder, other) for other in related(name, names))]


def _retry_while_busy(run: Callable[[], _Report], say: Say) -> _Report:
    """Call `run` again until the library is no longer busy, and return its result."""
    reported = False
    while True:
        try:
            return run()
        except LibraryBusyError as error:  # raised after half a minute of waiting
            if not reported:
                say(f"{error} Waiting.")
                reported = True


def _release_memory() -> None:
    """Return the tower's memory to the system; glibc would keep 0.8 to 1.6 GB instead of 0.45 (S0 in torch)."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # C libraries other than glibc have no malloc_trim
            ctypes.CDLL(None).malloc_trim(0)


def _changed_anything(report: IndexReport) -> bool:
    return any((report.new, report.changed, report.moved, report.removed, report.failed, report.warnings))
