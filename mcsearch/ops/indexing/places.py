"""Where an index run looks, and by which rules: those of the root that a folder or file belongs to."""

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcsearch.errors import NothingIndexedError, UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.paths import folders_above, is_under, several, shown, spellings
from mcsearch.photos.formats import format_of
from mcsearch.photos.scan import is_left_out
from mcsearch.records import RootRules, RuleChanges

Known = Mapping[str, RootRules | None]
NOT_THERE = "{} is not there now (an unplugged disk?). Its photos are kept as they were."


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or file to look at, at or below its root. `rules` are the root's own; None are the usual ones."""

    path: str
    root: str
    rules: RootRules | None = None

    @property
    def scan_rules(self) -> RootRules:
        """The rules that a walk follows."""
        return self.rules or RootRules()


def asked_for(
    library: LibraryFile, paths: Sequence[str | os.PathLike[str]], given: RuleChanges
) -> tuple[list[Place], list[str]]:
    """The places a user means, none inside another, and warnings; without paths, all known roots.

    A path belongs to the root it is in and follows its rules; with rules of its own, or where that root's rules leave
    it out, it is a root itself. What is away is only warned about. Raises UsageError for a path that is not there and
    was never indexed, NothingIndexedError when there is no path and no root.
    """
    known = library.roots.known()
    if not paths and not known and paths != "":
        raise NothingIndexedError("No folder is indexed yet.", hint="Name one: mcsearch index FOLDER")
    wanted = [library.spelled(path) for path in several(paths)] or list(known)
    for path in wanted:
        if library.photos.knows_below(path):
            continue
        if not os.path.exists(path):
            raise UsageError(f"There is no file or folder {path}.")
        if not os.path.isdir(path) and format_of(path) is None:
            raise UsageError(
                f"{path} does not have the suffix of a photo.", hint="These are the formats: mcsearch formats"
            )
    places: list[Place] = []
    warnings: list[str] = []
    for path in outermost(wanted):
        place = place_of(path, known)
        if place is None and not any(is_under(path, root) for root in known):
            place = Place(path, path)
        if place is None or given != RuleChanges():
            rules = given.applied_to(known.get(path) or RootRules())
            if given.exclude is not None:
                rules = dataclasses.replace(rules, exclude=tuple(_glob(glob, path) for glob in given.exclude if glob))
            place = Place(path, path, rules)
        if os.path.exists(path) or is_gone(library, place):
            places.append(place)
        else:
            warnings.append(NOT_THERE.format(shown(path)))
    return places, warnings


def _glob(glob: str, root: str) -> str:
    """A glob as a root keeps it: one that names a path in the root from elsewhere begins with "./" instead."""
    plain = os.path.expanduser(glob)
    literal = re.split(r"[*?[]", plain)[0]  # up to the first wildcard
    start = literal if literal == plain else os.path.dirname(literal)
    elsewhere = os.path.isabs(plain) or (os.sep in plain and not os.path.lexists(os.path.join(root, start)))
    if not start or not elsewhere:
        return glob
    for spelling in spellings(start):
        if is_under(spelling, root):
            relative = os.path.relpath(spelling, root).replace(os.sep, "/")
            return re.sub(r"/\./", "/", f"./{relative}{plain[len(start) :]}")
    return glob


def place_of(path: str, known: Known) -> Place | None:
    """A path as a place in the root whose rules it follows; None if it is in no root, or that root leaves it out.

    That is the innermost root that has rules of its own, else the outermost.
    """
    above = sorted(root for root in known if is_under(path, root))  # from the outside in
    if not above:
        return None
    root = next((root for root in reversed(above) if known[root] is not None), above[0])
    place = Place(path, root, known[root])
    return None if is_left_out(path, root, place.scan_rules) else place


def with_roots_inside(places: Sequence[Place], known: Known) -> Iterator[Place]:
    """The places, and the roots inside them that have rules of their own."""
    for place in places:
        yield place
        for root, rules in known.items():
            if rules is not None and root != place.path and is_under(root, place.path):
                yield Place(root, root, rules)


def is_gone(library: LibraryFile, place: Place) -> bool:
    """Whether a known photo or folder that is not there has been removed, and not merely its disk."""
    if _may_be_away(library, place.path):
        return False
    if place.path == place.root:
        return library.photos.is_photo(place.path) and os.path.isdir(os.path.dirname(place.path))
    return os.path.isdir(place.root) and library.photos.knows_below(place.path)


def outermost(paths: Sequence[str]) -> list[str]:
    """The paths that are not inside another of them."""
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda path: path.split(os.sep)):  # what is inside follows right behind
        if not kept or not is_under(path, kept[-1]):
            kept.append(path)
    return kept


def _may_be_away(library: LibraryFile, path: str) -> bool:
    """Whether nothing is mounted now where the disk of a path was, or a link on the way leads nowhere."""
    above = folders_above(path)
    if any(os.path.islink(folder) and not os.path.exists(folder) for folder in above):
        return True
    target = os.path.realpath(path)
    around = {path, *above, target, *folders_above(target)}
    return any(mount in around and not os.path.ismount(mount) for mount in library.roots.mounts())
