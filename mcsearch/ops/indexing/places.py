"""The folders and files that an index run scans, each with the rules of the root it belongs to."""

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcsearch.errors import NothingIndexedError, UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.paths import absolute, folders_above, is_under, several, shown, spellings
from mcsearch.photos.formats import format_of
from mcsearch.photos.skipping import is_left_out
from mcsearch.records.roots import RootRules, RuleChanges

Known = Mapping[str, RootRules | None]
MISSING = "{} is missing. Its photos stay in the library. If it was moved, index its new place."


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or file to scan, at or below its root. `rules` are the root's own, or None for the default rules."""

    path: str
    root: str
    rules: RootRules | None = None

    @property
    def scan_rules(self) -> RootRules:
        """The rules that the scan of this place follows."""
        return self.rules or RootRules()


def asked_for(
    library: LibraryFile, paths: Sequence[str | os.PathLike[str]], given: RuleChanges
) -> tuple[list[Place], list[str]]:
    """Return the places that the user asked for, none inside another, and warnings; without paths, all known roots.

    A path follows the rules of the root that contains it. It becomes a root itself if `given` changes its rules, or if
    that root's rules exclude it. A missing path that was indexed before only causes a warning. Raises UsageError for a
    missing path that was never indexed, and NothingIndexedError when there are neither paths nor roots.
    """
    known = library.roots.known()
    if not paths and not known and paths != "":
        raise NothingIndexedError("No folder is indexed yet.", hint="Name one: mcsearch index FOLDER")
    wanted = [library.spelled(path) for path in several(paths)] or list(known)
    for path in wanted:
        if not library.photos.knows_below(path):
            check_is_place(path, any_suffix=bool(given.any_suffix) or _any_suffix(path, known))
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
            warnings.append(MISSING.format(shown(path)))
    return places, warnings


def check_is_place(path: str | os.PathLike[str], *, any_suffix: bool = False) -> None:
    """Raise UsageError if a path is neither a folder nor a file that may be a photo."""
    place = absolute(path)
    if not os.path.exists(place):
        raise UsageError(f"There is no file or folder {shown(place)}.")
    if not (os.path.isdir(place) or any_suffix or format_of(place) is not None):
        raise UsageError(
            f"{shown(place)} does not have the suffix of a photo.", hint="To list the formats: mcsearch formats"
        )


def _any_suffix(path: str, known: Known) -> bool:
    """Return whether the root that contains a path takes files without a known suffix."""
    place = place_of(path, known)
    return place is not None and place.scan_rules.any_suffix


def _glob(glob: str, root: str) -> str:
    """Return a glob as the library stores it for a root.

    A glob that names a path in the root, absolutely or relative to the current folder, begins with "./" instead.
    """
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
    """Return the path as a place in the root whose rules it follows, or None if there is none or it is excluded.

    Of several roots that contain the path, it follows the innermost with rules of its own, or else the outermost.
    """
    above = sorted(root for root in known if is_under(path, root))  # from the outside in
    if not above:
        return None
    root = next((root for root in reversed(above) if known[root] is not None), above[0])
    place = Place(path, root, known[root])
    return None if is_left_out(path, root, place.scan_rules) else place


def with_roots_inside(places: Sequence[Place], known: Known) -> Iterator[Place]:
    """Yield each place, followed by the roots inside it that have rules of their own."""
    for place in places:
        yield place
        for root, rules in known.items():
            if rules is not None and root != place.path and is_under(root, place.path):
                yield Place(root, root, rules)


def is_gone(library: LibraryFile, place: Place) -> bool:
    """Return whether a missing photo or folder of the library was deleted, rather than being on an absent disk."""
    if may_be_on_absent_disk(library, place.path):
        return False
    if place.path == place.root:
        return library.photos.is_photo(place.path) and os.path.isdir(os.path.dirname(place.path))
    return os.path.isdir(place.root) and library.photos.knows_below(place.path)


def outermost(paths: Sequence[str]) -> list[str]:
    """Return the paths that are not inside another of these paths."""
    kept: list[str] = []
    for path in sorted(set(paths), key=lambda path: path.split(os.sep)):  # a folder sorts just before what it contains
        if not kept or not is_under(path, kept[-1]):
            kept.append(path)
    return kept


def leads_nowhere(path: str) -> bool:
    """Return whether a path is a broken link to an absent disk, and not merely to a photo that has been removed."""
    if not os.path.islink(path) or os.path.exists(path):
        return False
    return format_of(path) is None or not os.path.isdir(os.path.dirname(os.path.realpath(path)))


def may_be_on_absent_disk(library: LibraryFile, path: str) -> bool:
    """Return whether the disk of a path is not mounted now, or a link above the path is broken."""
    above = folders_above(path)
    if any(map(leads_nowhere, [path, *above])):
        return True
    target = os.path.realpath(path)
    around = {path, *above, target, *folders_above(target)}
    return any(mount in around and not os.path.ismount(mount) for mount in library.roots.mounts())
