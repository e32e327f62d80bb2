"""Save queries by name as albums, and find the photos of an album."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import NOT, Wanted
from mcsearch.ops.find import Order, check_order, find_photos
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import several, shown
from mcsearch.records.answers import Album, Hit
from mcsearch.search.query import terms

DEFAULT_LIMIT = 10
DEFAULT_MIN_SCORE = -1.0
_NAME_LENGTH_AT_MOST = 100
_FOLDERS = ("in", f"{NOT}in")


def save_album(
    opened: OpenLibrary,
    name: str,
    query: str = "",
    *,
    like: Sequence[str | os.PathLike[str]] = (),
    not_text: Sequence[str] = (),
    not_like: Sequence[str | os.PathLike[str]] = (),
    filters: Wanted | None = None,
    limit: int = DEFAULT_LIMIT,
    min_score: float = DEFAULT_MIN_SCORE,
    relevant: bool = False,
    collapse: bool = False,
    sort: Order | None = None,
    model: str | None = None,
    replace: bool = False,
) -> Album:
    """Save a query under a name, for `find_album`, and return it as an album, in which all paths are absolute.

    The options are those of `find_photos`; `relevant` leaves out hits that probably do not match. Raises UsageError for
    a bad name, query or filter, and for a name that is taken, unless `replace`.
    """
    name = name.strip()
    if not name or not name.isprintable() or len(name) > _NAME_LENGTH_AT_MOST:
        raise UsageError(f"The name of an album has 1 to {_NAME_LENGTH_AT_MOST} printable characters.")
    if name in (".", ".."):  # a browser takes these out of an address, so that the page could not delete the album
        raise UsageError(f'An album cannot have the name "{name}".')
    check_order(limit, sort)
    texts = (not_text,) if isinstance(not_text, str) else tuple(not_text)
    photos, unwanted = several(like), several(not_like)
    if not terms(query, photos, texts, unwanted) and not filters:
        raise UsageError(
            "An album needs a query or filters.", hint='For instance: mcsearch album Dogs "a dog" --after 2023'
        )
    filter_conditions(opened.file, opened.models.to_ask(model).record, filters)
    library = opened.file
    album = Album(
        name,
        query,
        tuple(_absolute(opened, photo) for photo in photos),
        texts,
        tuple(_absolute(opened, photo) for photo in unwanted),
        _as_json(filters or {}),
        None if limit == DEFAULT_LIMIT else limit,
        None if min_score == DEFAULT_MIN_SCORE else min_score,
        relevant,
        collapse,
        sort,
        model,
    )
    with library.transaction():
        if not replace and (known := library.albums.find(name)) is not None:
            raise UsageError(
                f"There is an album {shown(known.name)} already.", hint="To save this query in its place: --replace"
            )
        library.albums.put(album)
    return album_named(opened, name)


def list_albums(opened: OpenLibrary) -> list[Album]:
    """Return the saved albums by name."""
    return opened.file.albums.listed()


def album_named(opened: OpenLibrary, name: str) -> Album:
    """Return the album of this name, in any case. Raises UsageError if there is none."""
    if (album := opened.file.albums.find(name.strip())) is not None:
        return album
    names = ", ".join(shown(album.name) for album in list_albums(opened))
    raise UsageError(f"There is no album {shown(name)}. {f'The albums are: {names}.' if names else 'None is saved.'}")


def delete_album(opened: OpenLibrary, name: str) -> None:
    """Delete an album, but none of its photos. Raises UsageError if there is none of this name."""
    album = album_named(opened, name)
    with opened.file.transaction():
        opened.file.albums.delete(album.name)


def find_album(opened: OpenLibrary, name: str, *, filters: Wanted | None = None, limit: int | None = None) -> list[Hit]:
    """Return the photos of an album as `find_photos` does; `filters` narrow it, and `limit` replaces its own."""
    album = album_named(opened, name)
    hits = find_photos(
        opened,
        album.query,
        like=album.like,
        not_text=album.not_text,
        not_like=album.not_like,
        limit=limit if limit is not None else album.limit or DEFAULT_LIMIT,
        min_score=DEFAULT_MIN_SCORE if album.min_score is None else album.min_score,
        collapse=album.collapse,
        filters=filters,
        within=album.filters,
        sort=album.sort,
        model=album.model,
    )
    return [hit for hit in hits if hit.is_relevant or not album.relevant]


def _absolute(opened: OpenLibrary, photo: str | os.PathLike[str]) -> str:
    """Return a photo of a query, `2:photo.jpg`, with an absolute path. Raises UsageError if there is no such file."""
    (term,) = terms(like=[photo])
    path = opened.file.spelled(term.photo or "")
    if not os.path.isfile(path) and not opened.file.photos.is_photo(path):
        raise UsageError(f"There is no photo {shown(path)}.")
    return path if term.weight == 1 else f"{term.weight:g}:{path}"


def _as_json(filters: Mapping[str, Any]) -> dict[str, Any]:
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
            kept[key] = [value if isinstance(value, int | float) else os.fspath(value) for value in several(given)]
    return kept
