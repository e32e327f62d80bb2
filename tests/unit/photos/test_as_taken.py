"""Which files show what their camera wrote, by their metadata."""

from typing import Any

import pytest
from PIL import Image

from mcsearch.photos.as_taken import is_as_taken
from mcsearch.photos.facts.metadata import Metadata, read_metadata
from tests.support.previews import camera_exif, heic_with_thumbnail
from tests.support.samples import encoded

SIZE = (480, 360)


def photo(xmp: str = "", **tags: Any) -> bytes:
    options: dict[str, Any] = {"xmp": xmp.encode()} if xmp else {}
    return encoded(Image.new("RGB", SIZE), "JPEG", exif=camera_exif(SIZE, **tags), **options)


def as_taken(content: bytes) -> bool:
    return is_as_taken(read_metadata(content, "photo.jpg"))


# What cameras and phones write about their software, each in a photo on the web.
@pytest.mark.parametrize(
    ("make", "model", "software"),
    [
        ("NIKON CORPORATION", "NIKON D5600", "Ver.1.01 "), ("Apple", "iPhone 15 Pro", "17.1"),
        ("samsung", "SM-G998B", "G998BXXS9EWI1"), ("SONY", "ILCE-7CM2", "ILCE-7CM2 v2.01"), ("Canon", "EOS R5", ""),
        ("OLYMPUS IMAGING CORP.", "E-PL1", "Version 1.3"), ("FUJIFILM", "X-Pro2", "Digital Camera X-Pro2 Ver3.00"),
        ("LGE", "Nexus 5X", "HDR+ 1.0.177471000n"), ("DJI", "FC300S", "v01.23.4920\0\0"),
        ("PENTAX Corporation", "PENTAX K10D", "K10D Ver 1.30"),
    ],
)  # fmt: skip
def test_firmware_is_no_program(make: str, model: str, software: str) -> None:
    assert as_taken(photo(Make=make, Model=model, Software=software))


@pytest.mark.parametrize(
    "software",
    [
        "Adobe Photoshop 7.0", "Windows Photo Editor 10.0.10011.16384", "GIMP 2.10.34", "Picasa 3.0",
        "paint.net 4.3.12", "digiKam-0.9.0-beta3", "www.meitu.com", "Shotwell 0.12.3", "ViewNX 2.1 W",
        "Adobe Photoshop Camera Raw 15.0",
    ],
)  # fmt: skip
def test_a_program_is_told_by_its_name(software: str) -> None:
    assert not as_taken(photo(Software=software))
    assert not as_taken(photo(ProcessingSoftware=software))
    assert not as_taken(photo(f'<x xmp:CreatorTool="{software}"/>'))
    assert not as_taken(photo(f"<xmp:CreatorTool>{software}</xmp:CreatorTool>"))


@pytest.mark.parametrize(
    "tags",
    [
        {"DateTime": "2023:06:12 10:15:00"}, {"DateTimeOriginal": ""}, {"DateTime": ""}, {"ExifImageWidth": 470},
        {"ExifImageHeight": 700},
    ],
)  # fmt: skip
def test_dates_and_sides_must_agree(tags: dict[str, Any]) -> None:
    assert not as_taken(photo(**tags))


@pytest.mark.parametrize(
    ("xmp", "expected"),
    [
        ('<x xmp:Rating="3"/>', True), ('<x xmp:CreatorTool="17.1" xmp:ModifyDate="2023-06-12T10:11:12+02:00"/>', True),
        ('<x xmp:ModifyDate="2023-06-12" crs:HasCrop="False" crs:HasSettings="False"/>', True),
        ('<x xmp:ModifyDate="2023-06-12T10:15:00"/>', False), ('<x crs:HasCrop="True"/>', False),
        ("<xmpMM:History><rdf:Seq/></xmpMM:History>", False), ('<x xmpMM:DerivedFrom="1"/>', False),
        ("<tiff:DateTime>2024-01-01T00:00:00</tiff:DateTime>", False), ("<\0x\0/\0>\0", False),
    ],
)  # fmt: skip
def test_xmp_must_not_speak_of_work_on_the_picture(xmp: str, expected: bool) -> None:
    assert as_taken(photo(xmp)) == expected


def test_heic_is_told_by_its_exif_too() -> None:
    picture = Image.new("RGB", SIZE)
    assert as_taken(heic_with_thumbnail(picture, 160))
    assert as_taken(heic_with_thumbnail(picture, 160, camera_exif(SIZE, Orientation=6))), "sides as stored"
    assert not as_taken(heic_with_thumbnail(picture, 160, camera_exif(SIZE, Software="GIMP 2.99.11")))


def test_without_metadata_nothing_is_known() -> None:
    assert not as_taken(encoded(Image.new("RGB", SIZE), "JPEG"))
    assert not is_as_taken(Metadata())
    assert not as_taken(b"")
