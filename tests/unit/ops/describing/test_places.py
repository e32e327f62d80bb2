"""Photos get the names of the places where they were taken, and are found and counted by them."""

from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.placing import nearest
from mcsearch.ops.describing import places
from mcsearch.records.photos import Facts, PlaceCount, PlaceName, ScannedFile

TAKEN = {
    "belem": (38.6979, -9.2068),
    "alfama": (38.7139, -9.1334),
    "sintra": (38.797, -9.390),
    "ottawa": (45.4215, -75.6972),
    "sahara": (23.5, 5.0),
    "ocean": (30.0, -40.0),
    "unknown": (None, None),
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A library with a photo for each position."""
    library = Library(tmp_path / "library.db")
    with library.file.transaction():
        library.file.models.add("demo", "f", 2, 100.0, None, None)
        for number, (name, (latitude, longitude)) in enumerate(TAKEN.items()):
            file = ScannedFile(f"/p/{name}.jpg", 1, 1)
            library.file.photos.put(file, library.file.photos.add_content(bytes([number]), 1))
            library.file.facts.put(file, Facts(latitude=latitude, longitude=longitude), 1)
    return library


def found(library: Library, **filters: str) -> set[str]:
    return {Path(hit.path).stem for hit in library.find(filters=filters, limit=100)}


def test_places_are_counted_found_and_shown(library: Library) -> None:
    portugal = PlaceCount(None, None, "Portugal", "PT", 3)
    assert library.places(by="country") == (
        portugal,
        PlaceCount(None, None, "Algeria", "DZ", 1),
        PlaceCount(None, None, "Canada", "CA", 1),
    )
    assert library.places(by="country", filters={"near": "38.7,-9.2,100"}) == (portugal,)
    assert library.places(by="region")[0] == PlaceCount(None, "Lisbon", "Portugal", "PT", 3)
    assert PlaceCount("Sintra", "Lisbon", "Portugal", "PT", 1) in library.places()
    assert library.file.place_names.of_photo("/p/sintra.jpg") == PlaceName("Sintra", "Lisbon", "Portugal", "PT")
    assert library.file.place_names.of_photo("/p/ocean.jpg") is None
    photo = library.show("/p/sintra.jpg")
    assert str(photo.place) == "Sintra, Lisbon, Portugal"
    assert [hit.place for hit in library.find(filters={"place": "sintra"})] == ["Sintra, Lisbon, Portugal"]

    assert found(library, place="portugal") == {"belem", "alfama", "sintra"}
    assert found(library, place="LISBÓN") == {"belem", "alfama", "sintra"}, "a region"
    assert "alfama" in found(library, place="Lisboa, pt")
    assert found(library, place="Sintra, Canada") == set()
    assert found(library, not_place="Portugal") == {"ottawa", "sahara", "ocean", "unknown"}
    assert found(library, text="sintra portugal") == {"sintra"}
    assert found(library, text="ottawa") == {"ottawa"}
    with pytest.raises(UsageError, match="levels are town, region, country"):
        library.places(by="planet")  # type: ignore[arg-type]


def test_a_place_follows_its_position(library: Library) -> None:
    library.places()
    file = ScannedFile("/p/sintra.jpg", 1, 1)
    for facts, expected in ((Facts(latitude=45.4215, longitude=-75.6972), {"ottawa", "sintra"}), (Facts(), {"ottawa"})):
        with library.file.transaction():
            library.file.facts.put(file, facts, 1)
        places.name_places(library.file)
        assert found(library, place="Canada") == expected
        assert found(library, text="canada") == expected


def test_without_the_gazetteer(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "has_gazetteer", lambda: False)
    assert places.name_places(library.file) == 0
    with pytest.raises(UsageError, match=r"install the gazetteer: pip install 'mcsearch\[places\]'"):
        library.places()


def test_positions_of_older_libraries_are_named_once(library: Library) -> None:
    file: LibraryFile = library.file
    assert file.place_names.has_unnamed()
    assert places.name_places(file) == 6
    assert places.name_places(file) == 0
    assert not file.place_names.has_unnamed()
