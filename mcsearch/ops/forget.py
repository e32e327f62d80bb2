"""Take photos out of the library, and give back the space of those that have been out for long."""

import datetime
import os

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.places import place_of
from mcsearch.paths import shown
from mcsearch.reports import CompactReport, ForgetReport

KEPT_DAYS = 90


def forget_path(library: LibraryFile, path: str | os.PathLike[str]) -> ForgetReport:
    """Forget the photos and roots at or below a path; no file is touched. Their embeddings stay until `compact`.

    Raises UsageError when nothing there is known.
    """
    folder = library.spelled(path)
    if not library.photos.knows_below(folder):
        raise UsageError(f"Nothing at or below {shown(folder)} is in the library.")
    with library.transaction():
        photos = library.photos.forget_below(folder)
        roots = library.roots.forget_below(folder)
    place = place_of(folder, library.roots.known())
    return ForgetReport(folder, photos, tuple(roots), None if place is None else place.root)


def compact_library(library: LibraryFile) -> CompactReport:
    """Drop the embeddings that no photo has used for KEPT_DAYS days, and make the file as small as it can be.

    Raises LibraryError when the library cannot be written, be it that the disk has no room for a second copy of it.
    """
    limit = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=KEPT_DAYS)
    unused_since = limit.isoformat(timespec="seconds")
    before = library.size_bytes
    with library.transaction():
        embeddings = library.embeddings.drop_unused(unused_since)
        library.photos.drop_contents(unused_since)
    library.vacuum()
    return CompactReport(embeddings, freed_bytes=max(before - library.size_bytes, 0))
