"""Metadata that is wrong on purpose: what is malformed is absent, what stands beside it is read, and nothing raises."""

import math
import struct

import pytest

from mcsearch.photos.facts.metadata import read_facts
from mcsearch.photos.facts.xmp import PACKET_BYTES_AT_MOST, xmp_facts
from mcsearch.photos.workers.checks import checked_facts
from mcsearch.records.photos import Facts
from tests.support.blocks import jpeg, xmp
from tests.support.metadata import MTIME_NS

_ASCII, _SHORT, _LONG, _RATIONAL, _DOUBLE = 2, 3, 4, 5, 12
_MAKE, _RATING, _XP_KEYWORDS, _EXIF, _GPS = 271, 18246, 40094, 34665, 34853
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_NAMESPACES = " ".join(f"xmlns:{name}='http://ns.adobe.com/{name}/1.0/'" for name in ("exif", "tiff")) + (
    " xmlns:xmp='http://ns.adobe.com/xap/1.0/'"
)
_CAMERA = (_MAKE, _ASCII, 5, b"Nikon")
Entry = tuple[int, int, int, int | bytes]


def block(*directories: tuple[list[Entry], int]) -> bytes:
    """EXIF of directories, each with where the next one is; the first is at 8, and the others follow at 500, 1000, …"""
    made = bytearray(b"MM\0*" + struct.pack(">I", 8))
    for number, (entries, following) in enumerate(directories):
        made = made.ljust(500 * number, b"\0") if number else made
        values = len(made) + 2 + 12 * len(entries) + 4
        made += struct.pack(">H", len(entries))
        stored = b""
        for tag, kind, count, value in entries:
            place = value if isinstance(value, int) else values + len(stored)
            made += struct.pack(">HHII", tag, kind, count, place)
            stored += value if isinstance(value, bytes) else b""
        made += struct.pack(">I", following) + stored
    return bytes(made)


def facts(exif: bytes = b"", packet: str = "") -> Facts:
    segments = [(0xE1, b"Exif\0\0" + exif)] if exif else []
    segments += [(0xE1, _XMP + xmp("", attributes=f"{_NAMESPACES} {packet}"))] if packet else []
    found = read_facts(jpeg(*segments), "/folder/photo.jpg", MTIME_NS)
    fields = {name: getattr(found, name) for name in Facts.__dataclass_fields__}
    checked_facts({name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()})
    return found


@pytest.mark.parametrize(
    "exif",
    [
        block(([_CAMERA], 8)),
        block(([_CAMERA, (_EXIF, _LONG, 1, 8)], 8)),
        block(([_CAMERA, (_EXIF, _LONG, 1, 500), (_GPS, _LONG, 1, 500)], 0), ([(_EXIF, _LONG, 1, 500)], 500)),
        block(([_CAMERA, (_EXIF, _LONG, 1, 2**32 - 1), (_GPS, _LONG, 1, 2**31)], 2**32 - 1)),
        block(([_CAMERA, (_XP_KEYWORDS, 1, 2**32 - 1, 40)], 0)),
        block(([_CAMERA, (_RATING, _SHORT, 2**32 - 1, 8), (270, _ASCII, 2**31, 8)], 0)),
        block(([_CAMERA, (270, 99, 1, 8), (306, 0, 0, 0)], 0)),
        block(([_CAMERA, (_GPS, _ASCII, 4, b"GPS!"), (_EXIF, _DOUBLE, 1, struct.pack(">d", math.nan))], 0)),
    ],
    ids=["next", "exif", "both", "far", "bytes", "counts", "types", "pointers"],
)  # fmt: skip
def test_a_directory_that_leads_nowhere_hides_no_camera(exif: bytes) -> None:
    found = facts(exif)
    assert found.camera == "Nikon"
    assert (found.latitude, found.taken_from, found.keywords) == (None, "mtime", ())


def rationals(*parts: tuple[int, int]) -> bytes:
    return b"".join(struct.pack(">II", *part) for part in parts)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (_RATIONAL, rationals((38, 0), (0, 0), (1, 0))),
        (_RATIONAL, rationals((2**32 - 1, 1), (2**32 - 1, 1), (2**32 - 1, 1))),
        (_DOUBLE, struct.pack(">3d", math.nan, math.nan, math.nan)),
        (_DOUBLE, struct.pack(">3d", math.inf, -math.inf, math.inf)),
        (_ASCII, b"38."),
    ],
    ids=["zero", "large", "nan", "inf", "text"],
)
def test_a_place_that_is_no_number_is_absent(kind: int, values: bytes) -> None:
    count = 3
    place: list[Entry] = [
        (1, _ASCII, 2, b"N\0"), (2, kind, count, values), (3, _ASCII, 2, b"E\0"), (4, kind, count, values),
        (6, kind, 1, values[: len(values) // 3]), (7, kind, count, values), (29, _ASCII, 11, b"2023:06:12\0"),
    ]  # fmt: skip
    found = facts(block(([_CAMERA, (_GPS, _LONG, 1, 500), (306, _ASCII, 20, b"2023:06:12 10:11:12\0")], 0), (place, 0)))
    assert (found.latitude, found.longitude, found.altitude_m) == (None, None, None)
    assert (found.camera, found.taken_at) == ("Nikon", "2023-06-12T10:11:12")


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "1/0", "0/0", "9" * 400])
def test_numbers_of_xmp_that_are_none_are_absent(number: str) -> None:
    found = facts(
        packet=f'exif:GPSLatitude="{number}N" exif:GPSLongitude="{number}E" exif:GPSAltitude="{number}" '
        f'xmp:Rating="{number}" tiff:Make="Nikon"'
    )
    assert (found.latitude, found.longitude, found.altitude_m, found.rating) == (None, None, None, None)
    assert found.camera == "Nikon"


@pytest.mark.parametrize("year", ["0000", "0001", "1799", "2200", "9999"])
def test_a_date_of_no_year_of_photography_is_absent(year: str) -> None:
    for month_and_day in ("01:01", "12:31"):
        date = f"{year}:{month_and_day} 23:59:60\0".encode()
        clock, day = rationals((23, 1), (59, 1), (59, 1)), f"{year}:{month_and_day}\0".encode()
        place: list[Entry] = [(7, _RATIONAL, 3, clock), (29, _ASCII, 11, day)]
        found = facts(block(([_CAMERA, (306, _ASCII, 20, date), (_GPS, _LONG, 1, 500)], 0), (place, 0)))
        assert (found.camera, found.taken_from) == ("Nikon", "mtime")
    found = facts(packet=f'xmp:CreateDate="{year}-12-31T23:59:59-14:00" tiff:Make="Nikon"')
    assert (found.camera, found.taken_from) == ("Nikon", "mtime")


def test_xmp_expands_no_entities() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "beach"}">' for n in range(12))
    element = "<dc:title>&e11;&s;</dc:title>"
    packet = f"<!DOCTYPE x [{bomb}<!ENTITY s SYSTEM 'file:///etc/hostname'>]>".encode() + xmp("By the sea", element)
    found = read_facts(jpeg((0xE1, _XMP + packet)), "/a.jpg", MTIME_NS)
    assert found.caption in ("By the sea", None)


def test_xmp_of_absurd_size_is_not_parsed() -> None:
    packet = xmp("By the sea")
    assert xmp_facts(packet) == xmp_facts(packet + b" " * 1000) == {"caption": "By the sea"}
    assert xmp_facts(packet + b" " * PACKET_BYTES_AT_MOST) == {}
