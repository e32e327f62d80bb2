"""HEIC pictures decoded at a reduced size by FFmpeg, against a full decode by libheif: 40 dB at least."""

import io
import sys
from functools import cache
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import DecodeError, decode
from mcsearch.photos.pixels.opening import open_picture
from mcsearch.records import Framing
from tests.support.samples import ORIENTATIONS, photograph, psnr, reference, turned
from tests.support.writers import heif

DECIBELS = 40.0
_FAST = {"preset": "ultrafast"}
_SIDE = 96


@cache
def picture(width: int, height: int) -> Image.Image:
    return photograph("coffee.png").resize((width, height), Image.Resampling.LANCZOS)


def heic(width: int = 800, height: int = 600, **options: Any) -> bytes:
    return heif(picture(width, height), **{"quality": 80, "enc_params": _FAST, **options})


def is_reduced(content: bytes) -> bool:
    """Whether a file is decoded at a reduced size."""
    with open_picture(content, "", _SIDE) as image:
        return image.draft(image.mode, (_SIDE, _SIDE)) is not None


def assert_faithful(content: bytes, size: int = _SIDE) -> None:
    assert is_reduced(content)
    for interpolation in ("bilinear", "bicubic"):
        decoded = decode(content, Framing(size, interpolation))
        assert psnr(decoded, reference(content, size, interpolation)) >= DECIBELS


@pytest.mark.parametrize("size", [60, 96, 150])
@pytest.mark.parametrize("tile_size", [None, 128], ids=["one tile", "grid"])
def test_a_photo(tile_size: int | None, size: int) -> None:
    assert_faithful(heic(tile_size=tile_size), size)


@pytest.mark.parametrize("quality", [20, 50])
def test_strongly_compressed(quality: int) -> None:
    # In-loop filters, which are left out, matter most here.
    assert_faithful(heic(quality=quality, tile_size=256))


@pytest.mark.parametrize("shape", [(801, 603), (603, 801), (515, 513), (1001, 300)])
@pytest.mark.parametrize("tile_size", [None, 128], ids=["one tile", "grid"])
def test_odd_sizes(shape: tuple[int, int], tile_size: int | None) -> None:
    assert_faithful(heic(*shape, tile_size=tile_size))


@pytest.mark.parametrize("tile_size", [None, 256], ids=["one tile", "grid"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_turned_and_mirrored(orientation: int, tile_size: int | None) -> None:
    stored, exif = turned(picture(651, 487), orientation)
    assert_faithful(heif(stored, exif=exif, quality=80, enc_params=_FAST, tile_size=tile_size))


@pytest.mark.parametrize("chroma", [420, 422, 444])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_samplings_and_bits(chroma: int, bits: int) -> None:
    if bits == 8:
        content = heic(chroma=chroma)
    else:
        samples = np.asarray(picture(800, 600)).astype(np.uint16) * 257
        writer = pillow_heif.HeifFile()
        writer.add_frombytes("RGB;16", (800, 600), samples.tobytes())
        file = io.BytesIO()
        pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
        try:
            writer.save(file, quality=80, chroma=chroma, enc_params=_FAST)
        finally:
            pillow_heif.options.SAVE_HDR_TO_12_BIT = False
        content = file.getvalue()
    assert_faithful(content)


@pytest.mark.parametrize("full_range", [0, 1])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colours(matrix: int, full_range: int) -> None:
    # 16 is the transfer of HDR10 (PQ), which libheif does not convert.
    assert_faithful(
        heic(matrix_coefficients=matrix, full_range_flag=full_range, color_primaries=matrix,
             transfer_characteristic=16 if matrix == 9 else matrix)
    )  # fmt: skip
    assert_faithful(heic(matrix_coefficients=matrix, full_range_flag=full_range, save_nclx_profile=False))


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_what_ffmpeg_does_not_cover_is_decoded_by_libheif(mode: str) -> None:
    content = heif(picture(800, 600).convert(mode), quality=80, enc_params=_FAST)
    assert not is_reduced(content)
    assert psnr(decode(content, Framing(_SIDE, "bicubic")), reference(content, _SIDE, "bicubic")) >= DECIBELS


def test_an_unknown_property_is_left_to_libheif() -> None:
    assert not is_reduced(heic().replace(b"pixi", b"none"))


def test_without_pyav_libheif_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    content = heic(tile_size=256)
    monkeypatch.setitem(sys.modules, "av", None)  # what makes an import fail
    assert not is_reduced(content)
    assert psnr(decode(content, Framing(_SIDE, "bicubic")), reference(content, _SIDE, "bicubic")) >= DECIBELS


def test_a_small_picture_is_decoded_as_a_whole() -> None:
    assert not is_reduced(heic(160, 120))


def test_a_damaged_tile_is_left_to_libheif() -> None:
    content = bytearray(heic(tile_size=256))
    content[-len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    assert not is_reduced(bytes(content))
    with pytest.raises(DecodeError):
        decode(heic(tile_size=256)[:-200], Framing(_SIDE, "bicubic"))
