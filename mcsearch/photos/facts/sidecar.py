"""Our keywords in an XMP sidecar: bytes in, bytes out. Whatever else is in it stays as it was.

XMP specification part 1 (ISO 16684-1). A keyword stands in three properties, for those who read one of them:
`dc:subject` as the plain word, `digiKam:TagsList` as mcsearch/word, `lr:hierarchicalSubject` as mcsearch|word. The root
tells our keywords in the last two. In `dc:subject` there is none, so the words put there are recorded beside it, in
`mcsearch:added`: a word that was there before us is never taken away.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

ROOT = "mcsearch"

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP_META, _MADE_BY = "{adobe:ns:meta/}xmpmeta", "{adobe:ns:meta/}xmptk"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "urn:mcsearch:xmp/1.0/": "mcsearch",
}
_SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"
_ADDED = "{urn:mcsearch:xmp/1.0/}added"
# Property, kind of its array, and what stands between root and word.
_ROOTED = (
    ("{http://www.digikam.org/ns/1.0/}TagsList", "Seq", "/"),
    ("{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject", "Bag", "|"),
)
_SIDECAR_FOR = "{http://ns.adobe.com/photoshop/1.0/}SidecarForExtension"

# A sidecar of ours with nothing in it.
EMPTY = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="mcsearch">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" \
xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:mcsearch="urn:mcsearch:xmp/1.0/" rdf:about=""/>
 </rdf:RDF>
</x:xmpmeta>
"""
# The first bytes of a file → its encoding, and how many of them are a byte order mark.
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8", 3),
    (codecs.BOM_UTF32_LE, "utf-32-le", 4),
    (codecs.BOM_UTF32_BE, "utf-32-be", 4),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
    (b"<\0", "utf-16-le", 0),
    (b"\0<", "utf-16-be", 0),
)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class SidecarError(Exception):
    """A sidecar is not one that can be changed without risk. `str(error)` is the reason to show."""


def with_keywords(xmp: bytes | None, labels: Sequence[str]) -> bytes | None:
    """A sidecar in which these labels are our keywords, and no others.

    `xmp` is the sidecar there is, None if there is none; the same bytes come back when they say so already.
    None comes back when no sidecar is needed: there is nothing in it, and it was made here. Raises SidecarError.
    """
    original = EMPTY if xmp is None else xmp
    root = _parsed(original)
    before = etree.tostring(root)
    rdf = _rdf(root)
    words = [word for label in labels if (word := _NOT_IN_XML.sub("", label).strip())]
    for name, kind, separator in _ROOTED:
        wanted = [f"{ROOT}{separator}{word.replace(separator, '-')}" for word in words]
        there = _items(rdf, name)
        own = [item for item in there if item.startswith(ROOT + separator)]
        _edit(rdf, name, kind, add=_without(wanted, there), remove=_without(own, wanted))
    there, recorded = _items(rdf, _SUBJECT), _items(rdf, _ADDED)
    added = _without(words, there)
    _edit(rdf, _SUBJECT, "Bag", add=added, remove=_without(recorded, words))
    _edit(rdf, _ADDED, "Bag", add=_without(added, recorded), remove=_without(recorded, words))
    if _is_ours_and_empty(root, rdf):
        return None
    return original if etree.tostring(root) == before else _serialised(root, original)


def own_keywords(xmp: bytes) -> frozenset[str]:
    """Our keywords as they stand in a sidecar: with their root, and the words of dc:subject that came from us.

    Whatever the bytes are, nothing is raised.
    """
    try:
        rdf = _rdf(_parsed(xmp))
    except SidecarError:
        return frozenset()
    rooted = {item for name, _, separator in _ROOTED for item in _items(rdf, name) if item.startswith(ROOT + separator)}
    return frozenset(rooted | set(_items(rdf, _ADDED)))


def meant_for(xmp: bytes) -> str | None:
    """The suffix, in lower case, of the photo that a sidecar says it belongs to (`.nef`); None if it does not say.

    Lightroom and Camera Raw write it into the sidecars of RAW files. Whatever the bytes are, nothing is raised.
    """
    try:
        rdf = _rdf(_parsed(xmp))
    except SidecarError:
        return None
    for description in _descriptions(rdf):
        suffix = description.get(_SIDECAR_FOR) or description.findtext(_SIDECAR_FOR)
        if suffix:
            return f".{suffix.strip().lower()}"
    return None


