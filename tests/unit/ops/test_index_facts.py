"""Facts over several index runs, on real files with the demo model: read once, and again when a sidecar changes."""

import shutil
from pathlib import Path

from PIL import ExifTags, Image

from mcsearch import Library
from mcsearch.records.answers import Hit
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


def test_facts_of_older_readers_are_read_anew_without_embedding_again(library: Library, few: Path) -> None:
    run(library, few)
    with inside(library).transaction():
        inside(library)._connection.execute("UPDATE facts SET readers_version = 0, camera = 'misread'")
    seen: list[tuple[str, int, int | None]] = []
    assert counts(run(library, few, progress=lambda *step: seen.append(step))) == {"unchanged": 6}
    assert seen[-1] == ("indexing", 6, 6)
    cameras = [facts.camera for file in files(few) if (facts := inside(library).facts.of_photo(str(file)))]
    assert len(cameras) == 6
    assert "misread" not in cameras
    seen.clear()
    run(library, few, progress=lambda *step: seen.append(step))
    assert seen == []


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
    assert [inside(library).facts.of_photo(str(path)) is not None for path in files(few)] == [True] * 7
    dated = inside(library).facts.dated([Hit(str(path), 1.0) for path in (moved, copied)])
    assert [hit.taken_at for hit in dated] == ["2019-02-03", "2020-01-01T10:11:12"]


def test_a_name_in_utc_gets_the_offset_of_the_photo_beside_it(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "trip"
    folder.mkdir()
    block = Image.Exif()
    block.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base.DateTimeOriginal: "2023:06:12 10:11:12", ExifTags.Base.OffsetTimeOriginal: "+02:00"}
    )
    Image.new("RGB", (40, 30), "blue").save(folder / "PXL_20230612_090000123.jpg")
    run(library, folder)
    dates = [inside(library).facts.of_photo(str(path)) for path in files(folder)]
    assert [facts.taken_at for facts in dates if facts] == ["2023-06-12T09:00:00+00:00"]
    Image.new("RGB", (40, 30), "red").save(folder / "z.jpg", exif=block)  # a photo that is added later, too
    run(library, folder)
    dates = [inside(library).facts.of_photo(str(path)) for path in files(folder)]
    assert [facts.taken_at for facts in dates if facts] == ["2023-06-12T11:00:00+02:00", "2023-06-12T10:11:12+02:00"]
