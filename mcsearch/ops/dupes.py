"""Find duplicate photos: the same file, the same picture, or nearly the same shot."""

import dataclasses
import os
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.ops.finding.best_copy import Preference, Worth, has_more, worth
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.near_embeddings import NearEmbeddings
from mcsearch.ops.finding.on_disk import OnLeftOut, present, say_nothing
from mcsearch.ops.finding.packed.copies import packed_rows
from mcsearch.ops.finding.same_picture import SamePictures
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import absolute, is_under, several, shown, spellings
from mcsearch.photos.formats import RAW, VIDEO, Format, format_of
from mcsearch.records.answers import DuplicateGroup, DuplicatePhoto
from mcsearch.records.progress import Progress, no_progress
from mcsearch.search.groups import Groups, Near, stars

Numbers = npt.NDArray[np.int64]

# A lower cosine would group photos that have little in common, including most pairs of a library.
_LEAST_SIMILAR = 0.5


def find_duplicates(
    opened: OpenLibrary,
    *,
    exact: bool = False,
    similar: float | None = None,
    filters: Wanted | None = None,
    model: str | None = None,
    keep_in: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    prefer: Preference | None = None,
    on_left_out: OnLeftOut = say_nothing,
    progress: Progress = no_progress,
) -> list[DuplicateGroup]:
    """Return groups of duplicate photos, largest group first, with the best copy of each group first.

    By default these are copies of the same picture: re-encoded, resized, recoloured, rotated, mirrored, with a border
    or slightly cropped. `exact` finds only copies of the same file; `similar`, a minimum cosine, also finds bursts
    and variants. Every photo of a group is a duplicate of its best copy. RAW files and videos are compared only with
    their own kind. `prefer` is explained in ops/finding/best_copy.py. Photos below the folders `keep_in` come first and
    are all marked `keep`. Files that are missing or have changed are left out, and `on_left_out` is called with each.
    Raises UsageError for a bad value.
    """
    library, record = opened.file, opened.models.to_ask(model).record
    if exact and similar is not None:
        raise UsageError("Choose one of exact and similar.")
    if similar is not None and not _LEAST_SIMILAR <= similar <= 1:
        raise UsageError(f"The similarity {similar:g} is not between {_LEAST_SIMILAR:g} and 1. Try 0.95, for instance.")
    conditions = filter_conditions(library, record, filters)
    groups = library.duplicates.exact(conditions)
    number_of: dict[int, int] = {}
    near: Near = _none_near
    if not exact:
        content_ids, rows, scales = packed_rows(library, record, conditions)
        together = Groups(len(content_ids))
        if similar is not None:
            by_embeddings = NearEmbeddings(library, record, content_ids, rows, scales, similar)
            near, pairs = by_embeddings.near, by_embeddings.pairs()
        else:
            pictures = SamePictures(library, content_ids, progress)
            near, pairs = pictures.near, pictures.pairs(rows, scales)
        for first, second in pairs:
            together.add(first, second)
        several = together.of_several()
        number_of = {int(content_ids[number]): int(number) for group in several for number in group}
        joined = [content_ids[group].tolist() for group in several]
        same = [content_id for group in groups for content_id in group]
        groups = joined + [[content_id] for content_id in same if content_id not in number_of]
    photos = library.duplicates.photos([content_id for group in groups for content_id in group], conditions)
    folders = _folders_to_keep(keep_in)
    key = _kept_first(worth(prefer), folders)
    found = []
    for group in groups:
        on_disk = {content_id: present(photos.get(content_id, ()), on_left_out) for content_id in group}
        for alike in _by_kind(on_disk):
            for contents in _around_the_best(alike, number_of, near, key):
                copies = sorted((photo for content_id in contents for photo in alike[content_id]), key=key)
                if marked := _marked(copies, folders):
                    found.append(marked)
    return sorted(found, key=lambda group: (-len(group.photos), group.photos[0].path))


def _folders_to_keep(keep_in: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """Every spelling of these folders. Raises UsageError for one that is not there, whose copies would not be kept."""
    folders = several(keep_in)
    for folder in folders:
        if not os.path.exists(absolute(folder)):
            raise UsageError(f"There is no folder {shown(os.path.abspath(folder))} in which to keep photos.")
    return [spelling for folder in folders for spelling in spellings(folder)]


def _around_the_best(
    photos: dict[int, list[DuplicatePhoto]], number_of: dict[int, int], near: Near, key: Worth
) -> Iterator[list[int]]:
    """Yield groups of contents in which every content is near to the one with the best copy.

    Contents without a number are those of the same file.
    """
    best_first = sorted(photos, key=lambda content_id: min(map(key, photos[content_id])))
    if len(best_first) == 1 or not number_of.keys() >= photos.keys():
        yield best_first
        return
    content_of = {number_of[content_id]: content_id for content_id in best_first}
    left = set(best_first)
    for star in stars(np.array(list(content_of), np.int64), near):
        contents = [content_of[number] for number in star.tolist()]
        left.difference_update(contents)
        yield contents
    yield from ([content_id] for content_id in best_first if content_id in left)


def _by_kind(photos: dict[int, list[DuplicatePhoto]]) -> Iterator[dict[int, list[DuplicatePhoto]]]:
    """Yield the RAW files, the videos and all other photos: a RAW file is not a copy of the picture made from it."""
    kinds: dict[Format | None, dict[int, list[DuplicatePhoto]]] = {}
    for content_id, copies in photos.items():
        for photo in copies:
            kind = format_of(photo.path)
            of_kind = kinds.setdefault(kind if kind in (RAW, VIDEO) else None, {})
            of_kind.setdefault(content_id, []).append(photo)
    yield from kinds.values()


def _kept_first(usual: Worth, folders: Sequence[str]) -> Worth:
    return lambda photo: (not _is_in(photo, folders), *usual(photo))


def _marked(copies: list[DuplicatePhoto], folders: Sequence[str]) -> DuplicateGroup | None:
    """Return the group with the photos to keep marked, or None if all are kept.

    An intact photo is kept if there is one, and a damaged photo that has more than the best intact one that is kept.
    """
    kept = [number == 0 or _is_in(photo, folders) for number, photo in enumerate(copies)]
    if intact := [number for number, photo in enumerate(copies) if not photo.damaged]:
        best = next((number for number in intact if kept[number]), intact[0])
        kept[best] = True
        for number, photo in enumerate(copies):
            kept[number] |= photo.damaged and has_more(photo, copies[best])
    if all(kept):
        return None
    return DuplicateGroup(
        tuple(dataclasses.replace(photo, keep=keep) for photo, keep in zip(copies, kept, strict=True))
    )


def _is_in(photo: DuplicatePhoto, folders: Sequence[str]) -> bool:
    if not folders:
        return False
    named = {photo.path, os.path.realpath(photo.path)}  # links may lead to a folder by several names
    return any(is_under(path, folder) for path in named for folder in folders)


def _none_near(_: int, others: Numbers) -> npt.NDArray[np.bool_]:
    return np.zeros(len(others), bool)
