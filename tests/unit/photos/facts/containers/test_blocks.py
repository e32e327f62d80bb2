"""Metadata in every container: each place that programs put it, and hostile files."""

import io
import random
import shutil
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from PIL import Image

from mcsearch.photos.facts.containers.blocks import Blocks, blocks_of, video_blocks
from mcsearch.photos.facts.containers.jpeg import has_all_metadata
from mcsearch.photos.facts.metadata import read_facts, read_video_facts
from mcsearch.records.photos import Facts
from tests.support.blocks import XMP_UUID, box, iptc, jpeg, png, raw_profile, resource, xmp
from tests.support.metadata import exif
from tests.support.samples import ORIENTATIONS, encoded, quarters, turned
from tests.support.videos import video

PACKET = xmp("By the sea")
EXIF = exif().tobytes()
TIFF = EXIF.removeprefix(b"Exif\0\0")
IPTC = iptc((2, 25, b"beach"), (2, 120, b"In a caption"))
RESOURCES = resource(0x0422, TIFF) + resource(0x0424, PACKET)
XMP_NAME = b"XML:com.adobe.xmp\0"
PROFILE = b"Raw profile type "


def facts(content: bytes, name: str = "a.jpg") -> Facts:
    return read_facts(content, f"/{name}", 0)


@pytest.mark.parametrize(
    "chunk",
    [
        (b"tEXt", XMP_NAME + PACKET),
        (b"zTXt", XMP_NAME + b"\0" + zlib.compress(PACKET)),
        (b"iTXt", XMP_NAME + b"\0\0\0\0" + PACKET),
        (b"iTXt", XMP_NAME + b"\1\0en\0\0" + zlib.compress(PACKET)),
        (b"tEXt", PROFILE + b"xmp\0" + raw_profile("xmp", PACKET)),
        (
            b"zTXt",
            PROFILE + b"APP1\0\0" + zlib.compress(raw_profile("app1", b"http://ns.adobe.com/xap/1.0/\0" + PACKET)),
        ),
        (b"iTXt", b"Description\0\0\0\0\0" + b"By the sea"),
        (b"tEXt", b"Description\0By the sea"),
    ],
)
def test_captions_of_png(chunk: tuple[bytes, bytes]) -> None:
    assert facts(png(chunk)).caption == "By the sea"


def test_a_raw_profile_of_png_ends_where_it_says() -> None:
    profile = raw_profile("exif", TIFF) + b'$"\x91 left over'
    assert facts(png((b"zTXt", PROFILE + b"exif\0\0" + zlib.compress(profile)))).camera is not None
    assert facts(png((b"zTXt", PROFILE + b"exif\0\0" + zlib.compress(b"\nexif\nmany\n4949")))).camera is None


def test_the_metadata_of_a_jpeg_is_complete_where_its_pixels_start() -> None:
    content = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PACKET))
    start = content.index(b"\xff\xda") + 2
    pixels = start + int.from_bytes(content[start : start + 2])
    assert has_all_metadata(content[:pixels])
    assert not has_all_metadata(content[: pixels - 1])
    assert not has_all_metadata(png())
    assert facts(content[:pixels]) == facts(content)
    assert facts(content).caption == "By the sea"


@pytest.mark.parametrize("name", [b"exif", b"APP1"])
@pytest.mark.parametrize("chunk", [b"tEXt", b"zTXt"])
def test_exif_in_texts_of_png(chunk: bytes, name: bytes) -> None:
    profile = raw_profile("exif", EXIF)
    text = b"\0" + (profile if chunk == b"tEXt" else b"\0" + zlib.compress(profile))
    found = facts(png((chunk, PROFILE + name + text)))
    assert (found.camera, found.lens, found.rating) == ("NIKON D750", "50mm f/1.8", 3)


