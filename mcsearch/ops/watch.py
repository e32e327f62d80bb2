"""Follow the roots: index what changes below them once it has stopped changing, for as long as it is asked to."""

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
from mcsearch.paths import several
from mcsearch.photos.beside import is_sidecar_name, related
from mcsearch.photos.formats import format_of
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.reports import IndexReport

# Whatever the system did not tell of is found by then: it drops changes when there are too many at once.
FULL_LOOK_EVERY_S = 3600.0
_MANY_IN_A_FOLDER = 20  # then it is looked at as a whole
_Report = TypeVar("_Report", IndexReport, IndexReport | None)
_Identity = tuple[tuple[int, int] | None, ...]


def watch_paths(
    library: LibraryFile,
    paths: Sequence[str | os.PathLike[str]] = (),
    *,
    say: Say = say_nothing,
    is_ended: Callable[[], bool] = bool,
) -> Iterator[IndexReport]:
    """Index these folders, or all known roots, then whatever changes below them; never ends by itself.

    Yields the report of the first run, and of each later one that found something to do. A root may go away and come
    back, and the library may be busy: `say` is told. Raises what `index_paths` does, UsageError for a path that is a
    file, and KeyboardInterrupt once `is_ended` answers true: a signal's own exception is lost where it comes up in a
    destructor.
    """
    given = [library.spelled(path) for path in several(paths)]
    for path in given:
        if os.path.isfile(path):
            raise UsageError(f"{path} is a file. Only folders can be watched.")
    changes = Changes(say)
    roots = {root: _identity(library, root) for root in given or library.roots.known()}
    changes.follow(_present(roots))  # from now on, so that nothing is missed during the first run
    first = _patiently(lambda: index_paths(library, given, model_to_index_with(library)), say)
    _give_memory_back()
    yield first
    known = library.roots.known()
    settling = Settling(lambda path: _state(path, known))
    full_look_at = time.monotonic() + FULL_LOOK_EVERY_S
    while not is_ended():
        known = library.roots.known()  # another process may have indexed or forgotten one
        before, roots = roots, _followed(library, given, known)
        if roots != before:
            changes.follow(_present(roots))
            for root in _say_what_came(before, roots, say):
                settling.add(root)
        changed = changes.next()
        if changed and any(path in roots or os.path.islink(path) for path in changed):
            # A root was removed, and perhaps made anew, or a link leads elsewhere: the folders there are not followed.
            changes.follow(_present(roots))
        if changed is None or time.monotonic() > full_look_at:
            changed = set(_present(roots)) | (changed or set())
            full_look_at = time.monotonic() + FULL_LOOK_EVERY_S
        for path in changed:
            if _concerns_us(path, known):
                settling.add(path)
        if settled := settling.settled():
            report = _patiently(partial(_index_settled, library, settled), say)
            if report is not None and _did_something(report):
                _give_memory_back()
                yield report
    raise KeyboardInterrupt


def _followed(library: LibraryFile, given: Sequence[str], known: Known) -> dict[str, _Identity]:
    """The roots that are followed, none inside another, and what tells whether each is still the same folder."""
    roots = [path for path in given if place_of(path, known)] if given else list(known)
    return {root: _identity(library, root) for root in outermost(roots)}


def _identity(library: LibraryFile, root: str) -> _Identity:
    """Which folders are at a root and at the mount points in it: None each where there is none."""
    return tuple(_file_id(folder) for folder in (root, *library.roots.mounts(root)))


def _file_id(folder: str) -> tuple[int, int] | None:
    try:
        facts = os.stat(folder)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _present(roots: dict[str, _Identity]) -> list[str]:
    return [root for root, identity in roots.items() if identity[0] is not None]


def _say_what_came(before: dict[str, _Identity], now: dict[str, _Identity], say: Say) -> Iterator[str]:
    """The roots that are to be looked at since they, or disks in them, have come; says which came and went."""
    for root, identity in now.items():
        was = before.get(root, (None,))
        if identity[0] is None:
            if was[0] is not None:
                say(f"{root} is not there now (an unplugged disk?). Waiting for it to come back.")
        elif identity != was:
            if root in before and was[0] is None:
                say(f"{root} is there again.")
            yield root


def _concerns_us(path: str, known: Known) -> bool:
    """Whether a change of this path may be one of photos: a photo, a sidecar, a folder, or something that is gone."""
    if (place := place_of(path, known)) is None:
        return False
    any_file = place.scan_rules.any_suffix or not os.path.isfile(path)
    return any_file or format_of(path) is not None or is_sidecar_name(path)


def _state(path: str, known: Known) -> Hashable:
    """Size and time of a file, those of all photos below a folder; of what is gone, nothing."""
    place = place_of(path, known)
    try:
        facts = os.stat(path)
    except OSError:
        return None
    if place is None or not stat.S_ISDIR(facts.st_mode):
        return facts.st_size, facts.st_mtime_ns
    return hash(tuple(scan(path, place.scan_rules, ScanNotes(), root=place.root)))


def _index_settled(library: LibraryFile, paths: Sequence[str]) -> IndexReport | None:
    """Index what is at these paths, or drop what was; None when none of them is of any concern."""
    known = library.roots.known()
    in_folder = Counter(os.path.dirname(path) for path in paths)
    concerned: list[str] = []
    for path in paths:
        folder = os.path.dirname(path)
        concerned += [folder] if in_folder[folder] > _MANY_IN_A_FOLDER else _with_what_belongs_together(path)
    places = [place for path in outermost(concerned) if (place := place_of(path, known)) is not None]
    places = [place for place in places if os.path.exists(place.path) or is_gone(library, place)]
    return index_places(library, places, model_to_index_with(library)) if places else None


def _with_what_belongs_together(path: str) -> list[str]:
    """The path and the photos whose companions or sidecars may have changed with it."""
    folder, name = os.path.split(path)
    try:
        names = [] if os.path.isdir(path) else os.listdir(folder)
    except OSError:
        names = []
    return [path, *(os.path.join(folder, other) for other in related(name, names))]


def _patiently(run: Callable[[], _Report], say: Say) -> _Report:
    """Run until the library is not busy."""
    told = False
    while True:
        try:
            return run()
        except LibraryBusyError as error:  # after half a minute of waiting
            if not told:
                say(f"{error} Waiting.")
                told = True


def _give_memory_back() -> None:
    """Let go of the tower's memory. glibc would keep it (measured with S0 in torch: 0.8 to 1.6 GB instead of 0.45)."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def _did_something(report: IndexReport) -> bool:
    return any((report.new, report.changed, report.moved, report.removed, report.failed, report.warnings))
