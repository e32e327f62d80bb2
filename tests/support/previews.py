"""Photos with previews in them, as phones and cameras write them."""

import struct
from typing import Any

from PIL import ExifTags, Image

from tests.support.samples import encoded
from tests.support.writers import heif

_BASE = ExifTags.Base
_TAKEN = "2023:06:12 10:11:12"
LARGE_THUMBNAIL, PRIMARY = 0x010002, 0x030000
_FAST = {"preset": "ultrafast"}


def camera_exif(size: tuple[int, int], **changed: Any) -> Image.Exif:
    """The EXIF that a camera writes, with `changed` tags by the names that ExifTags gives them."""
    exif = Image.Exif()
    exif.update({_BASE.Make: "SONY", _BASE.Model: "ILCE-7M4", _BASE.Software: "ILCE-7M4 v2.00", _BASE.DateTime: _TAKEN})
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details.update({_BASE.DateTimeOriginal: _TAKEN, _BASE.ExifImageWidth: size[0], _BASE.ExifImageHeight: size[1]})
    for name, value in changed.items():
        tag = _BASE[name]
        (details if tag in details else exif)[tag] = value
    return exif


def mpf_index(*entries: tuple[int, int, int], order: str = "<") -> bytes:
    """The APP2 segment of a multi-picture index; an entry is an attribute, a size and an offset from its structure."""
    version = (0xB000, 7, 4, int.from_bytes(b"0100", "little" if order == "<" else "big"))
    place = 8 + 2 + 3 * 12 + 4
    tags = (version, (0xB001, 4, 1, len(entries)), (0xB002, 7, 16 * len(entries), place))
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    listed = b"".join(struct.pack(f"{order}HHII", *tag) for tag in tags) + bytes(4)
    pictures = b"".join(struct.pack(f"{order}IIIHH", *entry, 0, 0) for entry in entries)
    content = b"MPF\0" + start + struct.pack(f"{order}H", len(tags)) + listed + pictures
    return b"\xff\xe2" + struct.pack(">H", len(content) + 2) + content


def with_previews(
    picture: bytes,
    *previews: bytes,
    kind: int = LARGE_THUMBNAIL,
    past: int = 0,
    size: int | None = None,
    order: str = "<",
) -> bytes:
    """A JPEG with EXIF, with others behind it as the previews that its index names.

    The index names places `past` bytes from where they are, and `size` instead of theirs.
    """
    end_of_exif = 4 + int.from_bytes(picture[4:6])
    length = len(mpf_index(*[(0, 0, 0)] * (1 + len(previews))))
    offset = len(picture) + length - (end_of_exif + 8)  # of the first preview, from the structure of the index
    entries = [(PRIMARY, len(picture) + length, 0)]
    for preview in previews:
        entries.append((kind, len(preview) if size is None else size, (offset + past) % 2**32))
        offset += len(preview)
    return picture[:end_of_exif] + mpf_index(*entries, order=order) + picture[end_of_exif:] + b"".join(previews)


def jpeg_with_preview(picture: Image.Image, preview: Image.Image, exif: Image.Exif) -> bytes:
    """A camera's JPEG of a picture, with another picture as its preview."""
    written = encoded(picture, "JPEG", quality=90, exif=exif)
    return with_previews(written, encoded(preview, "JPEG", quality=90))


def heic_with_thumbnail(picture: Image.Image, side: int, exif: Image.Exif | None = None, **options: Any) -> bytes:
    """A phone's HEIC of a picture, with a thumbnail whose longer side is `side`."""
    exif = exif or camera_exif(picture.size)
    return heif(picture, **{"quality": 80, "thumbnails": [side], "exif": exif, "enc_params": _FAST, **options})
