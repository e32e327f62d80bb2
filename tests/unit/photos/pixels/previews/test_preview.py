"""Previews in photos: which are decoded instead of the picture, and that they are turned and coloured as it is."""

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from mcsearch.photos.pixels.decode import decode, decode_views
from mcsearch.records.embeddings import Framing
from tests.support.previews import PRIMARY, camera_exif, heic_with_thumbnail, jpeg_with_preview, with_previews
from tests.support.samples import ORIENTATIONS, encoded, photograph, psnr, quarters, turned

FRAMING = Framing(64, "bicubic")
WIDE = (480, 360)


def picture(size: tuple[int, int] = WIDE) -> Image.Image:
    return photograph("coffee.png").resize(size, Image.Resampling.LANCZOS)


def preview(size: tuple[int, int] = (160, 120)) -> bytes:
    return encoded(picture(size), "JPEG", quality=90)


def photo(**options: Any) -> bytes:
    return encoded(picture(), "JPEG", quality=90, exif=camera_exif(WIDE), **options)


def is_taken(content: bytes, framing: Framing = FRAMING) -> bool:
    """Whether a preview is shown; if not, the pixels have to be those of the picture."""
    views = decode_views(content, framing, previews=True)
    assert views.from_preview or np.array_equal(views.pixels, decode(content, framing))
    return views.from_preview


def test_a_jpeg_with_a_preview() -> None:
    content = with_previews(photo(), preview())
    views = decode_views(content, FRAMING, whole_side=32, previews=True)
    assert views.from_preview
    assert np.array_equal(views.pixels, decode(preview(), FRAMING))
    assert views.whole is None, "it is not the picture"
    assert not decode_views(content, FRAMING).from_preview, "not asked for"


@pytest.mark.parametrize("tile_size", [None, 128], ids=["one tile", "grid"])
def test_a_heic_with_a_thumbnail(tile_size: int | None) -> None:
    content = heic_with_thumbnail(picture(), 160, tile_size=tile_size)
    views = decode_views(content, FRAMING, whole_side=32, previews=True)
    assert views.from_preview
    assert psnr(views.pixels, decode(content, FRAMING)) > 28
    assert not is_taken(content, Framing(128)), "too small"


@pytest.mark.parametrize("order", "<>")
def test_an_index_of_either_byte_order(order: str) -> None:
    assert is_taken(with_previews(photo(), preview(), order=order))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((160, 120), True), ((86, 64), True), ((85, 63), False), ((161, 120), True), ((164, 120), False), (WIDE, False)],
)
def test_a_preview_must_be_large_enough_and_have_the_shape(size: tuple[int, int], expected: bool) -> None:
    assert is_taken(with_previews(photo(), preview(size))) == expected


