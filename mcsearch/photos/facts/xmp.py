"""Read the facts about a photo from an XMP packet, embedded or in a sidecar."""

import math
from typing import TYPE_CHECKING, Any, cast

from mcsearch.photos.facts.dates import xmp_date
from mcsearch.photos.facts.people import people

if TYPE_CHECKING:
    from lxml.etree import _Element

PACKET_BYTES_AT_MOST = 16 * 1024**2
_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "MicrosoftPhoto1": "http://ns.microsoft.com/photo/1.0",  # as Windows writes it
}
_TAKEN_PROPERTIES = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate", "exif:DateTimeDigitized")
_CHANGED_PROPERTIES = ("xmp:ModifyDate", "tiff:DateTime")
# Properties with keywords, and the separator of hierarchical ones, whose last level is the keyword.
_KEYWORDS = (
    ("dc:subject", None),
    ("digiKam:TagsList", "/"),
    ("lr:hierarchicalSubject", "|"),
    ("MicrosoftPhoto:LastKeywordXMP", "/"),
    ("MicrosoftPhoto1:LastKeywordXMP", "/"),
)
_CAPTIONS = ("dc:description", "tiff:ImageDescription", "dc:title")


def xmp_facts(packet: bytes) -> dict[str, Any]:
    """Return the facts in an XMP packet (https://developer.adobe.com/xmp/docs/) as fields of Facts.

    Only properties that are present are included; the result is empty if the packet is not XML. Entities are not
    expanded and nothing is fetched.
    """
    from lxml import etree  # imported on first use, to keep the start of a worker fast

    from mcsearch.photos.facts.sidecar import own_keywords
    from mcsearch.photos.sidecar_description import own_description

    if len(packet) > PACKET_BYTES_AT_MOST:
        return {}
    packet = packet.strip(b"\0 \t\r\n")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    try:
        root = cast("_Element | None", etree.fromstring(packet, parser))
    except (etree.XMLSyntaxError, ValueError):
        return {}
    if root is None:
        return {}

    def date(names: tuple[str, ...]) -> str | None:
        return next((date for name in names for text in _texts(root, name)[:1] if (date := xmp_date(text))), None)

    written = own_description(packet)
    found = {
        "taken_at": date(_TAKEN_PROPERTIES),
        "changed_at": date(_CHANGED_PROPERTIES),
        "camera": camera_name(_text(root, "tiff:Make"), _text(root, "tiff:Model")),
        "lens": _text(root, "exifEX:LensModel") or _text(root, "aux:Lens") or None,
        "latitude": _degrees(_text(root, "exif:GPSLatitude")),
        "longitude": _degrees(_text(root, "exif:GPSLongitude")),
        "altitude_m": _altitude(_text(root, "exif:GPSAltitude"), _text(root, "exif:GPSAltitudeRef")),
        "rating": _rating(_text(root, "xmp:Rating")),
        "caption": next((text for name in _CAPTIONS if (text := _text(root, name)) not in ("", written)), None),
        "keywords": _keywords(root, own_keywords(packet)),
        "people": people(root),
    }
    return {name: value for name, value in found.items() if value not in (None, ())}


def _keywords(root: "_Element", written_by_mcsearch: frozenset[str]) -> tuple[str, ...]:
    """Return the user's keywords without duplicates, leaving out those that mcsearch has written."""
    found: dict[str, None] = {}
    for name, separator in _KEYWORDS:
        for text in _texts(root, name):
            if text not in written_by_mcsearch and (word := text.split(separator)[-1].strip() if separator else text):
                found[word] = None
    return tuple(found)


def camera_name(make: str, model: str) -> str | None:
    """Return make and model as one name without repeating the make: "NIKON D750", "Google Pixel 7"."""
    if model and make and make.split()[0].lower() != model.split()[0].lower():
        return f"{make} {model}"
    return model or make or None


def _texts(root: "_Element", name: str) -> list[str]:
    """Return the values of a property, which may be an attribute, an element or an array."""
    prefix, local = name.split(":")
    qualified = f"{{{_NAMESPACES[prefix]}}}{local}"
    found: list[str] = []
    for description in root.iter(f"{{{_NAMESPACES['rdf']}}}Description"):
        if (value := description.get(qualified)) is not None:
            found.append(str(value))
        for element in description.findall(qualified):
            items = element.findall(".//rdf:li", _NAMESPACES)
            found += [item.text or "" for item in items] if items else [element.text or ""]
    return [text for text in map(str.strip, found) if text]


def _text(root: "_Element", name: str) -> str:
    return next(iter(_texts(root, name)), "")


def _degrees(text: str) -> float | None:
    """Return a coordinate such as "38,43.5N" or "38,43,30N" in degrees, negative for south and west."""
    try:
        parts = [float(part) for part in text[:-1].split(",")]
    except ValueError:
        return None
    if text[-1:].upper() not in ("N", "S", "E", "W") or len(parts) > 3:
        return None
    degrees = math.fsum(part / 60**power for power, part in enumerate(parts))
    return -degrees if text[-1].upper() in "SW" else degrees


def _altitude(text: str, reference: str) -> float | None:
    numerator, _, denominator = text.partition("/")
    try:
        metres = float(numerator) / float(denominator or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return -metres if reference == "1" else metres


def _rating(text: str) -> int | None:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None
