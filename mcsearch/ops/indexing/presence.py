"""Tell whether the file of a photo still exists, and if not, whether its disk may be away."""

import dataclasses
import os
from collections.abc import Iterable

from mcsearch.answers import Hit, Missing
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.places import may_be_on_absent_disk
from mcsearch.paths import is_under


def marked(library: LibraryFile, hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits, those whose file is missing marked. Costs one `stat` for each hit."""
    return [
        hit if (why := missing(library, hit.path)) is None else dataclasses.replace(hit, missing=why) for hit in hits
    ]


def missing(library: LibraryFile, path: str) -> Missing | None:
    """Return "gone" or "disk away" for a file that does not exist, and None for one that does."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        roots = [root for root in library.roots.known() if is_under(path, root)]
        there = all(map(os.path.isdir, roots))
        return "gone" if there and not may_be_on_absent_disk(library, path) else "disk away"
    except PermissionError:
        return None
    except OSError:  # a network drive that does not answer, or a broken disk
        return "disk away"
    return None
