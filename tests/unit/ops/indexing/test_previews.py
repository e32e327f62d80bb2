"""Index runs over roots with and without previews, with the demo model."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mcsearch import Library
from mcsearch.ops.exchange.importing import import_embeddings
from mcsearch.ops.exchange.parquet_shards import export_shards
from mcsearch.output.photo import photo_lines
from tests.support.previews import camera_exif, jpeg_with_preview
from tests.support.runs import counts, inside, run
from tests.support.samples import photograph

SIZE = (900, 600)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """A folder with two photos that carry previews, one of them edited."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for name, photo, software in (("as-taken", "coffee.png", "v1"), ("edited", "chelsea.png", "GIMP 2.10")):
        picture = photograph(photo).resize(SIZE)
        content = jpeg_with_preview(picture, picture.resize((600, 400)), camera_exif(SIZE, Software=software))
        (folder / f"{name}.jpg").write_bytes(content)
    return folder


def by_preview(library: Library) -> list[str]:
    """The names of the photos whose embedding is that of a preview."""
    rows = inside(library)._connection.execute(
        "SELECT path FROM photos JOIN from_previews USING (content_id) ORDER BY path"
    )
    return [Path(path).name for (path,) in rows]


def vector(library: Library, path: Path) -> "np.ndarray":
    row = inside(library)._connection.execute(
        "SELECT vector FROM photos JOIN embeddings USING (content_id) WHERE path = ?", (str(path),)
    )
    return np.frombuffer(row.fetchone()[0], "<f4")


def test_previews_are_embedded_until_the_rule_is_taken_back(library: Library, shots: Path) -> None:
    assert counts(run(library, shots)) == {"new": 2, "embedded": 2}
    full = vector(library, shots / "as-taken.jpg")
    assert by_preview(library) == []
    assert counts(run(library, shots, previews=True)) == {"unchanged": 2}, "what has been embedded stays"
    assert counts(run(library, shots, force=True)) == {"unchanged": 2, "embedded": 2}
    assert by_preview(library) == ["as-taken.jpg"]
    photo = library.show(shots / "as-taken.jpg")
    assert photo is not None
    assert photo.from_preview == photo.models == ("demo",)
    assert "Model      demo (of the preview)" in list(photo_lines(photo))
    small = vector(library, shots / "as-taken.jpg")
    assert 0.9 < full @ small < 1 - 1e-6
    assert counts(run(library, shots, previews=False)) == {"unchanged": 2, "embedded": 1}
    assert by_preview(library) == []
    assert full @ vector(library, shots / "as-taken.jpg") > 0.9999


def test_a_root_without_previews_gets_the_picture_whichever_root_is_first(library: Library, shots: Path) -> None:
    plain = shots.with_name("plain")
    shutil.copytree(shots, plain)
    shutil.copy(shots / "as-taken.jpg", shots / "copy.jpg")
    run(library, shots, previews=True)
    assert by_preview(library) == ["as-taken.jpg", "copy.jpg"]
    assert counts(run(library, plain)) == {"new": 2, "embedded": 1}
    assert by_preview(library) == []
    assert counts(run(library, shots)) == {"unchanged": 3}


def test_roots_with_and_without_previews_in_one_run(library: Library, shots: Path) -> None:
    plain = shots / "plain"
    plain.mkdir()
    run(library, plain, previews=False)
    run(library, shots, previews=True)
    shutil.copy(shots / "as-taken.jpg", plain / "copy.jpg")
    shutil.copy(photo := shots / "as-taken.jpg", shots / "twin.jpg")
    photo.unlink()
    run(library, shots)
    assert by_preview(library) == []
    assert counts(run(library)) == {"unchanged": 3}


def test_a_forced_preview_does_not_replace_a_picture_that_another_root_needs(library: Library, shots: Path) -> None:
    plain = shots.with_name("plain")
    shutil.copytree(shots, plain)
    run(library, plain, previews=False)
    run(library, shots, previews=True)
    run(library, shots, force=True)
    run(library, force=True)
    assert by_preview(library) == []
    (plain / "as-taken.jpg").unlink()
    run(library, plain)
    run(library, shots, force=True)
    assert by_preview(library) == ["as-taken.jpg"]


def test_a_photo_with_the_preview_of_another_is_no_duplicate_of_it(library: Library, shots: Path) -> None:
    picture, other = (photograph(name).resize(SIZE) for name in ("coffee.png", "chelsea.png"))
    content = jpeg_with_preview(other, picture.resize((600, 400)), camera_exif(SIZE))
    (shots / "another.jpg").write_bytes(content)
    run(library, shots, previews=True)
    assert by_preview(library) == ["another.jpg", "as-taken.jpg"]
    (group,) = library.dupes()
    assert sorted(Path(photo.path).name for photo in group.photos) == ["another.jpg", "edited.jpg"], "both show chelsea"


def test_an_import_knows_embeddings_of_previews(library: Library, shots: Path, tmp_path: Path) -> None:
    run(library, shots, previews=True)
    export_shards(inside(library), library.models.to_ask(), tmp_path / "shards", 1)
    with Library(tmp_path / "other.db") as other:
        import_embeddings(other, tmp_path / "shards")
        assert counts(run(other, shots)) == {"new": 2, "embedded": 1}
        assert by_preview(other) == []
