"""Thumbnails: upright, bare of metadata, kept by content, and shared by threads."""

import io
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3
from PIL import Image

from mcsearch.errors import UsageError
from mcsearch.ops.showing import thumbnails
from mcsearch.ops.showing.thumbnails import NoThumbnailError, Picture, Thumbnails
from tests.support.samples import encoded, quarters, turned

SIZE = 32


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thumbnails]:
    with Thumbnails(tmp_path_factory.mktemp("cache"), workers=2) as thumbnails:
        yield thumbnails


def photo(path: Path, content: bytes) -> Picture:
    path.write_bytes(content)
    return Picture(str(path), blake3(content).digest())


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_thumbnail_is_upright_small_and_bare_of_metadata(made: Thumbnails, tmp_path: Path) -> None:
    lying, exif = turned(quarters(64, 48), 6)
    exif[0x010F] = "Maker"
    picture = opened(made.thumbnail(photo(tmp_path / "a.jpg", encoded(lying, "JPEG", exif=exif, quality=95)), SIZE))
    assert (picture.format, picture.size) == ("WEBP", (32, 24))
    assert not {"exif", "xmp", "icc_profile"} & picture.info.keys()
    upright = np.asarray(quarters(32, 24), np.int16)
    assert np.abs(np.asarray(picture.convert("RGB"), np.int16) - upright).mean() < 12


def test_a_picture_is_never_enlarged_and_keeps_its_proportions(made: Thumbnails, tmp_path: Path) -> None:
    small = photo(tmp_path / "small.png", encoded(quarters(20, 10), "PNG"))
    thin = photo(tmp_path / "thin.png", encoded(quarters(400, 4), "PNG"))
    assert opened(made.thumbnail(small, SIZE)).size == (20, 10)
    width, height = opened(made.thumbnail(thin, SIZE)).size
    assert (width, height) == (32, 1)


def test_a_kept_thumbnail_needs_no_photo(made: Thumbnails, tmp_path: Path) -> None:
    picture = photo(tmp_path / "gone.png", encoded(quarters(), "PNG"))
    assert made.kept(picture, SIZE) is None
    first = made.thumbnail(picture, SIZE)
    os.unlink(picture.path)
    assert made.thumbnail(picture, SIZE) == first
    assert made.kept(picture, SIZE + 1) is None
    kept = made.kept(picture, SIZE)
    assert kept is not None
    assert kept.read_bytes() == first


def test_a_photo_that_cannot_be_shown_has_a_reason(made: Thumbnails, tmp_path: Path) -> None:
    for picture, reason in (
        (Picture(str(tmp_path / "none.jpg")), "cannot be read"),
        (photo(tmp_path / "text.jpg", b"no picture"), "not a picture"),
        (Picture(photo(tmp_path / "a.png", encoded(quarters(), "PNG")).path, bytes(32)), "has changed"),
    ):
        with pytest.raises(NoThumbnailError, match=reason):
            made.thumbnail(picture, SIZE)
    with pytest.raises(UsageError, match="between 16 and 2048"):
        made.thumbnail(picture, 5000)


def test_threads_share_one_decode(made: Thumbnails, tmp_path: Path) -> None:
    pictures = [photo(tmp_path / f"{one}.png", encoded(quarters(60 + one, 40), "PNG")) for one in range(4)]
    start = threading.Barrier(8)

    def ask(_: int) -> list[bytes]:
        start.wait()
        return [made.thumbnail(picture, SIZE) for picture in pictures]

    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(ask, range(8))]
    assert all(answer == answers[0] for answer in answers)
    assert [*made.thumbnails(pictures, SIZE)] == answers[0]


def test_several_are_given_in_order_with_reasons_for_those_that_fail(made: Thumbnails, tmp_path: Path) -> None:
    good = [photo(tmp_path / f"{one}.png", encoded(quarters(20 + one, 10), "PNG")) for one in range(9)]
    bad = photo(tmp_path / "bad.jpg", b"no picture")
    answers = [*made.thumbnails([*good[:4], bad, *good[4:]], SIZE)]
    assert isinstance(answers.pop(4), NoThumbnailError)
    assert [opened(answer).width for answer in answers if isinstance(answer, bytes)] == [*range(20, 29)]


def test_the_cache_stays_within_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "CACHE_BYTES_AT_MOST", 256 * 1000)
    folder = tmp_path / "cache" / "thumbnails" / "ab"
    for number in range(10):
        thumbnails._keep(folder / f"{number}-{SIZE}.webp", bytes(300))
        os.utime(folder / f"{number}-{SIZE}.webp", (number, number))
    left = sorted(file.name for file in folder.iterdir())
    assert left == [f"{number}-{SIZE}.webp" for number in (7, 8, 9)]


def test_closing_answers_whoever_waits(tmp_path: Path) -> None:
    opened = Thumbnails(None, workers=1)
    opened.close()
    with pytest.raises(NoThumbnailError, match="no more"):
        opened.thumbnail(photo(tmp_path / "a.png", encoded(quarters(), "PNG")), SIZE)


def test_a_video_shows_its_middle(made: Thumbnails, tmp_path: Path) -> None:
    pytest.importorskip("av")
    from tests.support.videos import video

    colours = ["red", "red", "lime", "blue"]
    film = photo(tmp_path / "a.mp4", video([Image.new("RGB", (64, 48), colour) for colour in colours]))
    shown = opened(made.thumbnail(film, SIZE)).convert("RGB")
    assert shown.size == (32, 24)
    red, green, blue = shown.getpixel((16, 12))  # type: ignore[misc]
    assert green > 150 > max(red, blue)


def test_a_worker_that_cannot_start_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))
    with (
        Thumbnails(None, workers=1) as broken,
        pytest.raises(NoThumbnailError, match=r"No such file|cannot find"),
    ):
        broken.thumbnail(photo(tmp_path / "a.png", encoded(quarters(), "PNG")), SIZE)
