"""Which filter leaves nothing, and the nearest value there is."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.showing.nothing_left import why_nothing
from mcsearch.records.photos import Facts, ScannedFile

PICTURES = "/home/ann/Pictures"
PHOTOS = {
    f"{PICTURES}/2023/beach/1.jpg": Facts(
        "JPEG", "2023-06-12T10:00:00", "exif", 4000, 3000, "Google Pixel 7", "50mm", rating=3, keywords=("beach",)
    ),
    f"{PICTURES}/2024/2.jpg": Facts("JPEG", "2024-05-01T10:00:00", "exif", 800, 600, "NIKON D750"),
    "/media/disk/scans/3.png": Facts("PNG", None, None, 80, 60),
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenLibrary]:
    """A library of three photos in two roots."""
    with OpenLibrary(LibraryFile(tmp_path_factory.mktemp("nothing") / "library.db")) as library:
        file = library.file
        with file.transaction():
            model = file.models.add("demo", "f", 2, 100.0, None, None)
            file.roots.begin({PICTURES: None, "/media/disk/scans": None})
            for path, facts in PHOTOS.items():
                content = file.photos.add_content(path.encode(), 1)
                file.embeddings.add(content, model.id, np.array([0, 1], np.float32))
                scanned = ScannedFile(path, 1, 1)
                file.photos.put(scanned, content)
                file.facts.put(scanned, facts, 1)
        yield library


@pytest.mark.parametrize(
    ("filters", "sentences"),
    [
        ({"camera": "Pixle 7"}, "--camera 'Pixle 7' leaves none of 3. The library has 'Google Pixel 7'."),
        ({"camera": "Leica"}, "--camera 'Leica' leaves none of 3. The library has 'Google Pixel 7', 'NIKON D750'."),
        ({"lens": "50 mn"}, "--lens '50 mn' leaves none of 3. The library has '50mm'."),
        ({"tag": "baech"}, "--tag 'baech' leaves none of 3. The library has 'beach'."),
        ({"format": "tiff"}, "--format 'tiff' leaves none of 3. The library has 'JPEG', 'PNG'."),
        ({"after": "2030"}, "--after '2030' leaves none of 3. The newest photo is of 2024-05-01."),
        ({"undated": True, "after": "2030"}, "--after '2030' leaves none of 3. The newest photo is of 2024-05-01."),
        ({"before": "2000"}, "--before '2000' leaves none of 3. The oldest photo is of 2023-06-12."),
        ({"rating": "5"}, "--rating '5' leaves none of 3. The highest rating is 3."),
        ({"min_size": "20MP"}, "--min-size '20MP' leaves none of 3. The largest photo has 12.0 MP."),
        ({"has_gps": True}, "--has-gps leaves none of 3. No photo has a place."),
        ({"damaged": True}, "--damaged leaves none of 3."),
        ({"orientation": "square"}, "--orientation 'square' leaves none of 3."),
        (  # each leaves photos on its own
            {"after": "2024", "camera": "Pixel 7"},
            "--camera 'Pixel 7' leaves out the only one that matches --after '2024'. The library has 'NIKON D750'.",
        ),
        (  # the value is in the library, only not with the other filter
            {"after": "2024", "tag": "beach"},
            "--tag 'beach' leaves out the only one that matches --after '2024'.",
        ),
        (  # the one that no photo meets, wherever it stands
            {"format": "png", "camera": ["Pixle 7", "zz"]},
            "--camera 'Pixle 7' --camera 'zz' leaves none of 3. The library has 'Google Pixel 7'.",
        ),
    ],
)
def test_the_filter_and_the_nearest_value(opened: OpenLibrary, filters: dict[str, str | bool], sentences: str) -> None:
    assert why_nothing(opened, filters) == f"No photo matches these filters: {sentences}"


def test_what_to_do_about_a_tag_that_no_photo_has(opened: OpenLibrary) -> None:
    def hint() -> str:
        return why_nothing(opened, {"tag": "zebra"}).partition("leaves none of 3.")[2]

    tags = opened.file.tags
    with opened.file.transaction(keep=False):
        opened.file._connection.execute("DELETE FROM keywords")
        assert hint() == " No photo has a tag. To tag photos: mcsearch tag"
        tags.add(1, [("set", "a cat", 1, 0.5, 0.9)])
        assert hint() == " The library has 'a cat'."
        tags.add(1, [("set", label, 1, 0.5, 0.9) for label in ("boat", "car", "dog", "forest", "snow")])
        assert hint() == " To see the tags that there are: mcsearch tags"


def test_a_folder_that_does_not_exist_is_refused_with_the_nearest(opened: OpenLibrary) -> None:
    with pytest.raises(UsageError, match="Did you mean '/media/disk/scans'"):
        why_nothing(opened, {"in": "/media/disk/scan"})


def test_nothing_is_said_when_photos_are_left(opened: OpenLibrary) -> None:
    assert why_nothing(opened, {"camera": "Pixel", "lens": None}) == ""


@pytest.mark.parametrize(
    ("asked", "folder"),
    [
        ("/home/ann/Pictrues", PICTURES),
        (f"{PICTURES}/2032", f"{PICTURES}/2023"),
        (f"{PICTURES}/2023/baech", f"{PICTURES}/2023/beach"),
        ("/home/ann/Pictrues/2023", PICTURES),
        ("/media/disc/scans", "/media/disk/scans"),
        (f"{PICTURES}/2024/zebra", f"{PICTURES}/2024"),
        ("/nowhere", None),
    ],
)
def test_the_nearest_folder(opened: OpenLibrary, asked: str, folder: str | None) -> None:
    assert opened.file.known.folder_like(asked) == folder


def test_the_values_that_a_library_has(opened: OpenLibrary, tmp_path: Path) -> None:
    known = opened.file.known
    assert known.folders_in(PICTURES) == [f"{PICTURES}/2023", f"{PICTURES}/2024"]
    assert known.folders_in("/") == ["/home", "/media"]
    assert known.folders_in(str(tmp_path)) == []
    assert known.labels() == ["beach"]
    with opened.file.transaction(keep=False):
        tags = [("more", "a cat", 1), ("more", "dog", 2), ("sets", "dog", 1)]
        opened.file.tags.add(1, [(*tag, 0.5, 0.9) for tag in tags])
        assert known.labels() == ["a cat", "beach", "dog"]
        assert known.sets() == ["more", "sets"]
