"""mcsearch dupes as a user runs it, on painted photos and real copies of them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from mcsearch.demo.painter import paint, scenes
from tests.conftest import Mcsearch, command

# Copies of one picture, by the name of each, with the best first.
BEST, *COPIES = "best.png", "large.jpg", "small.webp", "again.jpg", "again2.jpg", "cropped.jpg", "turned.jpg"


def _draw(folder: Path) -> None:
    for number, scene in enumerate(scenes(12, 51)):
        paint(scene, (960, 720)).save(folder / f"other{number}.jpg", quality=90)
    picture = paint(scenes(20, 52)[13], (960, 720))
    picture.save(folder / "best.png")
    picture.save(folder / "large.jpg", quality=40)
    picture.resize((480, 360)).save(folder / "small.webp", quality=80)
    (folder / "copies").mkdir()
    picture.resize((640, 480)).save(folder / "again.jpg", quality=85)
    shutil.copy(folder / "again.jpg", folder / "copies" / "again2.jpg")
    picture.crop((20, 15, 940, 705)).save(folder / "cropped.jpg", quality=85)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # it is to be turned by 90° to be seen as it was
    picture.resize((480, 360)).transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", exif=exif)
    # A burst: the camera moved by a tenth of the picture, so that neither is a part of the other.
    scene = paint(scenes(20, 52)[7], (960, 720))
    scene.crop((0, 0, 864, 648)).save(folder / "burst1.jpg", quality=90)
    scene.crop((96, 72, 960, 720)).save(folder / "burst2.jpg", quality=90)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos, copies, and the library of it."""
    folder = tmp_path_factory.mktemp("dupes")
    (folder / "photos").mkdir()
    _draw(folder / "photos")
    library = ["--library", str(folder / "library.db")]
    subprocess.run([command(), "index", str(folder / "photos"), "--model", "demo", *library], check=True)
    return folder


@pytest.fixture(autouse=True)
def _library(indexed: Path, tmp_path: Path) -> None:
    shutil.copy(indexed / "library.db", tmp_path / "library.db")


def _groups(output: str) -> list[list[str]]:
    return [[Path(photo["path"]).name for photo in json.loads(line)["photos"]] for line in output.splitlines()]


@pytest.mark.parametrize("option", [[], ["--near"]])
def test_the_same_picture_however_it_was_written(mcsearch: Mcsearch, option: list[str]) -> None:
    done = mcsearch("dupes", *option, "--json")
    [group] = _groups(done.stdout)
    assert group[0] == BEST
    assert sorted(group[1:]) == sorted(COPIES)
    assert "1 group, 6 photos beside the best" in done.stderr
    photo = json.loads(done.stdout)["photos"][0]
    assert (photo["width"], photo["height"], photo["format"]) == (960, 720, "PNG")


def test_files_with_the_same_content(mcsearch: Mcsearch) -> None:
    assert _groups(mcsearch("dupes", "--exact", "--json").stdout) == [["again.jpg", "again2.jpg"]]


def test_bursts_and_variants_by_cosine(mcsearch: Mcsearch) -> None:
    [group, *_] = _groups(mcsearch("dupes", "--similar", "0.9", "--json").stdout)
    assert {BEST, *COPIES, "burst1.jpg", "burst2.jpg"} <= set(group)
    [group] = _groups(mcsearch("dupes", "--similar", "1", "--json").stdout)
    assert set(group) == {"again.jpg", "again2.jpg"}


def test_paths_are_all_but_the_best(mcsearch: Mcsearch, indexed: Path) -> None:
    paths = mcsearch("dupes", "--paths").stdout.splitlines()
    assert sorted(Path(path).name for path in paths) == sorted(COPIES)
    assert mcsearch("dupes", "--print0").stdout.split("\0") == [*paths, ""]
    assert all(Path(path).exists() for path in paths)
    lines = mcsearch("dupes").stdout.splitlines()
    assert lines[0].split() == ["960x720", lines[0].split()[1], str(indexed / "photos" / BEST)]


def test_filters_leave_some(mcsearch: Mcsearch, indexed: Path) -> None:
    assert _groups(mcsearch("dupes", "--in", indexed / "photos" / "copies", "--json").stdout) == []
    [group] = _groups(mcsearch("dupes", "--format", "jpeg", "--json").stdout)
    assert BEST not in group
    assert group[0] == "large.jpg"
    assert mcsearch("dupes", "--exact", "--not-in", indexed / "photos" / "copies").stdout == ""
    assert mcsearch("dupes", "--near", "38.7,-9.1", "--json").stdout == ""
    assert "no photo is there twice" in mcsearch("dupes", "--near", "-38.7,-9.1").stderr


def test_a_raw_file_is_no_duplicate_of_its_jpeg(mcsearch: Mcsearch, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    from tests.support.raw_files import dng

    folder = tmp_path / "pairs"
    folder.mkdir()
    picture = paint(scenes(20, 53)[4], (960, 720))
    picture.save(folder / "a.jpg", quality=90)
    (folder / "a.dng").write_bytes(dng(picture))
    library = ["--library", tmp_path / "pairs.db"]
    mcsearch("index", folder, "--model", "demo", "--raw-pairs", "both", *library)
    assert mcsearch("dupes", "--similar", "0.5", "--json", *library).stdout == ""
    shutil.copy(folder / "a.dng", folder / "b.dng")
    mcsearch("index", folder, "--raw-pairs", "both", *library)
    assert _groups(mcsearch("dupes", "--json", *library).stdout) == [["a.dng", "b.dng"]]


def test_a_file_that_is_gone_or_changed_is_left_out(mcsearch: Mcsearch, indexed: Path, tmp_path: Path) -> None:
    shutil.copytree(indexed / "photos", tmp_path / "photos")
    library = ["--library", tmp_path / "gone.db"]
    mcsearch("index", tmp_path / "photos", "--model", "demo", *library)
    (tmp_path / "photos" / "large.jpg").unlink()
    (tmp_path / "photos" / "cropped.jpg").write_bytes((tmp_path / "photos" / "other1.jpg").read_bytes())
    [group] = _groups(mcsearch("dupes", "--json", *library).stdout)
    assert not {"large.jpg", "cropped.jpg"} & set(group)
    assert {BEST, "small.webp"} <= set(group)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["--exact", "--similar", "0.9"], 2, "Choose one of --exact, --near and --similar"),
        (["--near", "--exact"], 2, "Choose one of --exact, --near and --similar"),
        (["--similar", "2"], 2, "0.5 to 1 works"),
        (["--similar", "0.1"], 2, "0.5 to 1 works"),
        (["--paths", "--json"], 2, "Choose one of --json, --paths and --print0"),
        (["--library", "none.db"], 1, "mcsearch index"),
    ],
)
def test_bad_input_is_one_sentence(mcsearch: Mcsearch, arguments: list[str], exit_code: int, sentence: str) -> None:
    done = mcsearch("dupes", *arguments, exit_code=exit_code)
    assert sentence in done.stderr
    assert done.stdout == ""
