"""FILTERS: the filters that restrict which photos are found, each an SQL condition with bound parameters.

Different filters combine with AND, several values of one filter with OR. Each filter has a `not-` form, which selects
exactly the photos that the filter rejects: a photo whose camera is unknown passes `--not-camera`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mcsearch.errors import UsageError
from mcsearch.library.conditions import Condition
from mcsearch.likeness import did_you_mean
from mcsearch.records.record import Record

if TYPE_CHECKING:
    from mcsearch.library.filtering.filter_sql import Surroundings

# For each filter name, a value, several values, or True for a filter without a value.
Value = str | int | float | os.PathLike[str]
Wanted = Mapping[str, Value | Sequence[Value] | None]
NOT = "not_"
# The key of `wanted` that makes filters of dates use the modification time of photos without a date.
UNDATED = "undated"
_OF_DATES = ("after", "before", "on")


class Filter(Record):
    """A filter: its name, the name of its value (None if it takes none), and its help.

    `good` and `bad` are valid and invalid values for the tests.
    """

    name: str
    metavar: str | None
    help: str
    good: tuple[str, ...]
    bad: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name in Python: `min_size` for --min-size."""
        return self.name.replace("-", "_")


_VALUES_AT_MOST = 100  # more make a statement larger than SQLite allows, which depends on how folders are spelled


def conditions(wanted: Wanted, surroundings: "Surroundings") -> dict[str, Condition]:
    """Return the conditions, all of which must hold, of the given filters, each by its key in `wanted`, in that order.

    Raises UsageError for an unknown filter or a bad value.
    """
    from mcsearch.library.filtering.filter_sql import CONDITIONS  # queries without filters do without

    filters = {filter_.key: filter_ for filter_ in FILTERS}
    found = {}
    if wanted.get(UNDATED):
        if not any(wanted.get(prefix + key) for key in _OF_DATES for prefix in ("", NOT)):
            raise UsageError("The option undated needs one of the filters after, before and on.")
        surroundings = replace(surroundings, undated=True)
    for key, given in wanted.items():
        if key == UNDATED:
            continue
        filter_ = filters.get(key.removeprefix(NOT) if key not in filters else key)
        if filter_ is None:
            raise UsageError(
                f"There is no filter {key!r}.{did_you_mean(key, filters)} The filters are {', '.join(filters)}, each "
                "also with the prefix not_."
            )
        if not (values := values_of(given)):
            continue
        if len(values) > _VALUES_AT_MOST:
            raise UsageError(
                f"The filter {key!r} has {len(values):,} values, but can have {_VALUES_AT_MOST} at most.",
                hint="Ask several times, or tag the photos and find them by their tag.",
            )
        either = [CONDITIONS[filter_.name](value, surroundings) for value in values]
        sql = " OR ".join(f"({condition.sql})" for condition in either)
        parameters = tuple(value for condition in either for value in condition.parameters)
        found[key] = Condition(f"({sql})" if key in filters else f"(({sql}) IS NOT TRUE)", parameters)
    return found


def values_of(given: Value | Sequence[Value] | None) -> list[str]:
    """Return the values given for one filter as texts; none if it was not given."""
    several = [given] if isinstance(given, str | int | float | os.PathLike) else given or ()
    return [str(value) for value in several if value is not False]


FILTERS: tuple[Filter, ...] = (
    Filter("in", "DIR", "Only photos in this folder, at any depth.", (".", "/photos"), ("",)),
    Filter(
        "after",
        "DATE",
        'Only photos taken at this date or later: 2023, 2023-06, 2023-06-12, "2 weeks ago".',
        ("2023", "2023-06", "2023-06-12", "2023-06-12T10:11", "yesterday", "2 weeks ago", "a month ago"),
        ("", "summer", "2023-13", "2023-02-30", "12.6.2023", "9999 years ago"),
    ),
    Filter(
        "before",
        "DATE",
        "Only photos taken before this date.",
        ("2023-06", "today"),
        ("soon", "23"),
    ),
    Filter(
        "on",
        "MM-DD",
        "Only photos taken on this day of any year.",
        ("06-12", "2-29"),
        ("2023-06", "02-30"),
    ),
    Filter(
        "near",
        "PLACE",
        "Only photos taken near LAT,LON[,KM] or a town such as Lisbon; within 10 km by default.",
        ("38.72,-9.14", "38.72,-9.14,25", "-90, 180, 1km"),
        ("", ",", "91,0", "0,181", "38.72,-9.14,far", "38.72,-9.14,-1", "1,2,0"),
    ),
    Filter(
        "place",
        "NAME",
        'Only photos taken in this town, region or country: Lisbon, Portugal, "Springfield, Illinois".',
        ("Portugal", "LISBÓA", "Lisbon, PT"),
        ("", " ", ","),
    ),
    Filter(
        "camera",
        "NAME",
        "Only photos taken with a camera whose name contains this.",
        ("Pixel 7",),
        ("", " "),
    ),
    Filter(
        "lens",
        "NAME",
        "Only photos taken with a lens whose name contains this.",
        ("50mm",),
        ("", " "),
    ),
    Filter(
        "format",
        "NAME",
        "Only photos of this format, such as jpeg or png.",
        ("jpg", "PNG"),
        ("", "exe"),
    ),
    Filter(
        "orientation",
        "KIND",
        "Only portrait, landscape or square photos.",
        ("portrait", "landscape", "square"),
        ("", "upright"),
    ),
    Filter(
        "min-size",
        "SIZE",
        "Only photos of at least this size in megapixels, such as 2MP, or pixels, such as 1920x1080.",
        ("2MP", "0.5 mp", "1920x1080"),
        ("", "2", "2MB", "1920", "x"),
    ),
    Filter(
        "tag",
        "LABEL",
        "Only photos with this tag, one below it, keyword or named person.",
        ("beach",),
        ("", " "),
    ),
    Filter(
        "text",
        "WORDS",
        "Only photos with these words in names of files and folders, captions, keywords, places or text in the photo.",
        ("lisbon", '"grand hotel" rece*', 'C++ "', "東京"),
        ("", " ", '"', "*", "!?"),
    ),
    Filter(
        "rating",
        "STARS",
        "Only photos with at least this many stars.",
        ("0", "4"),
        ("", "6", "-1", "four"),
    ),
    Filter("has-gps", None, "Only photos whose place is known.", ("True",)),
    Filter(
        "damaged",
        None,
        "Only photos whose file is damaged; --no-damaged leaves them out.",
        ("True",),
    ),
)
