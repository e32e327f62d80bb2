"""Photos that a sidecar turns: another content with an embedding of its own, and back again without the sidecar."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mcsearch import Library
from mcsearch.ops.showing.thumbnails import Picture, Thumbnails
from mcsearch.photos.content_hash import as_turned, content_hash
from mcsearch.records.photos import Photo
from mcsearch.records.tags import PhotoTag
from tests.support.blocks import xmp
from tests.support.runs import files, inside, run


def _oriented(picture: Image.Image, file: Path, orientation: int | None = None) -> None:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    picture.save(file, quality=90, exif=exif.tobytes())


def _sidecar(photo: Path, orientation: int) -> None:
    text = xmp("", "", f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"')
    Path(f"{photo}.xmp").write_bytes(text)


def _shown(library: Library, photo: Path) -> Photo:
    found = library.show(photo)
    assert found is not None
    return found


def _vectors(library: Library, *photos: Path) -> list[np.ndarray]:
    exported = {
        path: np.frombuffer(vector, "<f4")
        for path, vector in inside(library)._connection.execute(
            "SELECT p.path, e.vector FROM photos p JOIN embeddings e ON e.content_id = p.content_id"
        )
    }
    return [exported[str(photo)] for photo in photos]


def _given(photo: Photo) -> set[str]:
    return {tag.label for tag in photo.tags if tag.source == "manual"}


def test_a_photo_is_embedded_as_its_sidecar_turns_it(library: Library, few: Path, tmp_path: Path) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    one, two, plain, reference = (folder / name for name in ("one.jpg", "two.jpg", "plain.jpg", "six.jpg"))
    picture = Image.open(files(few)[0]).convert("RGB").resize((320, 200))
    _oriented(picture, one)
    for copy in (two, plain):
        copy.write_bytes(one.read_bytes())
    _oriented(picture, reference, 6)
    assert run(library, folder).embedded == 2
    before = _shown(library, one)
    assert before.copies == (str(plain), str(two))
    library.tag_by_hand([one], give=["grandma"])
    library.teach("upright", yes=[one])

    _sidecar(one, 6)
    _sidecar(two, 3)
    assert run(library, folder).embedded == 2
    turned = _shown(library, one)
    assert turned.content_hash == as_turned(content_hash(str(one)), 6).hex()
    assert turned.copies == ()
    assert turned.facts is not None
    assert (turned.facts.turned, turned.facts.width, turned.facts.height) == (6, 200, 320)
    own, same, other = _vectors(library, one, reference, plain)
    assert np.array_equal(own, same)
    assert not np.allclose(own, other, atol=0.01)
    assert _given(turned) == {"grandma"}
    assert run(library, folder).embedded == 0
    assert sum(inside(library).taught.examples("upright").values()) == 3
    _check_pictures(library, one, tmp_path)

    Path(f"{one}.xmp").unlink()
    Path(f"{two}.xmp").unlink()
    assert run(library, folder).embedded == 0, "its embedding is there"
    after = _shown(library, one)
    assert (after.content_hash, after.copies) == (before.content_hash, before.copies)
    assert after.facts == before.facts
    assert _given(after) == {"grandma"}
    assert _given(_shown(library, two)) == set()

    # A folder that is moved with its sidecars, and a library from before sidecars turned photos.
    _sidecar(one, 6)
    run(library, folder)
    moved = folder.rename(tmp_path / "elsewhere")
    report = run(library, moved)
    assert (report.moved, report.embedded) == (4, 0)
    assert _given(_shown(library, moved / "one.jpg")) == {"grandma"}


def test_what_was_said_by_hand_about_a_turned_photo_outlives_its_sidecar(
    library: Library, few: Path, tmp_path: Path
) -> None:
    left, deleted, away, taught = files(few)[:4]
    for photo in (left, deleted, away):
        _sidecar(photo, 6)
    run(library, few)
    library.tag_by_hand([left, deleted, away], give=["grandma"], take=["dog"])
    library.teach("mimi", yes=[taught])
    other = left.with_name("renamed.jpg")
    left.rename(other)  # its sidecar is forgotten
    Path(f"{deleted}.xmp").unlink()
    deleted.touch()
    shelf = away.rename(tmp_path / away.name)
    _sidecar(taught, 3)
    report = run(library, few)
    assert (report.moved, report.changed, report.removed) == (1, 1, 1)
    for photo in (other, deleted):
        assert _given(_shown(library, photo)) == {"grandma"}
    assert [(tag.label, tag.probability) for tag in _shown(library, taught).tags] == [("mimi", 1.0)]
    assert sum(tag.photos for tag in library.tags() if tag.label == "mimi" and tag.examples) > 0

    shelf.rename(away)
    Path(f"{away}.xmp").unlink()
    _sidecar(other, 8)
    run(library, few)
    for photo in (other, away):
        assert _given(_shown(library, photo)) == {"grandma"}
    library.tag(labels=["dog"], threshold=0, top_k=9)
    tagged = {photo.name for photo in files(few) if "dog" in {tag.label for tag in _shown_tags(library, photo)}}
    assert tagged.isdisjoint({other.name, deleted.name, away.name}), "the label was taken away from them"
    assert taught.name in tagged


def _shown_tags(library: Library, photo: Path) -> Sequence[PhotoTag]:
    return _shown(library, photo).tags if photo.suffix == ".jpg" else ()


def _check_pictures(library: Library, photo: Path, tmp_path: Path) -> None:
    """Thumbnails and signatures are those of the turned picture."""
    known = _shown(library, photo)
    assert known.content_hash is not None
    picture = Picture(str(photo), bytes.fromhex(known.content_hash), known.sidecars)
    with Thumbnails(tmp_path / "cache", 1) as thumbnails:
        shown = Image.open(io.BytesIO(thumbnails.thumbnail(picture, 64)))
    assert shown.size == (40, 64)
    file = inside(library)
    with file.transaction():
        file._connection.execute("DELETE FROM signatures")
    groups = library.dupes()
    assert [len(group.photos) for group in groups] == [4]
    (same_file,) = library.dupes(exact=True)
    assert [Path(one.path).name for one in same_file.photos] == ["one.jpg", "two.jpg", "plain.jpg"]
    assert [one.has_sidecar for one in same_file.photos] == [True, True, False], "what a sidecar corrects is kept"
    assert file._connection.execute("SELECT COUNT(*) FROM signatures").fetchone() == (4,)
