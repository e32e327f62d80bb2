"""Read and write mcsearch's keywords in an XMP sidecar, given as bytes, without changing its other content.

XMP specification part 1 (ISO 16684-1). Since programs read different properties, a keyword is written to three:
`dc:subject` as the plain word, `digiKam:TagsList` as mcsearch/word and `lr:hierarchicalSubject` as mcsearch|word. A
label with levels, animals > dog, is dog, mcsearch/animals/dog and mcsearch|animals|dog. The root identifies our
keywords in the last two. For `dc:subject`, which has no root, the words we add are recorded in
`mcsearch:added`, so that a word that was already there is never removed.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from mcsearch.levels import LEVELS, leaf

ROOT = "mcsearch"

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP_META, _MADE_BY = "{adobe:ns:meta/}xmpmeta", "{adobe:ns:meta/}xmptk"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "urn:mcsearch:xmp/1.0/": "mcsearch",
}
_SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"
_ADDED = "{urn:mcsearch:xmp/1.0/}added"
# Property, array type, and the separator between root and word.
_ROOTED = (
    ("{http://www.digikam.org/ns/1.0/}TagsList", "Seq", "/"),
    ("{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject", "Bag", "|"),
)
_SIDECAR_FOR_EXTENSION = "{http://ns.adobe.com/photoshop/1.0/}SidecarForExtension"

# A sidecar made by mcsearch, without keywords.
EMPTY = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="mcsearch">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" \
xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:mcsearch="urn:mcsearch:xmp/1.0/" rdf:about=""/>
 </rdf:RDF>
</x:xmpmeta>
"""
# The first bytes of a file, its encoding, and the length of its byte order mark.
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8", 3),
    (codecs.BOM_UTF32_LE, "utf-32-le", 4),
    (codecs.BOM_UTF32_BE, "utf-32-be", 4),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
    (b"<\0", "utf-16-le", 0),
    (b"\0<", "utf-16-be", 0),
)
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SidecarError(Exception):
    """A sidecar cannot be changed safely; `str(error)` is the reason to show."""


def with_keywords(xmp: bytes | None, labels: Sequence[str]) -> bytes | None:
    """Return a sidecar in which exactly these labels are mcsearch's keywords.

    `xmp` is the existing sidecar, or None; it is returned unchanged if it has these keywords already. Returns None if
    no sidecar is needed, because mcsearch made it and it would be empty. Raises SidecarError.
    """
    original = EMPTY if xmp is None else xmp
    root = parsed(original)
    before = etree.tostring(root)
    rdf = rdf_of(root)
    paths = [word for label in labels if (word := NOT_IN_XML.sub("", label).strip())]
    words = [leaf(path) for path in paths]
    for name, kind, separator in _ROOTED:
        wanted = [separator.join([ROOT, *path.replace(separator, "-").split(LEVELS)]) for path in paths]
        there = _items(rdf, name)
        own = [item for item in there if item.startswith(ROOT + separator)]
        _edit(rdf, name, kind, add=_difference(wanted, there), remove=_difference(own, wanted))
    there, recorded = _items(rdf, _SUBJECT), _items(rdf, _ADDED)
    added = _difference(words, there)
    _edit(rdf, _SUBJECT, "Bag", add=added, remove=_difference(recorded, words))
    _edit(rdf, _ADDED, "Bag", add=_difference(added, recorded), remove=_difference(recorded, words))
    if is_own_and_empty(root, rdf):
        return None
    return original if etree.tostring(root) == before else serialised(root, original)


def own_keywords(xmp: bytes) -> frozenset[str]:
    """Return mcsearch's keywords as written in a sidecar: those with our root, and the words we added to dc:subject.

    Never raises, whatever the bytes are.
    """
    try:
        rdf = rdf_of(parsed(xmp))
    except SidecarError:
        return frozenset()
    rooted = {item for name, _, separator in _ROOTED for item in _items(rdf, name) if item.startswith(ROOT + separator)}
    return frozenset(rooted | set(_items(rdf, _ADDED)))


def declared_suffix(xmp: bytes) -> str | None:
    """Return the lower-case suffix (`.nef`) of the photo that a sidecar declares it belongs to, or None.

    Lightroom and Camera Raw declare it in the sidecars of RAW files. Never raises, whatever the bytes are.
    """
    try:
        rdf = rdf_of(parsed(xmp))
    except SidecarError:
        return None
    for description in descriptions(rdf):
        suffix = description.get(_SIDECAR_FOR_EXTENSION) or description.findtext(_SIDECAR_FOR_EXTENSION)
        if suffix:
            return f".{suffix.strip().lower()}"
    return None


