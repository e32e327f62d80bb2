"""Which files of a folder belong to a photo beside them: the RAW file of a JPEG, the film of a Live Photo."""

import os
from collections.abc import Iterable

from mcsearch.photos.formats import HEIF, JPEG, RAW, format_of

_FILM = ".mov"


def companions(names: Iterable[str]) -> dict[str, str]:
    """Of the names of a folder's files those that belong to another → the photo that they belong to.

    That is a JPEG or HEIF, which can be read here, of the same name but for the suffix.
    """
    stills: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name in names:
        row = format_of(name)
        stem, suffix = os.path.splitext(name)
        if row is JPEG or (row is HEIF and row.works):
            stills.setdefault(stem, name)
        elif row is RAW or suffix.lower() == _FILM:
            others.append((stem, name))
    return {name: stills[stem] for stem, name in others if stem in stills}
