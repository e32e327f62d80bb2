"""mcsearch show as a user runs it."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import ExifTags, Image, TiffImagePlugin

from tests.conftest import Mcsearch

SIDECAR = """<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:xmp="http://ns.adobe.com/xap/1.0/"><rdf:Description xmp:Rating="4"><dc:subject><rdf:Bag>
<rdf:li>Holiday</rdf:li></rdf:Bag></dc:subject></rdf:Description></x>"""


@pytest.fixture
def folder(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> Path:
    """An indexed and tagged folder of a photo with all facts, a copy of it, and a damaged file."""
    folder = tmp_path / "folder"
    folder.mkdir()
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Google", "Pixel 7"
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base.DateTimeOriginal: "2023:06:12 10:11:12", ExifTags.Base.OffsetTimeOriginal: "+02:00"}
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: tuple(map(TiffImagePlugin.IFDRational, (38, 43, 30))),
            ExifTags.GPS.GPSLongitudeRef: "W",
            ExifTags.GPS.GPSLongitude: tuple(map(TiffImagePlugin.IFDRational, (9, 8, 24))),
            ExifTags.GPS.GPSAltitude: TiffImagePlugin.IFDRational(25, 2),
        }
    )
    Image.open(next(painted.rglob("*dog*beach*.jpg"))).save(folder / "a.jpg", exif=exif)
    (folder / "a.xmp").write_text(SIDECAR)
    shutil.copy(folder / "a.jpg", folder / "copy.jpg")
    (folder / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "labels.txt").write_text("dog\n")
    mcsearch("index", folder, "--model", "demo")
    mcsearch("tag", "--labels", "labels.txt", "--threshold", "0")
    return folder


def test_all_that_is_known_of_a_photo(mcsearch: Mcsearch, folder: Path) -> None:
    photo = json.loads(mcsearch("show", "folder/a.jpg", "--json").stdout)
    assert photo["path"] == str(folder / "a.jpg")
    assert photo["size_bytes"] == (folder / "a.jpg").stat().st_size
    assert (photo["facts"]["taken_at"], photo["facts"]["taken_from"]) == ("2023-06-12T10:11:12+02:00", "exif")
    assert (photo["facts"]["camera"], photo["facts"]["rating"]) == ("Google Pixel 7", 4)
    assert (photo["facts"]["latitude"], photo["facts"]["longitude"]) == (38.725, -9.14)
    assert photo["sidecars"] == [str(folder / "a.xmp")]
    assert [(tag["label"], tag["source"], tag["model"]) for tag in photo["tags"]] == [
        ("dog", "automatic", "demo"), ("Holiday", "embedded", None)
    ]  # fmt: skip
    assert photo["models"] == ["demo"]
    assert photo["copies"] == [str(folder / "copy.jpg")]
    assert photo["failure"] is None

    shown = mcsearch("show", folder / "a.jpg").stdout
    for line in (
        f"Path       {folder / 'a.jpg'}", "Taken      2023-06-12 10:11:12+02:00 (from EXIF)",
        "Camera     Google Pixel 7",
        "Place      Lisbon, Portugal (38.725000, -9.140000, 12.5 m)",
            "Rating     4", "Tag        Holiday (embedded)", "Model      demo",
        f"Copy       {folder / 'copy.jpg'}",
    ):  # fmt: skip
        assert line in shown.splitlines()


def test_a_failure_and_a_file_nobody_knows(mcsearch: Mcsearch, folder: Path) -> None:
    photo = json.loads(mcsearch("show", folder / "bad.jpg", "--json").stdout)
    assert photo["failure"]["reason"] == "not a picture in a supported format"
    assert (photo["facts"], photo["tags"], photo["copies"]) == (None, [], [])
    assert "Failure    not a picture" in mcsearch("show", folder / "bad.jpg").stdout
    assert "is not in the library" in mcsearch("show", "other.jpg", exit_code=2).stderr
    assert "there is no such file" in mcsearch("show", "nowhere.jpg", exit_code=2).stderr