def parsed(xmp: bytes) -> etree._Element:
    """Return the root of a sidecar. Raises SidecarError if it cannot be changed safely."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
    try:
        root = etree.fromstring(xmp, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise SidecarError("it is not well-formed XML" + (f" (line {line})" if line else "")) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise SidecarError("it contains a document type declaration")
    return root


def rdf_of(root: etree._Element) -> etree._Element:
    """Return the element with the properties. Raises SidecarError if there is none."""
    rdf = next(root.iter(RDF + "RDF"), None)
    if rdf is None:
        raise SidecarError("it contains no XMP")
    return rdf


def descriptions(rdf: etree._Element) -> Iterator[etree._Element]:
    """Yield the elements that hold properties."""
    return rdf.iterchildren(RDF + "Description")


def _arrays(rdf: etree._Element, name: str) -> list[etree._Element]:
    """Return the arrays of a property; XMP allows only one, but files may contain several."""
    kinds = (RDF + "Bag", RDF + "Seq", RDF + "Alt")
    properties = (found for description in descriptions(rdf) for found in description.iterchildren(name))
    return [array for found in properties for array in found.iterchildren(*kinds)]


def _words(array: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield the items that are plain words, and the words; our keywords have no qualifiers or structure."""
    for item in array.iterchildren(RDF + "li"):
        if not item.attrib and not len(item):
            yield item, (item.text or "").strip()


def _items(rdf: etree._Element, name: str) -> list[str]:
    """Return the words of a property, including those written as a single value instead of an array."""
    single = [description.get(name) for description in descriptions(rdf)]
    single += [found.text for description in descriptions(rdf) for found in description.iterchildren(name)]
    arrays = [word for array in _arrays(rdf, name) for _, word in _words(array)]
    return [text.strip() for text in single if text and text.strip()] + arrays


def _difference(words: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the words that are not among the others, without duplicates."""
    left_out = frozenset(others)
    return [word for word in dict.fromkeys(words) if word not in left_out]


def _edit(rdf: etree._Element, name: str, kind: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
    """Add and remove words in the array of a property, one item per word."""
    if add:
        array = next(iter(_arrays(rdf, name)), None)
        for word in add:
            if array is None:
                array = _new_array(rdf, name, kind)
            append(array, RDF + "li").text = word
    left = list(remove)
    for array in _arrays(rdf, name) if left else ():
        for item, word in list(_words(array)):
            if word in left:
                left.remove(word)
                drop(item)
        if not len(array):
            found = array.getparent()
            assert found is not None
            drop(array)
            if not len(found):
                drop(found)


def _new_array(rdf: etree._Element, name: str, kind: str) -> etree._Element:
    """Return a new array for a property without one; single values that are there become its first items."""
    description = next(descriptions(rdf), None)
    if description is None:
        description = append(rdf, RDF + "Description")
        description.set(RDF + "about", "")
    singles: list[str] = []
    for other in descriptions(rdf):
        singles.append(other.attrib.pop(name, ""))
        for found in list(other.iterchildren(name)):
            if len(found) or found.attrib:
                raise SidecarError(
                    f"its {_PREFIXES[name[1:].split('}')[0]]}:{etree.QName(name).localname} is not a list"
                )
            singles.append(found.text or "")
            drop(found)
    array = append(append(description, name), RDF + kind)
    for text in singles:
        if text.strip():
            append(array, RDF + "li").text = text
    return array


def append(parent: etree._Element, name: str) -> etree._Element:
    """Append and return a child element, indented like its siblings."""
    depth = sum(1 for _ in parent.iterancestors()) + 1
    if not len(parent):
        parent.text, end = "\n" + " " * depth, "\n" + " " * (depth - 1)
    else:
        end, parent[-1].tail = parent[-1].tail or "", parent.text
    namespace = etree.QName(name).namespace or ""
    child = etree.SubElement(parent, name, nsmap={_PREFIXES[namespace]: namespace} if namespace in _PREFIXES else None)
    child.tail = end
    return child


def drop(element: etree._Element) -> None:
    """Remove an element and its indentation."""
    parent, previous = element.getparent(), element.getprevious()
    assert parent is not None
    if element.getnext() is None:
        if previous is not None:
            previous.tail = element.tail
        else:
            parent.text = None
    parent.remove(element)


def is_own_and_empty(root: etree._Element, rdf: etree._Element) -> bool:
    """Return whether a sidecar was made by mcsearch and contains nothing else."""
    if root.tag != _XMP_META or root.get(_MADE_BY) != ROOT or len(root.getroottree().xpath("//comment()")):
        return False
    return all(
        child.tag == RDF + "Description" and not len(child) and set(child.attrib) <= {RDF + "about"} for child in rdf
    )


def serialised(root: etree._Element, original: bytes) -> bytes:
    """Return the document with the line endings and encoding of the original, or in UTF-8 if that was not Unicode."""
    found = ((encoding, length) for start, encoding, length in _ENCODINGS if original.startswith(start))
    encoding, mark = next(found, ("utf-8", 0))
    was = original[mark:].decode(encoding, "replace")
    nodes = [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]
    lines = [etree.tostring(node, encoding="unicode", with_tail=False) for node in nodes]
    if was.startswith("<?xml "):
        lines.insert(0, f'<?xml version="1.0" encoding="{encoding[:6].upper().rstrip("-")}"?>')
    text = "\n".join(lines) + "\n" * was.endswith("\n")
    if 2 * was.count("\r\n") > was.count("\n"):  # XML parsers normalize line endings to LF
        text = text.replace("\n", "\r\n")
    return original[:mark] + text.encode(encoding)
