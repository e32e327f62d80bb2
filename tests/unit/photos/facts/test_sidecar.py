"""Keywords in sidecars, read back with exiftool; what other programs wrote has to survive in meaning."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mcsearch.photos.facts.sidecar import SidecarError, declared_suffix, own_keywords, with_keywords
from tests.support.sidecars import ATTRIBUTES, DIGIKAM, EXIFTOOL, LIGHTROOM, STYLES

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
LABELS = ["dog", "sandy beach", "Straße"]
LISTS = ("XMP-dc:Subject", "XMP-digiKam:TagsList", "XMP-lr:HierarchicalSubject")
Read = Callable[[bytes], dict[str, Any]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """All that exiftool finds in a sidecar, lists always as lists."""

    def read(xmp: bytes) -> dict[str, Any]:
        file = tmp_path / "x.xmp"
        file.write_bytes(xmp)
        done = subprocess.run(["exiftool", "-json", "-G1", "-struct", str(file)], capture_output=True, check=True)
        [found] = json.loads(done.stdout)
        assert "ExifTool:Error" not in found
        aside = ("System", "File", "SourceFile")
        kept = {key: value for key, value in found.items() if key.split(":")[0] not in aside}
        del kept["ExifTool:ExifToolVersion"]
        return {key: [value] if key in LISTS and isinstance(value, str) else value for key, value in kept.items()}

    return read


def _changed(xmp: bytes | None, labels: list[str]) -> bytes:
    changed = with_keywords(xmp, labels)
    assert changed is not None
    return changed


@needs_exiftool
def test_a_new_sidecar_says_it_in_all_three_places(read: Read) -> None:
    assert read(_changed(None, LABELS)) == {
        "XMP-x:XMPToolkit": "mcsearch",
        "XMP-dc:Subject": LABELS,
        "XMP-digiKam:TagsList": ["mcsearch/dog", "mcsearch/sandy beach", "mcsearch/Straße"],
        "XMP-lr:HierarchicalSubject": ["mcsearch|dog", "mcsearch|sandy beach", "mcsearch|Straße"],
        "XMP-mcsearch:Added": LABELS,
    }


@needs_exiftool
@pytest.mark.parametrize("style", STYLES)
def test_what_others_wrote_survives_writing_rewriting_and_removal(style: str, read: Read) -> None:
    before = read(STYLES[style])
    xmp = _changed(STYLES[style], ["cat", "dog"])
    xmp = _changed(xmp, LABELS)
    after = read(xmp)
    theirs = {name: before.get(name, []) for name in LISTS}
    assert after["XMP-dc:Subject"] == theirs[LISTS[0]] + [x for x in ("dog", *LABELS[1:]) if x not in theirs[LISTS[0]]]
    assert after["XMP-digiKam:TagsList"] == theirs[LISTS[1]] + [f"mcsearch/{label}" for label in LABELS]
    assert after["XMP-lr:HierarchicalSubject"] == theirs[LISTS[2]] + [f"mcsearch|{label}" for label in LABELS]
    others = {key: value for key, value in after.items() if key not in (*LISTS, "XMP-mcsearch:Added")}
    assert others == {key: value for key, value in before.items() if key not in LISTS}
    assert read(_changed(xmp, [])) == before


@needs_exiftool
def test_what_is_in_no_unicode_encoding_becomes_utf_8_as_xmp_has_to_be(read: Read) -> None:
    declared = '<?xml version="1.0" encoding="iso-8859-1"?>\n' + LIGHTROOM.replace("Lisbon", "Évora")
    changed = _changed(declared.encode("latin-1"), LABELS)
    assert changed.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<x:xmpmeta')
    assert read(changed)["XMP-dc:Subject"] == ["Places", "Évora", *LABELS]
    assert read(changed)["XMP-lr:HierarchicalSubject"][0] == "Places|Évora"


@needs_exiftool
def test_exiftool_may_write_in_between(tmp_path: Path, read: Read) -> None:
    file = tmp_path / "photo.xmp"
    file.write_bytes(_changed(None, LABELS))
    subprocess.run(["exiftool", "-q", "-XMP-dc:Subject+=mine", "-XMP:Rating=5", str(file)], check=True)
    changed = _changed(file.read_bytes(), ["dog"])
    assert read(changed)["XMP-dc:Subject"] == ["dog", "mine"]
    removed = read(_changed(changed, []))
    del removed["XMP-x:XMPToolkit"]
    assert removed == {"XMP-dc:Subject": ["mine"], "XMP-xmp:Rating": 5}


@pytest.mark.parametrize("style", STYLES)
def test_removal_gives_back_the_same_document(style: str) -> None:
    removed = _changed(_changed(STYLES[style], LABELS), [])
    before, after = (etree.fromstring(xmp) for xmp in (STYLES[style], removed))
    if style != "attributes":  # where the single word has become a list
        assert etree.tostring(after, method="c14n") == etree.tostring(before, method="c14n")
    around = [[(node.tag, node.text) for node in root.itersiblings(preceding=True)] for root in (before, after)]
    assert around[0] == around[1]
    assert removed[:4] == STYLES[style][:4]
    declarations = [xmp.startswith("<?xml ".encode("utf-16")) or b"<?xml " in xmp for xmp in (STYLES[style], removed)]
    assert declarations[0] == declarations[1]


@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_rewritten_that_is_right_already(style: str) -> None:
    xmp = STYLES[style]
    assert with_keywords(xmp, []) is xmp
    changed = _changed(xmp, LABELS)
    assert with_keywords(changed, LABELS) is changed
    assert with_keywords(changed, LABELS[::-1]) is changed


def test_a_sidecar_of_ours_is_not_needed_when_nothing_else_is_in_it() -> None:
    assert with_keywords(None, []) is None
    ours = _changed(None, LABELS)
    assert with_keywords(ours, []) is None
    rated = ours.replace(b' rdf:about=""', b' rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"')
    assert b'xmp:Rating="3"' in _changed(rated, [])
    assert b"<!-- mine -->" in _changed(ours.replace(b" </rdf:RDF>", b" <!-- mine --></rdf:RDF>"), [])
    foreign = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    assert with_keywords(_changed(foreign, LABELS), []) is not None


def test_our_own_keywords_are_told_from_those_of_others() -> None:
    assert own_keywords(LIGHTROOM.encode()) == frozenset()
    changed = _changed(LIGHTROOM.encode(), ["dog", "cat"])
    assert own_keywords(changed) == {"cat", "mcsearch/cat", "mcsearch|cat", "mcsearch/dog", "mcsearch|dog"}
    assert own_keywords(_changed(changed, [])) == frozenset()
    assert own_keywords(b"\0 no xml") == frozenset()


def test_a_keyword_taken_over_by_the_user_survives() -> None:
    ours = _changed(None, ["dog", "cat"])
    twice = ours.replace(b"<rdf:li>dog</rdf:li>", b"<rdf:li>dog</rdf:li><rdf:li>dog</rdf:li>", 1)
    assert twice.count(b">dog<") == 3
    assert _changed(twice, ["cat"]).count(b">dog<") == 1


def test_labels_that_hold_separators_or_what_xml_cannot_hold() -> None:
    xmp = _changed(None, ["b/w", "this|that", "a\x01b", "\x02", "<&>"])
    assert own_keywords(xmp) == {
        *("b/w", "mcsearch/b-w", "mcsearch|b/w", "this|that", "mcsearch/this|that", "mcsearch|this-that"),
        *("ab", "mcsearch/ab", "mcsearch|ab", "<&>", "mcsearch/<&>", "mcsearch|<&>"),
    }
    assert with_keywords(xmp, []) is None


def test_a_label_with_levels_is_a_hierarchy() -> None:
    xmp = _changed(_changed(None, ["animals > bird > duck"]), ["animals > bird > duck", "duck", "a/b|c > d"])
    assert own_keywords(xmp) == {
        *("duck", "mcsearch/animals/bird/duck", "mcsearch|animals|bird|duck", "mcsearch/duck", "mcsearch|duck"),
        *("d", "mcsearch/a-b|c/d", "mcsearch|a/b-c|d"),
    }
    assert xmp.count(b">duck<") == 2, "once in dc:subject, once in mcsearch:added"
    assert with_keywords(xmp, []) is None


def test_items_with_qualifiers_are_left_alone() -> None:
    item = '<rdf:li rdf:parseType="Resource"><rdf:value>mcsearch|x</rdf:value></rdf:li>'
    xmp = LIGHTROOM.replace("<rdf:li>Places|Lisbon</rdf:li>", item).encode()
    changed = _changed(_changed(xmp, LABELS), [])
    assert item.encode() in changed


@pytest.mark.parametrize(
    ("xmp", "reason"),
    [
        (b"", "well-formed"),
        (b"\xff\xd8\xff\xe0 a photo", "well-formed"),
        (DIGIKAM.encode()[:900], r"well-formed XML \(line \d+\)"),
        (LIGHTROOM.encode().replace(b"Lisbon", b"Li\xffsbon"), "well-formed"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', "well-formed"),
        (b"<html><body/></html>", "no XMP"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + ATTRIBUTES.encode(), "document type"),
        (EXIFTOOL.replace("<rdf:Bag>\n    <rdf:li>h", "<rdf:X>\n    <rdf:li>h").replace(
            "boat</rdf:li>\n   </rdf:Bag>", "boat</rdf:li>\n   </rdf:X>").encode(), "dc:subject is not a list"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_without_risk_is_refused(xmp: bytes, reason: str) -> None:
    with pytest.raises(SidecarError, match=reason):
        with_keywords(xmp, LABELS)
    assert declared_suffix(xmp) is None


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    for entity in (f'SYSTEM "{(tmp_path / "secret").as_uri()}"', '"secret"'):
        xmp = f"<!DOCTYPE r [<!ENTITY e {entity}>]>" + ATTRIBUTES.replace("<!-- kept -->", "&e;")
        with pytest.raises(SidecarError):
            with_keywords(xmp.encode(), LABELS)


def test_a_sidecar_may_say_what_it_is_for() -> None:
    assert declared_suffix(LIGHTROOM.encode()) == ".nef"
    assert declared_suffix(DIGIKAM.encode()) is None


@pytest.mark.parametrize("style", ["carriage-returns", "utf-16"])
def test_line_ends_stay(style: str) -> None:
    original = STYLES[style] if style == "carriage-returns" else DIGIKAM.replace("\n", "\r\n").encode("utf-16")
    coding = "utf-8" if style == "carriage-returns" else "utf-16"
    changed = _changed(original, LABELS).decode(coding)
    assert changed.count("\r\n") == changed.count("\n")
    removed = _changed(_changed(original, LABELS), []).decode(coding)
    assert removed.count("\r\n") == removed.count("\n")
    lines = _changed(DIGIKAM.encode(), LABELS)
    assert b"\r" not in lines


def test_of_two_arrays_in_one_property_each_keeps_its_words() -> None:
    arrays = (
        "<dc:subject><rdf:Bag><rdf:li>dog</rdf:li></rdf:Bag><rdf:Bag><rdf:li>theirs</rdf:li></rdf:Bag></dc:subject>"
    )
    xmp = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
      xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:mcsearch="urn:mcsearch:xmp/1.0/"><rdf:Description>{arrays}
      <mcsearch:added><rdf:Bag><rdf:li>dog</rdf:li></rdf:Bag></mcsearch:added></rdf:Description></rdf:RDF>"""
    changed = _changed(xmp.encode(), [])
    assert b"theirs" in changed
    assert b"dog" not in changed