def test_of_several_previews_the_smallest_that_resizes_well_is_taken() -> None:
    sizes = [(320, 240), (88, 66), (160, 120)]
    views = decode_views(with_previews(photo(), *map(preview, sizes)), FRAMING, previews=True)
    assert np.array_equal(views.pixels, decode(preview((160, 120)), FRAMING))
    views = decode_views(with_previews(photo(), *map(preview, sizes)), Framing(224), previews=True)
    assert np.array_equal(views.pixels, decode(preview((320, 240)), Framing(224)))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_preview_is_turned_as_the_picture_is(orientation: int) -> None:
    expected = decode(encoded(quarters(*WIDE), "PNG"), FRAMING)
    stored, turning = turned(quarters(*WIDE), orientation)
    exif = camera_exif(stored.size, Orientation=turning[0x0112])
    small = stored.resize((stored.width // 3, stored.height // 3))
    for content in (jpeg_with_preview(stored, small, exif), heic_with_thumbnail(stored, 160, exif)):
        views = decode_views(content, FRAMING, previews=True)
        assert views.from_preview
        assert psnr(views.pixels, expected) > 20
        again = decode_views(content, FRAMING, turned=3, previews=True).pixels
        assert psnr(again[::-1, ::-1], expected) > 20


def test_the_profile_of_the_picture_applies() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    swapped = bytearray(profile.tobytes())
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    named = bytes(swapped).replace(b"s\0R\0G\0B", b"o\0d\0d\0!").replace(b"sRGB", b"odd!")
    content = with_previews(photo(icc_profile=named), preview())
    views = decode_views(content, FRAMING, previews=True)
    assert views.from_preview
    assert psnr(views.pixels, decode(content, FRAMING)) > 28
    assert psnr(views.pixels, decode(preview(), FRAMING)) < 25, "the profile matters"
    contrary = encoded(picture((160, 120)), "JPEG", icc_profile=named)
    assert not is_taken(with_previews(photo(), contrary))


def _bomb() -> bytes:
    """A JPEG that states 65,500 × 49,125 pixels."""
    content = bytearray(preview())
    size = content.index(b"\xff\xc0") + 5
    content[size : size + 4] = (49_125).to_bytes(2) + (65_500).to_bytes(2)
    return bytes(content)


@pytest.mark.parametrize(
    ("previews", "options"),
    [
        ([preview()], {"past": 10**6}), ([preview()], {"past": -(10**5)}), ([preview()], {"past": 2**31}),
        ([preview()], {"past": 1}), ([preview()], {"size": 2**32 - 1}), ([preview()], {"size": 0}),
        ([preview()], {"size": 500}), ([preview()], {"kind": PRIMARY}), ([preview()], {"kind": 0}),
        ([preview()[:900]], {}), ([preview()[:4]], {}), ([b"\xff\xd8\xff" * 99], {}), ([_bomb()], {}), ([], {}),
        ([encoded(picture((160, 120)).convert("L"), "JPEG")], {}), ([encoded(picture((160, 120)), "PNG")], {}),
    ],
)  # fmt: skip
def test_a_preview_that_cannot_be_used_is_ignored(previews: list[bytes], options: dict[str, int]) -> None:
    assert not is_taken(with_previews(photo(), *previews, **options))  # type: ignore[arg-type]


def test_an_index_that_is_cut_or_leads_in_a_circle_is_ignored() -> None:
    content = with_previews(photo(), preview())
    at = content.index(b"MPF\0")
    for place, value in ((8, b"\xff" * 4), (8, bytes(4)), (12, b"\xff\xff"), (12 + 2 + 24 + 4, b"\xff" * 8)):
        assert not is_taken(content[: at + place] + value + content[at + place + len(value) :]) or value == b"\xff\xff"
    for cut in range(at, at + 60, 7):
        assert not is_taken(content[:cut] + content[cut + 30 :])


def test_a_heic_whose_thumbnail_is_unusual_is_decoded_as_ever() -> None:
    content = heic_with_thumbnail(picture(), 160)
    assert is_taken(content)
    assert not is_taken(content.replace(b"thmb", b"cdsc"))
    at = content.index(b"thmb")
    assert not is_taken(content[: at + 4] + b"\0\x63" + content[at + 6 :]), "of an item that is not there"


@pytest.mark.parametrize("colour", [(0, 0, 0), (128, 128, 128), (90, 40, 20)])
def test_a_preview_that_shows_nothing_is_ignored(colour: tuple[int, int, int]) -> None:
    faulty = encoded(Image.new("RGB", (160, 120), colour), "JPEG")
    assert not is_taken(with_previews(photo(), faulty))


def test_a_grey_preview_is_ignored() -> None:
    grey = encoded(picture((160, 120)).convert("L").convert("RGB"), "JPEG")
    assert not is_taken(with_previews(photo(), grey))


def test_other_formats_have_no_previews() -> None:
    assert not is_taken(encoded(picture(), "PNG"))
    assert not is_taken(encoded(picture(), "WEBP"))


def test_a_picture_that_the_file_does_not_hold_whole_is_decoded_as_ever() -> None:
    content = with_previews(photo(), preview())
    end = len(content) - len(preview())
    assert is_taken(content)
    for lost in (2, 300, 2000):
        assert not is_taken(content[: end - lost] + bytes(lost) + content[end:])
    assert not is_taken(content[: end - 9000] + bytes(512) + content[end - 8488 :])
    assert not is_taken(content[: end - 9])
