"""Facts over several index runs, on real files with the demo model: read once, and again when a sidecar changes."""

import shutil
from pathlib import Path

from PIL import Image

from mcsearch import Library
from tests.support.runs import counts, files, inside, run

SIDECAR = """<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
<rdf:Description><dc:subject><rdf:Bag><rdf:li>{}</rdf:li></rdf:Bag></dc:subject></rdf:Description></x>"""


def _keywords(library: Library, file: Path) -> tuple[str, ...]:
    facts = inside(library).facts.of_photo(str(file))
    assert facts is not None
    return facts.keywords


def test_a_sidecar_is_read_again_when_it_changes_and_forgotten_when_it_goes(library: Library, few: Path) -> None:
    file = files(few)[0]
    run(library, few)
    assert _keywords(library, file) == ()
    sidecar = Path(f"{file}.xmp")
    for word in ("beach", "forest"):
        sidecar.write_text(SIDECAR.format(word))
        assert counts(run(library, few)) == {"unchanged": 6}
        assert _keywords(library, file) == (word,)
    sidecar.unlink()
    run(library, few)
    assert _keywords(library, file) == ()


def test_a_library_without_facts_gets_them_without_embedding_again(library: Library, few: Path) -> None:
    run(library, few)
    with inside(library).transaction():
        inside(library)._connection.execute("DELETE FROM facts")
    assert counts(run(library, few)) == {"unchanged": 6}
    for file in files(few):
        facts = inside(library).facts.of_photo(str(file))
        assert facts is not None
        assert facts.format == "JPEG"


def test_a_moved_photo_a_copy_and_a_twin_have_facts_of_their_own(library: Library, few: Path) -> None:
    first, second, *others = files(few)
    for file in (first, second):
        Image.open(file).save(file)  # without the date that is in it
    for other in others:
        shutil.copy(first, other)
    run(library, few)
    moved, copied = few / "IMG-20190203-WA0001.jpg", few / "IMG_20200101_101112.jpg"
    second.rename(moved)
    shutil.copy(first, copied)
    assert counts(run(library, few)) == {"new": 1, "moved": 1, "unchanged": 5}
    assert inside(library).facts.taken_at(map(str, (moved, copied))) == {
        str(moved): "2019-02-03", str(copied): "2020-01-01T10:11:12"
    }  # fmt: skip
    assert len(inside(library).facts.taken_at(map(str, files(few)))) == 7
