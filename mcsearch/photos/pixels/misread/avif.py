"""Crop AVIF pictures to their clean aperture, which Pillow ignores."""

from PIL import Image

from mcsearch.photos.pixels.heic.items import read_items
from mcsearch.photos.pixels.heic.layout import clean_aperture
from mcsearch.photos.pixels.late import LateImage

FORMAT = "AVIF"
_CLEAN_APERTURE = b"clap"
_HEAD_BYTES = 1 << 16


def cropped(picture: Image.Image, content: bytes) -> Image.Image:
    """Return the part of the picture that its file says to show; the picture itself if that is all of it."""
    if _CLEAN_APERTURE not in content[:_HEAD_BYTES]:
        return picture
    try:
        items = read_items(content)
        stated = items[items.primary].property(_CLEAN_APERTURE)
        box = clean_aperture(stated, *picture.size) if stated else None
    except (ValueError, LookupError):
        return picture
    if box is None:
        return picture
    left, top, right, bottom = (round(side) for side in box)
    shown = LateImage(FORMAT, (right - left, bottom - top), lambda: picture.crop((left, top, right, bottom)))
    shown.info = picture.info
    return shown
