"""Tell whether the file of a photo still exists, and if not, whether its disk may be away."""

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable

from mcsearch.library.library_file import LibraryFile
from mcsearch.paths import is_under
from mcsearch.records.answers import Hit, Missing


def presence_of(library: LibraryFile) -> Callable[[str], Missing | None]:
    """Return a function that returns "gone" or "disk away" for a path that does not exist, and None for one that does.

    It asks the system once for each path, and what it learns of a folder it keeps.
    """
    # Missing photos often lie in the same folders, and each of these takes dozens of system calls.
    is_away = functools.cache(functools.partial(_is_away, library))
    return lambda path: _missing(path, is_away)


def marked(library: LibraryFile, hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits, those whose file is missing marked. Costs one `stat` for each hit."""
    missing = presence_of(library)
    return [hit if (why := missing(hit.path)) is None else dataclasses.replace(hit, missing=why) for hit in hits]


def _missing(path: str, is_away: Callable[[str], bool]) -> Missing | None:
    """Return "gone" or "disk away" for a file that does not exist, and None for one that does."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return "disk away" if is_away(path if os.path.islink(path) else os.path.dirname(path)) else "gone"
    except PermissionError:
        return None
    except ValueError:  # no path at all: the row is damaged
        return "gone"
    except OSError:  # a network drive that does not answer, or a broken disk
        return "disk away"
    return None


def _is_away(library: LibraryFile, path: str) -> bool:
    """Return whether the disk of a missing folder or link may be absent, or a root that it belongs to is missing."""
    from mcsearch.ops.indexing.places import may_be_on_absent_disk  # slow to import, and few photos are missing

    roots = [root for root in library.roots.known() if is_under(path, root)]
    return not all(map(os.path.isdir, roots)) or may_be_on_absent_disk(library, path)
