"""Decoded pixels against a full decode and torchvision's resize and crop: 36 dB at least, whatever the picture."""

from functools import cache

import numpy as np
import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import decode
from mcsearch.records.embeddings import Framing
from tests.support.samples import INTERPOLATIONS, ORIENTATIONS, encoded, photograph, psnr, reference, turned

DECIBELS = 36.0


def assert_faithful(content: bytes, sizes: tuple[int, ...] = (224, 256)) -> None:
    for size in sizes:
        for interpolation in INTERPOLATIONS:
            decoded = decode(content, Framing(size, interpolation))
            assert psnr(decoded, reference(content, size, interpolation)) >= DECIBELS, (size, interpolation)


def tiled(name: str, width: int, height: int) -> Image.Image:
    """A large picture as sharp as the photograph it repeats."""
    tile = photograph(name)
    picture = Image.new("RGB", (width, height))
    for x in range(0, width, tile.width):
        for y in range(0, height, tile.height):
            picture.paste(tile, (x, y))
    return picture


@cache
def upscaled(name: str, width: int, height: int) -> Image.Image:
    """A large picture with the noise of a camera's sensor."""
    noise = np.random.default_rng(7).normal(0, 8, (height, width, 1))
    picture = np.asarray(photograph(name).resize((width, height), Image.Resampling.LANCZOS)) + noise
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "name", ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "retina.jpg", "grass.png", "gravel.png",
             "motorcycle_left.png", "page.png", "text.png"],
)  # fmt: skip
@pytest.mark.parametrize("quality", [60, 95])
def test_photographs_as_jpeg(name: str, quality: int) -> None:
    assert_faithful(encoded(photograph(name), "JPEG", quality=quality))


@pytest.mark.parametrize("name", ["page.png", "gravel.png", "astronaut.png"])
@pytest.mark.parametrize("reduction", [2, 4])
@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_sharp_pictures_at_unfavourable_sizes(name: str, reduction: int, ratio: float) -> None:
    # Decoded at 1/2 or 1/4 these are `ratio` times as large as what is wanted; the less, the more is lost.
    side = round(256 * ratio * reduction)
    assert_faithful(encoded(tiled(name, side * 5 // 4, side), "JPEG", quality=92), (256,))


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_twelve_megapixels(progressive: bool) -> None:
    assert_faithful(encoded(upscaled("astronaut.png", 4032, 3024), "JPEG", quality=88, progressive=progressive))


@pytest.mark.parametrize("shape", [(1201, 803), (803, 1201), (1023, 2049), (2049, 1023), (3001, 40), (40, 3001)])
def test_odd_and_extreme_shapes(shape: tuple[int, int]) -> None:
    picture = photograph("page.png").resize(shape, Image.Resampling.LANCZOS)
    assert_faithful(encoded(picture, "JPEG", quality=85))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("shape", [(1201, 803), (1039, 2049)], ids=["landscape", "portrait"])
def test_every_orientation_of_an_odd_shape(orientation: int, shape: tuple[int, int]) -> None:
    # A reduced decode rounds sides up to whole pixels; a picture that is turned must not shift by that.
    stored, exif = turned(photograph("page.png").resize(shape, Image.Resampling.LANCZOS), orientation)
    assert_faithful(encoded(stored, "JPEG", quality=85, exif=exif))


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 200), (30, 20), (255, 257)])
def test_small_pictures_are_enlarged(shape: tuple[int, int]) -> None:
    assert_faithful(encoded(photograph("chelsea.png").resize(shape), "PNG"))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "BMP"])
def test_large_pictures_of_other_formats(form: str) -> None:
    assert_faithful(encoded(tiled("page.png", 2501, 1667), form))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpeg_in_other_colours(mode: str) -> None:
    assert_faithful(encoded(upscaled("coffee.png", 2001, 1333).convert(mode), "JPEG", quality=90))


def test_the_measure_tells_a_mirrored_picture() -> None:
    content = encoded(photograph("chelsea.png"), "JPEG")
    assert psnr(decode(content, Framing(256)), reference(content, 256, "bilinear")[:, ::-1]) < 20
