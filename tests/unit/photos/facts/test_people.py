"""Names of people in XMP, in all the forms that programs write."""

import pytest

from mcsearch.photos.facts.metadata import read_facts
from tests.support.blocks import jpeg, xmp

MWG = "xmlns:r='http://www.metadataworkinggroup.com/schemas/regions/'"
MICROSOFT = (
    "xmlns:MP='http://ns.microsoft.com/photo/1.2/' xmlns:I='http://ns.microsoft.com/photo/1.2/t/RegionInfo#' "
    "xmlns:P='http://ns.microsoft.com/photo/1.2/t/Region#'"
)
# As Lightroom and digiKam, as Picasa, and as Apple's iPhoto write it.
ATTRIBUTES = "<rdf:li><rdf:Description r:Name='Marie Curie' r:Type='Face'/></rdf:li>"
ELEMENTS = "<rdf:li rdf:parseType='Resource'><r:Name>Marie Curie</r:Name><r:Type>Face</r:Type></rdf:li>"
UNTYPED = "<rdf:li r:Name='Marie Curie'/>"


def regions(items: str) -> str:
    return f"<r:Regions rdf:parseType='Resource'><r:RegionList><rdf:Bag>{items}</rdf:Bag></r:RegionList></r:Regions>"


def microsoft(items: str) -> str:
    return f"<MP:RegionInfo rdf:parseType='Resource'><I:Regions><rdf:Bag>{items}</rdf:Bag></I:Regions></MP:RegionInfo>"


@pytest.mark.parametrize(
    ("more", "attributes"),
    [
        (regions(ATTRIBUTES), MWG),
        (regions(ELEMENTS), MWG),
        (regions(UNTYPED), MWG),
        (regions(ATTRIBUTES + ATTRIBUTES + "<rdf:li r:Name='Rex' r:Type='Pet'/><rdf:li r:Type='Face'/>"), MWG),
        (microsoft("<rdf:li P:PersonDisplayName='Marie Curie' P:Rectangle='0, 0, 1, 1'/>"), MICROSOFT),
        (
            microsoft(
                "<rdf:li><rdf:Description><P:PersonDisplayName>Marie Curie</P:PersonDisplayName>"
                "</rdf:Description></rdf:li>"
            ),
            MICROSOFT,
        ),
        (regions(ATTRIBUTES) + microsoft("<rdf:li P:PersonDisplayName='Marie  Curie '/>"), f"{MWG} {MICROSOFT}"),
        ("<e:PersonInImage><rdf:Bag><rdf:li>Marie Curie</rdf:li></rdf:Bag></e:PersonInImage>", "xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'"),
    ],
)  # fmt: skip
def test_named_people(more: str, attributes: str) -> None:
    found = read_facts(jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp("", more, attributes))), "/a.jpg", 0)
    assert (found.people, found.keywords) == (("Marie Curie",), ())
