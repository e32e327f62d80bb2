"""Translate the filters that a user gives into conditions on a library."""

import datetime

from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Surroundings, Wanted, conditions, values_of
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.formats import FORMATS
from mcsearch.records import FilterCount, IndexedModel


def filter_conditions(library: LibraryFile, model: IndexedModel, filters: Wanted | None) -> list[Condition]:
    """Return the conditions that must all hold, with tags read as those of the model.

    Raises UsageError for a bad filter or value.
    """
    return list(_by_filter(library, model, filters).values())


def count_after_each(library: LibraryFile, model: IndexedModel, filters: Wanted | None) -> list[FilterCount]:
    """Return each filter, in the order given, with the number of photos that it and those before it leave.

    Raises UsageError for a bad filter or value.
    """
    by_filter = _by_filter(library, model, filters)
    counts = library.photos.count_after_each(list(by_filter.values()))
    values = {key: values_of(given) for key, given in (filters or {}).items()}
    return [FilterCount(key, tuple(values[key]), count) for key, count in zip(by_filter, counts, strict=True)]


def _by_filter(library: LibraryFile, model: IndexedModel, filters: Wanted | None) -> dict[str, Condition]:
    if not filters:
        return {}
    today = datetime.date.today()
    return conditions(
        filters,
        Surroundings(model.id, library.known_as, today, _format_names(), folder_like=library.known.folder_like),
    )


def _format_names() -> dict[str, str]:
    """Return a mapping from everything users may call a format (its name or suffixes, in lower case) to its name."""
    suffixes = {suffix.removeprefix("."): format_.name for format_ in FORMATS for suffix in format_.suffixes}
    return {format_.name.lower(): format_.name for format_ in FORMATS} | suffixes
