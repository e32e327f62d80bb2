"""Open the preview that a camera put into a photo, in place of the picture it shows."""

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from mcsearch.photos.pixels.heic.missing import missing_tiles
from mcsearch.photos.pixels.opening import open_picture
from mcsearch.photos.pixels.previews.heif import thumbnails
from mcsearch.photos.pixels.previews.mpf import large_thumbnails

_SHAPES_DIFFER_AT_MOST = 0.01
# In levels of 255. A preview below these is black, or grey: so may the picture be, but decoding it costs only time.
_LEAST_SPREAD, _LEAST_COLOUR = 3.0, 1.5
_HDR_TRANSFERS = frozenset({16, 18})  # PQ and HLG, by their numbers in H.273


def open_preview(picture: Image.Image, content: bytes, least: int, wanted: int) -> Image.Image | None:
    """Return the preview to show instead of a picture that was opened from these bytes; None if none fits.

    It fits if it has the shape of the picture and its shorter side at least `least` pixels. Of several, the smallest
    with `wanted` pixels is returned, else the largest. The orientation and the colours that the picture states apply to
    it. Its pixels may be decoded lazily. Raises MissingPackageError and the exceptions of Pillow.
    """
    fitting = [preview for preview in _previews(picture, content) if _fits(preview, picture, least)]
    if not fitting:
        return None
    fitting.sort(key=lambda preview: min(preview.size))
    return next((one for one in fitting if min(one.size) >= wanted), fitting[-1])


def is_believable(pixels: npt.NDArray[np.uint8]) -> bool:
    """Return whether the pixels of a preview show something in colour, as those of a faulty one may not."""
    sample = pixels[::4, ::4].astype(np.float32)
    spread = float(sample.std(axis=(0, 1)).max())
    colour = float(np.abs(sample - np.roll(sample, 1, axis=2)).max(axis=2).mean())
    return spread >= _LEAST_SPREAD and colour >= _LEAST_COLOUR


def _previews(picture: Image.Image, content: bytes) -> Iterator[Image.Image]:
    if picture.format in ("JPEG", "MPO"):
        for jpeg in large_thumbnails(content):
            yield Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    elif picture.format == "HEIF" and missing_tiles(content) is None:
        for file in thumbnails(content):
            yield open_picture(file, "", 0)


def _fits(preview: Image.Image, picture: Image.Image, least: int) -> bool:
    (width, height), (full_width, full_height) = preview.size, picture.size
    is_smaller = width < full_width and height < full_height and min(width, height) >= least
    if not is_smaller or abs(width * full_height / (height * full_width) - 1) > _SHAPES_DIFFER_AT_MOST:
        return False
    profile = preview.info.get("icc_profile")
    return (
        preview.mode == picture.mode
        and profile in (None, picture.info.get("icc_profile"))
        and (_is_hdr(preview) == _is_hdr(picture))
    )


def _is_hdr(picture: Image.Image) -> bool:
    stated = picture.info.get("nclx_profile") or {}
    return stated.get("transfer_characteristics") in _HDR_TRANSFERS
