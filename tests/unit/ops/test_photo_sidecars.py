"""What the user wrote into sidecars stays in the library when tags are written beside it and indexed again."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from mcsearch import Library
from mcsearch.records.photos import Photo
from tests.support.raw_files import dng
from tests.support.runs import files, inside, run

SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmp:Rating="4" {more}><dc:subject><rdf:Bag><rdf:li>{word}</rdf:li>
</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.fixture
def folder(few: Path, tmp_path: Path) -> Path:
    """A folder with x.jpg, x.cr2 and x.png, all the same picture, and without a sidecar."""
    folder = tmp_path / "album"
    folder.mkdir()
    picture = Image.open(files(few)[0]).convert("RGB").resize((640, 480))
    picture.save(folder / "x.jpg")
    picture.save(folder / "x.png")
    (folder / "x.cr2").write_bytes(dng(picture))
    return folder


def _tagged_and_indexed_again(library: Library, folder: Path, tmp_path: Path) -> dict[str, Photo]:
    """Index, write a tag beside each photo, index again; what is known of each photo by its name."""
    (tmp_path / "labels.txt").write_text("picture\n")
    run(library, folder)
    report = library.tag(tmp_path / "labels.txt", threshold=0, write_xmp=True)
    assert report.sidecars is not None
    assert report.sidecars.warnings == ()
    run(library, folder)
    return {Path(path).name: library.show(path) for path in inside(library).photos.by_path()}


def _said(photo: Photo) -> tuple[int | None, tuple[str, ...]]:
    assert photo.facts is not None
    return photo.facts.rating, photo.facts.keywords


@pytest.mark.parametrize(
    ("names", "sidecar", "written"),
    [
        (["x.jpg"], "x.xmp", {"x.xmp"}),
        (["x.jpg"], "X.Xmp", {"X.Xmp"}),
        (["x.jpg"], "X.JPG.XMP", {"X.JPG.XMP"}),
        (["x.jpg", "x.cr2"], "x.xmp", {"x.jpg.xmp"}),
        (["x.jpg", "x.cr2"], "X.Xmp", {"x.jpg.xmp"}),
        (["x.jpg", "x.cr2"], "x.cr2.xmp", {"x.jpg.xmp"}),
        (["x.jpg", "x.png"], "x.xmp", {"x.jpg.xmp", "x.png.xmp"}),
    ],
)
def test_rating_and_keywords_stay_when_tags_are_written(
    library: Library, folder: Path, tmp_path: Path, names: list[str], sidecar: str, written: set[str]
) -> None:
    for file in files(folder):
        if file.name not in names:
            file.unlink()
    content = SIDECAR.format(word="mine", more="")
    (folder / sidecar).write_text(content)
    found = _tagged_and_indexed_again(library, folder, tmp_path)
    assert set(found) == {name for name in names if name != "x.cr2"}
    assert all(_said(photo) == (4, ("mine",)) for photo in found.values())
    assert {file.name for file in files(folder) if b"mcsearch|picture" in file.read_bytes()} == written
    assert (folder / sidecar).read_text() == content or sidecar in written
    library.remove_sidecars()
    assert {file.name for file in files(folder)} == {*names, sidecar}


def test_a_sidecar_is_read_only_for_the_file_that_it_says_it_is_for(library: Library, folder: Path) -> None:
    shutil.copy(folder / "x.jpg", folder / "alone.jpg")
    for stem in ("x", "alone"):
        more = 'photoshop:SidecarForExtension="CR2"'
        (folder / f"{stem}.xmp").write_text(SIDECAR.format(word="raw", more=more))
    run(library, folder)
    found = {name: _said(library.show(folder / name)) for name in ("x.jpg", "x.png", "alone.jpg")}
    assert found == {"x.jpg": (4, ("raw",)), "x.png": (None, ()), "alone.jpg": (None, ())}


def test_all_sidecars_are_merged_and_shown(library: Library, folder: Path) -> None:
    for number, name in enumerate(("x.jpg.xmp", "x.cr2.xmp", "x.xmp")):
        (folder / name).write_text(SIDECAR.format(word=name, more="").replace('Rating="4"', f'Rating="{number + 1}"'))
    run(library, folder)
    photo = library.show(folder / "x.jpg")
    assert _said(photo) == (1, ("x.cr2.xmp", "x.jpg.xmp", "x.xmp"))
    assert photo.sidecars == tuple(str(folder / name) for name in ("x.jpg.xmp", "x.cr2.xmp", "x.xmp"))
    (folder / "x.jpg.xmp").unlink()
    run(library, folder)
    assert _said(library.show(folder / "x.jpg"))[0] == 2
