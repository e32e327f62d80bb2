"""Decode photos and videos to the pixels an image tower takes. Runs in the worker processes: Pillow and numpy only."""

import contextlib
import functools
import io
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from mcsearch.photos.pixels.adobe_rgb import adobe_rgb, is_adobe_rgb
from mcsearch.photos.pixels.damaged.holes import lost_block
from mcsearch.photos.pixels.damaged.mended import mended_copies
from mcsearch.photos.pixels.damaged.partial import lenient, load_good_part
from mcsearch.photos.pixels.damaged.zeroed import without_zeroed_end
from mcsearch.photos.pixels.depth import scaled, to_eight_bits
from mcsearch.photos.pixels.limits.sizes import DEFAULT_MEGAPIXELS, allow_megapixels, most_pixels
from mcsearch.photos.pixels.opening import open_picture
from mcsearch.photos.pixels.packages import MissingPackageError
from mcsearch.photos.pixels.previews.preview import is_believable, open_preview
from mcsearch.photos.pixels.video import frames
from mcsearch.records.embeddings import Framing

Pixels = npt.NDArray[np.uint8]

allow_megapixels(DEFAULT_MEGAPIXELS)

# A JPEG is decoded at a reduced scale, but at least this many times larger than the tower's input, and then resized.
# With 1.45, a 12 MP photo is decoded at 1/8 scale (the mean of each block) in 34 ms; with 2, at 1/4 scale in 42 ms; at
# full size it takes 93 ms. Worst-case PSNR against a full decode: 31 dB with 1, 37 dB with 1.45, 41.5 dB with 2.
_DRAFT_FACTOR = 1.45
_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# EXIF orientation → the operation that makes the picture upright.
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
_PROFILE_BYTES_AT_MOST = 8 * 1024**2  # the largest profiles of printers have 4 MB
# Modes that Pillow can resize; they are converted to RGB after resizing, when there are fewer pixels.
_RESIZABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"})
# Exceptions that Pillow's plug-ins raise for malformed files. Any other ends the worker, which fails this file only.
_MALFORMED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError,
    ArithmeticError, RuntimeError, AssertionError, struct.error, zlib.error, ImageCms.PyCMSError,
)  # fmt: skip


class Views(NamedTuple):
    """The pixels of a photo, and those of the whole picture, squeezed to a square before it was cropped, if wanted.

    `damage` says what is missing of a damaged picture that shows enough to be used. `from_preview` is true if they are
    those of a preview in the file.
    """

    pixels: Pixels
    whole: Pixels | None = None
    damage: str | None = None
    from_preview: bool = False


class DecodeError(Exception):
    """A picture cannot be decoded; `str(error)` is the reason to show.

    `retry` is true if the unchanged file may be decodable later, once a package has been installed.
    """

    def __init__(self, reason: str, *, retry: bool = False) -> None:
        super().__init__(reason)
        self.retry = retry


class TooLargeError(DecodeError):
    """A picture takes more memory than this process may use; a process that may use more can decode it."""


def decode(content: bytes, framing: Framing, name: str = "") -> Pixels:
    """Return a photo as uint8 sRGB pixels of shape (height, width, 3), resized and cropped as its framing says.

    For an image tower, which takes a square, that is what open_clip's preprocessing does.
    EXIF orientation is applied, an embedded colour profile is converted, and transparent areas become white. Only the
    first of several frames is decoded. `name`, the file's name, is a hint at the format. Raises DecodeError.
    """
    return decode_views(content, framing, name).pixels


def decode_views(
    content: bytes,
    framing: Framing,
    name: str = "",
    whole_side: int = 0,
    turned: int | None = None,
    *,
    previews: bool = False,
) -> Views:
    """Return a photo as `decode` does, with the whole picture of `whole_side` × `whole_side` pixels unless that is 0.

    The picture that the file shows is `turned` as an EXIF orientation says. With `previews`, a preview in the file is
    shown instead of it if one fits, and the whole picture is left out. Raises DecodeError.
    """
    if not content:
        raise DecodeError("the file is empty")
    content = without_zeroed_end(content)
    with _decode_errors():
        try:
            return _decode(content, framing, name, whole_side, turned, previews=previews)
        except _MALFORMED as error:
            reason = error
        with lenient():
            for mended in (content, *mended_copies(content)):
                with contextlib.suppress(*_MALFORMED):
                    return _decode(mended, framing, name, whole_side, turned, partial=True)
        raise reason


@contextlib.contextmanager
def _decode_errors() -> Iterator[None]:
    """Convert exceptions raised while reading a picture to DecodeError."""
    try:
        yield
    except MissingPackageError as error:
        raise DecodeError(str(error), retry=True) from None
    except UnidentifiedImageError:
        raise DecodeError("not a picture in a supported format") from None
    except Image.DecompressionBombError:
        raise DecodeError(f"more than {most_pixels() // 1_000_000} megapixels", retry=True) from None
    except MemoryError:
        raise TooLargeError("decoding requires more memory than a worker may use") from None
    except _MALFORMED as error:
        details = " ".join(str(error).split())[:100]
        if not any(map(str.isalpha, details)):  # such as a number, which says nothing by itself
            details = type(error).__name__
        raise DecodeError(f"damaged picture ({details})") from error


