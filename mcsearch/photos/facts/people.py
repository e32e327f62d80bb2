"""Read the names of the people tagged in a photo from its XMP."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

# Metadata Working Group regions, written by digiKam, Lightroom, Picasa and Apple; not all of them are faces.
_REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"
_FACE = "face"
# Windows Live Photo Gallery regions, which digiKam writes, too.
_MICROSOFT_NAME = "{http://ns.microsoft.com/photo/1.2/t/Region#}PersonDisplayName"
# The IPTC list of persons shown, without regions.
_SHOWN = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}PersonInImage"
_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"


def people(root: "_Element") -> tuple[str, ...]:
    """Return the names of the people in an XMP document, without duplicates."""
    return tuple(dict.fromkeys(name for text in _names(root) if (name := " ".join(text.split()))))


def _names(root: "_Element") -> Iterator[str]:
    for element in root.iter("*"):
        kind = _property(element, _REGION + "Type")
        if not kind or kind.strip().lower() == _FACE:
            yield _property(element, _REGION + "Name")
        yield _property(element, _MICROSOFT_NAME)
        if element.tag == _SHOWN:
            yield from (item.text or "" for item in element.iter(_ITEM))


def _property(element: "_Element", name: str) -> str:
    """Return a field of an XMP structure, which may be written as an attribute or as a child element."""
    return element.get(name) or element.findtext(name) or ""
