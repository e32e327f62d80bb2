"""Save queries by name as albums, and find the photos of an album."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import NOT, Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.find import find_photos
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.model import ModelInUse
from mcsearch.paths import several, shown
from mcsearch.records import Album, Hit
from mcsearch.search.query import terms

DEFAULT_LIMIT = 10
DEFAULT_MIN_SCORE = -1.0
_NAME_LENGTH_AT_MOST = 100
_FOLDERS = ("in", f"{NOT}in")


def save_album(library: LibraryFile, model: ModelInUse, album: Album, *, replace: bool = False) -> Album:
    """Save a query under a name and return the album, whose photos and folders are absolute paths now.

    Raises UsageError for a bad name, query or filter, and for a name that is taken unless `replace`.
    """
    name = album.name.strip()
    if not name or not name.isprintable() or len(name) > _NAME_LENGTH_AT_MOST:
        raise UsageError(f"The name of an album has 1 to {_NAME_LENGTH_AT_MOST} printable characters.")
    if not terms(album.query, album.like, album.not_text, album.not_like) and not album.filters:
        raise UsageError(
            "An album needs a query or filters.", hint='For instance: mcsearch album Dogs "a dog" --after 2023'
        )
    filter_conditions(model.record, album.filters)
    saved = dataclasses.replace(
        album,
        name=name,
        like=tuple(_absolute(library, photo) for photo in album.like),
        not_like=tuple(_absolute(library, photo) for photo in album.not_like),
        filters=_portable(album.filters),
    )
    with library.transaction():
        if not replace and library.albums.find(name) is not None:
            raise UsageError(
                f"There is an album {shown(name)} already.", hint="To save this query in its place: --replace"
            )
        library.albums.put(saved)
    return album_named(library, name)


def album_named(library: LibraryFile, name: str) -> Album:
    """Return the album of this name. Raises UsageError if there is none."""
    if (album := library.albums.find(name.strip())) is not None:
        return album
    names = ", ".join(shown(album.name) for album in library.albums.listed())
    raise UsageError(f"There is no album {shown(name)}. {f'The albums are {names}.' if names else 'None is saved.'}")


def delete_album(library: LibraryFile, name: str) -> None:
    """Delete an album, but none of its photos. Raises UsageError if there is none of this name."""
    album = album_named(library, name)
    with library.transaction():
        library.albums.delete(album.name)


def find_album(
    library: LibraryFile, model: ModelInUse, album: Album, *, filters: Wanted | None = None, limit: int | None = None
) -> list[Hit]:
    """Return the photos of an album as `find_photos` does; `filters` narrow it, and `limit` replaces its own."""
    hits = find_photos(
        library,
        model,
        album.query,
        like=album.like,
        not_text=album.not_text,
        not_like=album.not_like,
        limit=limit or album.limit or DEFAULT_LIMIT,
        min_score=DEFAULT_MIN_SCORE if album.min_score is None else album.min_score,
        collapse=album.collapse,
        filters=filters,
        within=album.filters,
        sort=album.sort,
    )
    return [hit for hit in hits if hit.is_relevant or not album.relevant]


def _absolute(library: LibraryFile, photo: str) -> str:
    """Return a photo of a query, `2:photo.jpg`, with an absolute path. Raises UsageError if there is no such file."""
    (term,) = terms(like=[photo])
    path = library.spelled(term.photo or "")
    if not os.path.isfile(path) and not library.photos.is_photo(path):
        raise UsageError(f"There is no photo {shown(path)}.")
    return path if term.weight == 1 else f"{term.weight:g}:{path}"


def _portable(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return filters as JSON can hold them, with absolute folders and without those that are not used."""
    kept: dict[str, Any] = {}
    for key, given in filters.items():
        if given is None or given is False or given == [] or given == ():
            continue
        if key in _FOLDERS:
            kept[key] = [os.path.abspath(os.path.expanduser(folder)) for folder in several(given)]
        elif isinstance(given, str | int | float):
            kept[key] = given
        else:
            kept[key] = [value if isinstance(value, int | float) else os.fspath(value) for value in given]
    return kept
