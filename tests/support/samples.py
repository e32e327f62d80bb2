"""Photographs, ways to write them, and a decoder written independently of mcsearch's to hold it against."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import skimage
from PIL import ExifTags, Image, ImageOps

Array = npt.NDArray[Any]
ORIENTATIONS = range(1, 9)
INTERPOLATIONS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
# What a camera does to the upright picture before it writes the orientation.
_CAMERA = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photograph(name: str) -> Image.Image:
    """One of the photographs that come with scikit-image, in RGB."""
    return Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB")


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """A picture of four colours: red, green above blue, yellow."""
    picture = Image.new("RGB", (width, height), (220, 40, 30))
    picture.paste((30, 160, 60), (width // 2, 0, width, height))
    picture.paste((40, 60, 200), (0, height // 2, width // 2, height))
    picture.paste((230, 200, 40), (width // 2, height // 2, width, height))
    return picture


def corners(pixels: Array) -> list[list[int]]:
    """The colours in the middle of the four quarters of a square picture."""
    low, high = len(pixels) // 4, len(pixels) * 3 // 4
    return [pixels[y, x].tolist() for y in (low, high) for x in (low, high)]


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    """The picture as a file of a Pillow format."""
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def turned(picture: Image.Image, orientation: int) -> tuple[Image.Image, Image.Exif]:
    """The picture as a camera held that way stores it, and the EXIF that says so."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return (picture.transpose(_CAMERA[orientation]) if orientation in _CAMERA else picture), exif


def reference(content: bytes, size: int, interpolation: str) -> Array:
    """What open_clip's preprocessing hands to the tower: full decode, torchvision's Resize and CenterCrop."""
    with Image.open(io.BytesIO(content)) as image:
        picture = ImageOps.exif_transpose(image).convert("RGB")
    width, height = picture.size
    wide, high = (size, int(size * height / width)) if width <= height else (int(size * width / height), size)
    picture = picture.resize((wide, high), INTERPOLATIONS[interpolation])
    left, top = round((wide - size) / 2.0), round((high - size) / 2.0)
    return np.asarray(picture.crop((left, top, left + size, top + size)))


def psnr(first: Array, second: Array) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures in decibels."""
    error = float(np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
