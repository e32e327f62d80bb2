"""Facts of pictures: what EXIF, XMP, IPTC and sidecars say, and that nothing malformed ever stops anything."""

import io
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin

from mcsearch.photos.facts.metadata import read_facts
from mcsearch.photos.facts.xmp import xmp_facts
from mcsearch.photos.formats import FORMATS, HEIF, JPEG_XL, RAW, VIDEO, Format
from mcsearch.records.photos import Facts
from tests.support.blocks import jpeg, xmp
from tests.support.metadata import MTIME_NS, XMP, exif
from tests.support.samples import ORIENTATIONS, encoded, quarters, turned
from tests.support.writers import heif, jxl, psd, without_the_way_back

# A format that Pillow writes EXIF and XMP into, by row of FORMATS.
CARRIERS: dict[str, str] = {"JPEG": "JPEG", "PNG": "PNG", "WebP": "WEBP", "TIFF": "TIFF", "AVIF": "AVIF"}


def facts(content: bytes, name: str = "photo.jpg", sidecars: Sequence[bytes] = ()) -> Facts:
    return read_facts(content, f"/folder/{name}", MTIME_NS, sidecars)


@pytest.mark.parametrize("row", [row for row in FORMATS if row.name in CARRIERS], ids=lambda row: row.name)
def test_exif_and_xmp_of_each_format(row: Any) -> None:
    form = CARRIERS[row.name]
    found = facts(encoded(quarters(), form, exif=exif().tobytes()))
    assert (found.format, found.width, found.height) == (row.name, 64, 48)
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12.34+02:00", "exif")
    assert (found.camera, found.lens, found.rating, found.caption) == ("NIKON D750", "50mm f/1.8", 3, "A dog")
    assert (found.latitude, found.longitude) == pytest.approx((38.7250333, -9.14), abs=1e-6)
    assert found.altitude_m == pytest.approx(12.3)
    options: dict[str, Any] = {"xmp": XMP}
    if form == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options = {"pnginfo": info}
    elif form == "TIFF":
        options = {"tiffinfo": {700: XMP}}
    found = facts(encoded(quarters(), form, **options))
    assert (found.taken_at, found.taken_from) == ("2020-05-04T03:02:01.5+01:00", "xmp")
    assert (found.camera, found.lens, found.rating, found.caption) == ("Google Pixel 7", "main", 4, "By the sea")
    assert (found.latitude, found.longitude, found.altitude_m) == (-38.725, -9.14, -12.3)
    assert found.keywords == ("beach", "süß"), "what mcsearch has written is no keyword of the user's"


