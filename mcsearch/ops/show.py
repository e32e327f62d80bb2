"""Look up one photo in the library."""

import os
from dataclasses import replace

from mcsearch.errors import UsageError
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.photos.takeout.facts import is_export_json
from mcsearch.photos.takeout.names import is_takeout_name
from mcsearch.records.photos import Photo


def show_photo(opened: OpenLibrary, path: str | os.PathLike[str]) -> Photo:
    """Return everything that the library knows about a photo. Raises UsageError for a file that is not in it."""
    as_named = os.path.abspath(os.path.expanduser(os.fspath(path)))
    if (photo := known_photo(opened, opened.file.spelled(path))) is not None:
        return photo
    if not os.path.exists(as_named):
        raise UsageError(f"{as_named} is not in the library, and there is no such file.")
    if os.path.isdir(as_named):
        raise UsageError(
            f"{as_named} is a folder. Name a photo.", hint="All that is in a folder: mcsearch find --in DIR"
        )
    raise UsageError(f"{as_named} is not in the library.", hint=f"To add it: mcsearch index {os.fspath(path)}")


def known_photo(opened: OpenLibrary, path: str) -> Photo | None:
    """Return everything that the library knows about a photo, or None; JSON of other programs is left out."""
    photo = opened.file.photo(path)
    if photo is None:
        return None
    stating = (one for one in photo.sidecars if not is_takeout_name(one) or is_export_json(one))
    return replace(photo, sidecars=tuple(stating))