@pytest.mark.parametrize("block", [IPTC, resource(0x0404, IPTC)])
def test_iptc_in_a_text_of_png(block: bytes) -> None:
    found = facts(png((b"zTXt", PROFILE + b"iptc\0\0" + zlib.compress(raw_profile("iptc", block)))))
    assert (found.keywords, found.caption) == (("beach",), "In a caption")


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_png_turned_by_a_text_has_the_size_it_is_seen_in(orientation: int) -> None:
    stored, block = turned(quarters(), orientation)
    for chunk in (
        (b"zTXt", PROFILE + b"exif\0\0" + zlib.compress(raw_profile("exif", block.tobytes()))),
        (
            b"iTXt",
            XMP_NAME
            + b"\0\0\0\0"
            + xmp("", attributes=f"xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='{orientation}'"),
        ),
    ):
        content = encoded(stored, "PNG")
        made = png(chunk)
        end = made.index(chunk[0]) - 4
        start = content.rindex(b"IEND") - 4
        found = facts(content[:start] + made[end:])
        assert (found.width, found.height) == (64, 48)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.jp2",
            encoded(quarters(), "JPEG2000") + box(b"uuid", XMP_UUID + PACKET)
            + box(b"uuid", b"JpgTiffExif->JP2" + TIFF),
        ),
        ("a.jxl", box(b"JXL ", b"\r\n\x87\n") + box(b"Exif", bytes(4) + TIFF) + box(b"xml ", PACKET)),
        (
            "a.jxl",
            box(b"JXL ", b"\r\n\x87\n") + box(b"brob", b"Exif" + brotli.compress(bytes(4) + TIFF))
            + box(b"brob", b"xml " + brotli.compress(PACKET)),
        ),
        ("a.webp", encoded(quarters(), "WEBP", exif=EXIF, xmp=PACKET)),
        ("a.avif", encoded(quarters(), "AVIF", exif=EXIF, xmp=PACKET)),
        ("a.psd", b"8BPS" + bytes(26) + len(RESOURCES).to_bytes(4) + RESOURCES),
        ("a.mrw", b"\0MRM" + (len(TIFF) + 8).to_bytes(4) + b"\0TTW" + len(TIFF).to_bytes(4) + TIFF),
        ("a.raf", b"FUJIFILMCCD-RAW".ljust(84, b"\0") + (92).to_bytes(4) + (1 << 16).to_bytes(4) + jpeg((0xE1, EXIF))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_exif_and_xmp_of_other_containers(name: str, content: bytes) -> None:
    found = facts(content, name)
    assert (found.camera, found.rating) == ("NIKON D750", 3)
    assert found.caption == ("A dog" if name in ("a.mrw", "a.raf") else "By the sea")


def test_xmp_of_crw() -> None:
    parts = b"\xff\xff\0\xf7" + (3).to_bytes(4) + b"abc" + b"\xff\xff\0\xf6" + len(PACKET).to_bytes(4) + PACKET
    trailer = b"CANON OPTIONAL DATA\0".ljust(28, b"\0") + parts
    found = facts(b"II\x1a\0\0\0HEAPCCDR" + bytes(64) + trailer, "a.crw")
    assert found.caption == "By the sea"
    assert facts(b"II\x1a\0\0\0HEAPCCDR" + bytes(64), "a.crw").caption is None


def test_xmp_of_gif() -> None:
    content = encoded(quarters(), "GIF")
    trailer = bytes([1, *range(255, -1, -1), 0])
    packet = b"!\xff\x0bXMP DataXMP" + PACKET + trailer
    assert facts(content[:-1] + packet + b";", "a.gif").caption == "By the sea"


def test_iptc_in_a_photoshop_resource_of_a_tiff() -> None:
    content = encoded(quarters(), "TIFF", tiffinfo={34377: resource(1000, b"odd") + resource(0x0404, IPTC)})
    assert facts(content, "a.tif").keywords == ("beach",)


def test_iptc_and_xmp_of_a_raw_file() -> None:
    content = encoded(quarters(), "TIFF", tiffinfo={700: PACKET, 33723: IPTC})
    found = facts(content, "a.nef")
    assert (found.keywords, found.caption) == (("beach",), "By the sea")


@pytest.mark.parametrize("name", [b"XMP\0://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xap/1.0/ \0", b""])
@pytest.mark.parametrize("start", [b"", b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'])
def test_xmp_of_jpeg_whose_name_is_damaged(name: bytes, start: bytes) -> None:
    assert facts(jpeg((0xE1, name + start + PACKET))).caption == "By the sea"


def test_xmp_of_jpeg_that_is_too_long_for_one_segment() -> None:
    long = xmp("", "<dc:subject><rdf:Bag><rdf:li>far away</rdf:li></rdf:Bag></dc:subject>" + " " * 100_000)
    digest = b"0123456789ABCDEF0123456789ABCDEF"
    first = xmp(
        "By the sea", attributes=f"xmlns:n='http://ns.adobe.com/xmp/note/' n:HasExtendedXMP='{digest.decode()}'"
    )
    parts = [
        (
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + digest
            + len(long).to_bytes(4)
            + at.to_bytes(4)
            + long[at : at + 60_000],
        )
        for at in range(0, len(long), 60_000)
    ]
    other = (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"F" * 32 + (4).to_bytes(4) + bytes(4) + b"none")
    found = facts(jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + first), *reversed(parts), other))
    assert (found.caption, found.keywords) == ("By the sea", ("far away",))


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([(2, 25, b"M\xfcnchen \x80 5")], "München € 5"),  # cp1252, said by nobody
        ([(2, 25, "Kraków".encode())], "Kraków"),  # UTF-8, said by nobody
        ([(1, 90, b"\x1b%G"), (2, 25, "Kraków".encode())], "Kraków"),
        ([(1, 90, b"\x1b%G"), (2, 25, b"Krak" + b"\xff")], "Krak\ufffd"),
    ],
)
def test_encodings_of_iptc(sets: list[tuple[int, int, bytes]], expected: str) -> None:
    found = facts(jpeg((0xED, b"Photoshop 3.0\0" + resource(0x0404, iptc(*sets)))))
    assert found.keywords == (expected,)


