"""Files that were cut short: a good part of a picture is a picture, a small part is a failure."""

import re
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import DecodeError, decode, decode_views
from mcsearch.records.embeddings import Framing
from tests.support.samples import encoded, photograph, psnr, turned

FRAMING = Framing(224, resize_mode="squash")


def photo(**options: Any) -> bytes:
    return encoded(photograph("coffee.png"), "JPEG", quality=90, **options)


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("missing", [1, 2, 3, 100])
def test_jpeg_without_its_last_bytes(missing: int, progressive: bool) -> None:
    content = photo(progressive=progressive)
    assert psnr(decode(content[:-missing], FRAMING), decode(content, FRAMING)) > 30


@pytest.mark.parametrize("part", [0.5, 0.75])
def test_half_a_jpeg_shows_its_upper_half(part: float) -> None:
    content = photo()
    shown, whole = (decode(some, FRAMING) for some in (content[: int(len(content) * part)], content))
    assert psnr(shown[:80], whole[:80]) > 35


def test_a_jpeg_cut_short_keeps_its_orientation() -> None:
    stored, exif = turned(photograph("coffee.png"), 6)
    content = encoded(stored, "JPEG", quality=90, exif=exif)
    assert psnr(decode(content[:-50], FRAMING), decode(content, FRAMING)) > 30


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("part", [0.02, 0.1, 0.2])
def test_a_small_part_is_a_failure(form: str, part: float) -> None:
    content = encoded(photograph("coffee.png"), form)
    with pytest.raises(DecodeError, match=r"^(damaged picture \(|not a picture in a supported format)"):
        decode(content[: int(len(content) * part)], FRAMING)


@pytest.mark.parametrize("form", ["PNG", "GIF", "BMP", "PPM"])
def test_most_of_another_format_is_a_picture_too(form: str) -> None:
    content = encoded(photograph("coffee.png"), form)
    shown, whole = (decode(some, FRAMING) for some in (content[: int(len(content) * 0.95)], content))
    middle = slice(60, 160)  # a BMP lacks its first rows
    assert psnr(shown[middle], whole[middle]) > 35


def cut(content: bytes, part: float) -> bytes:
    return content[: int(len(content) * part)]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "PPM", "TIFF"])
def test_what_is_missing_is_measured(form: str) -> None:
    content = encoded(photograph("coffee.png"), form, **({"interlace": 0} if form == "GIF" else {}))
    whole = decode_views(content, FRAMING)
    assert whole.damage is None
    for part in (0.4, 0.6, 0.9):
        shown = decode_views(cut(content, part), FRAMING)
        assert shown.damage is not None
        said = re.fullmatch(r"only (\d+)% of the picture can be decoded", shown.damage)
        assert said, shown.damage
        same = (np.abs(shown.pixels.astype(int) - whole.pixels).mean(axis=(1, 2)) < 4).mean()
        assert int(said[1]) / 100 == pytest.approx(same, abs=0.06)  # a JPEG ends within a row of blocks


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("progressive", [False, True], ids=["plain", "progressive"])
def test_zeros_in_the_place_of_the_end_show_nothing(form: str, progressive: bool) -> None:
    picture = photograph("coffee.png").resize((150, 100))
    content = encoded(picture, form, **({"progressive": True} if progressive else {}))
    if progressive and form == "PNG":
        content = interlaced(np.asarray(picture))
    for missing in (2, 20, int(len(content) * 0.4)):
        shorter = decode_views(content[:-missing], FRAMING)
        zeroed = decode_views(content[:-missing] + bytes(missing), FRAMING)
        assert zeroed.damage == shorter.damage
        assert np.array_equal(zeroed.pixels, shorter.pixels)
    with pytest.raises(DecodeError, match="picture"):
        decode(content[:240] + bytes(len(content) - 240), FRAMING)
    padded = decode_views(content + bytes(5000), FRAMING)
    assert padded.damage is None
    assert np.array_equal(padded.pixels, decode(content, FRAMING))


def test_a_dark_picture_is_not_taken_for_a_missing_one() -> None:
    night = Image.new("RGB", (300, 300))
    night.paste((250, 250, 220), (10, 0, 40, 30))
    for form in ("JPEG", "PNG", "BMP"):
        content = encoded(night, form)
        assert form != "PNG" or cut(content, 0.9).endswith(b"\0")
        assert decode_views(cut(content, 0.9), FRAMING).damage is not None


def test_a_progressive_jpeg_shows_all_of_the_picture_before_its_details() -> None:
    content = photo(progressive=True)
    assert decode_views(content, FRAMING).damage is None
    assert decode_views(cut(content, 0.4), FRAMING).damage == "the end of the file is missing"
    assert psnr(decode(cut(content, 0.4), FRAMING), decode(content, FRAMING)) > 25
    with pytest.raises(DecodeError, match="damaged picture"):
        decode(cut(content, 0.01), FRAMING)


def test_a_jpeg_that_ends_within_the_tables_of_a_scan_shows_the_scans_before() -> None:
    content = encoded(photograph("coffee.png").resize((150, 100)), "JPEG", progressive=True)
    scans = [found.start() for found in re.finditer(rb"\xff\xc4|\xff\xda", content)]
    for start in scans[len(scans) // 2 :]:
        for length in (start + 1, start + 2, start + 3, start + 5):
            assert decode_views(content[:length], FRAMING).damage == "the end of the file is missing"


def test_an_interlaced_png_shows_all_of_the_picture_in_a_coarse_form() -> None:
    picture = photograph("coffee.png").resize((150, 100))
    content = interlaced(np.asarray(picture))
    assert np.array_equal(decode(content, FRAMING), decode(encoded(picture, "PNG"), FRAMING))
    assert decode_views(content[:-1], FRAMING).damage is None  # the decoder needs no more
    damage = decode_views(cut(content, 0.6), FRAMING).damage
    assert damage is not None
    assert "can be decoded" in damage
    assert psnr(decode(cut(content, 0.6), FRAMING), decode(content, FRAMING)) > 25
    with pytest.raises(DecodeError, match="damaged picture"):
        decode(cut(content, 0.2), FRAMING)


def test_an_interlaced_gif_shows_all_of_the_picture_in_a_coarse_form() -> None:
    content = encoded(photograph("coffee.png"), "GIF", interlace=1)
    assert decode_views(cut(content, 0.6), FRAMING).damage is not None
    assert psnr(decode(cut(content, 0.6), FRAMING), decode(content, FRAMING)) > 20


def interlaced(pixels: npt.NDArray[np.uint8]) -> bytes:
    """A PNG in the seven passes of Adam7."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(
        b"\0" + row.tobytes() for left, top, across, down in passes for row in pixels[top::down, left::across]
    )
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", *pixels.shape[1::-1], 8, 2, 0, 0, 1)),
        (b"IDAT", zlib.compress(rows, 1)),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*chunks, (b"IEND", b""))
    )


def test_a_damaged_file_does_not_make_the_next_one_pass() -> None:
    with pytest.raises(DecodeError):
        decode(photo()[:2000], FRAMING)
    content = photo()
    assert np.array_equal(decode(content, FRAMING), decode(content, FRAMING))
    with pytest.raises(DecodeError):
        decode(photo()[:2000], FRAMING)
