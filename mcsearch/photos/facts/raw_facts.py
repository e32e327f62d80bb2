"""What a RAW file carries of metadata. Runs in the worker processes."""

import io
import re
from typing import Any

from PIL import ExifTags, Image

from mcsearch.photos.facts.exif import exif_block
from mcsearch.photos.formats import RAW
from mcsearch.photos.pixels.opening import imported, raw_preview

# Most kinds are TIFF files, some with a version of their own.
_TIFF = re.compile(rb"II|MM")
_XMP = 700
# The boxes of a CR3 file (https://github.com/lclevy/canon_cr3): TIFF blocks of the photo, of EXIF, of GPS.
_CR3 = re.compile(rb".{4}ftypcrx ", re.DOTALL)
_CR3_PHOTO, _CR3_EXIF, _CR3_GPS = b"CMT1", b"CMT2", b"CMT4"
_CR3_HEAD_BYTES = 1024**2


def raw_size(content: bytes) -> tuple[int, int]:
    """Width and height of a RAW file's picture as it is seen. Raises what rawpy raises."""
    with imported(RAW).imread(io.BytesIO(content)) as raw:
        lies = bool(raw.sizes.flip & 4)
        return (raw.sizes.height, raw.sizes.width) if lies else (raw.sizes.width, raw.sizes.height)


def raw_exif(content: bytes) -> Image.Exif:
    """The EXIF of a RAW file, or of the preview in it where that is no TIFF. Raises what Pillow raises."""
    if _CR3.match(content):
        head = content[:_CR3_HEAD_BYTES]
        exif = exif_block(_box(head, _CR3_PHOTO))
        for ifd, name in ((ExifTags.IFD.Exif, _CR3_EXIF), (ExifTags.IFD.GPSInfo, _CR3_GPS)):
            exif.get_ifd(ifd).update(exif_block(_box(head, name)))
        return exif
    if _TIFF.match(content):
        version = b"*\0" if content.startswith(b"II") else b"\0*"
        return exif_block(content[:2] + version + content[4:])
    rawpy = imported(RAW)
    with rawpy.imread(io.BytesIO(content)) as raw:
        preview = raw_preview(rawpy, raw)
        return Image.Exif() if preview is None else preview.getexif()


def raw_xmp(exif: Image.Exif) -> bytes:
    """The XMP packet of a RAW file that is a TIFF file, as a DNG is."""
    packet: Any = exif.get(_XMP)
    return packet if isinstance(packet, bytes) else b""


def _box(content: bytes, name: bytes) -> bytes:
    at = content.index(name)
    return content[at + 4 : at - 4 + int.from_bytes(content[at - 4 : at])]