@pytest.mark.parametrize("row", [row for row in FORMATS if row not in (RAW, VIDEO)], ids=lambda row: row.name)
def test_no_format_needs_its_pixels_decoded(row: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"PNM": "PPM", "JPEG 2000": "JPEG2000", "WebP": "WEBP"}.get(row.name, row.name)
    if row is HEIF:
        content = heif(quarters())
    elif row is JPEG_XL:
        content = without_the_way_back(jxl(quarters()))
    elif row.name == "Photoshop":
        content = psd(quarters())
    else:
        content = encoded(quarters(), form)

    def refuse(*_: object) -> None:
        raise AssertionError("pixels are decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    found = facts(content)
    assert (found.format, found.width, found.height) == (row.name, 64, 48)


@pytest.mark.parametrize("form", CARRIERS.values())
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_width_and_height_are_those_of_the_upright_picture(orientation: int, form: str) -> None:
    stored, block = turned(quarters(), orientation)
    found = facts(encoded(stored, form, exif=block))
    assert (found.width, found.height) == (64, 48)


def test_exif_at_the_end_of_a_png_is_found() -> None:
    content = encoded(quarters(), "PNG")
    block = exif().tobytes().removeprefix(b"Exif\0\0")
    end = content.rindex(b"IEND") - 4
    late = content[:end] + struct.pack(">I", len(block)) + b"eXIf" + block + bytes(4) + content[end:]
    assert facts(late).camera == "NIKON D750"


def packet(attributes: str = "", content: str = "") -> bytes:
    return f"""<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:xmp='http://ns.adobe.com/xap/1.0/'
    xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'
    xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:lr='http://ns.adobe.com/lightroom/1.0/'
    xmlns:digiKam='http://www.digikam.org/ns/1.0/' xmlns:mcsearch='urn:mcsearch:xmp/1.0/'>
    <rdf:Description {attributes}>{content}</rdf:Description></rdf:RDF>""".encode()


def bag(name: str, *words: str) -> str:
    return f"<{name}><rdf:Bag>{''.join(f'<rdf:li>{word}</rdf:li>' for word in words)}</rdf:Bag></{name}>"


def test_a_sidecar_counts_before_the_file() -> None:
    found = facts(encoded(quarters(), "JPEG", exif=exif()), sidecars=[XMP])
    assert (found.taken_at, found.taken_from) == ("2020-05-04T03:02:01.5+01:00", "xmp")
    assert (found.rating, found.caption, found.latitude) == (4, "By the sea", -38.725)


def test_a_date_that_a_sidecar_repeats_keeps_the_offset_of_the_camera() -> None:
    content = encoded(quarters(), "JPEG", exif=exif())
    for date in ("2023-06-12T10:11:12", "2023:06:12 10:11:12.340", "2023-06-12"):
        found = facts(content, sidecars=[packet(f"exif:DateTimeOriginal='{date}'")])
        assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12.34+02:00", "exif")
    found = facts(content, sidecars=[packet("exif:DateTimeOriginal='2021:08:19 18:48:53'")])
    assert (found.taken_at, found.taken_from) == ("2021-08-19T18:48:53", "xmp")


def test_several_sidecars_are_merged() -> None:
    first = packet("exif:GPSLatitude='1,0N'", bag("dc:subject", "a", "b"))  # half a place is none
    second = packet(
        "xmp:Rating='2' exif:GPSLatitude='38,30N' exif:GPSLongitude='9,0W' exif:DateTimeOriginal='2021-08-19'",
        bag("dc:subject", "b", "c"),
    )
    found = facts(encoded(quarters(), "JPEG", exif=exif()), sidecars=[first, second, packet("xmp:Rating='5'")])
    assert (found.rating, found.taken_at, found.latitude, found.longitude) == (2, "2021-08-19", 38.5, -9)
    assert found.keywords == ("a", "b", "c")


def test_keywords_of_hierarchies_are_their_last_level_and_our_own_are_left_out() -> None:
    content = bag("digiKam:TagsList", "People/Ana", "mcsearch/dog", "lone") + bag(
        "lr:hierarchicalSubject", "Places|Lisbon|Alfama", "People|Ana", "mcsearch|dog"
    )
    assert xmp_facts(packet(content=content))["keywords"] == ("Ana", "lone", "Alfama")


def test_a_caption_may_stand_in_the_property_of_tiff() -> None:
    title, description = bag("dc:title", "title"), bag("tiff:ImageDescription", "described")
    assert xmp_facts(packet(content=title + description))["caption"] == "described"
    assert xmp_facts(packet("tiff:ImageDescription='said'"))["caption"] == "said"


def test_the_name_and_then_the_time_of_change_are_the_last_resort() -> None:
    content = encoded(quarters(), "JPEG")
    named = facts(content, name="IMG-20190203-WA0001.jpg")
    assert (named.taken_at, named.taken_from) == ("2019-02-03", "name")
    assert facts(content).taken_from == "mtime"
    assert facts(b"no picture at all").taken_from == "mtime"


def test_iptc_keywords_and_caption() -> None:
    def record(number: int, text: bytes) -> bytes:
        return b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text

    iptc = record(25, "café".encode()) + record(25, b"M\xfcnchen") + record(120, b"At the table")
    resource = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc
    content = encoded(quarters(), "JPEG")
    with_iptc = content[:2] + b"\xff\xed" + struct.pack(">H", len(resource) + 2) + resource + content[2:]
    found = facts(with_iptc)
    assert (found.keywords, found.caption) == (("café", "München"), "At the table")


def test_keywords_as_windows_writes_them() -> None:
    block = exif(XPKeywords="süß; dog ;;dog".encode("utf-16-le") + b"\0\0")
    assert facts(encoded(quarters(), "JPEG", exif=block)).keywords == ("süß", "dog")
    block = exif(XPKeywords=b"hill; landscape; tree")  # not as Windows writes them
    assert facts(encoded(quarters(), "JPEG", exif=block)).keywords == ("hill", "landscape", "tree")


@pytest.mark.parametrize(
    ("name", "namespace", "word"),
    [
        ("TagsList", "http://www.digikam.org/ns/1.0/", "Places/Lisbon"),
        ("hierarchicalSubject", "http://ns.adobe.com/lightroom/1.0/", "Places|Lisbon"),
        ("LastKeywordXMP", "http://ns.microsoft.com/photo/1.0/", "Places/Lisbon"),
        ("LastKeywordXMP", "http://ns.microsoft.com/photo/1.0", "Places/Lisbon"),
    ],
)
def test_keywords_of_hierarchies(name: str, namespace: str, word: str) -> None:
    packet = xmp("", f"<k:{name}><rdf:Bag><rdf:li>{word}</rdf:li></rdf:Bag></k:{name}>", f"xmlns:k='{namespace}'")
    assert xmp_facts(packet)["keywords"] == ("Lisbon",)


def test_a_rating_in_xmp_counts_before_that_in_exif() -> None:
    assert facts(encoded(quarters(), "JPEG", exif=exif(Rating=0), xmp=XMP)).rating == 4


def test_xmp_after_a_header_with_a_space() -> None:
    content = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/ \0" + XMP))
    assert facts(content).caption == "By the sea"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"GPSLatitude": (200, 0, 0), "GPSLongitude": (9, 0, 0)}, "latitude"),
        ({"GPSLatitude": (0, 0, 0), "GPSLongitude": (0, 0, 0)}, "latitude"),  # no fix yet
        ({"GPSLatitude": (1, 2, 3)}, "latitude"),
        ({"GPSAltitude": TiffImagePlugin.IFDRational(1, 0)}, "altitude_m"),
    ],
)
def test_places_that_cannot_be_are_left_out(values: dict[str, Any], field: str) -> None:
    block = Image.Exif()
    place = block.get_ifd(ExifTags.IFD.GPSInfo)
    place.update({ExifTags.GPS[name]: value for name, value in values.items()})
    place.update({ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLongitudeRef: "E"})
    found = facts(encoded(quarters(), "JPEG", exif=block))
    assert getattr(found, field) is None
    assert found.width == 64


