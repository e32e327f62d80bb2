"""Name the places where photos were taken, and count the photos of each."""

from collections import Counter
from typing import Literal, get_args

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.records.photos import PlaceCount, PlaceName

Level = Literal["town", "region", "country"]


def name_places(library: LibraryFile) -> int:
    """Name the positions of photos that have no name yet, if the gazetteer is installed, and return their number."""
    if not library.place_names.has_unnamed():
        return 0
    from mcsearch.library.placing.nearest import has_gazetteer  # imported late, with numpy

    if not has_gazetteer():
        return 0
    with library.transaction():
        return library.place_names.name_all()


def count_places(opened: OpenLibrary, *, by: Level = "town", filters: Wanted | None = None) -> tuple[PlaceCount, ...]:
    """Return the places where photos were taken, with the number of photos at each, most photos first.

    Photos without a position, and those far from all towns, are not counted. Positions that have no name yet are named
    first. Raises UsageError for an unknown level, and if there are positions but neither names nor a gazetteer.
    """
    if by not in get_args(Level):
        raise UsageError(f"{by!r} is not a level of places. The levels are {', '.join(get_args(Level))}.")
    library = opened.file
    name_places(library)
    conditions = filter_conditions(library, opened.models.to_ask().record, filters) if filters else []
    counts: Counter[PlaceName] = Counter()
    for name, photos in library.place_names.counts(conditions):
        if getattr(name, by) is not None:
            town = name.town if by == "town" else None
            region = name.region if by != "country" else None
            counts[PlaceName(town, region, name.country, name.country_code)] += photos
    if not counts and library.place_names.has_unnamed():
        from mcsearch.library.placing.nearest import MISSING

        raise UsageError(MISSING)
    listed = sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
    return tuple(PlaceCount(name.town, name.region, name.country, name.country_code, photos) for name, photos in listed)
