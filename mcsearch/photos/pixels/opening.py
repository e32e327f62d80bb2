"""A photo's bytes → a picture in Pillow, through the package that reads its format. Runs in the worker processes.

What a file is called is a hint and no more, save for RAW: most of its kinds are TIFF files to look at.
"""

import importlib
import io
import math
import re
from types import ModuleType
from typing import Any, Literal

import numpy as np
from PIL import (  # the plug-ins are named because importing one is what registers it
    AvifImagePlugin,
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,  # noqa: F401
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

from mcsearch.photos.formats import FORMATS, HEIF, JPEG_XL, RAW, Format, format_of
from mcsearch.photos.pixels.jpeg2000 import with_eight_bits
from mcsearch.photos.pixels.packages import MissingPackageError
from mcsearch.photos.pixels.psd import SIGNATURE, open_psd
from mcsearch.photos.pixels.tiff import MAGIC, is_misread, open_tiff, widen_palette

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # there is a process a core already

_PLUGINS = {plugin for row in FORMATS for plugin in row.plugins}
# How the formats begin whose plug-ins are imported when the first file comes.
_HEIF = re.compile(rb".{4}ftyp(?:he[iv][cmsx]|mif1|msf1)", re.DOTALL)
_JPEG_XL = re.compile(rb"\xff\x0a|\0\0\0\x0cJXL ")
# RAW: kinds that look like TIFF or JPEG 2000 files, to be told by their name, and kinds that look like nothing else.
_RAW_BY_NAME = re.compile(rb"II\*\0|MM\0\*|II\x1a\0|\0MRM|FOVb")
_RAW = re.compile(rb"FUJIFILMCCD-RAW|IIU\0|IIR[OS]|MMOR|.{4}ftypcrx ", re.DOTALL)
_DNG_VERSION = 50706
_GRID, _CORRELATION_AT_LEAST = (16, 16), 0.3
# LibRaw's `flip`, 0 to 7 → EXIF orientation.
_FLIPS = (1, 2, 4, 3, 5, 8, 6, 7)


def open_picture(content: bytes, name: str, side: int) -> Image.Image:
    """Open a picture, whatever its name says it is; its pixels may be read later, when they are asked for.

    `getexif()` of it says how it is to be turned. Of a RAW file the embedded preview will do if its
    shorter side has at least `side` pixels. Raises MissingPackageError, and what Pillow raises.
    """
    if is_raw(content, name):
        picture = _open_raw(content, side)
        if picture is not None:
            return picture
    if content.startswith(SIGNATURE):
        return open_psd(content)
    if HEIF.plugins[0] not in Image.OPEN and _HEIF.match(content):
        imported(HEIF).register_heif_opener(decode_threads=1)
    if JPEG_XL.plugins[0] not in Image.OPEN and _JPEG_XL.match(content):
        imported(JPEG_XL).JpegXLImagePlugin.DECODE_THREADS = 0
    try:
        picture = _open(content)
    except UnidentifiedImageError:
        if not content.startswith(MAGIC):
            raise
        return open_tiff(content)
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        if is_misread(picture):
            return open_tiff(content)
        widen_palette(picture)
    elif picture.format == "JPEG2000" and (limited := with_eight_bits(content)):
        return _open(limited)
    if picture.format == "JXL" and not getattr(picture, "jpeg", False):
        _set_orientation(picture, 1)  # the decoder has turned it already; only what was a JPEG comes as it was
    return picture


def _open(content: bytes) -> ImageFile.ImageFile:
    picture = Image.open(io.BytesIO(content), formats=[plugin for plugin in Image.OPEN if plugin in _PLUGINS])
    picture.decodermaxblock = len(content)  # a twentieth quicker than in pieces of 64 KiB
    return picture


def is_raw(content: bytes, name: str) -> bool:
    """Whether a file looks like a RAW file, by its content or, where that may be a TIFF, by its name."""
    if _RAW_BY_NAME.match(content):
        return format_of(name) is RAW or _is_dng(content)
    return bool(_RAW.match(content))


def _is_dng(content: bytes) -> bool:
    """Whether a TIFF file states a version of DNG in its first directory."""
    order: Literal["little", "big"] = "little" if content.startswith(b"II") else "big"
    start = int.from_bytes(content[4:8], order)
    count = int.from_bytes(content[start : start + 2], order)
    entries = range(start + 2, min(start + 2 + 12 * count, len(content)), 12)
    return any(int.from_bytes(content[at : at + 2], order) == _DNG_VERSION for at in entries)


def imported(row: Format) -> Any:
    """The module that reads a format. Raises MissingPackageError."""
    try:
        return importlib.import_module(row.module)
    except ImportError:
        raise MissingPackageError(f"{row.name} needs {row.needs}; to install it: {row.install}") from None


def _open_raw(content: bytes, side: int) -> Image.Image | None:
    """The preview of a RAW file if it is large enough, else its half-size development; None if it is no RAW file."""
    rawpy = imported(RAW)
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
    """The development, unless it fails or shows something else than the preview, as with scanners' files."""
    try:
        developed = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
    except rawpy.LibRawError:
        if preview is None:
            raise
        return preview
    return developed if preview is None or _are_alike(developed, ImageOps.exif_transpose(preview)) else preview


def _are_alike(first: Image.Image, second: Image.Image) -> bool:
    """Whether two pictures are bright and dark at the same places, however they are exposed."""
    grids = [np.asarray(picture.convert("L").resize(_GRID), np.float32) for picture in (first, second)]
    deviations = [grid - grid.mean() for grid in grids]
    spread = math.prod(float(np.sqrt((deviation**2).mean())) for deviation in deviations)
    return float((deviations[0] * deviations[1]).mean()) >= _CORRELATION_AT_LEAST * spread > 0


def raw_preview(rawpy: ModuleType, raw: Any) -> Image.Image | None:
    """The picture that the camera put into a RAW file, the largest one, with its orientation; None without one."""
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
