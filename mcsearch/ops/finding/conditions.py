"""From what the user asks of photos besides words to conditions on a library."""

import datetime
from typing import TYPE_CHECKING

from mcsearch.library.conditions import Condition
from mcsearch.library.filtering import filters
from mcsearch.library.filtering.filters import FILTERS as FILTERS
from mcsearch.library.filtering.filters import NOT as NOT
from mcsearch.library.filtering.filters import UNDATED as UNDATED
from mcsearch.library.filtering.filters import Filter as Filter
from mcsearch.library.filtering.filters import Wanted as Wanted
from mcsearch.photos.formats import FORMATS

if TYPE_CHECKING:
    from mcsearch.records import ModelRow


def conditions(row: "ModelRow", wanted: Wanted) -> "list[Condition]":
    """The conditions that are to hold together; tags are those of the model. Raises UsageError for a bad value."""
    surroundings = filters.Surroundings(row.id, datetime.date.today(), _format_names())
    return filters.conditions(wanted, surroundings)


def _format_names() -> dict[str, str]:
    """What a format may be called: by its name or by a suffix, in lower case."""
    suffixes = {suffix.removeprefix("."): row.name for row in FORMATS for suffix in row.suffixes}
    return {row.name.lower(): row.name for row in FORMATS} | suffixes
