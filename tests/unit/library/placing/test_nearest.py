"""The names of well-known positions, as one knows them."""

import numpy as np
import pytest

from mcsearch.library.placing.nearest import NOWHERE, gazetteer, nearest_towns
from mcsearch.records.photos import PlaceName

KNOWN = {
    "Sintra": ((38.797, -9.390), "Sintra, Lisbon, Portugal"),
    "Eiffel Tower": ((48.8584, 2.2945), "Paris, Île-de-France, France"),
    "Versailles": ((48.8049, 2.1204), "Versailles, Île-de-France, France"),
    "Times Square": ((40.7580, -73.9855), "New York City, New York, United States"),
    "Sydney Opera House": ((-33.8568, 151.2153), "Sydney, New South Wales, Australia"),
    "Uluru": ((-25.3444, 131.0369), "Yulara, Northern Territory, Australia"),
    "Taj Mahal": ((27.1751, 78.0421), "Agra, Uttar Pradesh, India"),
    "Machu Picchu": ((-13.1631, -72.5450), "Machupicchu, Cuzco Department, Peru"),
    "St Peter's Square": ((41.9022, 12.4539), "Vatican City, Vatican"),
    "Colosseum": ((41.8902, 12.4922), "Rome, Lazio, Italy"),
    "Casino de Monte-Carlo": ((43.7392, 7.4276), "Monte-Carlo, Municipality of Monaco, Monaco"),
    "Jet d'Eau": ((46.2074, 6.1556), "Genève, Geneva, Switzerland"),
    "Tijuana": ((32.5149, -117.0382), "Tijuana, Baja California, Mexico"),
    "Niagara Falls, Canadian side": ((43.0896, -79.0849), "Niagara Falls, Ontario, Canada"),
    "Niagara Falls, American side": ((43.0962, -79.0377), "Niagara Falls, New York, United States"),
    "Brandenburg Gate": ((52.5163, 13.3777), "Berlin, State of Berlin, Germany"),
    "Shibuya Crossing": ((35.6595, 139.7005), "Tokyo, Japan"),
    "Christ the Redeemer": ((-22.9519, -43.2105), "Rio de Janeiro, Brazil"),
    "Table Mountain": ((-33.9628, 18.4098), "Cape Town, Western Cape, South Africa"),
    "Pyramids of Giza": ((29.9792, 31.1342), "Giza, Egypt"),
    "Hallgrímskirkja": ((64.1417, -21.9266), "Reykjavík, Capital Region, Iceland"),
    "Honolulu": ((21.3069, -157.8583), "Honolulu, Hawaii, United States"),
    "Suva": ((-18.1248, 178.4501), "Suva, Central, Fiji"),
    "Taveuni, at the antimeridian": ((-16.8, -179.99), "Fiji"),
    "Gibraltar": ((36.1408, -5.3536), "Gibraltar"),
    "Istanbul, in Asia": ((40.9903, 29.0290), "Istanbul, Turkey"),
    "London Eye": ((51.5033, -0.1195), "London, England, United Kingdom"),
    "Edinburgh Castle": ((55.9486, -3.1999), "Edinburgh, Scotland, United Kingdom"),
    "Sahara": ((23.5, 5.0), "Algeria"),
    "Longyearbyen": ((78.2232, 15.6267), "Longyearbyen, Svalbard, Svalbard and Jan Mayen"),
    "North Pole": ((90.0, 0.0), None),
    "South Pole": ((-90.0, 0.0), None),
    "0, 0": ((0.0, 0.0), None),
    "middle of the Atlantic": ((30.0, -40.0), None),
    "Point Nemo": ((-48.8767, -123.3933), None),
}


def test_well_known_positions() -> None:
    places = gazetteer().places(np.array([position for position, _ in KNOWN.values()]))
    found = {name: gazetteer().name(place) for name, place in zip(KNOWN, places.tolist(), strict=True)}
    assert {name: None if place is None else str(place) for name, place in found.items()} == {
        name: expected for name, (_, expected) in KNOWN.items()
    }
    assert found["Sahara"] == PlaceName(None, None, "Algeria", "DZ")


@pytest.mark.parametrize("longitude", [179.99, -179.99, 180.0, -180.0])
def test_both_sides_of_the_antimeridian_are_the_same_place(longitude: float) -> None:
    here, there = gazetteer().places(np.array([(-16.8, longitude), (-16.8, 180.0)]))
    assert here == there != NOWHERE


def test_towns_alone() -> None:
    assert nearest_towns([(38.797, -9.390), (23.5, 5.0), (0.0, 0.0)]) == ["Sintra", None, None]
    assert nearest_towns([]) == []


def test_other_names() -> None:
    lisbon, nowhere = gazetteer().other_names(
        [PlaceName("Lisbon", "Lisbon", "Portugal", "PT"), PlaceName(None, None, "United Kingdom", "GB")]
    )
    assert {"Lisboa", "Lissabon", "PT"} <= set(lisbon)
    assert nowhere == ("GB", "UK", "Great Britain", "Britain")
