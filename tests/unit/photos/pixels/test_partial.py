"""Files that were cut short: a good part of a picture is a picture, a small part is a failure."""

from typing import Any

import numpy as np
import pytest

from mcsearch.photos.pixels.decode import DecodeError, decode
from mcsearch.records import Framing
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


def test_a_damaged_file_does_not_make_the_next_one_pass() -> None:
    with pytest.raises(DecodeError):
        decode(photo()[:2000], FRAMING)
    content = photo()
    assert np.array_equal(decode(content, FRAMING), decode(content, FRAMING))
    with pytest.raises(DecodeError):
        decode(photo()[:2000], FRAMING)
