"""Read the size and EXIF of a RAW file with rawpy. Runs in the worker processes."""

import io
import re

from PIL import ExifTags, Image

from mcsearch.photos.facts.exif import exif_block
from mcsearch.photos.formats import RAW
from mcsearch.photos.pixels.opening import import_decoder, raw_preview

# CR3 boxes with TIFF blocks for the IFD0, EXIF and GPS tags (https://github.com/lclevy/canon_cr3).
_CR3 = re.compile(rb".{4}ftypcrx ", re.DOTALL)
_CR3_PHOTO, _CR3_EXIF, _CR3_GPS = b"CMT1", b"CMT2", b"CMT4"
_CR3_HEAD_BYTES = 1024**2


def raw_size(content: bytes) -> tuple[int, int]:
    """Return the width and height of a RAW file's upright picture. Raises the exceptions of rawpy."""
    with import_decoder(RAW).imread(io.BytesIO(content)) as raw:
        rotated = bool(raw.sizes.flip & 4)
        return (raw.sizes.height, raw.sizes.width) if rotated else (raw.sizes.width, raw.sizes.height)


def raw_exif(content: bytes) -> Image.Exif:
    """Return the EXIF of a RAW file without an EXIF block of its own.

    It is assembled from several boxes for Canon CR3, and taken from the preview for other files. Raises the exceptions
    of Pillow and rawpy.
    """
    if _CR3.match(content):
        head = content[:_CR3_HEAD_BYTES]
        exif = exif_block(_box(head, _CR3_PHOTO))
        for ifd, name in ((ExifTags.IFD.Exif, _CR3_EXIF), (ExifTags.IFD.GPSInfo, _CR3_GPS)):
            exif.get_ifd(ifd).update(exif_block(_box(head, name)))
        return exif
    rawpy = import_decoder(RAW)
    with rawpy.imread(io.BytesIO(content)) as raw:
        preview = raw_preview(rawpy, raw)
        return Image.Exif() if preview is None else preview.getexif()


def _box(content: bytes, name: bytes) -> bytes:
    at = content.index(name)
    return content[at + 4 : at - 4 + int.from_bytes(content[at - 4 : at])]
