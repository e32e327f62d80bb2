"""Remove photos from the library, and later the embeddings that they leave unused."""

import datetime
import os

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.places import place_of
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import is_under, shown, spellings
from mcsearch.records.runs import CompactReport, ForgetReport
from mcsearch.records.status import RootStatus

KEPT_DAYS = 90


def forget_path(opened: OpenLibrary, path: str | os.PathLike[str]) -> ForgetReport:
    """Remove the photos and roots at or below a path from the library, and return a report.

    Files are never touched, and the embeddings stay until `compact_library` drops them. Raises UsageError when the
    library has nothing there.
    """
    library = opened.file
    folder, known = _known_at(library, path)
    if not known:
        raise UsageError(f"Nothing at or below {shown(folder)} is in the library.")
    with library.transaction():
        photos, failed, companions = map(sum, zip(*map(library.photos.forget_below, known), strict=True))
        roots = [root for one in known for root in library.roots.forget_below(one)]
    place = place_of(folder, library.roots.known())
    return ForgetReport(folder, photos, tuple(roots), None if place is None else place.root, failed, companions)


def roots_at(opened: OpenLibrary, path: str | os.PathLike[str]) -> list[RootStatus]:
    """Return the roots at or below a path, which `forget_path` would remove with all their photos."""
    _, known = _known_at(opened.file, path)
    if not any(is_under(root, one) for root in opened.file.roots.known() for one in known):
        return []  # counting the photos of all roots takes time
    return [root for root in opened.file.roots.listed() if any(is_under(root.path, one) for one in known)]


def _known_at(library: LibraryFile, path: str | os.PathLike[str]) -> tuple[str, list[str]]:
    """Return the library's spelling of a path, and the paths by which it knows what is at or below it, if anything.

    What is known only through links may be known through several; all of them are returned.
    """
    known = next(filter(library.photos.knows_below, spellings(path)), None)
    return library.spelled(path), library.known_as(path) if known is None else [known]


def compact_library(opened: OpenLibrary) -> CompactReport:
    """Drop the embeddings that no photo has used for KEPT_DAYS days, shrink the file, and return a report.

    Raises LibraryError when the library cannot be written, or the disk has no room for a second copy of it.
    """
    library = opened.file
    limit = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=KEPT_DAYS)
    unused_since = limit.isoformat(timespec="seconds")
    before = library.size_bytes
    with library.transaction():
        embeddings = library.embeddings.drop_unused(unused_since)
        library.photos.drop_contents(unused_since)
    library.vacuum()
    return CompactReport(embeddings, freed_bytes=max(before - library.size_bytes, 0))
