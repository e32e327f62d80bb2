"""Read format, upright size and decoder-provided metadata of a picture with Pillow, without decoding pixels."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ExifTags, Image

from mcsearch.photos.facts.exif import is_turned
from mcsearch.photos.formats import FORMATS
from mcsearch.photos.pixels.opening import open_picture

# Formats whose decoder provides metadata; for BigTIFF and transcoded JPEG XL it is the only source.
_METADATA_FROM_DECODER = ("HEIF", "AVIF", "JXL", "TIFF")
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([5-8])")


@dataclass(frozen=True, slots=True)
class Picture:
    """The format, upright width and height of a picture, with the metadata that its decoder provides."""

    format: str | None = None
    width: int | None = None
    height: int | None = None
    exif: tuple[Image.Exif, ...] = ()
    xmp: tuple[bytes, ...] = ()


def read_picture(content: bytes, name: str, exif: Sequence[Image.Exif], xmp: Sequence[bytes]) -> Picture:
    """Return a Picture for a file in which these metadata blocks were found. Raises the exceptions of Pillow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_picture(content, name, side=0) as image:
            if image.format == "PNG":  # getexif() would decode all pixels
                turned = _is_stored_turned(exif, xmp)
            else:
                turned = image.format != "TIFF" and is_turned(image.getexif())  # Pillow reports a TIFF's size upright
            found = image.format in _METADATA_FROM_DECODER
            exif = (_with_all_ifds(image),) if found else ()
            packet = image.info.get("xmp") if found else None
            width, height = image.size
            plugin = "JPEG" if image.format == "MPO" else image.format
    return Picture(
        format=next((format_.name for format_ in FORMATS if plugin in format_.plugins), None),
        width=height if turned else width,
        height=width if turned else height,
        exif=exif,
        xmp=(packet,) if isinstance(packet, bytes) else (),
    )


def _is_stored_turned(exif: Sequence[Image.Exif], xmp: Sequence[bytes]) -> bool:
    """Return whether the metadata declare an orientation that swaps width and height, by Pillow's precedence."""
    oriented = next((block for block in exif if ExifTags.Base.Orientation in block), None)
    return is_turned(oriented) if oriented is not None else any(_XMP_ORIENTATION.search(packet) for packet in xmp)


def _with_all_ifds(image: Image.Image) -> Image.Exif:
    exif = image.getexif()
    for block in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        exif.get_ifd(block)
    if "original_orientation" in image.info:  # of HEIF, whose decoder applies it and writes 1 in its place
        exif[ExifTags.Base.Orientation] = image.info["original_orientation"] or 1
    return exif
