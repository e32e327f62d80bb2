"""Facets: the years, places, cameras and labels of the photos that pass filters, with the number of photos of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.placing.nearest import nearest_towns
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary

_AT_MOST = 200
_PLACES_AT_MOST = 60
# Photos in one cell of a grid of this many degrees (22 km from north to south) are at one place.
_CELL_DEGREES = 0.2
_CELL_KM = 15


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A value that a filter takes, and the number of photos that it would leave."""

    value: str
    photos: int


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that photos were taken, the nearest town if it is known, and the value of the filter `near`."""

    name: str | None
    latitude: float
    longitude: float
    photos: int
    near: str


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts of the photos that pass filters; `photos` is their number, `undated` that of those without a date."""

    photos: int
    undated: int
    years: tuple[FacetCount, ...]
    cameras: tuple[FacetCount, ...]
    formats: tuple[FacetCount, ...]
    tags: tuple[FacetCount, ...]
    folders: tuple[FacetCount, ...]
    places: tuple[Place, ...]


def count_facets(opened: OpenLibrary, filters: Wanted | None = None) -> Facets:
    """Return the facets of the photos that pass these filters. Raises UsageError for a bad filter."""
    library, record = opened.file, opened.models.to_ask().record
    conditions = filter_conditions(library, record, filters)
    browsing = library.browsing
    with library.snapshot():
        matching = library.photos.fixed(conditions) if conditions else []
        years = browsing.years(matching)
        return Facets(
            photos=sum(count for _, count in years),
            undated=sum(count for year, count in years if year is None),
            years=_counts([(year, count) for year, count in years if year is not None]),
            cameras=_counts(browsing.counts("camera", matching, _AT_MOST)),
            formats=_counts(browsing.counts("format", matching, _AT_MOST)),
            tags=_counts(browsing.labels(record.id, matching, _AT_MOST)),
            folders=_counts(
                [one for root in library.roots.known() for one in browsing.folders(root, matching, _AT_MOST)]
            ),
            places=_places(browsing.places(matching, _CELL_DEGREES, _PLACES_AT_MOST)),
        )


def _counts(rows: Sequence[tuple[str, int]]) -> tuple[FacetCount, ...]:
    return tuple(FacetCount(value, count) for value, count in rows)


def _places(cells: Sequence[tuple[float, float, int]]) -> tuple[Place, ...]:
    towns = nearest_towns([(latitude, longitude) for latitude, longitude, _ in cells])
    return tuple(
        Place(town, latitude, longitude, count, f"{latitude:.4f},{longitude:.4f},{_CELL_KM}")
        for town, (latitude, longitude, count) in zip(towns, cells, strict=True)
    )
