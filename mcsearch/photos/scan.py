"""Find the photos under a root with a single stat call per file, sidecars included."""

import contextlib
import itertools
import operator
import os
import stat
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mcsearch.photos.beside import Neighbours, is_sidecar_name
from mcsearch.photos.first_bytes import format_at
from mcsearch.photos.formats import RAW, VIDEO, Format, format_of
from mcsearch.photos.skipping import HIDES_BY_ATTRIBUTE, is_bundle, is_excluded, is_skipped, relative_folder
from mcsearch.photos.takeout.export import Exports, is_in_export
from mcsearch.photos.takeout.names import is_takeout_name
from mcsearch.records.photos import ScannedFile
from mcsearch.records.roots import RootRules

_LAST_MTIME_NS = 2**63 - 1
_NAME = operator.attrgetter("name")


@dataclass
class ScanNotes:
    """What a scan found besides photos: unreadable paths, mount points and symbolic links.

    `left_out` counts the files of each format whose package is not installed; `excluding` holds the exclude globs
    that matched something.
    """

    unreadable: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    left_out: Counter[Format] = field(default_factory=Counter)
    excluding: set[str] = field(default_factory=set)


class _Folder(NamedTuple):
    path: str
    is_mount: bool = False
    parent_device: int = -1


# A file's path, where its status can be asked for, and its format.
_File = tuple[str, str | os.DirEntry[str], Format]


class _Listed(NamedTuple):
    """What a folder holds: photo files, sidecars (their names), folders, and links to folders (their paths).

    `has_relatives` is true if there are files that may belong to others.
    """

    files: list[_File]
    sidecars: list[str]
    folders: list[str]
    links: list[str]
    has_relatives: bool


def scan(
    start: str, rules: RootRules, notes: ScanNotes, *, root: str | None = None, apart: Container[str] = ()
) -> Iterator[ScannedFile]:
    """Yield every photo file at or below the absolute path `start`, and every video if `rules` include videos.

    Exclude globs are relative to `root` (default: `start`); folders in `apart` are skipped. Companions of photos and
    files whose format needs a missing package are yielded too, marked by their role. Files come in the order of their
    paths, apart from links to folders, which are followed last. Each folder is visited once, so link loops end.
    Unreadable paths do not raise; they are added to `notes.unreadable`.
    """
    if os.path.isfile(start):
        if (format_ := _format(start, rules)) is not None:
            folder = os.path.dirname(start)
            export = Exports(root or folder) if is_in_export(folder) else None
            yield from _scanned(start, start, format_, _neighbours(start, root or folder, rules), rules, notes, export)
        return
    root = root or start
    exports = Exports(root)
    walked: set[tuple[int, int]] = set()
    waiting: list[_Folder | ScannedFile] = [_Folder(start, os.path.ismount(start))]
    links: list[str] = []
    while waiting or links:
        place = waiting.pop() if waiting else _Folder(links.pop())
        if isinstance(place, ScannedFile):
            yield place
            continue
        with contextlib.ExitStack() as stack:
            try:
                opened = stack.enter_context(_opened(place.path))
                status = os.stat(opened)
                if status.st_ino and (status.st_dev, status.st_ino) in walked:  # some network drives report inode 0
                    continue
                walked.add((status.st_dev, status.st_ino))
                with os.scandir(opened) as listing:
                    entries = sorted(listing, key=_NAME)
            except OSError:
                notes.unreadable.append(place.path)
                continue
            if place.is_mount or place.parent_device not in (-1, status.st_dev):
                notes.mounts.append(place.path)
            files, sidecars, folders, more_links, has_relatives = _listed(
                place.path, entries, root, rules, notes, apart
            )
            links += more_links
            export = exports if is_in_export(place.path) else None
            if sidecars or export is not None or has_relatives:
                neighbours = Neighbours([*sidecars, *(os.path.basename(path) for path, _, _ in files)])
                each = (_scanned(*file, neighbours, rules, notes, export) for file in files)
                scanned: Iterator[ScannedFile] = itertools.chain.from_iterable(each)
            else:
                scanned = _without_relatives(files, rules, notes)
            if folders:
                below = (_Folder(folder, False, status.st_dev) for folder in folders)
                waiting.extend(sorted([*below, *scanned], key=_path_order, reverse=True))
            else:
                yield from scanned


