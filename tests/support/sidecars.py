"""XMP sidecars as other programs write them, each with keywords and with things only that program knows."""

from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "data" / "sidecars"


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.xmp").read_bytes().decode("utf-8")


LIGHTROOM, DIGIKAM, DARKTABLE = _text("lightroom"), _text("digikam"), _text("darktable")
EXIFTOOL, ATTRIBUTES = _text("exiftool"), _text("attributes")

STYLES = {
    "lightroom": LIGHTROOM.encode(),
    "digikam": DIGIKAM.encode(),
    "darktable": DARKTABLE.encode(),
    "exiftool": EXIFTOOL.encode(),
    "attributes": ATTRIBUTES.encode(),
    "byte-order-mark": b"\xef\xbb\xbf" + LIGHTROOM.encode(),
    "utf-16": DIGIKAM.replace("UTF-8", "UTF-16").encode("utf-16"),
    "utf-16-big-endian": b"\xfe\xff" + EXIFTOOL.encode("utf-16-be"),
    "carriage-returns": DARKTABLE.replace("\n", "\r\n").encode(),
}
