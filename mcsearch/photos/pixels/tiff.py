"""Open TIFF files that Pillow cannot read or misreads, by means of tifffile.

These have 32-bit or floating-point channels, 16-bit L*a*b*, LogLuv, or channels stored in separate planes. libtiff,
which Pillow has but does not use for files without compression, reads those with subsampled chroma.
"""

import io
import logging
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, ImagePalette, TiffImagePlugin

from mcsearch.photos.pixels.depth import Array, from_linear_light, to_eight_bits, to_picture
from mcsearch.photos.pixels.late import LateImage
from mcsearch.photos.pixels.logluv import PHOTOMETRICS, logluv_light
from mcsearch.photos.pixels.packages import MissingPackageError

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_STRIPS, _COLOUR_MAP, _TILE_WIDTH, _SAMPLE_FORMAT, _SUBSAMPLING = 273, 320, 322, 339, 530
_CHANNELS = {"RGB": 3, "YCbCr": 3, "LAB": 3, "CMYK": 4}
_GREY_WITH_ALPHA = ("LA", "La")
_SEPARATE, _UNSIGNED = 2, 1
_MODES = {0: "L", 1: "L", 2: "RGB", 5: "CMYK", 6: "YCbCr", 8: "LAB"}  # by photometric interpretation
_WHITE_IS_ZERO, _PALETTE = 0, 3
_PREMULTIPLIED, _STRAIGHT = 1, 2  # kinds of alpha
# CMYK with an alpha channel, which Pillow reads only if the file does not say what the fifth channel is.
for _order in (b"II", b"MM"):
    for _kind in (_PREMULTIPLIED, _STRAIGHT):
        TiffImagePlugin.OPEN_INFO[_order, 5, (1,), 1, (8,) * 5, (_kind,)] = ("CMYK", "CMYKX")
    for _photometric in (0, 1):  # grey of 12 bits, which Pillow reads in one order of bytes only, that does not matter
        TiffImagePlugin.OPEN_INFO[_order, _photometric, (1,), 1, (12,), ()] = ("I;16", "I;12")
_ON_ITS_SIDE = range(5, 9)  # orientations that swap width and height


def is_misread(picture: TiffImagePlugin.TiffImageFile) -> bool:
    """Return whether Pillow misinterprets the samples of the file."""
    tags = picture.tag_v2
    bits = max(tags.get(ExifTags.Base.BitsPerSample, (1,)))
    separate = tags.get(ExifTags.Base.PlanarConfiguration) == _SEPARATE
    stored = tags.get(ExifTags.Base.Compression, 1) == 1
    return (
        (separate and stored and bits > 8 and picture.mode in _CHANNELS)
        or (separate and picture.mode in _GREY_WITH_ALPHA)
        or (picture.mode == "I" and tags.get(_SAMPLE_FORMAT, (1,))[0] == _UNSIGNED)
        or (_TILE_WIDTH in tags and _STRIPS in tags)  # tiles that are called strips
    )


def has_subsampled_chroma(picture: TiffImagePlugin.TiffImageFile) -> bool:
    """Return whether Pillow misreads the picture unless libtiff decodes it, because chroma has fewer samples."""
    return picture.mode == "YCbCr" and picture.tag_v2.get(_SUBSAMPLING, (2, 2)) != (1, 1)


def open_by_libtiff(content: bytes) -> Image.Image:
    """Return the picture, which libtiff will decode. The switch is global, so this is not thread-safe."""
    TiffImagePlugin.READ_LIBTIFF = True
    try:
        return TiffImagePlugin.TiffImageFile(io.BytesIO(content))
    finally:
        TiffImagePlugin.READ_LIBTIFF = False


def widen_palette(picture: TiffImagePlugin.TiffImageFile) -> None:
    """Correct the palette of a picture that stores it in 8 bits, as some programs do, instead of the required 16."""
    colours = picture.tag_v2.get(_COLOUR_MAP)
    if picture.mode == "P" and colours and max(colours) < 256:
        picture.palette = ImagePalette.raw("RGB;L", bytes(colours))


def widen_samples(picture: TiffImagePlugin.TiffImageFile) -> None:
    """Let the values of a picture of 12 bits span the range of 16 when it is loaded."""
    if picture.mode != "I;16" or picture.tag_v2.get(ExifTags.Base.BitsPerSample) != (12,):
        return
    is_inverted = picture.tag_v2.get(ExifTags.Base.PhotometricInterpretation) == _WHITE_IS_ZERO
    finish = picture.load_end

    def load_end() -> None:
        core: Any = picture.im
        values = np.asarray(Image.Image()._new(core)) << 4
        picture.im = Image.fromarray(~values if is_inverted else values).im
        finish()

    picture.load_end = load_end  # type: ignore[method-assign]


def open_tiff(content: bytes) -> Image.Image:
    """Return the first picture in a file, upright. Raises the exceptions of tifffile, mostly ValueError."""
    import tifffile  # imported here because it takes 0.1 s and is rarely needed

    logging.getLogger("tifffile").disabled = True
    page = tifffile.TiffFile(io.BytesIO(content)).pages.first
    orientation = page.tags.valueof(ExifTags.Base.Orientation, 1)
    size = (page.imagewidth, page.imagelength)

    def decode_pixels() -> Image.Image:
        if page.photometric in PHOTOMETRICS:
            picture = to_picture(from_linear_light(logluv_light(content, page)), "RGB")
        else:
            picture = _picture(_values(page), page)
        picture.getexif()[ExifTags.Base.Orientation] = orientation
        return ImageOps.exif_transpose(picture)

    picture = LateImage("TIFF", size[::-1] if orientation in _ON_ITS_SIDE else size, decode_pixels)
    if page.iccprofile:
        picture.info["icc_profile"] = page.iccprofile
    return picture


def _values(page: Any) -> Array:
    try:
        values: Array = page.asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        raise MissingPackageError(
            "this kind of TIFF requires imagecodecs; install it with `pip install 'mcsearch[tiff]'`"
        ) from None
    separate = page.samplesperpixel > 1 and page.planarconfig == _SEPARATE
    return np.moveaxis(values, 0, -1) if separate else values


def _picture(values: Array, page: Any) -> Image.Image:
    if page.photometric == _PALETTE and page.colormap is not None:
        return to_picture(np.moveaxis(page.colormap[:, values], 0, -1), "RGB")
    mode = _MODES.get(page.photometric)
    if mode is None:
        raise OSError("unsupported kind of TIFF file")
    channels = _CHANNELS.get(mode, 1)
    values = values.reshape(*values.shape[:2], -1)
    kind = page.extrasamples[0] if page.extrasamples else None
    alpha = to_eight_bits(values[..., channels]) if kind in (_PREMULTIPLIED, _STRAIGHT) else None
    colours = values[..., :channels]
    picture = to_picture(from_linear_light(colours) if mode == "RGB" and not page.iccprofile else colours, mode)
    if page.photometric == _WHITE_IS_ZERO:
        picture = picture.point(lambda value: 255 - value)
    if alpha is not None and mode in ("L", "RGB"):
        picture.putalpha(Image.fromarray(alpha))
        if kind == _PREMULTIPLIED:
            stored = picture.mode.removesuffix("A") + "a"
            picture = Image.frombytes(stored, picture.size, picture.tobytes()).convert(picture.mode)
    return picture
