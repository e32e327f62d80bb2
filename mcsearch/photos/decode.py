"""A photo's bytes → the pixels an image tower takes. Runs in the worker processes: Pillow and numpy only."""

import contextlib
import functools
import io
import math
import struct
import warnings
import zlib

import numpy as np
import numpy.typing as npt
from PIL import (  # the plug-ins are named because importing one is what registers it
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    ImageCms,
    ImageOps,
    Jpeg2KImagePlugin,  # noqa: F401
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from mcsearch.photos.formats import PLUGINS

Pixels = npt.NDArray[np.uint8]

MEGAPIXELS_AT_MOST = 500
# Pillow refuses at twice this figure.
Image.MAX_IMAGE_PIXELS = MEGAPIXELS_AT_MOST * 1_000_000 // 2

# How much larger than the tower's size a JPEG is decoded before it is resized: at 1 the result stays at
# 44 dB PSNR or better from a full decode.
_DRAFT_FACTOR = 1.0
_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# Modes that Pillow resizes as they are, and that are brought to RGB afterwards, when they are small.
_RESIZABLE = frozenset({"L", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"})
# What Pillow's plug-ins raise for malformed files. Anything else ends the worker, and costs this file alone too.
_MALFORMED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError,
    ArithmeticError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip


class DecodeError(Exception):
    """The bytes are not a picture that can be read. `str(error)` is the reason to show."""


def decode(content: bytes, size: int, interpolation: str) -> Pixels:
    """Decode a photo to uint8 sRGB pixels of shape (size, size, 3).

    The shorter side is resized to `size` pixels by "bilinear" or "bicubic" interpolation and the
    centre is cut out, as open_clip's preprocessing does. EXIF orientation is applied, an embedded
    colour profile converted, transparency laid on white; of several frames the first counts.
    Raises DecodeError.
    """
    if not content:
        raise DecodeError("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=PLUGINS) as image:
                return _at_tower_size(image, size, interpolation)
    except UnidentifiedImageError:
        raise DecodeError("not a picture in a format that can be read here") from None
    except Image.DecompressionBombError:
        raise DecodeError(f"more than {MEGAPIXELS_AT_MOST} megapixels") from None
    except MemoryError:
        raise DecodeError("needs more memory than a decoder may take") from None
    except _MALFORMED as error:
        raise DecodeError(f"damaged picture ({str(error) or type(error).__name__})") from error


def _at_tower_size(image: Image.Image, size: int, interpolation: str) -> Pixels:
    shorter = min(image.size)
    wanted = tuple(math.ceil(side * size * _DRAFT_FACTOR / shorter) for side in image.size)
    image.draft(image.mode, (wanted[0], wanted[1]))  # JPEG only: decodes at 1/2, 1/4 or 1/8; others ignore it
    image.load()
    profile = image.info.get("icc_profile")
    with contextlib.suppress(*_MALFORMED):  # unreadable EXIF is no reason to lose the picture
        ImageOps.exif_transpose(image, in_place=True)
    small = _resize_and_crop(_resizable(image), size, _RESAMPLING[interpolation])
    return np.asarray(_on_white(_to_srgb(small, profile)))


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode of 8-bit channels that resizes well."""
    if image.mode in _RESIZABLE and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _scale_to_eight_bits(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scale_to_eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits, or of floating point, as 8 bits of its nominal range."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    peak = float(values.max(initial=0.0))
    ranges = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    full = next((limit for limit in ranges if peak <= limit), peak)
    return Image.fromarray(np.clip(values * (255.0 / full), 0, 255).round().astype(np.uint8))


def _resize_and_crop(image: Image.Image, size: int, resampling: Image.Resampling) -> Image.Image:
    """The centre square of the picture resized so that its shorter side is `size`, without making the rest."""
    width, height = image.size
    scaled_width = size if width <= height else int(size * width / height)
    scaled_height = size if height <= width else int(size * height / width)
    left, top = round((scaled_width - size) / 2), round((scaled_height - size) / 2)
    across, down = width / scaled_width, height / scaled_height
    box = (left * across, top * down, min(width, (left + size) * across), min(height, (top + size) * down))
    return image.resize((size, size), resampling, box=box, reducing_gap=3.0)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    transform = _profile_transform(profile, image.mode) if profile else None
    if transform is not None:
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        converted = ImageCms.applyTransform(image.convert("RGB") if alpha else image, transform)
        assert converted is not None
        if alpha:
            converted.putalpha(alpha)
        return converted
    if image.mode == "LAB":
        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return ImageCms.applyTransform(image, transform) or image
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


@functools.lru_cache(maxsize=64)
def _profile_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded profile to sRGB; None where it is sRGB already, or unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), "RGB" if mode == "RGBA" else mode, "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