def test_ascii_that_is_utf_8_in_truth() -> None:
    content = encoded(quarters(), "JPEG", exif=exif(ImageDescription="A dog é".encode(), Model=b"caf\xe9"))
    assert (facts(content).caption, facts(content).camera) == ("A dog é", "NIKON CORPORATION café")


@pytest.mark.parametrize("name", ["OLYMPUS DIGITAL CAMERA         ", "SONY DSC", ""])
def test_what_cameras_write_into_captions_is_none(name: str) -> None:
    assert facts(encoded(quarters(), "JPEG", exif=exif(ImageDescription=name))).caption is None


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        b"\0\0",
        b"<",
        b"no xml",
        b"<a/>",
        XMP[: len(XMP) // 2],
        XMP.replace(b"38,43.5S", b"nonsense").replace(b"123/10", b"1/0").replace(b"'4'", b"'four'"),
        XMP.decode().encode("utf-16"),
    ],
)
def test_malformed_xmp_raises_nothing(malformed: bytes) -> None:
    assert isinstance(xmp_facts(malformed), dict)
    assert facts(encoded(quarters(), "JPEG"), sidecars=[malformed]).width == 64


def test_xmp_reads_no_other_file_and_does_not_grow(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'x' * 1000}'>" for n in range(10))
    declared = f"<!DOCTYPE x [<!ENTITY s SYSTEM '{(tmp_path / 'secret').as_uri()}'>{entities}]>"
    for entity in ("&s;", "&e9;"):
        packet = XMP.split(b"?>", 1)[1].replace(b"By the sea", entity.encode())
        found = xmp_facts(declared.encode() + packet)
        assert "secret" not in str(found)
        assert len(str(found)) < 10_000


def test_damaged_metadata_never_raises() -> None:
    chance = random.Random(5)
    for form in CARRIERS.values():
        good = encoded(quarters(), form, exif=exif(), **({} if form == "PNG" else {"xmp": XMP}))
        for _ in range(200):
            bad = bytearray(good)
            for _ in range(chance.randint(1, 30)):
                bad[chance.randrange(min(len(bad), 2500))] = chance.randrange(256)
            found = facts(bytes(bad[: chance.randint(1, len(bad))]))
            assert found.taken_at is not None


def test_lxml_is_imported_only_when_there_is_xmp() -> None:
    file = io.BytesIO()
    quarters().save(file, "JPEG", exif=exif())
    code = (
        "import sys\nfrom mcsearch.photos.facts.metadata import read_facts\n"
        "import mcsearch.photos.workers.process\n"
        f"read_facts({file.getvalue()!r}, '/a.jpg', 0)\n"
        "print('lxml' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def _dated(**tags: str) -> Image.Exif:
    block = Image.Exif()
    if changed := tags.pop("DateTime", None):
        block[ExifTags.Base.DateTime] = changed
    block.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base[name]: value for name, value in tags.items()})
    return block