def test_a_picture_whose_pixels_need_a_second_try_has_facts() -> None:
    content = jpeg((0xE1, EXIF), (0xEE, b"Adobe"))
    with pytest.raises((OSError, LookupError, SyntaxError)):
        Image.open(io.BytesIO(content))
    found = facts(content)
    assert (found.format, found.width, found.height, found.camera) == ("JPEG", 64, 48, "NIKON D750")


@pytest.mark.parametrize(
    "content",
    [
        video([quarters()]) + box(b"uuid", XMP_UUID + PACKET),
        box(b"ftyp", b"qt  \0\0\0\0") + box(b"moov", box(b"udta", box(b"XMP_", PACKET))),
        b"RIFF" + (len(PACKET) + 12).to_bytes(4, "little") + b"AVI _PMX" + len(PACKET).to_bytes(4, "little") + PACKET,
    ],
    ids=["mp4", "mov", "avi"],
)
def test_xmp_of_videos(content: bytes) -> None:
    assert read_video_facts(io.BytesIO(content), "a.mp4", 0).caption == "By the sea"


def test_exiftool_and_mcsearch_put_it_in_the_same_places(tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    for suffix, form in (
        (".jpg", "JPEG"),
        (".png", "PNG"),
        (".webp", "WEBP"),
        (".tif", "TIFF"),
        (".gif", "GIF"),
        (".jp2", "JPEG2000"),
    ):
        file = tmp_path / f"a{suffix}"
        quarters().save(file, form)
        given = ["-XMP-dc:Subject=süß", "-XMP-dc:Subject=dog", "-XMP-dc:Description=By the sea"]
        subprocess.run(["exiftool", "-q", "-overwrite_original", *given, file], check=True)
        found = facts(file.read_bytes(), file.name)
        assert (found.keywords, found.caption) == (("süß", "dog"), "By the sea"), suffix


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: png((b"zTXt", XMP_NAME + b"\0" + zlib.compress(bytes(10**9 // 4), 1))),
        lambda: box(b"JXL ", b"\r\n\x87\n") + box(b"brob", b"xml " + brotli.compress(bytes(10**9 // 4), quality=1)),
        lambda: jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0HasExtendedXMP='" + b"A" * 32 + b"'"),
                     (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + b"\xff" * 8 + b"x")),
    ],
    ids=["zlib", "brotli", "parts"],
)  # fmt: skip
def test_what_unpacks_to_gigabytes_does_not_take_memory(bomb: Callable[[], bytes]) -> None:
    content = bomb()  # not made before this test runs: packing zeros takes a while
    tracemalloc.start()
    blocks_of(content)
    assert tracemalloc.get_traced_memory()[1] < 100 * 1024**2
    tracemalloc.stop()


def test_damaged_containers_never_raise() -> None:
    chance = random.Random(7)
    jxl = box(b"JXL ", b"\r\n\x87\n") + box(b"Exif", bytes(4) + TIFF) + box(b"brob", b"xml " + brotli.compress(PACKET))
    whole = [
        png((b"zTXt", PROFILE + b"exif\0\0" + zlib.compress(raw_profile("exif", EXIF)))),
        jpeg((0xE1, EXIF), (0xED, b"Photoshop 3.0\0" + resource(0x0404, IPTC))),
        jxl,
        encoded(quarters(), "GIF"),
        encoded(quarters(), "WEBP", exif=EXIF, xmp=PACKET),
        encoded(quarters(), "TIFF", tiffinfo={700: PACKET, 33723: IPTC}),
        b"8BPS" + bytes(26) + (100).to_bytes(4) + resource(0x0404, IPTC),
    ]
    for content in whole:
        for _ in range(40):
            bad = bytearray(content)
            for _ in range(chance.randint(1, 20)):
                bad[chance.randrange(4, len(bad))] = chance.randrange(256)
            bad = bad[: chance.randint(4, len(bad))]
            assert isinstance(blocks_of(bytes(bad)), Blocks)
            assert isinstance(video_blocks(io.BytesIO(bad)), Blocks)
            assert isinstance(facts(bytes(bad)), Facts)


def test_nothing_is_an_empty_file() -> None:
    assert blocks_of(b"") == Blocks()
