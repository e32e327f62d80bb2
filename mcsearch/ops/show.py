"""Look up one photo in the library."""

import os

from mcsearch.errors import UsageError
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.records import Photo


def show_photo(opened: OpenLibrary, path: str | os.PathLike[str]) -> Photo:
    """Return everything that the library knows about a photo. Raises UsageError for a file that is not in it."""
    as_named = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if (photo := opened.file.photo(opened.file.spelled(path))) is not None:
        return photo
    if not os.path.exists(as_named):
        raise UsageError(f"{as_named} is not in the library, and there is no such file.")
    if os.path.isdir(as_named):
        raise UsageError(
            f"{as_named} is a folder. Name a photo.", hint="All that is in a folder: mcsearch find --in DIR"
        )
    raise UsageError(f"{as_named} is not in the library.", hint=f"To add it: mcsearch index {os.fspath(path)}")
