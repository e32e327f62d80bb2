"""The Adobe RGB (1998) ICC profile, for photos whose EXIF declares this colour space without an embedded profile."""

import functools
import struct

from PIL import ExifTags, Image

_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {b"r": (0.60974, 0.31111, 0.01947), b"g": (0.20528, 0.62567, 0.06087), b"b": (0.14919, 0.06322, 0.74457)}
_GAMMA = 563 / 256
_INTEROPERABILITY_INDEX, _OF_ADOBE_RGB = 1, "R03"


def is_adobe_rgb(image: Image.Image) -> bool:
    """Return whether a picture's EXIF declares Adobe RGB, as cameras do that embed no profile."""
    if _OF_ADOBE_RGB.encode() not in (image.info.get("exif") or b""):  # a quick check that avoids parsing EXIF
        return False
    interoperability = image.getexif().get_ifd(ExifTags.IFD.Interop)
    return str(interoperability.get(_INTEROPERABILITY_INDEX, "")).rstrip("\0") == _OF_ADOBE_RGB


@functools.cache
def adobe_rgb() -> bytes:
    """Return an ICC profile with the Adobe RGB primaries and gamma."""
    tags = {b"desc": _description(b"Adobe RGB (1998) compatible"), b"wtpt": _xyz(_D50)}
    for name, primary in _PRIMARIES.items():
        tags[name + b"XYZ"] = _xyz(primary)
        tags[name + b"TRC"] = b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(_GAMMA * 256))
    offset = 128 + 4 + 12 * len(tags)
    directory, contents = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        directory += name + struct.pack(">II", offset + len(contents), len(tag))
        contents += tag
    header = struct.pack(">I4xI4s4s4s", offset + len(contents), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s28x", 2000, 1, 1, 0, 0, 0, b"acsp") + _xyz(_D50)[8:]
    return header.ljust(128, b"\0") + directory + contents


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in colour))


def _description(text: bytes) -> bytes:
    tag = b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + bytes(1 + 4 + 4 + 2 + 1 + 67)
    return tag + bytes(-len(tag) % 4)