def _parsed(xmp: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False)
    try:
        root = etree.fromstring(xmp, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise SidecarError("it is not well-formed XML" + (f" (line {line})" if line else "")) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise SidecarError("it has a document type of its own")
    return root


def _rdf(root: etree._Element) -> etree._Element:
    rdf = next(root.iter(_RDF + "RDF"), None)
    if rdf is None:
        raise SidecarError("there is no XMP in it")
    return rdf


def _descriptions(rdf: etree._Element) -> Iterator[etree._Element]:
    return rdf.iterchildren(_RDF + "Description")


def _arrays(rdf: etree._Element, name: str) -> list[etree._Element]:
    """The arrays of a property. One is what XMP allows; whoever wrote more gets all of them looked through."""
    kinds = (_RDF + "Bag", _RDF + "Seq", _RDF + "Alt")
    properties = (found for description in _descriptions(rdf) for found in description.iterchildren(name))
    return [array for found in properties for array in found.iterchildren(*kinds)]


def _words(array: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The items that are plain words. One with a qualifier or a structure is no keyword of ours."""
    for item in array.iterchildren(_RDF + "li"):
        if not item.attrib and not len(item):
            yield item, (item.text or "").strip()


def _items(rdf: etree._Element, name: str) -> list[str]:
    """Every word of a property, also of one that is written as a single value."""
    single = [description.get(name) for description in _descriptions(rdf)]
    single += [found.text for description in _descriptions(rdf) for found in description.iterchildren(name)]
    arrays = [word for array in _arrays(rdf, name) for _, word in _words(array)]
    return [text.strip() for text in single if text and text.strip()] + arrays


def _without(words: Iterable[str], others: Iterable[str]) -> list[str]:
    """The words that are not among the others, each once."""
    left_out = frozenset(others)
    return [word for word in dict.fromkeys(words) if word not in left_out]


def _edit(rdf: etree._Element, name: str, kind: str, *, add: Sequence[str], remove: Sequence[str]) -> None:
    """Add words to the array of a property, and remove others, one item each."""
    if add:
        array = next(iter(_arrays(rdf, name)), None)
        for word in add:
            if array is None:
                array = _new_array(rdf, name, kind)
            _append(array, _RDF + "li").text = word
    left = list(remove)
    for array in _arrays(rdf, name) if left else ():
        for item, word in list(_words(array)):
            if word in left:
                left.remove(word)
                _take_out(item)
        if not len(array):
            found = array.getparent()
            assert found is not None
            _take_out(array)
            if not len(found):
                _take_out(found)


def _new_array(rdf: etree._Element, name: str, kind: str) -> etree._Element:
    """An array for a property that has none. A single value that stands in its place becomes the first item."""
    description = next(_descriptions(rdf), None)
    if description is None:
        description = _append(rdf, _RDF + "Description")
        description.set(_RDF + "about", "")
    singles: list[str] = []
    for other in _descriptions(rdf):
        singles.append(other.attrib.pop(name, ""))
        for found in list(other.iterchildren(name)):
            if len(found) or found.attrib:
                raise SidecarError(f"its {_PREFIXES[name[1:].split('}')[0]]}:{etree.QName(name).localname} is no list")
            singles.append(found.text or "")
            _take_out(found)
    array = _append(_append(description, name), _RDF + kind)
    for text in singles:
        if text.strip():
            _append(array, _RDF + "li").text = text
    return array


def _append(parent: etree._Element, name: str) -> etree._Element:
    """A new last child, indented as its siblings are."""
    depth = sum(1 for _ in parent.iterancestors()) + 1
    if not len(parent):
        parent.text, end = "\n" + " " * depth, "\n" + " " * (depth - 1)
    else:
        end, parent[-1].tail = parent[-1].tail or "", parent.text
    namespace = etree.QName(name).namespace or ""
    child = etree.SubElement(parent, name, nsmap={_PREFIXES[namespace]: namespace} if namespace in _PREFIXES else None)
    child.tail = end
    return child


def _take_out(element: etree._Element) -> None:
    """Remove an element and the white space that indents it."""
    parent, previous = element.getparent(), element.getprevious()
    assert parent is not None
    if element.getnext() is None:
        if previous is not None:
            previous.tail = element.tail
        else:
            parent.text = None
    parent.remove(element)


def _is_ours_and_empty(root: etree._Element, rdf: etree._Element) -> bool:
    """Whether a sidecar was made here and nobody has put anything into it since."""
    if root.tag != _XMP_META or root.get(_MADE_BY) != ROOT or len(root.getroottree().xpath("//comment()")):
        return False
    return all(
        child.tag == _RDF + "Description" and not len(child) and set(child.attrib) <= {_RDF + "about"} for child in rdf
    )


def _serialised(root: etree._Element, original: bytes) -> bytes:
    """The document in the encoding and with the line ends of the original; in UTF-8 where that was no Unicode."""
    found = ((encoding, length) for start, encoding, length in _ENCODINGS if original.startswith(start))
    encoding, mark = next(found, ("utf-8", 0))
    was = original[mark:].decode(encoding, "replace")
    nodes = [*reversed(list(root.itersiblings(preceding=True))), root, *root.itersiblings()]
    lines = [etree.tostring(node, encoding="unicode", with_tail=False) for node in nodes]
    if was.startswith("<?xml "):
        lines.insert(0, f'<?xml version="1.0" encoding="{encoding[:6].upper().rstrip("-")}"?>')
    text = "\n".join(lines) + "\n" * was.endswith("\n")
    if 2 * was.count("\r\n") > was.count("\n"):  # a parser of XML makes line feeds of them
        text = text.replace("\n", "\r\n")
    return original[:mark] + text.encode(encoding)
