"""Facts of pictures: what EXIF, XMP, IPTC and sidecars say, and that nothing malformed ever stops anything."""

import io
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin

from mcsearch.photos.facts.metadata import read_facts
from mcsearch.photos.facts.xmp import xmp_facts
from mcsearch.photos.formats import FORMATS, HEIF, JPEG_XL, RAW, VIDEO, Format
from mcsearch.records import Facts
from tests.support.samples import ORIENTATIONS, encoded, quarters, turned
from tests.support.writers import heif, jxl, psd, without_the_way_back

MTIME_NS = 1_686_564_672 * 10**9
XMP = """<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'
  xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/'
  xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' xmlns:lr='http://ns.adobe.com/lightroom/1.0/'
  xmlns:mcsearch='urn:mcsearch:xmp/1.0/'
  xmp:Rating='4' xmp:CreateDate='2001-01-01' tiff:Make='Google' tiff:Model='Pixel 7' aux:Lens='main'
  exif:GPSLatitude='38,43.5S' exif:GPSLongitude='9,8,24W' exif:GPSAltitude='123/10' exif:GPSAltitudeRef='1'>
<exif:DateTimeOriginal>2020-05-04T03:02:01.5+01:00</exif:DateTimeOriginal>
<dc:subject><rdf:Bag><rdf:li>beach</rdf:li><rdf:li>süß</rdf:li><rdf:li>dog</rdf:li></rdf:Bag></dc:subject>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>mcsearch|dog</rdf:li><rdf:li>places|beach</rdf:li>
<rdf:li>mcsearch|beach</rdf:li></rdf:Bag></lr:hierarchicalSubject>
<mcsearch:added><rdf:Bag><rdf:li>dog</rdf:li></rdf:Bag></mcsearch:added>
<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>By the sea</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>""".encode()
# A format that Pillow writes EXIF and XMP into, by row of FORMATS.
CARRIERS: dict[str, str] = {"JPEG": "JPEG", "PNG": "PNG", "WebP": "WEBP", "TIFF": "TIFF", "AVIF": "AVIF"}


def exif(**more: Any) -> Image.Exif:
    block = Image.Exif()
    base = {"Make": "NIKON CORPORATION", "Model": "NIKON D750\0", "Rating": 3, "ImageDescription": "A dog"}
    for name, value in (base | more).items():
        block[ExifTags.Base[name]] = value
    block.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: "2023:06:12 10:11:12",
            ExifTags.Base.SubsecTimeOriginal: "34",
            ExifTags.Base.OffsetTimeOriginal: "+02:00",
            ExifTags.Base.LensModel: "50mm f/1.8",
        }
    )
    rational = TiffImagePlugin.IFDRational
    block.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (rational(38), rational(43), rational(3012, 100)),
            ExifTags.GPS.GPSLongitudeRef: "W",
            ExifTags.GPS.GPSLongitude: (rational(9), rational(8), rational(24)),
            ExifTags.GPS.GPSAltitude: rational(123, 10),
            ExifTags.GPS.GPSAltitudeRef: b"\0",
        }
    )
    return block


def facts(content: bytes, name: str = "photo.jpg", sidecar: bytes = b"") -> Facts:
    return read_facts(content, f"/folder/{name}", MTIME_NS, sidecar)


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


def test_a_sidecar_counts_before_the_file_but_for_the_date_of_the_camera() -> None:
    found = facts(encoded(quarters(), "JPEG", exif=exif()), sidecar=XMP)
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12.34+02:00", "exif")
    assert (found.rating, found.caption, found.latitude) == (4, "By the sea", -38.725)
    bare = facts(encoded(quarters(), "JPEG"), name="IMG_20190101_000000.jpg", sidecar=XMP)
    assert (bare.taken_at, bare.taken_from) == ("2020-05-04T03:02:01.5+01:00", "xmp")


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
    "packet",
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
def test_malformed_xmp_raises_nothing(packet: bytes) -> None:
    assert isinstance(xmp_facts(packet), dict)
    assert facts(encoded(quarters(), "JPEG"), sidecar=packet).width == 64


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
