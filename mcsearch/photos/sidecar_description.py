"""Write a sentence about a photo as `dc:description` of an XMP sidecar, given as bytes, and take it out again.

A description that somebody else wrote is never touched. Ours is written a second time as `mcsearch:described`: once the
two differ, somebody has changed the description, and it is no longer ours.
"""

from collections.abc import Sequence

from lxml import etree

from mcsearch.photos.facts.sidecar import (
    EMPTY,
    NOT_IN_XML,
    RDF,
    SidecarError,
    append,
    descriptions,
    drop,
    is_own_and_empty,
    parsed,
    rdf_of,
    serialised,
)

_DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"
_DESCRIBED = "{urn:mcsearch:xmp/1.0/}described"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def with_description(xmp: bytes | None, wanted: Sequence[str]) -> bytes | None:
    """Return a sidecar with the description in `wanted`, of at most one text, unless it has one of somebody else.

    `xmp` is the existing sidecar, or None; it is returned unchanged if there is nothing to do. Returns None if no
    sidecar is needed, because mcsearch made it and it would be empty. Raises SidecarError.
    """
    original = EMPTY if xmp is None else xmp
    root = parsed(original)
    rdf = rdf_of(root)
    text = " ".join(NOT_IN_XML.sub("", "".join(wanted)).split())
    there, own = _texts(rdf, _DESCRIPTION), _own(rdf)
    if own is not None and own != text:
        _drop(rdf, _DESCRIPTION)
    if there and own is None:
        text = ""
    if own != text or not text:
        _drop(rdf, _DESCRIBED)
        if text:
            _drop(rdf, _DESCRIPTION)  # an empty one: other programs refuse a sidecar that has a property twice
            _add(rdf, text)
    if is_own_and_empty(root, rdf):
        return None
    return original if etree.tostring(root) == etree.tostring(parsed(original)) else serialised(root, original)


def own_description(xmp: bytes) -> str | None:
    """Return the description that mcsearch wrote into a sidecar, or None. Never raises, whatever the bytes are."""
    try:
        return _own(rdf_of(parsed(xmp)))
    except SidecarError:
        return None


def _own(rdf: etree._Element) -> str | None:
    recorded = _texts(rdf, _DESCRIBED)
    return recorded[0] if recorded and _texts(rdf, _DESCRIPTION) == recorded[:1] else None


def _texts(rdf: etree._Element, name: str) -> list[str]:
    """Return the texts of a property, in whatever form and language it was written, each with its qualifiers."""
    found = [description.get(name) or "" for description in descriptions(rdf)]
    for element in (element for description in descriptions(rdf) for element in description.iterchildren(name)):
        found += [_text(item) for item in list(element.iter(RDF + "li")) or [element]]
    return [text for text in map(str.strip, found) if text]


def _text(element: etree._Element) -> str:
    """Return all text within an element, whatever comments and elements it is divided by or written in."""
    values = (part.get(RDF + "value") or "" for part in element.iter())
    return "".join([*element.itertext(), *values])


def _drop(rdf: etree._Element, name: str) -> None:
    for description in list(descriptions(rdf)):
        description.attrib.pop(name, None)
        for element in list(description.iterchildren(name)):
            drop(element)


def _add(rdf: etree._Element, text: str) -> None:
    description = next(descriptions(rdf), None)
    if description is None:
        description = append(rdf, RDF + "Description")
        description.set(RDF + "about", "")
    item = append(append(append(description, _DESCRIPTION), RDF + "Alt"), RDF + "li")
    item.set(_LANGUAGE, "x-default")
    item.text = text
    append(description, _DESCRIBED).text = text
