"""Files that are damaged, or no pictures at all: one short reason each; damaged metadata costs no photo."""

import io
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from mcsearch.photos.pixels.bare import without_metadata
from mcsearch.photos.pixels.decode import DecodeError, decode
from mcsearch.records.embeddings import Framing
from tests.support.samples import corners, encoded, quarters, turned
from tests.support.writers import jxl

FORMS = ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000", "AVIF"]


def reason(content: bytes) -> str:
    with pytest.raises(DecodeError) as raised:
        decode(content, Framing(32))
    return str(raised.value)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def vast_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def test_empty() -> None:
    assert reason(b"") == "the file is empty"


@pytest.mark.parametrize(
    "content",
    [b"holiday list: sun cream\n" * 40, bytes(5000), random.Random(1).randbytes(5000), b"\xff\xd8\xff", b"GIF89a",
     b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", b"II*\0", b"\0\0\0\x20ftypavif", b"BM", b"P6", b"\xff\x4f\xff\x51"],
)  # fmt: skip
def test_no_picture(content: bytes) -> None:
    assert reason(content).startswith(("not a picture in a supported format", "damaged picture ("))


@pytest.mark.parametrize("form", FORMS)
def test_truncated(form: str) -> None:
    content = encoded(Image.effect_noise((200, 150), 60).convert("RGB"), form)
    assert reason(content[: len(content) // 20]).startswith(
        ("not a picture in a supported format", "damaged picture (")
    )


VAST_BMP = b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 50_000, 50_000, 1, 24, 0) + bytes(99)


@pytest.mark.parametrize(
    "content", [vast_png(60_000, 60_000), b"P5 90000 90000 255\n", VAST_BMP], ids=["PNG", "PNM", "BMP"]
)
def test_decompression_bomb(content: bytes) -> None:
    assert reason(content) == "more than 500 megapixels"


def test_large_declared_size_with_nothing_behind_it() -> None:
    assert reason(vast_png(20_000, 20_000)).startswith("damaged picture (")


@pytest.mark.parametrize("form", FORMS)
def test_flipped_and_missing_bytes_never_get_out_of_hand(form: str) -> None:
    draw = random.Random(form)
    stored, exif = turned(quarters(32, 24), 6)
    options = {"exif": exif} if form in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF") else {}
    original = encoded(stored, form, **options)
    for _ in range(80):
        content = bytearray(original)
        for _ in range(draw.choice((1, 2, 8, 30))):
            content[draw.randrange(len(content))] = draw.choice((0, 255, draw.randrange(256)))
        if draw.random() < 0.3:
            del content[draw.randrange(len(content)) :]
        try:
            assert decode(bytes(content), Framing(32)).shape == (32, 32, 3)
        except DecodeError as error:
            said = str(error)
            assert said.isprintable()
            assert 10 < len(said) <= 130


def in_jpeg(marker: int, body: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content[:2] + segment(marker, body) + content[2:]


def in_png(spoilt: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content[:33] + spoilt + content[33:]  # behind the header


def exif_spoilt(content: bytes) -> bytes:
    start = content.index(b"MM\0*") if b"MM\0*" in content else content.index(b"II*\0")
    return content[:start] + b"????" + content[start + 4 :]


def tag_spoilt(content: bytes) -> bytes:
    """A TIFF whose tag of the camera's maker has a type and a place that do not exist."""
    start = content.index(struct.pack("<HH", 271, 2))
    return content[:start] + struct.pack("<HHII", 271, 77, 1 << 31, 1 << 31) + content[start + 12 :]


def subdirectory_spoilt(content: bytes) -> bytes:
    """A TIFF whose tag of the camera's maker became the place of EXIF, beyond the end of the file."""
    start = content.index(struct.pack("<HH", 271, 2))
    return content[:start] + struct.pack("<HHII", 34665, 4, 1, 1 << 31) + content[start + 12 :]


@pytest.mark.parametrize(
    ("form", "spoil"),
    [
        ("JPEG", in_jpeg(0xE0, b"JFIF\0")),
        ("JPEG", in_jpeg(0xEE, b"Adobe")),
        ("JPEG", in_jpeg(0xED, b"Photoshop 3.0\x008BIM\4\4")),
        ("JPEG", in_jpeg(0xE2, b"ICC_PROFILE\0")),
        ("JPEG", in_jpeg(0xE2, b"MPF\0II*\0\xff\xff\xff\xff")),
        ("JPEG", in_jpeg(0xE1, b"Exif\0\0not a directory")),
        ("JPEG", in_jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0<\xff tiff:Orientation=\"9\"")),
        ("PNG", in_png(chunk(b"tEXt", b"Title\0beach")[:-4] + b"zero")),
        ("PNG", in_png(chunk(b"pHYs", b"short"))),
        ("PNG", in_png(chunk(b"eXIf", b"not a directory"))),
        ("PNG", in_png(chunk(b"iCCP", b"name\0\7unknown"))),
        ("PNG", in_png(chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(80_000_000))))),
        ("WEBP", exif_spoilt),
        ("AVIF", exif_spoilt),
        ("TIFF", tag_spoilt),
        ("TIFF", subdirectory_spoilt),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_damaged_metadata_leaves_the_pixels(form: str, spoil: Callable[[bytes], bytes]) -> None:
    exif = Image.Exif()
    exif[271] = "a camera maker"
    options = {"exif": exif} if form not in ("JPEG", "PNG") else {}
    original = encoded(quarters(), form, **options)
    spoilt = spoil(original)
    assert spoilt != original
    assert np.array_equal(decode(spoilt, Framing(32)), decode(original, Framing(32)))


def test_metadata_of_random_bytes_leaves_the_photo() -> None:
    draw = random.Random(5)
    text = PngInfo()
    text.add_text("Title", "beach")
    text.add_itxt("XML:com.adobe.xmp", "<x/>", zip=True)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": turned(quarters(), 1)[1], "icc_profile": profile}
    jpeg = encoded(quarters(), "JPEG", **options, xmp=b"<x/>", comment=b"c")
    png = encoded(quarters(), "PNG", **options, pnginfo=text, dpi=(72, 72))
    regions = [(jpeg, start, end) for start, end in _jpeg_metadata(jpeg)]
    regions += [(png, start, end) for start, end in _png_metadata(png)]
    assert len(regions) >= 10
    for content, start, end in regions * 15:
        spoilt = bytearray(content)
        for _ in range(draw.choice((1, 3, 20))):
            spoilt[draw.randrange(start, end)] = draw.randrange(256)
        assert decode(bytes(spoilt), Framing(32)).shape == (32, 32, 3)


def _jpeg_metadata(content: bytes) -> list[tuple[int, int]]:
    position, found = 2, []
    while content[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(content[position + 2 : position + 4])
        if content[position + 1] >= 0xE0:
            found.append((position + 4, end))
        position = end
    return found


def _png_metadata(content: bytes) -> list[tuple[int, int]]:
    position, found = 8, []
    while position < len(content):
        end = position + 12 + int.from_bytes(content[position : position + 4])
        if content[position + 4 : position + 5].islower():
            found.append((position + 8, end))
        position = end
    return found


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_without_metadata_is_the_same_picture(form: str) -> None:
    stored, exif = turned(quarters(), 3)
    content = encoded(stored, form, exif=exif)
    bare = without_metadata(content)
    assert bare is not None
    with Image.open(io.BytesIO(bare)) as image:
        assert image.getexif().get(274) is None
        assert np.allclose(
            corners(np.asarray(image.convert("RGB").resize((48, 48)))),
            corners(np.asarray(stored.resize((48, 48)))),
            atol=8,
        )


def test_without_metadata_takes_any_bytes() -> None:
    draw = random.Random(9)
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"\0\0\0\x20ftyp", b"GIF89a", b""):
        for length in (0, 1, 5, 30, 400):
            without_metadata(start + draw.randbytes(length))


def test_a_jpeg_xl_whose_jpeg_cannot_be_restored_is_decoded_by_itself() -> None:
    content = jxl(quarters())
    start = content.index(b"jbrd") + 4
    broken = content[:start] + bytes(8) + content[start + 8 :]
    assert np.abs(decode(broken, Framing(32)).astype(int) - decode(content, Framing(32))).mean() < 2
