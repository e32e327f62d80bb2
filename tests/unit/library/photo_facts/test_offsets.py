"""Moments in UTC get the local time of the photos taken around them."""

from pathlib import Path

import pytest

from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.photos import Facts, ScannedFile

VIDEO = ("2023-06-12T08:11:12+00:00", "container")
WANTED = [
    ({"photo.jpg": ("2023-06-12T10:00:00.5+02:00", "exif")}, "2023-06-12T10:11:12+02:00"),
    ({"a.jpg": ("2023-06-12T06:00:00+00:00", "exif"), "b.jpg": ("2023-06-12T03:00:00-05:30", "xmp")},
     "2023-06-12T02:41:12-05:30"),
    ({"a.jpg": ("2023-06-12T17:30:00+09:00", "exif"), "b.jpg": ("2023-06-12T22:00:00+09:30", "exif")},
     "2023-06-12T17:11:12+09:00"),
    ({"photo.jpg": ("2023-06-14T10:00:00+02:00", "exif")}, VIDEO[0]),
    ({"photo.jpg": ("2023-06-12T10:00:00", "exif")}, VIDEO[0]),
    ({"photo.jpg": ("2023-06-12T10:00:00+02:00", "mtime")}, VIDEO[0]),
    ({"other.mp4": ("2023-06-12T08:00:00+00:00", "container")}, VIDEO[0]),
    ({"below/photo.jpg": ("2023-06-12T10:00:00+02:00", "exif")}, VIDEO[0]),
    ({"day.jpg": ("2023-06-12", "name")}, VIDEO[0]),
]  # fmt: skip


@pytest.mark.parametrize(("photos", "wanted"), WANTED)
def test_the_nearest_photo_of_the_folder_tells_the_offset(
    tmp_path: Path, photos: dict[str, tuple[str, str]], wanted: str
) -> None:
    with LibraryFile(tmp_path / "library.db") as library, library.transaction():
        _put(library, photos | {"video.mp4": VIDEO})
        library.facts.localise("/trip")
        library.facts.localise("/trip")
        assert _date(library) == (wanted, "container")


def test_a_nearer_photo_that_comes_later_replaces_the_offset_of_another(tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "library.db") as library, library.transaction():
        for name, photo, wanted in (
            ("far.jpg", ("2023-06-12T22:00:00+02:00", "exif"), "2023-06-12T10:11:12+02:00"),
            ("farther.jpg", ("2023-06-12T11:00:00-08:00", "exif"), "2023-06-12T00:11:12-08:00"),
            ("near.jpg", ("2023-06-12T08:00:00+00:00", "exif"), "2023-06-12T08:11:12+00:00"),
            ("nearest.jpg", ("2023-06-12T17:11:00+09:00", "exif"), "2023-06-12T17:11:12+09:00"),
        ):
            _put(library, {name: photo} | ({"video.mp4": VIDEO} if name == "far.jpg" else {}))
            library.facts.localise("/trip")
            assert _date(library) == (wanted, "container")


def _put(library: LibraryFile, photos: dict[str, tuple[str, str]]) -> None:
    for name, (taken_at, taken_from) in photos.items():
        file = ScannedFile(f"/trip/{name}", 1, 1)
        library.photos.put(file, library.photos.add_content(name.encode(), 1))
        library.facts.put(file, Facts(taken_at=taken_at, taken_from=taken_from), READERS_VERSION)


def _date(library: LibraryFile) -> tuple[str | None, str | None]:
    facts = library.facts.of_photo("/trip/video.mp4")
    assert facts is not None
    return facts.taken_at, facts.taken_from
