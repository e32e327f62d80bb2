"""Keep the photos of folders that cannot be reached now, such as those on an unplugged disk, and report them."""

import os
import shlex
from collections.abc import Iterator, Sequence
from functools import cache

from mcsearch.library.comparing.difference import Difference
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.places import MISSING, Place, leads_nowhere
from mcsearch.paths import is_under, shown
from mcsearch.photos.scan import ScanNotes


def keep_absent(library: LibraryFile, difference: Difference, places: Sequence[Place], notes: ScanNotes) -> list[str]:
    """Keep the photos below these scanned places that cannot be reached, and return a warning for each such folder."""
    unmounted = [mount for mount in library.roots.mounts() if not os.path.ismount(mount)]
    return [
        *_unreadable(difference, notes),
        *_missing_roots(library, difference, places),
        *_broken_links(difference, notes, unmounted),
        *_unmounted(difference, places, notes, unmounted),
        *_replaced(library, difference, places, notes),
    ]


def mounts_of(places: Sequence[Place], notes: ScanNotes) -> set[str]:
    """Return the mount points of all disks that hold photos of these scanned places."""
    mount_of = cache(_mount_of)
    paths = [*notes.links, *(place.path for place in places)]
    folders = {_resolved_folder(path) for path in paths if os.path.exists(path)}
    return {*notes.mounts, *filter(None, map(mount_of, folders))}


def forget_ordinary_folders(
    library: LibraryFile, difference: Difference, places: Sequence[Place], notes: ScanNotes
) -> None:
    """Forget mount points that have become ordinary folders, to which the photos of the disk were moved.

    Call it inside a transaction, after a run over all roots that found files and kept nothing out of reach.
    """
    if not all(any(is_under(root, place.path) for place in places) for root in library.roots.known()):
        return
    for mount in library.roots.mounts():
        if not os.path.ismount(mount) and any(map(difference.has_scanned_below, _paths_to(mount, places, notes))):
            library.roots.forget_mount(mount)


def _unreadable(difference: Difference, notes: ScanNotes) -> Iterator[str]:
    for folder in notes.unreadable:
        difference.keep_below(folder)
        yield f"{shown(folder)} cannot be read. Its photos stay in the library."


def _missing_roots(library: LibraryFile, difference: Difference, places: Sequence[Place]) -> Iterator[str]:
    """Keep the photos of missing roots that lie inside other roots."""
    roots = library.roots.known()
    for place in places:
        if place.path in roots and not os.path.exists(place.path) and difference.keep_below(place.path):
            yield MISSING.format(shown(place.path))


def _broken_links(difference: Difference, notes: ScanNotes, unmounted: Sequence[str]) -> Iterator[str]:
    """Keep the photos behind broken links, except for a link to a single photo that was deleted."""
    broken = []
    for link in notes.links:
        if os.path.exists(link):
            continue
        on_disk = any(is_under(os.path.realpath(link), mount) for mount in unmounted)
        if (on_disk or leads_nowhere(link)) and difference.keep_below(link):
            broken.append(link)
    if broken:
        others = len(broken) - 1
        links, them = " is a broken link", "it"
        if others:
            links = f" and {'another' if others == 1 else f'{others:,} others'} are broken links"
            them = "them"
        yield f"{shown(broken[0])}{links} (is a disk unplugged?). The photos behind {them} stay in the library."


def _unmounted(
    difference: Difference, places: Sequence[Place], notes: ScanNotes, unmounted: Sequence[str]
) -> Iterator[str]:
    """Keep the photos on disks that are not mounted, whether inside the places or reached through links."""
    for mount in unmounted:
        if kept := [path for path in _paths_to(mount, places, notes) if difference.keep_below(path)]:
            drop = " and ".join(f"mcsearch forget {shown(shlex.quote(path))}" for path in kept)
            yield f"Nothing is mounted at {shown(mount)}. Its photos stay in the library. To drop them: {drop}"


def _replaced(library: LibraryFile, difference: Difference, places: Sequence[Place], notes: ScanNotes) -> Iterator[str]:
    """Keep the photos of a disk in whose place another one is mounted now."""
    whole = [place for place in places if place.path == place.root]  # a part does not tell a disk from another
    for mount in filter(os.path.ismount, library.roots.mounts()):
        if not (folders := _paths_to(mount, whole, notes)):
            continue
        with library.transaction():
            if difference.is_replaced_below(folders):
                difference.set_aside_below(folders)
            kept = difference.keep_set_aside(folders)
        if kept:
            name = shown(shlex.quote(folders[0] if len(folders) == 1 else mount))
            photos = "1 photo" if kept == 1 else f"{kept:,} photos"
            yield (
                f"Another disk is mounted at {shown(mount)} than before. The library keeps {photos} of the former "
                f"one. To drop them: mcsearch forget {name}, then mcsearch index {name}"
            )


def _paths_to(mount: str, places: Sequence[Place], notes: ScanNotes) -> list[str]:
    """Return the paths through which a scan reaches a disk: its mount point, places on it, and links to it."""
    inside = [mount] if any(is_under(mount, place.path) for place in places) else []
    paths = (*(place.path for place in places), *notes.links)
    return inside + [path for path in paths if is_under(_resolved_folder(path), mount)]


def _resolved_folder(path: str) -> str:
    """Return the folder that a path resolves to, or for a file the folder that contains it."""
    target = os.path.realpath(path)
    return os.path.dirname(target) if os.path.isfile(target) else target


def _mount_of(folder: str) -> str | None:
    """Return the mount point of the disk that a folder is on, or None for the root file system."""
    while (above := os.path.dirname(folder)) != folder:
        if os.path.ismount(folder):
            return folder
        folder = above
    return None
