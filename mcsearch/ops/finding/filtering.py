"""Translate the filters that a user gives into conditions on a library."""

import datetime

from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Wanted, conditions, values_of
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.answers import FilterCount
from mcsearch.records.embeddings import IndexedModel


def filter_conditions(library: LibraryFile, model: IndexedModel, filters: Wanted | None) -> list[Condition]:
    """Return the conditions that must all hold, with tags read as those of the model.

    Raises UsageError for a bad filter or value.
    """
    return list(_by_filter(library, model, filters).values())


def count_after_each(library: LibraryFile, model: IndexedModel, *given: Wanted | None) -> list[FilterCount]:
    """Return each filter, in the order given, with the number of photos that it and those before it leave.

    Of several mappings, those of an album and those beside it, all filters count, in the order of the mappings.

    Raises UsageError for a bad filter or value.
    """
    named = [
        (key, tuple(values_of(filters[key])), condition)
        for filters in given
        if filters
        for key, condition in _by_filter(library, model, filters).items()
    ]
    counts = library.photos.count_after_each([condition for *_, condition in named])
    return [FilterCount(key, values, count) for (key, values, _), count in zip(named, counts, strict=True)]


def _by_filter(library: LibraryFile, model: IndexedModel, filters: Wanted | None) -> dict[str, Condition]:
    if not filters:
        return {}
    from mcsearch.library.filtering.filter_sql import Surroundings  # queries without filters do without

    today = datetime.date.today()
    return conditions(
        filters,
        Surroundings(
            model.id,
            library.known_as,
            today,
            _format_names(),
            folder_like=library.known.folder_like,
            labels_within=library.known.labels_within,
        ),
    )


def _format_names() -> dict[str, str]:
    """Return a mapping from everything users may call a format (its name or suffixes, in lower case) to its name."""
    from mcsearch.photos.formats import FORMATS  # slow to import

    suffixes = {suffix.removeprefix("."): format_.name for format_ in FORMATS for suffix in format_.suffixes}
    return {format_.name.lower(): format_.name for format_ in FORMATS} | suffixes
