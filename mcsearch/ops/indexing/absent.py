"""What is out of reach now, such as an unplugged disk. Its photos are kept, and the report names it."""

import os
import shlex
from collections.abc import Iterator, Sequence
from functools import cache

from mcsearch.library.difference import Difference
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.places import NOT_THERE, Place
from mcsearch.paths import is_under, shown
from mcsearch.photos.formats import format_of
from mcsearch.photos.scan import ScanNotes


def keep_absent(library: LibraryFile, difference: Difference, places: Sequence[Place], notes: ScanNotes) -> list[str]:
    """Keep the photos that these places, walked now, have out of reach; a sentence about each part that is."""
    unmounted = [mount for mount in library.roots.mounts() if not os.path.ismount(mount)]
    return [
        *_unreadable(difference, notes),
        *_missing_roots(library, difference, places),
        *_broken_links(difference, notes, unmounted),
        *_unmounted(difference, places, notes, unmounted),
    ]


def mounts_of(places: Sequence[Place], notes: ScanNotes) -> set[str]:
    """The mount points of all disks that these places, walked now, have photos on."""
    mount_of = cache(_mount_of)
    ways = [*notes.links, *(place.path for place in places)]
    folders = {_led_to(way) for way in ways if os.path.exists(way)}
    return {*notes.mounts, *filter(None, map(mount_of, folders))}


def forget_ordinary_folders(
    library: LibraryFile, difference: Difference, places: Sequence[Place], notes: ScanNotes
) -> None:
    """Forget the mount points that are ordinary folders now: the photos of the disk were moved there.

    Belongs inside a transaction, after a run of all roots that has found files and had nothing to keep.
    """
    if not all(any(is_under(root, place.path) for place in places) for root in library.roots.known()):
        return
    for mount in library.roots.mounts():
        if not os.path.ismount(mount) and any(map(difference.has_scanned_below, _ways_to(mount, places, notes))):
            library.roots.forget_mount(mount)


def _unreadable(difference: Difference, notes: ScanNotes) -> Iterator[str]:
    for folder in notes.unreadable:
        difference.keep_below(folder)
        yield f"{shown(folder)} cannot be read. What is known of it is kept."


def _missing_roots(library: LibraryFile, difference: Difference, places: Sequence[Place]) -> Iterator[str]:
    """Keep roots inside others that are not there."""
    roots = library.roots.known()
    for place in places:
        if place.path in roots and not os.path.exists(place.path) and difference.keep_below(place.path):
            yield NOT_THERE.format(shown(place.path))


def _broken_links(difference: Difference, notes: ScanNotes, unmounted: Sequence[str]) -> Iterator[str]:
    """Keep what links led to that lead nowhere, unless it was one photo that has been removed."""
    broken = []
    for link in notes.links:
        if os.path.exists(link):
            continue
        target = os.path.realpath(link)
        is_away = not os.path.isdir(os.path.dirname(target)) or any(is_under(target, mount) for mount in unmounted)
        if (is_away or format_of(link) is None) and difference.keep_below(link):
            broken.append(link)
    if broken:
        others = f" and {len(broken) - 1:,} other links lead" if len(broken) > 1 else " leads"
        yield f"{shown(broken[0])}{others} nowhere now (an unplugged disk?). What is known of it is kept."


def _unmounted(
    difference: Difference, places: Sequence[Place], notes: ScanNotes, unmounted: Sequence[str]
) -> Iterator[str]:
    """Keep what was on disks that are not mounted, below the places and where links lead."""
    for mount in unmounted:
        if kept := [path for path in _ways_to(mount, places, notes) if difference.keep_below(path)]:
            drop = " and ".join(f"mcsearch forget {shown(shlex.quote(path))}" for path in kept)
            yield f"Nothing is mounted at {shown(mount)} now. Its photos are kept. To drop them: {drop}"


def _ways_to(mount: str, places: Sequence[Place], notes: ScanNotes) -> list[str]:
    """The paths by which what is on a disk was walked: the disk in a place, places on it, links that lead to it."""
    ways = [mount] if any(is_under(mount, place.path) for place in places) else []
    starts = (place.path for place in places)
    return ways + [way for way in (*starts, *notes.links) if is_under(_led_to(way), mount)]


def _led_to(path: str) -> str:
    """The folder that a path leads to, all links resolved; of a file the one that it is in."""
    target = os.path.realpath(path)
    return os.path.dirname(target) if os.path.isfile(target) else target


def _mount_of(folder: str) -> str | None:
    """The mount point of the disk that a folder is on; None for the system's own."""
    while (above := os.path.dirname(folder)) != folder:
        if os.path.ismount(folder):
            return folder
        folder = above
    return None
