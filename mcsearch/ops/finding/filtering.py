"""Translate the filters that a user gives into conditions on a library."""

import datetime

from mcsearch.library.conditions import Condition
from mcsearch.library.filtering.filters import Surroundings, Wanted, conditions
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.formats import FORMATS
from mcsearch.records import IndexedModel


def filter_conditions(library: LibraryFile, model: IndexedModel, filters: Wanted | None) -> list[Condition]:
    """Return the conditions that must all hold, with tags read as those of the model.

    Raises UsageError for a bad filter or value.
    """
    if not filters:
        return []
    return conditions(filters, Surroundings(model.id, library.known_as, datetime.date.today(), _format_names()))


def _format_names() -> dict[str, str]:
    """Return a mapping from everything users may call a format (its name or suffixes, in lower case) to its name."""
    suffixes = {suffix.removeprefix("."): format_.name for format_ in FORMATS for suffix in format_.suffixes}
    return {format_.name.lower(): format_.name for format_ in FORMATS} | suffixes
