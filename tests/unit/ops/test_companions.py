"""RAW files beside JPEGs over several index runs, on real files with the demo model."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcsearch import Library, load_model
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.runs import IndexReport
from tests.support.raw_files import dng
from tests.support.runs import inside
from tests.support.videos import video


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def pair(painted: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A JPEG and the RAW file beside it."""
    folder = tmp_path / "pair"
    folder.mkdir()
    picture = Image.open(next(painted.rglob("*.jpg"))).convert("RGB")
    picture.save(folder / "photo.jpg")
    (folder / "photo.dng").write_bytes(dng(picture.crop((0, 0, picture.width // 2 * 2, picture.height // 2 * 2))))
    return folder / "photo.jpg", folder / "photo.dng"


def _index(library: Library, folder: Path, **options: object) -> IndexReport:
    return library.index([folder], model="demo", workers=1, **options)  # type: ignore[arg-type]


def _photos(library: Library) -> set[str]:
    return {hit.path for hit in library.find("a photo", limit=100)}


def _companions(library: Library) -> list[tuple[str, str]]:
    return inside(library)._connection.execute("SELECT path, photo_path FROM companions ORDER BY path").fetchall()


def test_a_pair_is_one_photo_and_is_recorded(library: Library, pair: tuple[Path, Path]) -> None:
    jpeg, raw = pair
    report = _index(library, jpeg.parent)
    assert (report.new, report.failed, report.notices) == (1, 0, ())
    assert _photos(library) == {str(jpeg)}
    assert _companions(library) == [(str(raw), str(jpeg))]
    again = _index(library, jpeg.parent)
    assert (again.new, again.unchanged, again.removed, again.embedded) == (0, 1, 0, 0)
    assert _companions(library) == [(str(raw), str(jpeg))]


def test_both_can_be_kept(library: Library, pair: tuple[Path, Path]) -> None:
    jpeg, raw = pair
    assert _index(library, jpeg.parent, raw_pairs="both").new == 2
    assert _photos(library) == {str(jpeg), str(raw)}
    assert _companions(library) == [(str(raw), str(jpeg))]
    assert _index(library, jpeg.parent).unchanged == 2, "a root remembers"
    assert _index(library, jpeg.parent, raw_pairs="one").removed == 1
    assert _photos(library) == {str(jpeg)}
    assert _index(library, raw, raw_pairs="both").new == 1
    assert _photos(library) == {str(jpeg), str(raw)}


def test_a_file_by_itself_is_what_it_is_in_its_folder(library: Library, pair: tuple[Path, Path]) -> None:
    jpeg, raw = pair
    assert _index(library, raw).new == 0
    assert _companions(library) == [(str(raw), str(jpeg))]
    assert _index(library, jpeg).new == 1
    shown = library.show(raw)
    assert (shown.path, shown.companions) == (str(jpeg), (str(raw),))
    library.forget(jpeg.parent)
    assert _companions(library) == []


def test_either_half_may_come_and_go(library: Library, pair: tuple[Path, Path]) -> None:
    jpeg, raw = pair
    content = jpeg.read_bytes()
    jpeg.unlink()
    _index(library, raw.parent)
    assert (_photos(library), _companions(library)) == ({str(raw)}, [])
    jpeg.write_bytes(content)
    report = _index(library, raw.parent)
    assert (report.new, report.removed, report.embedded) == (1, 1, 1)
    assert (_photos(library), _companions(library)) == ({str(jpeg)}, [(str(raw), str(jpeg))])
    jpeg.unlink()
    report = _index(library, raw.parent)
    assert (report.new, report.removed, report.embedded) == (1, 1, 0)
    assert (_photos(library), _companions(library)) == ({str(raw)}, [])
    jpeg.write_bytes(content)
    raw.unlink()
    _index(library, raw.parent)
    assert (_photos(library), _companions(library)) == ({str(jpeg)}, [])


def test_companions_out_of_reach_are_kept(library: Library, pair: tuple[Path, Path]) -> None:
    jpeg, raw = pair
    _index(library, jpeg.parent)
    difference = inside(library).photos.compare([], [str(jpeg.parent)], 1, READERS_VERSION, force=False)
    difference.keep_below(str(jpeg.parent))
    with inside(library).transaction():
        difference.remove_gone()
        difference.record_companions()
    assert _companions(library) == [(str(raw), str(jpeg))]


def test_the_film_of_a_live_photo_is_a_companion(library: Library, pair: tuple[Path, Path]) -> None:
    jpeg, raw = pair
    film = raw.rename(raw.with_suffix(".MOV"))
    assert _index(library, jpeg.parent).new == 1
    assert _companions(library) == [(str(film), str(jpeg))]
    assert _index(library, jpeg.parent, videos=True).unchanged == 1


def test_the_embedding_of_a_video_is_the_mean_of_its_frames(library: Library, painted: Path, tmp_path: Path) -> None:
    pictures = [Image.open(path).convert("RGB").resize((256, 192)) for path in sorted(painted.rglob("*.jpg"))[:4]]
    film = tmp_path / "films" / "film.mov"
    film.parent.mkdir()
    film.write_bytes(video(pictures, ".mov"))
    assert _index(library, film.parent).new == 0
    report = _index(library, film.parent, videos=True)
    assert (report.new, report.embedded, report.failed) == (1, 1, 0)
    model = load_model("demo")
    mean = model.embed_images(pictures).mean(axis=0)
    [blob] = inside(library)._connection.execute("SELECT vector FROM embeddings").fetchone()
    vector = np.frombuffer(blob, "<f4")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert vector @ (mean / np.linalg.norm(mean)) > 0.98
    assert np.allclose(model.embed_images([film])[0], vector, atol=1e-5)
    assert _index(library, film.parent).unchanged == 1
    assert _index(library, film.parent, videos=False).removed == 1
