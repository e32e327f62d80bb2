"""What the JSON of a Google export says about a photo."""

import json
from typing import Any

import pytest

from mcsearch.photos.facts.metadata import Metadata, facts_of
from mcsearch.photos.takeout.facts import is_takeout
from mcsearch.records.photos import Facts

STATED: dict[str, Any] = {
    "title": "PXL.jpg",
    "description": " At the tower ",
    "imageViews": "2",
    "creationTime": {"timestamp": "1697872351", "formatted": "21 oct. 2023, 07:12:31 UTC"},
    "photoTakenTime": {"timestamp": "1696573800", "formatted": "6 oct. 2023, 06:30:00 UTC"},
    "geoData": {"latitude": 48.8583736, "longitude": 2.291901, "altitude": 82.09, "latitudeSpan": 0.0},
    "people": [{"name": "Marie  Curie"}, {"name": ""}, {}, 3, {"name": 4}],
    "favorited": True,
}
NOTHING = {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0}


def facts(stated: object, name: str = "x.jpg", metadata: Metadata | None = None, xmp: tuple[bytes, ...] = ()) -> Facts:
    content = stated if isinstance(stated, bytes) else json.dumps(stated).encode()
    return facts_of(metadata or Metadata(), f"/photos/{name}", 1_000_000_000_000_000_000, [*xmp, content])


def test_all_facts_of_a_photo_that_has_none_itself() -> None:
    assert facts(STATED) == Facts(
        taken_at="2023-10-06T06:30:00+00:00",
        taken_from="takeout",
        latitude=48.8583736,
        longitude=2.291901,
        altitude_m=82.09,
        rating=5,
        caption="At the tower",
        people=("Marie Curie",),
    )


def test_what_the_photo_itself_says_counts_first() -> None:
    xmp = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
        exif:DateTimeOriginal="2020-01-02T03:04:05" exif:GPSLatitude="38,43.5N" exif:GPSLongitude="9,8.0W"
        xmp:Rating="2"><dc:description>Mine</dc:description>
        <Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Anna</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>
      </rdf:Description></rdf:RDF></x:xmpmeta>"""
    for found in (facts(STATED, metadata=Metadata(xmp=(xmp,))), facts(STATED, xmp=(xmp,))):
        assert (found.taken_at, found.taken_from) == ("2020-01-02T03:04:05", "xmp")
        assert (found.latitude, found.caption, found.rating) == (38.725, "Mine", 2)
        assert found.people == ("Anna",)
    unrated = xmp.replace(b'Rating="2"', b'Rating="0"')
    assert facts(STATED, metadata=Metadata(xmp=(unrated,))).rating == 5


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("IMG_20231006_083000.jpg", {}, ("2023-10-06T08:30:00+02:00", "name")),
        ("IMG-20231006-WA0001.jpg", {}, ("2023-10-06T06:30:00+00:00", "takeout")),
        ("IMG_20200101_120000.jpg", {}, ("2023-10-06T06:30:00+00:00", "takeout")),
        ("x.jpg", {"photoTakenTime": {"timestamp": "-1000000000"}}, ("1938-04-24T22:13:20+00:00", "takeout")),
        # The moment of the upload is a guess; a date in the name is better.
        ("x.jpg", {"photoTakenTime": STATED["creationTime"]}, ("2023-10-21T07:12:31+00:00", "takeout")),
        ("IMG_20200101_120000.jpg", {"photoTakenTime": STATED["creationTime"]}, ("2020-01-01T12:00:00", "name")),
    ],
)
def test_when(name: str, changes: dict[str, Any], expected: tuple[str, str]) -> None:
    found = facts(STATED | changes, name)
    assert (found.taken_at, found.taken_from) == expected


@pytest.mark.parametrize("moment", [None, [], "1", {}, {"timestamp": "0"}, {"timestamp": "9" * 30}, {"timestamp": {}}])
def test_no_date(moment: object) -> None:
    assert facts(STATED | {"photoTakenTime": moment, "creationTime": None}).taken_from == "mtime"


def test_the_place_of_the_camera_is_taken_where_google_has_none() -> None:
    exif = {"latitude": -33.9, "longitude": 18.4, "altitude": 0.0}
    found = facts(STATED | {"geoData": NOTHING, "geoDataExif": exif})
    assert (found.latitude, found.longitude, found.altitude_m) == (-33.9, 18.4, None)
    wrong = {"latitude": 91, "longitude": 1e300, "altitude": "x"}
    for place in (NOTHING, wrong, [], None, {"latitude": True}, {"latitude": "48"}, {"latitude": float("nan")}):
        assert facts(STATED | {"geoData": place, "geoDataExif": place}).latitude is None


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"{}", b'{"title": ', b'{"a": 1}', b"{" + b"[" * 100_000, b'{"photoTakenTime": ' + b"9" * 10_000 + b"}",
        b'{"title": "x", "description": "' + b"x" * 2**20 + b'"}', b'{"title": "\xff"}', b"{" * 100_000,
        b'{"title": {}, "description": 3, "people": {"name": "x"}, "favorited": "yes", "geoData": 7}',
    ],
    ids=range(10),
)  # fmt: skip
def test_malformed_huge_and_other_json_is_ignored(content: bytes) -> None:
    found = facts(content)
    assert found == Facts(taken_at=found.taken_at, taken_from="mtime")


def test_json_and_xmp_are_told_apart_by_content() -> None:
    assert is_takeout(b'\xef\xbb\xbf \r\n{"title"')
    assert not is_takeout(b"<?xpacket")
    assert not is_takeout(b"")