def decode_video(file: BinaryIO, framing: Framing, whole_side: int = 0) -> Views:
    """Return a few frames of a video, pixels of shape (frames, height, width, 3), and its middle frame as a whole.

    The frames are like pictures of `decode_views`. Raises DecodeError.
    """
    with _decode_errors():
        views = [_framed(picture, framing, whole_side) for picture in frames(file)]
        if not views:
            raise OSError("no frame can be decoded")
        return Views(np.stack([view.pixels for view in views]), views[len(views) // 2].whole)


def from_image(image: Image.Image, framing: Framing) -> Pixels:
    """Return the pixels of a Pillow image, as `decode` does for a file; the image is not modified."""
    return _framed(image.copy(), framing).pixels


def _decode(
    content: bytes,
    framing: Framing,
    name: str,
    whole_side: int,
    turned: int | None,
    *,
    partial: bool = False,
    previews: bool = False,
) -> Views:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_picture(content, name, math.ceil(framing.size * _DRAFT_FACTOR)) as image:
            if previews and (views := _preview(image, content, framing, turned)):
                return views
            damage = (load_good_part(image) if partial else None) or lost_block(content, image)
            return _framed(image, framing, whole_side, turned)._replace(damage=damage)


def _preview(of: Image.Image, content: bytes, framing: Framing, turned: int | None) -> Views | None:
    """Return the views of a preview of this picture, or None if none fits or can be decoded.

    The whole picture is left out: a preview that is not its picture's must not make the photo a copy of another one.
    """
    with contextlib.suppress(*_MALFORMED, Image.DecompressionBombError, MemoryError):
        preview = open_preview(of, content, framing.size, math.ceil(framing.size * _DRAFT_FACTOR))
        if preview is not None:
            views = _framed(preview, framing, 0, turned, of=of)
            return views._replace(from_preview=True) if is_believable(views.pixels) else None
    return None


def _framed(
    image: Image.Image,
    framing: Framing,
    whole_side: int = 0,
    turned: int | None = None,
    *,
    of: Image.Image | None = None,
) -> Views:
    """Return the views of a picture, or of the preview `of` a picture, whose orientation and colours apply."""
    size, stating = framing.size, image if of is None else of
    shorter, longer = min(image.size), max(image.size)
    if longer > _ASPECT_AT_MOST * shorter:
        image = _middle(image, _ASPECT_AT_MOST * shorter)
    scaled = _scaled(image.size, framing)
    wanted = [math.ceil(side * min(scaled) * _DRAFT_FACTOR / shorter) for side in image.size]
    drafted = image.draft(image.mode, (wanted[0], wanted[1]))  # JPEG and HEIC are reduced by a power of two
    image.load()
    box = drafted[1] if drafted else (0, 0, *image.size)  # a drafted side is rounded up to whole pixels
    resized = _resizable(image).resize(
        (scaled[0], scaled[1]), _RESAMPLING[framing.interpolation], box=box, reducing_gap=3.0
    )
    turns = (_ORIENTATIONS.get(_orientation(stating)), _ORIENTATIONS.get(turned or 1))
    upright = functools.reduce(Image.Image.transpose, (turn for turn in turns if turn is not None), resized)
    profile = _profile(stating)
    shown = upright
    if framing.resize_mode != "fit":
        left, top = (round((side - size) / 2) for side in upright.size)
        shown = upright.crop((left, top, left + size, top + size))
    pixels = np.asarray(_to_srgb(shown, profile))
    if not whole_side:
        return Views(pixels)
    squeezed = upright.resize((whole_side, whole_side), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return Views(pixels, np.asarray(_to_srgb(squeezed, profile)))


def _scaled(sides: tuple[int, int], framing: Framing) -> list[int]:
    """Return the width and height to which a picture is resized, before it is turned upright and cropped."""
    size = framing.size
    if framing.resize_mode == "squash":
        return [size, size]
    if framing.resize_mode == "fit":
        return [max(1, round(side * min(1, size / max(sides)))) for side in sides]
    # Rounds like torchvision, to match the pixels that the models were trained on.
    return [int(size * side / min(sides)) for side in sides]


def _middle(image: Image.Image, longest: int) -> Image.Image:
    """Return the middle of a picture that is too elongated to be resized as a whole."""
    width, height = image.size
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, width - left, height - top))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _MALFORMED:  # the picture is usable even if its EXIF is not
        return 1


def _profile(image: Image.Image) -> bytes | None:
    """Return the colour profile that is embedded in a picture or declared in its EXIF, or None for sRGB."""
    embedded: bytes | None = image.info.get("icc_profile")
    if embedded is not None and len(embedded) > _PROFILE_BYTES_AT_MOST:
        return None
    return adobe_rgb() if embedded is None and is_adobe_rgb(image) else embedded


def _resizable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode with 8-bit channels that Pillow can resize."""
    if image.mode in _RESIZABLE and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _scale_to_eight_bits(image)
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in ("1", "L", "La") else "RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scale_to_eight_bits(image: Image.Image) -> Image.Image:
    """Return a greyscale picture of 16 or 32 bits or floating point, scaled from its nominal range to 8 bits."""
    if image.mode == "F":
        return Image.fromarray(to_eight_bits(np.asarray(image)))
    values = np.asarray(image, dtype=np.float32)
    picture = Image.fromarray(scaled(values, max(65535.0, float(values.max()))))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):  # the value that is transparent in a PNG
        picture.putalpha(Image.fromarray(np.where(values == transparent, np.uint8(0), np.uint8(255))))
    return picture


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB, converted from its profile and composited onto white."""
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


@functools.lru_cache(maxsize=16)
def _profile_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from an embedded profile to sRGB, or None if it is sRGB already or unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB IEC61966"):
            return None
        return ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except _MALFORMED:
        return None
