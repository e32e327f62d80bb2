"""Find the JSON of a photo in another folder of the same Google Photos export.

Photos of an album are also in `Photos from 2023`, and the JSON may be in only one of the two folders. An export of
several archives, unpacked beside one another, may have the photo in one archive and its JSON in another.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mcsearch.paths import is_under
from mcsearch.photos.takeout.names import TakeoutNames

# The folder of the photos is named "Google Photos", in the language of the account, and lies in "Takeout".
_PHOTOS, _ARCHIVE = "google", "takeout"
_YEAR = re.compile(r"(?:18|19|20)\d\d")


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    files: frozenset[str]
    names: TakeoutNames


class Exports:
    """The exports below a root. Folders are listed when a photo first needs them, once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._others: dict[str, list[str]] = {}
        self._listed: dict[str, _Folder] = {}

    def describing(self, path: str, size_bytes: int) -> list[str]:
        """Return the path of the JSON for a photo that has none in its own folder, unless there are several, or none.

        The folder must be one of an export. A JSON beside a photo of the same name but another size is that photo's.
        """
        folder, name = os.path.split(path)
        if (others := self._others.get(folder)) is None:
            others = self._others[folder] = list(self._related(folder))
        found = []
        for other in others:
            if (listed := self._listed.get(other)) is None:
                listed = self._listed[other] = _list(other)
            if (jsons := listed.names.of(name)) and _may_be_same(listed, name, size_bytes):
                found.append(os.path.join(other, jsons[0]))
        return found if len(found) == 1 else []

    def _related(self, folder: str) -> Iterator[str]:
        """Yield the other folders of an export that may have the JSON of a photo in this folder."""
        photos, name = os.path.split(folder)
        takeout, photos_name = os.path.split(photos)
        archive, takeout_name = os.path.split(takeout)
        exports = [photos]
        if takeout_name.lower() == _ARCHIVE:
            above = os.path.dirname(archive)
            parts = [part for part in _folders(above) if part.lower().startswith(_ARCHIVE)]
            beside = (os.path.join(above, part, takeout_name, photos_name) for part in parts)
            exports += [export for export in beside if export != photos]
        for export in exports:
            if not is_under(export, self._root):
                continue
            for other in _folders(export):
                path = os.path.join(export, other)
                if path != folder and (_YEAR.search(other) or (other == name and export != photos)):
                    yield path


def is_in_export(folder: str) -> bool:
    """Return whether a folder lies where an export has its folders, by the name of the one above it."""
    above = os.path.basename(os.path.dirname(folder)).lower()
    return _PHOTOS in above or above.startswith(_ARCHIVE)


def _may_be_same(listed: _Folder, name: str, size_bytes: int) -> bool:
    if name not in listed.files:
        return True
    try:
        return os.stat(os.path.join(listed.path, name)).st_size == size_bytes
    except OSError:
        return False


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _list(path: str) -> _Folder:
    try:
        names = frozenset(os.listdir(path))
    except OSError:
        names = frozenset()
    return _Folder(path, names, TakeoutNames(names))