def test_the_date_of_the_last_edit_goes_before_the_time_of_change_and_after_the_name() -> None:
    content = encoded(quarters(), "JPEG", exif=_dated(DateTime="2023:06:12 10:11:12", OffsetTime="+02:00"))
    found = facts(content)
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12+02:00", "exif")
    assert facts(content, name="IMG-20230101-WA0001.jpg").taken_at == "2023-01-01"
    assert facts(content, name="IMG-20230612-WA0001.jpg").taken_at == "2023-06-12T10:11:12+02:00"


def test_dates_in_the_first_block_of_exif_count() -> None:
    block = _dated(DateTime="2024:01:01 00:00:00")
    block[ExifTags.Base.DateTimeOriginal] = "2023:06:12 10:11:12"
    assert facts(encoded(quarters(), "JPEG", exif=block)).taken_at == "2023-06-12T10:11:12"


def test_gps_time_tells_the_offset() -> None:
    for clock, day, wanted in (
        ((8.0, 11.0, 10.0), "2023:06:12", "2023-06-12T10:11:12+02:00"),
        ((1.0, 11.0, 0.0), "2023:06:13", "2023-06-12T10:11:12"),
        ((8.0, 18.0, 0.0), "2023:06:12", "2023-06-12T10:11:12"),
        ((0.0, 41.0, 0.0), "2023:06:12", "2023-06-12T10:11:12+09:30"),
        ((20.0, 11.0, 0.0), "2023:06:11", "2023-06-12T10:11:12+14:00"),
    ):
        block = _dated(DateTimeOriginal="2023:06:12 10:11:12")
        block.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSTimeStamp: clock, ExifTags.GPS.GPSDateStamp: day})
        assert facts(encoded(quarters(), "JPEG", exif=block)).taken_at == wanted


def test_the_offset_of_one_source_completes_the_time_of_another() -> None:
    block = _dated(DateTimeOriginal="2020:05:04 03:02:01")
    assert facts(encoded(quarters(), "JPEG", exif=block), sidecars=[XMP.replace(b".5+01", b"+01")]).taken_at == (
        "2020-05-04T03:02:01+01:00"
    )


def test_iptc_says_when() -> None:
    records = {55: b"20230612", 60: b"101112+0200"}
    block = b"".join(b"\x1c\x02" + bytes([n]) + struct.pack(">H", len(text)) + text for n, text in records.items())
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + b"\0" * (len(block) % 2)
    segment = b"Photoshop 3.0\0" + resource
    content = encoded(quarters(), "JPEG")
    content = content[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + content[2:]
    found = facts(content, name="IMG-20190203-WA0001.jpg")
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12+02:00", "iptc")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


@pytest.mark.parametrize(
    "chunk",
    [
        _chunk(b"tEXt", b"Creation Time\0Mon, 12 Jun 2023 10:11:12 +0200"),
        _chunk(b"tEXt", b"CreationTime\0002023-06-12T10:11:12+02:00"),
        _chunk(b"zTXt", b"Creation Time\0\0" + zlib.compress(b"2023-06-12T10:11:12+02:00")),
        _chunk(b"iTXt", b"Creation Time\0\0\0\0\0" + b"2023:06:12 10:11:12+02:00"),
        _chunk(b"iTXt", b"Creation Time\0\1\0\0\0" + zlib.compress(b"2023:06:12 10:11:12+02:00")),
    ],
)
def test_a_png_says_when_it_was_made(chunk: bytes) -> None:
    content = encoded(quarters(), "PNG")
    end = content.rindex(b"IEND") - 4
    changed = _chunk(b"tIME", struct.pack(">H5B", 2024, 1, 2, 3, 4, 5))
    found = facts(content[:end] + changed + chunk + content[end:])
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12+02:00", "container")
    copied = facts(content[:end] + _chunk(b"tEXt", b"create-date\0002023-06-12T10:11:12+02:00") + content[end:])
    assert copied.taken_at == "2023-06-12T10:11:12+02:00"
    found = facts(content[:end] + changed + content[end:])
    assert (found.taken_at, found.taken_from) == ("2024-01-02T03:04:05+00:00", "container")
