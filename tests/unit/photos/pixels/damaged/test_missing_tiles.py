"""HEIC pictures of several tiles whose file was cut short or has lost a block, which libheif decodes without a word."""

import functools

import numpy as np
import pytest

from mcsearch.photos.pixels.decode import DecodeError, decode, decode_views
from mcsearch.photos.pixels.heic.items import read_items
from mcsearch.records.embeddings import Framing
from tests.support.previews import camera_exif, heic_with_thumbnail
from tests.support.samples import ORIENTATIONS, photograph, psnr, quarters, turned
from tests.support.writers import heif

FRAMING = Framing(64, "bicubic", "squash")
_FAST = {"preset": "ultrafast"}


@functools.cache
def heic(tile_size: int | None = 128) -> bytes:
    """A picture of 4 × 3 tiles, with a thumbnail behind them."""
    picture = photograph("coffee.png").resize((512, 384))
    return heic_with_thumbnail(picture, 160, tile_size=tile_size)


def tiles(content: bytes) -> list[tuple[int, int]]:
    items = read_items(content)
    return [items[number].extents[0] for number in items[items.primary].parts]


def zeroed(content: bytes, start: int, end: int) -> bytes:
    return content[:start] + bytes(end - start) + content[end:]


def grey(pixels: np.ndarray) -> float:
    return float((np.abs(pixels.astype(int) - 128).max(axis=2) < 3).mean())


@pytest.mark.parametrize("previews", [False, True], ids=["picture", "previews"])
def test_what_is_missing_is_grey_and_said(previews: bool) -> None:
    content = heic()
    whole = decode_views(content, FRAMING, previews=previews)
    assert (whole.damage, whole.from_preview) == (None, previews)
    start, length = tiles(content)[8]
    for damaged in (content[: start + 10], zeroed(content, start + length // 2, len(content))):
        views = decode_views(damaged, FRAMING, previews=previews)
        assert (views.damage, views.from_preview) == ("only 66% of the picture can be decoded", False)
        assert psnr(views.pixels[:40], decode(content, FRAMING)[:40]) > 35
        assert grey(views.pixels[44:]) == 1


@pytest.mark.parametrize("previews", [False, True], ids=["picture", "previews"])
def test_a_lost_block_is_noticed(previews: bool) -> None:
    content = heic()
    start, length = tiles(content)[5]
    for begin, end in ((start + length // 2, start + length // 2 + 40), (start, start + 20)):
        views = decode_views(zeroed(content, begin, end), FRAMING, previews=previews)
        assert views.damage == "only 91% of the picture can be decoded"
        assert grey(views.pixels[24:40, 18:30]) == 1
        assert grey(views.pixels) < 0.15


@pytest.mark.parametrize("previews", [False, True], ids=["picture", "previews"])
def test_a_small_part_is_a_failure(previews: bool) -> None:
    many, one = heic(), heic(None)
    items = read_items(one)
    only, length = items[items.primary].extents[0]
    for damaged in (many[: tiles(many)[3][0]], zeroed(one, only + length - 40, only + length), one[: only + 99]):
        with pytest.raises(DecodeError, match=r"^(damaged picture \(|not a picture in a supported format)"):
            decode_views(damaged, FRAMING, previews=previews)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_missing_tiles_are_turned_with_the_picture(orientation: int) -> None:
    """The size is no multiple of a tile's."""
    stored, turning = turned(quarters(480, 360), orientation)
    exif = camera_exif(stored.size, Orientation=turning[0x0112])
    content = heif(stored, exif=exif, tile_size=128, quality=80, enc_params=_FAST)
    views = decode_views(content[: tiles(content)[-3][0]], FRAMING)
    assert views.damage == "only 75% of the picture can be decoded"
    reference = decode(content, FRAMING)
    missing = np.abs(views.pixels.astype(int) - 128).max(axis=2) < 3
    assert 0.1 < missing.mean() < 0.3
    assert psnr(views.pixels[~missing], reference[~missing]) > 18, "the edges of the gap"
