"""HEIC pictures decoded at a reduced size by FFmpeg, against a full decode by libheif: 40 dB at least."""

import io
import sys
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import decode
from mcsearch.photos.pixels.opening import open_picture
from mcsearch.records.embeddings import Framing
from tests.support.samples import ORIENTATIONS, photograph, psnr, reference, turned
from tests.support.writers import heif

DECIBELS = 40.0
_FAST = {"preset": "ultrafast"}
_SIDE = 64


def picture(width: int, height: int) -> Image.Image:
    return photograph("coffee.png").resize((width, height), Image.Resampling.LANCZOS)


def heic(width: int = 480, height: int = 360, **options: Any) -> bytes:
    return heif(picture(width, height), **{"quality": 80, "enc_params": _FAST, **options})


def deep_heic(chroma: int) -> bytes:
    samples = np.asarray(picture(480, 360)).astype(np.uint16) * 257
    writer, file = pillow_heif.HeifFile(), io.BytesIO()
    writer.add_frombytes("RGB;16", (480, 360), samples.tobytes())
    writer.save(file, quality=80, chroma=chroma, enc_params=_FAST)
    return file.getvalue()


def is_reduced(content: bytes) -> bool:
    """Whether a file is decoded at a reduced size."""
    with open_picture(content, "", _SIDE) as image:
        return image.draft(image.mode, (_SIDE, _SIDE)) is not None


def assert_faithful(content: bytes, *sizes: int) -> None:
    assert is_reduced(content)
    for size in sizes or (_SIDE,):
        decoded = decode(content, Framing(size, "bicubic"))
        assert psnr(decoded, reference(content, size, "bicubic")) >= DECIBELS, size


def assert_left_to_libheif(content: bytes) -> None:
    assert not is_reduced(content)
    decoded = decode(content, Framing(_SIDE, "bicubic"))
    assert psnr(decoded, reference(content, _SIDE, "bicubic")) >= DECIBELS


@pytest.mark.parametrize("tile_size", [None, 128], ids=["one tile", "grid"])
def test_a_photo(tile_size: int | None) -> None:
    assert_faithful(heic(960, 720, tile_size=tile_size), 40, 64, 120, 170)


def test_a_strongly_compressed_photo() -> None:
    # In-loop filters, which are left out, matter most here.
    assert_faithful(heic(quality=20, tile_size=128))


@pytest.mark.parametrize(
    ("shape", "tile_size"), [((401, 303), None), ((303, 401), 64), ((257, 513), 128), ((801, 299), 64)]
)
def test_odd_sizes(shape: tuple[int, int], tile_size: int | None) -> None:
    assert_faithful(heic(*shape, tile_size=tile_size))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_turned_and_mirrored(orientation: int) -> None:
    stored, exif = turned(picture(351, 287), orientation)
    tile_size = (None, 64)[orientation % 2]
    assert_faithful(heif(stored, exif=exif, quality=80, enc_params=_FAST, tile_size=tile_size))


@pytest.mark.parametrize("chroma", [420, 422, 444])
def test_samplings_and_bits(chroma: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_faithful(heic(chroma=chroma))
    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", chroma == 444)
    assert_faithful(deep_heic(chroma))


# 16 is the transfer of HDR10 (PQ), which libheif does not convert, and 9 the matrix that goes with it.
@pytest.mark.parametrize(("matrix", "transfer", "full_range"), [(1, 1, 0), (6, 6, 0), (9, 16, 1)])
@pytest.mark.parametrize("is_in_file", [True, False], ids=["in the file", "in the frame"])
def test_colours(matrix: int, transfer: int, full_range: int, is_in_file: bool) -> None:
    colours = {"matrix_coefficients": matrix, "transfer_characteristic": transfer, "full_range_flag": full_range}
    assert_faithful(heic(**colours, color_primaries=matrix, save_nclx_profile=is_in_file))


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_what_ffmpeg_does_not_cover_is_left_to_libheif(mode: str) -> None:
    assert_left_to_libheif(heif(picture(480, 360).convert(mode), quality=80, enc_params=_FAST))


def test_an_unknown_property_is_left_to_libheif() -> None:
    assert_left_to_libheif(heic().replace(b"pixi", b"none"))


def test_a_small_picture_is_left_to_libheif() -> None:
    assert_left_to_libheif(heic(160, 120))


def test_without_pyav_libheif_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # what makes an import fail
    assert_left_to_libheif(heic(tile_size=128))


def test_a_damaged_tile_is_left_to_libheif() -> None:
    content = heic(tile_size=128)
    half = len(content) // 2
    assert not is_reduced(content[:half] + bytes(len(content) - half))
    assert not is_reduced(content[:-200])
