"""Recognise indexed folders that were moved to another place, and carry over what the library knows about them.

A folder counts as moved only if it is gone from its old place, if no disk that may have held it is away, and if its
photos are in the new place, where the library knew nothing before. Otherwise it may be a copy or an unplugged disk:
then nothing is carried over, and the photos of both places stay in the library.
"""

import dataclasses
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from mcsearch.library.library_file import LibraryFile
from mcsearch.library.places.moves import KnownFile, renamed
from mcsearch.ops.indexing.places import Place, may_be_on_absent_disk, place_of
from mcsearch.paths import is_under, shown
from mcsearch.photos.content_hash import content_hash
from mcsearch.photos.scan import ScanNotes, mtime_ns, scan
from mcsearch.records.progress import Progress
from mcsearch.records.roots import RootRules, RuleChanges

# The part of a folder's photos that must be in the new place. The rest may have been deleted when it was moved.
_LEAST_FOUND = 0.95
# Photos that are looked for among the new files, and photos that are hashed even if their size and time are the same.
_SOUGHT = 64
_ALWAYS_HASHED = 16
# File systems keep times to the nanosecond or, as FAT does, to two seconds.
_SAME_TIME_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Move:
    """A folder that was moved: its old and new place, its rules, its number of photos, and how many were found.

    `is_root` is true if the new place is a root now instead of the old one; a root that is only empty stays one.
    """

    old: str
    new: str
    rules: RootRules | None
    photos: int
    found: int
    is_root: bool

    def __str__(self) -> str:
        """A sentence about the move, followed by one about photos that were not found."""
        carried = "1 photo has" if self.found == 1 else f"{self.found:,} photos have"
        rules = " and the folder its rules" if self.is_root else ""
        lost = self.photos - self.found
        more = f" Not found there: {lost:,} of {self.photos:,} photos." if lost else ""
        return f"{shown(self.old)} was moved to {shown(self.new)}: {carried} kept all tags{rules}.{more}"


def follow_moves(library: LibraryFile, places: Sequence[Place], progress: Progress) -> tuple[list[Move], list[str]]:
    """Carry over the roots whose photos are all among the new files that the last comparison found in these places.

    Return the moves, and a notice for each root that seems to be moved but may be on an absent disk.
    """
    moves: list[Move] = []
    notices: list[str] = []
    for root, rules in library.roots.known().items():
        if any(is_under(root, move.old) for move in moves) or not _is_gone(root, rules or RootRules()):
            continue
        photos = library.moves.below(root)
        new = _likely_place(library, places, root, photos)
        if new is None or new == root or not any(is_under(new, place.path) for place in places):
            continue
        if not library.moves.is_unknown(new, root):
            continue
        if _may_be_away(library, root):
            if _found(root, new, _spread(photos, _ALWAYS_HASHED), progress):
                notices.append(_in_doubt(root, new))
        elif (found := _found(root, new, photos, progress)) is not None:
            is_root = not os.path.lexists(root)
            with library.transaction():
                library.moves.carry_over(root, new, found, roots=is_root)
                library.links.forget_below(root)
                if is_root:
                    rules = library.roots.known()[new]
                    if _is_covered(library, new, rules):
                        library.roots.forget(new)
            moves.append(Move(root, new, rules, len(photos), len(found), is_root))
    return moves, notices


def with_rules_of_moved(places: Sequence[Place], given: RuleChanges, moves: Sequence[Move]) -> list[Place]:
    """Return the places, with the rules of the roots that were moved there, changed as the user asked."""
    rules = {move.new: move.rules for move in moves}
    changed = []
    for place in places:
        if place.path == place.root and (kept := rules.get(place.path)) is not None:
            if given.exclude is not None:
                given = dataclasses.replace(given, exclude=place.scan_rules.exclude)
            place = dataclasses.replace(place, rules=given.applied_to(kept))
        changed.append(place)
    return changed


def _is_gone(root: str, rules: RootRules) -> bool:
    """Return whether nothing exists at the path of a root, or a folder without photos."""
    try:
        status = os.stat(root)
    except (FileNotFoundError, NotADirectoryError):
        return not os.path.islink(root)
    except OSError:
        return False
    notes = ScanNotes()
    is_empty = stat.S_ISDIR(status.st_mode) and next(scan(root, rules, notes), None) is None
    return is_empty and not notes.unreadable and not notes.links


def _may_be_away(library: LibraryFile, root: str) -> bool:
    """Return whether a disk that holds photos of the root is away."""
    drive = os.path.splitdrive(root)[0]
    return (
        may_be_on_absent_disk(library, root)
        or library.moves.has_set_aside(root)
        or any(not os.path.ismount(mount) for mount in library.roots.mounts(root))
        or bool(drive and not os.path.exists(drive + os.sep))
    )


def _likely_place(library: LibraryFile, places: Sequence[Place], root: str, photos: Sequence[KnownFile]) -> str | None:
    """Return the folder that contains new files with the relative paths and sizes of a root's photos, if there is one.

    Only some of the photos are looked for.
    """
    sought = _spread(photos, _SOUGHT)
    relative: dict[int, list[str]] = defaultdict(list)
    for photo in sought:
        relative[photo.size_bytes].append(photo.path[len(root) :])
    votes: Counter[str] = Counter()
    for path, size_bytes in library.moves.new_files(relative):
        votes.update(path.removesuffix(tail) for tail in relative[size_bytes] if tail and path.endswith(tail))
    if votes:
        return votes.most_common(1)[0][0]
    # Files that only the rules of the root include, such as videos, are not among the new files.
    return places[0].path if photos and len(places) == 1 and os.path.isdir(places[0].path) else None


def _is_covered(library: LibraryFile, folder: str, rules: RootRules | None) -> bool:
    """Return whether a folder needs no root of its own, since it lies in one with the same rules."""
    others = {root: of_root for root, of_root in library.roots.known().items() if root != folder}
    place = place_of(folder, others)
    return place is not None and place.scan_rules == (rules or RootRules()) and not place.scan_rules.exclude


def _found(root: str, new: str, photos: Sequence[KnownFile], progress: Progress) -> list[tuple[str, int]] | None:
    """Return the photos that are in the new place, as pairs of old path and new time; None if too many are not.

    Files of the same size and time are taken to be the same once some of them have the same content. All others are
    hashed.
    """
    certain = {photo.path for photo in _spread(photos, _ALWAYS_HASHED)}
    found = []
    missing = 0
    for number, photo in enumerate(photos):
        progress("comparing", number, len(photos))
        path = renamed(photo.path, root, new)
        try:
            status = os.stat(path)
            same = stat.S_ISREG(status.st_mode) and status.st_size == photo.size_bytes
            if same and (photo.path in certain or abs(mtime_ns(status) - photo.mtime_ns) >= _SAME_TIME_NS):
                same = content_hash(path, photo.turned) == photo.content_hash
        except OSError:
            same = False
        if same:
            found.append((photo.path, mtime_ns(status)))
        else:
            missing += 1
            if missing > (1 - _LEAST_FOUND) * len(photos):
                return None
    return found or None


def _spread(photos: Sequence[KnownFile], count: int) -> Sequence[KnownFile]:
    """Return at most `count` of the photos, from the first to the last of them."""
    return photos[:: max(1, -(-len(photos) // count))]


def _in_doubt(root: str, new: str) -> str:
    return (
        f"The photos of {shown(root)} are in {shown(new)}, too. Both stay in the library, because the first may be on "
        "a disk that is away."
    )
