"""JSON files in other folders of a Google export."""

from pathlib import Path

import pytest

from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.records.roots import RootRules


def put(path: Path, content: str = "{}") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def sidecars(root: Path, start: Path | None = None) -> dict[str, list[str]]:
    """The sidecars that a scan finds for each photo, as paths relative to the root."""
    found = scan(str(start or root), RootRules(), ScanNotes(), root=str(root))
    return {
        Path(file.path).relative_to(root).as_posix(): [
            Path(one.path).relative_to(root).as_posix() for one in file.sidecars
        ]
        for file in found
    }


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return tmp_path / "Takeout" / "Google Fotos"


def test_an_album_uses_the_json_of_the_folder_of_the_year(tmp_path: Path, export: Path) -> None:
    put(export / "Fotos von 2023" / "a.jpg.json")
    put(export / "Fotos von 2023" / "b.jpg", "the same")
    put(export / "Fotos von 2023" / "b.jpg.json")
    put(export / "Fotos von 2023" / "c.jpg", "another photo")
    put(export / "Fotos von 2023" / "c.jpg.json")
    put(export / "Lisboa" / "a.jpg")
    put(export / "Lisboa" / "b.jpg", "the same")
    put(export / "Lisboa" / "c.jpg")
    put(export / "Lisboa" / "d.jpg")
    put(export / "Lisboa" / "d.jpg.json")
    year, album = (f"Takeout/Google Fotos/{name}" for name in ("Fotos von 2023", "Lisboa"))
    assert sidecars(tmp_path) == {
        f"{year}/b.jpg": [f"{year}/b.jpg.json"],
        f"{year}/c.jpg": [f"{year}/c.jpg.json"],
        f"{album}/a.jpg": [f"{year}/a.jpg.json"],
        f"{album}/b.jpg": [f"{year}/b.jpg.json"],
        f"{album}/c.jpg": [],
        f"{album}/d.jpg": [f"{album}/d.jpg.json"],
    }
    one = export / "Lisboa" / "a.jpg"
    assert sidecars(tmp_path, one) == {f"{album}/a.jpg": [f"{year}/a.jpg.json"]}
    assert sidecars(export / "Lisboa", one) == {"a.jpg": []}, "nothing outside the root is read"


def test_archives_unpacked_beside_one_another(tmp_path: Path) -> None:
    put(tmp_path / "takeout-001" / "Takeout" / "Google Photos" / "Lisboa" / "a.jpg")
    put(tmp_path / "takeout-002" / "Takeout" / "Google Photos" / "Lisboa" / "a.jpg.supplemental-metadata.json")
    assert list(sidecars(tmp_path).values()) == [
        ["takeout-002/Takeout/Google Photos/Lisboa/a.jpg.supplemental-metadata.json"]
    ]


def test_no_json_is_taken_if_it_may_be_that_of_another_photo(tmp_path: Path, export: Path) -> None:
    for year in ("2022", "2023"):
        put(export / f"Photos from {year}" / "IMG_0001.jpg.json")
    put(export / "Lisboa" / "IMG_0001.jpg")
    put(tmp_path / "2023" / "x.jpg.json")  # not an export
    put(tmp_path / "Lisboa" / "x.jpg")
    assert list(sidecars(tmp_path).values()) == [[], []]
