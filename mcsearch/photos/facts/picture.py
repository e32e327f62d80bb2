"""What Pillow says of a picture without decoding it: format, size as it is seen, metadata that its decoder finds."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ExifTags, Image

from mcsearch.photos.facts.exif import is_turned
from mcsearch.photos.formats import FORMATS
from mcsearch.photos.pixels.opening import open_picture

# Formats whose metadata the packages that read them find: nobody else does so for a BigTIFF and a JPEG XL of a JPEG.
_FOUND_BY_DECODER = ("HEIF", "AVIF", "JXL", "TIFF")
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([5-8])")


@dataclass(frozen=True, slots=True)
class Picture:
    """Format, width and height of a picture, upright, with the metadata that only its decoder finds."""

    format: str | None = None
    width: int | None = None
    height: int | None = None
    exif: tuple[Image.Exif, ...] = ()
    xmp: tuple[bytes, ...] = ()


def read_picture(content: bytes, name: str, exif: Sequence[Image.Exif], xmp: Sequence[bytes]) -> Picture:
    """What Pillow says of a picture that carries these blocks. Raises what Pillow raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_picture(content, name, side=0) as image:
            if image.format == "PNG":  # for its EXIF Pillow would decode all pixels
                turned = _lies(exif, xmp)
            else:
                turned = image.format != "TIFF" and is_turned(image.getexif())  # a TIFF's size is given as it is seen
            found = image.format in _FOUND_BY_DECODER
            exif = (_whole(image.getexif()),) if found else ()
            packet = image.info.get("xmp") if found else None
            width, height = image.size
            plugin = "JPEG" if image.format == "MPO" else image.format
    return Picture(
        format=next((row.name for row in FORMATS if plugin in row.plugins), None),
        width=height if turned else width,
        height=width if turned else height,
        exif=exif,
        xmp=(packet,) if isinstance(packet, bytes) else (),
    )


def _lies(exif: Sequence[Image.Exif], xmp: Sequence[bytes]) -> bool:
    """Whether metadata say that the picture is stored lying on its side, as Pillow understands them."""
    said = next((block for block in exif if ExifTags.Base.Orientation in block), None)
    return is_turned(said) if said is not None else any(_XMP_ORIENTATION.search(packet) for packet in xmp)


def _whole(exif: Image.Exif) -> Image.Exif:
    for block in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        exif.get_ifd(block)
    return exif
