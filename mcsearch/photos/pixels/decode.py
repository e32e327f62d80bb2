"""A photo's bytes → the pixels an image tower takes. Runs in the worker processes: Pillow and numpy only."""

import contextlib
import functools
import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from mcsearch.photos.pixels.adobe_rgb import adobe_rgb, is_adobe_rgb
from mcsearch.photos.pixels.depth import scaled, to_eight_bits
from mcsearch.photos.pixels.mended import mended_copies
from mcsearch.photos.pixels.opening import open_picture
from mcsearch.photos.pixels.packages import MissingPackageError
from mcsearch.photos.pixels.partial import lenient, load_good_part
from mcsearch.photos.pixels.video import frames
from mcsearch.records import Framing

Pixels = npt.NDArray[np.uint8]

MEGAPIXELS_AT_MOST = 500
# Pillow refuses at twice this figure.
Image.MAX_IMAGE_PIXELS = MEGAPIXELS_AT_MOST * 1_000_000 // 2

# How much larger than the tower's size a JPEG is decoded at least before it is resized: at 1.45 a photo of 12 MP
# comes at an eighth (the mean of each block), in 34 ms, at 2 at a quarter in 42 ms, in full it takes 93. PSNR from a
# full decode at the worst size of the sharpest picture: 31 dB at 1, 37 dB at 1.45, 41.5 dB at 2.
_DRAFT_FACTOR = 1.45
_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# EXIF orientation → the turn that sets it right.
_ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ASPECT_AT_MOST = 64
# Modes that Pillow resizes as they are, and that are brought to RGB afterwards, when they are small.
_RESIZABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"})
# What Pillow's plug-ins raise for malformed files. Anything else ends the worker, and costs this file alone too.
_MALFORMED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError,
    ArithmeticError, RuntimeError, AssertionError, struct.error, zlib.error, ImageCms.PyCMSError,
)  # fmt: skip


class DecodeError(Exception):
    """The bytes are not a picture that can be read. `str(error)` is the reason to show.

    `retry` says that it may be read later as it is, when a package has been installed.
    """

    def __init__(self, reason: str, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.retry = retry


def decode(content: bytes, framing: Framing, name: str = "") -> Pixels:
    """Decode a photo to uint8 sRGB pixels of shape (size, size, 3), framed as open_clip's preprocessing does.

    EXIF orientation is applied, an embedded colour profile converted,
    transparency laid on white; of several frames the first counts. `name` is the file's, a hint at
    what it is. Raises DecodeError.
    """
    if not content:
        raise DecodeError("the file is empty")
    with _sentences():
        try:
            return _decode(content, framing, name)
        except _MALFORMED as error:
            reason = error
        with lenient():
            for mended in (content, *mended_copies(content)):
                with contextlib.suppress(*_MALFORMED):
                    return _decode(mended, framing, name, partly=True)
        raise reason


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    """Turn what reading a file raises into a DecodeError."""
    try:
        yield
    except MissingPackageError as error:
        raise DecodeError(str(error), retry=True) from None
    except UnidentifiedImageError:
        raise DecodeError("not a picture in a format that can be read here") from None
    except Image.DecompressionBombError:
        raise DecodeError(f"more than {MEGAPIXELS_AT_MOST} megapixels") from None
    except MemoryError:
        raise DecodeError("needs more memory than a decoder may take") from None
    except _MALFORMED as error:
        details = " ".join(str(error).split())[:100] or type(error).__name__
        raise DecodeError(f"damaged picture ({details})") from error


def decode_video(path: str, framing: Framing) -> Pixels:
    """Decode a few frames of a video to pixels as of photos, shape (frames, size, size, 3). Raises DecodeError."""
    with _sentences():
        pictures = [_framed(picture, framing) for picture in frames(path)]
        if not pictures:
            raise OSError("no frame of it can be read")
        return np.stack(pictures)


def from_image(image: Image.Image, framing: Framing) -> Pixels:
    """Turn a Pillow image into pixels as `decode` does; the image stays as it is."""
    return _framed(image.copy(), framing)


def _decode(content: bytes, framing: Framing, name: str, *, partly: bool = False) -> Pixels:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_picture(content, name, math.ceil(framing.size * _DRAFT_FACTOR)) as image:
            if partly:
                load_good_part(image)
            return _framed(image, framing)


def _framed(image: Image.Image, framing: Framing) -> Pixels:
    size = framing.size
    shorter, longer = min(image.size), max(image.size)
    if longer > _ASPECT_AT_MOST * shorter:
        image = _middle(image, _ASPECT_AT_MOST * shorter)
    # torchvision's rounding, so that the pixels are those the models were trained on.
    scaled = [size if framing.resize_mode == "squash" else int(size * side / shorter) for side in image.size]
    wanted = [math.ceil(side * size * _DRAFT_FACTOR / shorter) for side in image.size]
    drafted = image.draft(image.mode, (wanted[0], wanted[1]))  # JPEG decodes at 1/2, 1/4 or 1/8; others ignore it
    image.load()
    box = drafted[1] if drafted else (0, 0, *image.size)  # a drafted side is rounded up to whole pixels
    resized = _resizable(image).resize(
        (scaled[0], scaled[1]), _RESAMPLING[framing.interpolation], box=box, reducing_gap=3.0
    )
    turn = _ORIENTATIONS.get(_orientation(image))
    upright = resized if turn is None else resized.transpose(turn)
    left, top = (round((side - size) / 2) for side in upright.size)
    return np.asarray(_to_srgb(upright.crop((left, top, left + size, top + size)), _profile(image)))


def _middle(image: Image.Image, longest: int) -> Image.Image:
    """The middle of a picture that is too elongated to be resized as a whole."""
    width, height = image.size
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, width - left, height - top))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _MALFORMED:  # unreadable EXIF is no reason to lose the picture
        return 1


def _profile(image: Image.Image) -> bytes | None:
    """The colour profile that a picture carries, or that its EXIF names; None for sRGB."""
    embedded: bytes | None = image.info.get("icc_profile")
    return adobe_rgb() if embedded is None and is_adobe_rgb(image) else embedded


def _resizable(image: Image.Image) -> Image.Image:
    """The picture in a mode of 8-bit channels that resizes well."""
    if image.mode in _RESIZABLE and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _scale_to_eight_bits(image)
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in ("1", "L", "La") else "RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scale_to_eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits, or of floating point, as 8 bits of its nominal range."""
    if image.mode == "F":
        return Image.fromarray(to_eight_bits(np.asarray(image)))
    values = np.asarray(image, dtype=np.float32)
    return Image.fromarray(scaled(values, max(65535.0, float(values.max()))))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in mode RGB, its profile converted and what is transparent laid on white."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = image.convert(image.mode.removesuffix("A")) if alpha else image
    transform = _profile_transform(profile, colours.mode) if profile else None
    if transform is None and colours.mode == "LAB":
        transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    if transform is not None:
        colours = transform.apply(colours)
    if alpha is None:
        return colours.convert("RGB")
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(colours.convert("RGB"), mask=alpha)
    return opaque


@functools.lru_cache(maxsize=64)
def _profile_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded profile to sRGB; None where it is sRGB already, or unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB IEC61966"):
            return None
        return ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except _MALFORMED:
        return None
