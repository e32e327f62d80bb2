"""What a RAW file carries of metadata. Runs in the worker processes."""

import io
import re

from PIL import ExifTags, Image

from mcsearch.photos.facts.exif import exif_block
from mcsearch.photos.formats import RAW
from mcsearch.photos.pixels.opening import imported, raw_preview

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
    """The EXIF of a RAW file whose container holds none as such. Raises what Pillow and rawpy raise.

    Canon's CR3 has it in pieces; of other files that of the preview is taken.
    """
    if _CR3.match(content):
        head = content[:_CR3_HEAD_BYTES]
        exif = exif_block(_box(head, _CR3_PHOTO))
        for ifd, name in ((ExifTags.IFD.Exif, _CR3_EXIF), (ExifTags.IFD.GPSInfo, _CR3_GPS)):
            exif.get_ifd(ifd).update(exif_block(_box(head, name)))
        return exif
    rawpy = imported(RAW)
    with rawpy.imread(io.BytesIO(content)) as raw:
        preview = raw_preview(rawpy, raw)
        return Image.Exif() if preview is None else preview.getexif()


def _box(content: bytes, name: bytes) -> bytes:
    at = content.index(name)
    return content[at + 4 : at - 4 + int.from_bytes(content[at - 4 : at])]
