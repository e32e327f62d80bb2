"""Every way to store colours ends up as the same sRGB pixels."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms

from mcsearch.photos.pixels.decode import Pixels, decode
from mcsearch.records.embeddings import Framing
from tests.support.profiles import DISPLAY_P3, cmyk_profile, grey_profile, matrix_profile
from tests.support.samples import Array, corners, encoded, photograph, psnr, quarters, reference

# The primaries of sRGB, adapted to D50, one a column.
SRGB = np.array([[0.43607, 0.38506, 0.14308], [0.22250, 0.71688, 0.06062], [0.01393, 0.09710, 0.71417]])

# How a format is told to keep colours as they are.
EXACTLY: dict[str, dict[str, object]] = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}


def decoded(content: bytes, size: int = 48) -> Pixels:
    return decode(content, Framing(size))


def colour(picture: Image.Image, form: str = "PNG", **options: object) -> list[int]:
    """The colour that a plain picture decodes to."""
    pixels = decoded(encoded(picture, form, **options))
    assert np.ptp(pixels, axis=(0, 1)).max() == 0
    found: list[int] = pixels[0, 0].tolist()
    return found


def grey_steps(kind: str, top: float) -> Array:
    """A picture of four grey steps, a quarter each: 0, 1/3, 2/3 and all of `top`."""
    steps = np.zeros((48, 64))
    steps[:24, 32:], steps[24:, :32], steps[24:, 32:] = top / 3, top * 2 / 3, top
    return steps.astype(kind)


GREY_CORNERS = [[0] * 3, [85] * 3, [170] * 3, [255] * 3]


@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG2000", "PPM"])
def test_grey_of_16_bits(form: str) -> None:
    content = encoded(Image.fromarray(grey_steps("uint16", 65535)), form)
    assert corners(decoded(content)) == GREY_CORNERS


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floating_point(top: float) -> None:
    assert corners(decoded(encoded(Image.fromarray(grey_steps("float32", top)), "TIFF"))) == GREY_CORNERS


def test_floating_point_with_highlights_and_without_a_value() -> None:
    steps = grey_steps("float32", 1.0)
    steps[:2, :2] = np.nan, np.inf
    steps[:2, 2:6] = 40.0
    assert corners(decoded(encoded(Image.fromarray(steps), "TIFF"))) == GREY_CORNERS


def test_tiff_of_16_bits_a_channel() -> None:
    picture = np.asarray(quarters()).astype(np.uint16) * 257
    file = io.BytesIO()
    tifffile.imwrite(file, picture, photometric="rgb")
    assert corners(decoded(file.getvalue())) == corners(np.asarray(quarters()))


@pytest.mark.parametrize("bits", [10, 12])
def test_heif_of_more_than_8_bits_a_channel(bits: int) -> None:
    values = np.asarray(quarters()).astype(np.uint16) << (bits - 8)
    writer = pillow_heif.from_bytes(f"RGB;{bits}", (64, 48), values.tobytes())
    file = io.BytesIO()
    writer.save(file, quality=-1)
    assert np.allclose(corners(decoded(file.getvalue())), corners(np.asarray(quarters())), atol=4)


@pytest.mark.parametrize("transparent", [False, True])
def test_png_of_16_bits_a_channel(transparent: bool) -> None:
    picture = np.asarray(quarters()).astype(">u2") * 257
    alpha = np.zeros((*picture.shape[:2], 1), ">u2")
    pixels = np.concatenate([picture, alpha], axis=2).astype(">u2") if transparent else picture.astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", 64, 48, 16, 6 if transparent else 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )
    expected = [[255] * 3] * 4 if transparent else corners(np.asarray(quarters()))
    assert corners(decoded(content)) == expected


def test_one_bit() -> None:
    picture = photograph("text.png").convert("1")
    content = encoded(picture, "PNG")
    assert psnr(decode(content, Framing(224)), reference(encoded(picture.convert("RGB"), "PNG"), 224, "bilinear")) > 40


def test_palette() -> None:
    content = encoded(photograph("coffee.png").quantize(64), "PNG")
    assert psnr(decode(content, Framing(224, "bicubic")), reference(content, 224, "bicubic")) > 40


@pytest.mark.parametrize(("alpha", "expected"), [(0, [255, 255, 255]), (255, [200, 100, 0]), (128, [227, 177, 127])])
@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF", "JPEG2000"])
def test_alpha_lies_on_white(form: str, alpha: int, expected: list[int]) -> None:
    found = colour(Image.new("RGBA", (64, 48), (200, 100, 0, alpha)), form, **EXACTLY.get(form, {}))
    assert np.allclose(found, expected, atol=1)


def test_colours_do_not_bleed_out_of_transparent_pixels() -> None:
    picture = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    picture.paste((255, 255, 255, 255), (0, 0, 257, 512))
    assert decoded(encoded(picture, "PNG")).min() >= 254


@pytest.mark.parametrize(("alpha", "expected"), [(0, [255] * 3), (255, [100] * 3)])
def test_grey_with_alpha(alpha: int, expected: list[int]) -> None:
    assert colour(Image.new("LA", (64, 48), (100, alpha))) == expected


@pytest.mark.parametrize(
    ("mode", "of_pixel", "transparent"),
    [("L", 70, 70), ("RGB", (10, 20, 30), (10, 20, 30)), ("1", 0, 0), ("P", 3, 3), ("P", 3, bytes([255, 255, 255, 0]))],
    ids=["grey", "colour", "one bit", "palette index", "palette of alphas"],
)
def test_one_colour_declared_transparent(
    mode: str, of_pixel: int | tuple[int, ...], transparent: int | bytes | tuple[int, ...]
) -> None:
    picture = Image.new(mode, (64, 48), of_pixel)
    if mode == "P":
        picture.putpalette([50] * 30)
    assert colour(picture, transparency=transparent) == [255] * 3
    assert colour(picture) != [255] * 3


def test_first_frame_of_a_transparent_gif_lies_on_white() -> None:
    first, second = Image.new("P", (64, 48), 1), Image.new("P", (64, 48), 0)
    for frame in (first, second):
        frame.putpalette([9, 9, 9, 200, 0, 0])
    assert colour(first, "GIF", save_all=True, append_images=[second], transparency=1) == [255] * 3


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_is_not_a_negative(form: str) -> None:
    content = encoded(quarters().convert("CMYK"), form)
    assert np.allclose(corners(decoded(content)), corners(np.asarray(quarters())), atol=8)


def test_cmyk_jpeg_without_adobes_mark_is_taken_as_inverted_as_browsers_do() -> None:
    content = encoded(quarters().convert("CMYK"), "JPEG")
    start = content.index(b"\xff\xee")
    unmarked = content[:start] + content[start + 2 + int.from_bytes(content[start + 2 : start + 4]) :]
    assert b"Adobe" not in unmarked
    assert corners(decoded(unmarked)) == corners(decoded(content))


def test_lab() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(quarters(), srgb, lab, outputMode="LAB")
    assert picture is not None
    assert np.allclose(
        corners(decoded(encoded(picture, "TIFF"))), corners(np.asarray(quarters())), atol=9
    )  # eight bits of Lab are coarse


def converted(stored: Array, primaries: Array, gamma: float) -> Array:
    """What a profile means in sRGB, worked out by hand."""
    linear = np.clip(np.linalg.solve(SRGB, primaries @ (stored / 255.0) ** gamma), 0, 1)
    curved: Array = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curved * 255


@pytest.mark.parametrize("stored", [(200, 100, 60), (40, 180, 90), (90, 90, 220), (128, 128, 128)])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_display_p3_becomes_srgb(form: str, stored: tuple[int, int, int]) -> None:
    options = EXACTLY.get(form, {})
    picture = Image.new("RGB", (64, 48), stored)
    found = colour(picture, form, icc_profile=matrix_profile(DISPLAY_P3, 2.2), **options)
    assert np.allclose(found, converted(np.array(stored), np.array(DISPLAY_P3).T, 2.2), atol=4)


def test_profile_converts_colours_and_leaves_alpha() -> None:
    profile = matrix_profile(DISPLAY_P3, 2.2)
    opaque = colour(Image.new("RGBA", (64, 48), (200, 100, 60, 255)), icc_profile=profile)
    assert opaque == colour(Image.new("RGB", (64, 48), (200, 100, 60)), icc_profile=profile)
    assert colour(Image.new("RGBA", (64, 48), (200, 100, 60, 0)), icc_profile=profile) == [255] * 3


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_profile(mode: str) -> None:
    stored = 64 if mode == "L" else (64, 255)
    found = colour(Image.new(mode, (64, 48), stored), icc_profile=grey_profile(1.0))
    assert np.allclose(found, converted(np.array([64] * 3), SRGB, 1.0), atol=2)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_profile(form: str) -> None:
    cyan, paper = (Image.new("CMYK", (64, 48), (ink, 0, 0, 0)) for ink in (255, 0))
    assert max(colour(cyan, form, icc_profile=cmyk_profile())) < 20
    assert min(colour(paper, form, icc_profile=cmyk_profile())) > 235
    assert colour(cyan, form)[1] > 200


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize(
    "profile",
    [b"no profile at all", matrix_profile(DISPLAY_P3, 2.2)[:150], cmyk_profile(), grey_profile(1.0)],
    ids=["garbage", "truncated", "for CMYK", "for grey"],
)
def test_unusable_profile_is_ignored(form: str, profile: bytes) -> None:
    picture = quarters()
    with_profile = decoded(encoded(picture, form, icc_profile=profile))
    assert np.array_equal(with_profile, decoded(encoded(picture, form)))


@pytest.mark.parametrize(("index", "converted_from"), [("R03", True), ("R98", False), (None, False)])
def test_adobe_rgb_told_by_exif_alone(index: str | None, converted_from: bool) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = 65535  # uncalibrated
    if index:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {1: index}
    stored = (40, 180, 90)
    found = colour(Image.new("RGB", (64, 48), stored), "JPEG", exif=exif, **EXACTLY["JPEG"])
    primaries = np.array([[0.60974, 0.31111, 0.01947], [0.20528, 0.62567, 0.06087], [0.14919, 0.06322, 0.74457]])
    expected = converted(np.array(stored), primaries.T, 2.2) if converted_from else stored
    assert np.allclose(found, expected, atol=4)