@contextlib.contextmanager
def _opened(folder: str) -> Iterator[int | str]:
    """Give what to list a folder by: a descriptor where possible, since it spares the system the way to each file."""
    if os.scandir not in os.supports_fd:
        yield folder
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # a named pipe would keep us waiting
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _listed(
    folder: str,
    entries: Sequence[os.DirEntry[str]],
    root: str,
    rules: RootRules,
    notes: ScanNotes,
    apart: Container[str],
) -> _Listed:
    """Return what a scan includes of a folder's entries, in the same order."""
    files: list[_File] = []
    sidecars: list[str] = []
    folders: list[str] = []
    links: list[str] = []
    has_relatives = False
    # The loop runs for each file of the library: what is the same for all of a folder is worked out before.
    start, above, globs = os.path.join(folder, ""), relative_folder(folder, root), rules.exclude
    in_bundle = is_bundle(folder)
    is_ordinary = not (apart or in_bundle or HIDES_BY_ATTRIBUTE)
    for entry in entries:
        name = entry.name
        path, format_ = start + name, format_of(name)
        try:
            is_file = entry.is_file(follow_symlinks=False)
            # Litter never has the suffix of a photo, apart from hidden files.
            is_included = is_ordinary and is_file and format_ is not None and name[0] != "."
            if not is_included or (globs and is_excluded(above + name, globs)):
                if format_ is None and is_sidecar_name(name):
                    sidecars.append(name)
                if path in apart or is_skipped(entry, above, rules, notes.excluding, in_bundle=in_bundle):
                    continue
                if not is_file:
                    is_folder, is_link = entry.is_dir(), entry.is_symlink()
                    if is_link:
                        notes.links.append(path)
                    if is_folder:
                        (links if is_link else folders).append(path)
                        continue
        except OSError:  # a link to itself, or into a folder without read permission
            notes.unreadable.append(path)
            continue
        if format_ is not None or (format_ := _format(path, rules)) is not None:
            files.append((path, entry, format_))
            has_relatives = has_relatives or format_ is RAW or format_ is VIDEO
    return _Listed(files, sidecars, folders, links, has_relatives)


def _path_order(found: _Folder | ScannedFile) -> str:
    return found.path + os.sep if isinstance(found, _Folder) else found.path


def _scanned(
    path: str,
    entry: str | os.DirEntry[str],
    format_: Format,
    neighbours: Neighbours,
    rules: RootRules,
    notes: ScanNotes,
    exports: Exports | None,
) -> Iterator[ScannedFile]:
    folder, name = os.path.split(path)
    role: Literal["photo", "companion", "left out"] = "photo"
    companion_of = None
    if photo := neighbours.companions.get(name):
        companion_of = os.path.join(folder, photo)
    if companion_of is not None and (format_ is VIDEO or (format_ is RAW and rules.raw_pairs == "one")):
        role = "companion"
    elif format_ is VIDEO and not rules.videos:
        return
    elif not format_.works:
        role = "left out"
    if (status := _status(path, entry, notes)) is not None:
        if role == "left out":
            notes.left_out[format_] += 1
        beside: list[str] = []
        if role == "photo":
            beside = [*neighbours.sidecars(name), *neighbours.descriptions(name)]
            if exports is not None and not any(map(is_takeout_name, beside)):
                beside += exports.describing(path, status.st_size)
        sidecars = tuple(_scanned_sidecars(folder, beside)) if beside else ()
        yield ScannedFile(path, status.st_size, mtime_ns(status), sidecars, companion_of, role, rules.previews)


def _without_relatives(files: Sequence[_File], rules: RootRules, notes: ScanNotes) -> Iterator[ScannedFile]:
    """Yield the files of a folder without sidecars and companions."""
    made, previews, last, works = ScannedFile._make, rules.previews, None, False
    for path, entry, format_ in files:
        if (status := _status(path, entry, notes)) is None:
            continue
        if format_ is not last:
            last, works = format_, format_.works
        if not works:
            notes.left_out[format_] += 1
        yield made((path, status.st_size, mtime_ns(status), (), None, "photo" if works else "left out", previews))


def _status(path: str, entry: str | os.DirEntry[str], notes: ScanNotes) -> os.stat_result | None:
    """Return the status of a regular file, and None for anything else; an unreadable path is noted."""
    try:
        status = os.stat(entry) if isinstance(entry, str) else entry.stat()
    except FileNotFoundError:  # a broken link, or a file deleted since it was listed
        return None
    except OSError:
        notes.unreadable.append(path)
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def mtime_ns(status: os.stat_result) -> int:
    """Return a file's modification time in nanoseconds, clamped to signed 64 bits (the years 1677 to 2262)."""
    found = status.st_mtime_ns
    return found if -_LAST_MTIME_NS <= found <= _LAST_MTIME_NS else max(-_LAST_MTIME_NS - 1, min(found, _LAST_MTIME_NS))


def _format(path: str, rules: RootRules) -> Format | None:
    """Return the format of a file that a scan includes, or None for other files."""
    found = format_of(path)
    return format_at(path) if found is None and rules.any_suffix and not is_sidecar_name(path) else found


def _neighbours(path: str, root: str, rules: RootRules) -> Neighbours:
    """Return the neighbours of a file as a scan from the root would see them."""
    folder, own = os.path.split(path)
    try:
        names = os.listdir(folder)
    except OSError:
        names = []
    if rules.exclude:
        above = relative_folder(folder, root)
        names = [
            name
            for name in names
            if name == own or is_sidecar_name(name) or not is_excluded(above + name, rules.exclude)
        ]
    return Neighbours(names)


def _scanned_sidecars(folder: str, names: Sequence[str]) -> Iterator[ScannedFile]:
    for name in names:
        path = os.path.join(folder, name)
        try:
            status = os.stat(path)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield ScannedFile(path, status.st_size, mtime_ns(status))
