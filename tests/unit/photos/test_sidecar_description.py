"""Descriptions in XMP sidecars: ours is written, replaced and removed; that of somebody else is never touched."""

import pytest

from mcsearch.photos.facts.sidecar import SidecarError, with_keywords
from mcsearch.photos.facts.xmp import xmp_facts
from mcsearch.photos.sidecar_description import own_description, with_description

NAMESPACES = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'


def _sidecar(inside: str, attributes: str = "") -> bytes:
    return (
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF {NAMESPACES}><rdf:Description rdf:about='' {attributes}>"
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def test_a_description_is_written_replaced_and_removed() -> None:
    first = with_description(None, ["a dog on\na beach\0"])
    assert first is not None
    assert own_description(first) == "a dog on a beach"
    assert xmp_facts(first).get("caption") is None, "what mcsearch wrote is not a caption of the user's"
    assert with_description(first, ["a dog on a beach"]) == first
    second = with_description(first, ["a cat"])
    assert second is not None
    assert own_description(second) == "a cat"
    assert b"dog" not in second
    assert with_description(second, []) is None, "mcsearch made it, and it is empty"


def test_keywords_and_descriptions_leave_each_other_alone() -> None:
    both = with_description(with_keywords(None, ["dog"]), ["a dog"])
    assert both is not None
    assert with_keywords(both, ["dog"]) == both
    without = with_keywords(both, [])
    assert without is not None
    assert own_description(without) == "a dog"
    assert with_description(both, []) == with_keywords(None, ["dog"])


@pytest.mark.parametrize(
    "theirs",
    [
        _sidecar("<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>Anna</rdf:li></rdf:Alt></dc:description>"),
        _sidecar("<dc:description>Anna</dc:description>"),
        _sidecar("", "dc:description='Anna'"),
    ],
)
def test_the_description_of_somebody_else_stays(theirs: bytes) -> None:
    assert with_description(theirs, ["a dog"]) == theirs
    assert with_description(theirs, []) == theirs
    assert own_description(theirs) is None
    assert xmp_facts(theirs)["caption"] == "Anna"


@pytest.mark.parametrize(
    "theirs",
    [
        "<dc:description rdf:parseType='Resource'><rdf:value>Anna</rdf:value></dc:description>",
        "<dc:description rdf:value='Anna' dc:source='a letter'/>",
        "<dc:description><rdf:Alt><rdf:li><!-- who -->Anna</rdf:li></rdf:Alt></dc:description>",
        "<dc:description><rdf:Alt><rdf:li rdf:parseType='Resource'><rdf:value>Anna</rdf:value></rdf:li></rdf:Alt>"
        "</dc:description>",
    ],
)
def test_the_description_of_somebody_else_stays_in_unusual_forms(theirs: str) -> None:
    sidecar = _sidecar(theirs)
    assert with_description(sidecar, ["a dog"]) == sidecar


@pytest.mark.parametrize(
    ("empty", "attributes"),
    [
        ("<dc:description/>", ""),
        ("", "dc:description=''"),
        ("<dc:description><rdf:Alt><rdf:li xml:lang='x-default'/></rdf:Alt></dc:description>", ""),
    ],
)
def test_a_caption_takes_the_place_of_an_empty_description(empty: str, attributes: str) -> None:
    written = with_description(_sidecar(empty, attributes), ["a dog"])
    assert written is not None
    assert own_description(written) == "a dog"
    assert written.count(b"<dc:description") == 1, "other programs refuse a sidecar that has a property twice"
    assert b"dc:description=" not in written


def test_a_description_that_somebody_has_changed_is_theirs() -> None:
    ours = with_description(None, ["a dog"])
    assert ours is not None
    changed = ours.replace(b">a dog</rdf:li>", b">Anna's dog</rdf:li>")
    assert own_description(changed) is None
    assert xmp_facts(changed)["caption"] == "Anna's dog"
    kept = with_description(changed, ["a cat"])
    assert kept is not None
    assert xmp_facts(kept)["caption"] == "Anna's dog"
    assert b"a cat" not in kept


def test_what_is_not_xml_is_left_alone() -> None:
    with pytest.raises(SidecarError):
        with_description(b"no xml", ["a dog"])
    assert own_description(b"no xml") is None
