"""Say which filter leaves no photo, and the nearest value that there is."""

import os
from collections.abc import Callable, Sequence

from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import FILTERS, NOT, UNDATED, Wanted
from mcsearch.library.filtering.known_values import KnownValues
from mcsearch.library.library_file import LibraryFile
from mcsearch.likeness import nearest
from mcsearch.ops.finding.filtering import count_after_each, filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.paths import shown
from mcsearch.printable import brief
from mcsearch.records.answers import FilterCount

_WITHOUT_VALUE = {filter_.key for filter_ in FILTERS if filter_.metavar is None}
_FEW = 5  # values that are listed if none is like the one asked for


def why_nothing(opened: OpenLibrary, filters: Wanted, model: str | None = None) -> str:
    """Return sentences that name the filter which leaves no photo, and the nearest value; empty if photos are left.

    A filter that no photo of the library meets comes first; else it is the one that leaves none of those that the
    filters before it leave.
    """
    library, record = opened.file, opened.models.to_ask(model).record
    for key in filters:
        for count in count_after_each(library, record, _some(filters, [key])) if key != UNDATED else ():
            if not count.photos:
                none = f"leaves none of {library.photos.count():,}"
                return f"No photo matches these filters: {_typed(count)} {none}.{_hint(library, count, ())}"
    counts = count_after_each(library, record, filters)
    for number, count in enumerate(counts):
        if not count.photos:
            before = counts[:number]
            conditions = filter_conditions(library, record, _some(filters, [one.filter for one in before]))
            left = before[-1].photos
            none = "leaves out the only one that matches" if left == 1 else f"leaves none of the {left:,} that match"
            return (
                f"No photo matches these filters: {_typed(count)} {none} {' '.join(map(_typed, before))}."
                f"{_hint(library, count, conditions)}"
            )
    return ""


def _some(filters: Wanted, keys: Sequence[str]) -> Wanted:
    """Return some of the filters, with `undated` if it applies to them."""
    dates = any(key.removeprefix(NOT) in ("after", "before", "on") for key in keys)
    return {key: value for key, value in filters.items() if key in keys or (key == UNDATED and dates)}


def _typed(count: FilterCount) -> str:
    """Return a filter with its values as it is typed at the command line."""
    option = f"--{count.filter.replace('_', '-')}"
    if count.filter.removeprefix(NOT) in _WITHOUT_VALUE:
        return option
    return " ".join(f"{option} {brief(shown(value))!r}" for value in count.values)


def _hint(library: LibraryFile, count: FilterCount, conditions: Sequence[Condition]) -> str:
    """Return a sentence with the nearest value among the photos that meet the conditions, with a space before it."""
    find = _HINTS.get(count.filter)
    return find(library.known, count.values[0], conditions) if find is not None else ""


def _like(names: Sequence[str], value: str, noun: str) -> str:
    name = nearest(value, names)
    is_there = name is not None and name.casefold() == value.casefold()
    if is_there or (name is None and len(names) > _FEW):
        return ""
    has = [name] if name is not None else names
    return f" The library has {', '.join(repr(shown(one)) for one in has)}." if has else f" No photo has a {noun}."


def _after(known: KnownValues, _: str, conditions: Sequence[Condition]) -> str:
    dates = known.dates(conditions)
    return f" The newest photo is of {dates[1][:10]}." if dates else " No photo has a date."


def _before(known: KnownValues, _: str, conditions: Sequence[Condition]) -> str:
    dates = known.dates(conditions)
    return f" The oldest photo is of {dates[0][:10]}." if dates else " No photo has a date."


def _rating(known: KnownValues, _: str, conditions: Sequence[Condition]) -> str:
    highest = known.highest_rating(conditions)
    return f" The highest rating is {highest}." if highest is not None else " No photo has a rating."


def _size(known: KnownValues, _: str, conditions: Sequence[Condition]) -> str:
    pixels = known.most_pixels(conditions)
    return f" The largest photo has {pixels / 1e6:.1f} MP." if pixels is not None else ""


def _folder(known: KnownValues, folder: str, _: Sequence[Condition]) -> str:
    asked = os.path.abspath(os.path.expanduser(folder))
    name = known.folder_like(asked)
    return f" The library has {shown(name)!r}." if name is not None else ""


def _tag(known: KnownValues, label: str, _: Sequence[Condition]) -> str:
    labels = known.labels()
    if not labels:
        return " No photo has a tag. To tag photos: mcsearch tag"
    hint = _like(labels, label, "tag")
    is_there = label.casefold() in map(str.casefold, labels)
    return hint if hint or is_there else " To see the tags that there are: mcsearch tags"


_HINTS: dict[str, Callable[[KnownValues, str, Sequence[Condition]], str]] = {
    "in": _folder,
    "after": _after,
    "not_before": _after,
    "before": _before,
    "not_after": _before,
    "place": lambda known, value, _: _like(known.places(), value, "named place"),
    "camera": lambda known, value, conditions: _like(known.of_fact("camera", conditions), value, "camera"),
    "lens": lambda known, value, conditions: _like(known.of_fact("lens", conditions), value, "lens"),
    "format": lambda known, value, conditions: _like(known.of_fact("format", conditions), value, "known format"),
    "tag": _tag,
    "rating": _rating,
    "min_size": _size,
    "has_gps": lambda *_: " No photo has a place.",
}
