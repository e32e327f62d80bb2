"""Open photos as Pillow images with the package that reads their format. Runs in the worker processes.

The file name is only a hint, except for RAW formats, most of which have the signature of a TIFF file.
"""

import importlib
import io
import math
import re
from types import ModuleType
from typing import Any, Literal

import numpy as np
from PIL import (  # importing a plug-in registers it
    AvifImagePlugin,
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    Jpeg2KImagePlugin,  # noqa: F401
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from mcsearch.photos.formats import FORMATS, HEIF, JPEG_XL, RAW, VIDEO, Format, format_of
from mcsearch.photos.pixels.limits.headers import check_header
from mcsearch.photos.pixels.limits.sizes import check_emptiness, check_megapixels
from mcsearch.photos.pixels.misread import avif, bmp, gif, jpeg2000_ffmpeg, pfm
from mcsearch.photos.pixels.misread.jpeg2000 import spread, with_eight_bits, with_spare_bit
from mcsearch.photos.pixels.packages import MissingPackageError
from mcsearch.photos.pixels.psd import SIGNATURE, open_psd
from mcsearch.photos.pixels.tiff import (
    MAGIC,
    has_subsampled_chroma,
    is_misread,
    open_by_libtiff,
    open_tiff,
    widen_palette,
    widen_samples,
)

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the pool already runs one process per core

_PLUGINS = {plugin for format_ in FORMATS for plugin in format_.plugins}
# Signatures of the formats whose plug-ins are imported when the first such file is opened.
_HEIF = re.compile(rb".{4}ftyp(?:he[iv][cmsx]|mif1|msf1)", re.DOTALL)
_JPEG_XL = re.compile(rb"\xff\x0a|\0\0\0\x0cJXL ")
# RAW files whose signature is ambiguous, so that the file name decides, and RAW files with an unmistakable signature.
_RAW_BY_NAME = re.compile(rb"II\*\0|MM\0\*|II\x1a\0|\0MRM|FOVb")
_RAW = re.compile(rb"FUJIFILMCCD-RAW|IIU\0|IIR[OS]|MMOR|.{4}ftypcrx ", re.DOTALL)
_DNG_VERSION = 50706
_GRID, _CORRELATION_AT_LEAST = (16, 16), 0.3
# LibRaw's `flip`, 0 to 7 → EXIF orientation.
_FLIPS = (1, 2, 4, 3, 5, 8, 6, 7)


def open_picture(content: bytes, name: str, side: int) -> Image.Image:
    """Return the picture, whose pixels may be decoded lazily and whose orientation is in its `getexif()`.

    The format is detected from the content; `name` is only a hint. For a RAW file, the embedded preview is returned if
    its shorter side has at least `side` pixels. Raises MissingPackageError and the exceptions of Pillow.
    """
    check_header(content)
    if is_raw(content, name):
        picture = _open_raw(content, side)
        if picture is not None:
            return picture
    if content.startswith(SIGNATURE):
        return open_psd(content)
    if content.startswith(pfm.SIGNATURE):
        return pfm.open_pfm(content)
    if content.startswith(bmp.ARRAY):
        content = bmp.first_of_array(content)
    if content.startswith(bmp.SIGNATURE):
        if picture := bmp.open_bit_fields(content):
            return picture
        content = bmp.with_whole_header(content) or content
    if HEIF.plugins[0] not in Image.OPEN and _HEIF.match(content):
        import_decoder(HEIF)
        importlib.import_module("mcsearch.photos.pixels.heic.picture").register()
    if JPEG_XL.plugins[0] not in Image.OPEN and _JPEG_XL.match(content):
        import_decoder(JPEG_XL).JpegXLImagePlugin.DECODE_THREADS = 0
    try:
        picture = _open(content)
    except UnidentifiedImageError:
        if not content.startswith(MAGIC):
            raise
        return open_tiff(content)
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        if is_misread(picture):
            return open_tiff(content)
        if has_subsampled_chroma(picture):
            return open_by_libtiff(content)
        widen_palette(picture)
        widen_samples(picture)
    elif picture.format == "JPEG2000":
        if jpeg2000_ffmpeg.is_garbled(content):
            return jpeg2000_ffmpeg.open_by_ffmpeg(import_decoder(VIDEO, "this kind of JPEG 2000"), content)
        if limited := with_eight_bits(content):
            return _open(limited)
        if widened := with_spare_bit(content):
            return spread(_open(widened))
    elif isinstance(picture, GifImagePlugin.GifImageFile):
        return gif.with_clear_surroundings(picture)
    if picture.format == avif.FORMAT:
        return avif.cropped(picture, content)
    if picture.format == "JXL" and not getattr(picture, "jpeg", False):
        _set_orientation(picture, 1)  # the decoder applies the orientation, except to transcoded JPEGs
    return picture


def _open(content: bytes) -> ImageFile.ImageFile:
    picture = Image.open(io.BytesIO(content), formats=[plugin for plugin in Image.OPEN if plugin in _PLUGINS])
    check_emptiness(*picture.size, len(content))
    picture.decodermaxblock = len(content)  # 5 % faster than blocks of 64 KiB
    return picture


def is_raw(content: bytes, name: str) -> bool:
    """Return whether a file is a RAW file, judged by its content or, if that is ambiguous, by its name."""
    if _RAW_BY_NAME.match(content):
        return format_of(name) is RAW or _is_dng(content)
    return bool(_RAW.match(content))


def _is_dng(content: bytes) -> bool:
    """Return whether the first IFD of a TIFF file contains a DNGVersion tag."""
    order: Literal["little", "big"] = "little" if content.startswith(b"II") else "big"
    start = int.from_bytes(content[4:8], order)
    count = int.from_bytes(content[start : start + 2], order)
    entries = range(start + 2, min(start + 2 + 12 * count, len(content)), 12)
    return any(int.from_bytes(content[at : at + 2], order) == _DNG_VERSION for at in entries)


def import_decoder(format_: Format, read: str = "") -> Any:
    """Import and return the module that reads a format, or what is `read` by it. Raises MissingPackageError."""
    try:
        return importlib.import_module(format_.module)
    except ImportError:
        raise MissingPackageError(
            f"{read or format_.name} requires {format_.needs}; install it with `{format_.install}`"
        ) from None


def _open_raw(content: bytes, side: int) -> Image.Image | None:
    """Return a RAW file's preview if it is large enough, else a half-size development; None if it is not a RAW file."""
    rawpy = import_decoder(RAW)
    try:
        with rawpy.imread(io.BytesIO(content)) as raw:
            preview = raw_preview(rawpy, raw)
            if preview is not None and min(preview.size) >= side:
                return preview
            return _developed(rawpy, raw, preview)
    except rawpy.LibRawFileUnsupportedError:
        return None
    except rawpy.LibRawError as error:
        reason = error.args[0] if error.args else ""
        raise OSError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error


def _developed(rawpy: ModuleType, raw: Any, preview: Image.Image | None) -> Image.Image:
    """Return the developed picture, or the preview if developing fails or the two differ (as for scanner files)."""
    check_megapixels(raw.sizes.raw_width, raw.sizes.raw_height)
    try:
        developed = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
    except rawpy.LibRawError:
        if preview is None:
            raise
        return preview
    return developed if preview is None or _are_alike(developed, ImageOps.exif_transpose(preview)) else preview


def _are_alike(first: Image.Image, second: Image.Image) -> bool:
    """Return whether two pictures are bright and dark in the same places, regardless of exposure."""
    grids = [np.asarray(picture.convert("L").resize(_GRID), np.float32) for picture in (first, second)]
    deviations = [grid - grid.mean() for grid in grids]
    spread = math.prod(float(np.sqrt((deviation**2).mean())) for deviation in deviations)
    return float((deviations[0] * deviations[1]).mean()) >= _CORRELATION_AT_LEAST * spread > 0


def raw_preview(rawpy: ModuleType, raw: Any) -> Image.Image | None:
    """Return the largest preview embedded in a RAW file, with its EXIF orientation set, or None if there is none."""
    try:
        thumbnail = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if thumbnail.format == rawpy.ThumbFormat.BITMAP:
        preview = Image.fromarray(thumbnail.data)
    else:
        preview = Image.open(io.BytesIO(thumbnail.data), formats=["JPEG"])
    if ExifTags.Base.Orientation not in preview.getexif():
        _set_orientation(preview, _FLIPS[raw.sizes.flip])
    return preview


def _set_orientation(picture: Image.Image, orientation: int) -> None:
    picture.getexif()[ExifTags.Base.Orientation] = orientation
