"""mcsearch dupes as a user runs it, on painted photos and real copies of them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from mcsearch.demo.painter import paint, scenes
from tests.conftest import Mcsearch, command
from tests.support.pictures import photographs

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
    """A folder with photos, copies, and the library of it, which knows the signatures of those alike."""
    folder = tmp_path_factory.mktemp("dupes")
    (folder / "photos").mkdir()
    _draw(folder / "photos")
    library = ["--library", str(folder / "library.db")]
    subprocess.run([command(), "index", str(folder / "photos"), "--model", "demo", *library], check=True)
    subprocess.run([command(), "dupes", *library], check=True, stdout=subprocess.DEVNULL)
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
    assert "1 group, 6 extra copies that take 1" in done.stderr
    photo = json.loads(done.stdout)["photos"][0]
    assert (photo["width"], photo["height"], photo["format"]) == (960, 720, "PNG")


def test_files_with_the_same_content(mcsearch: Mcsearch) -> None:
    assert _groups(mcsearch("dupes", "--exact", "--json").stdout) == [["again.jpg", "again2.jpg"]]


def test_bursts_and_variants_by_cosine(mcsearch: Mcsearch) -> None:
    groups = _groups(mcsearch("dupes", "--similar", "0.9", "--json").stdout)
    assert {BEST, *COPIES} - {"turned.jpg"} <= set(groups[0])
    assert any({"burst1.jpg", "burst2.jpg"} <= set(group) for group in groups)
    [group] = _groups(mcsearch("dupes", "--similar", "1", "--json").stdout)
    assert set(group) == {"again.jpg", "again2.jpg"}


def test_paths_are_all_but_the_best(mcsearch: Mcsearch, indexed: Path) -> None:
    paths = mcsearch("dupes", "--paths").stdout.splitlines()
    assert sorted(Path(path).name for path in paths) == sorted(COPIES)
    assert mcsearch("dupes", "--print0").stdout.split("\0") == [*paths, ""]
    assert all(Path(path).exists() for path in paths)
    lines = mcsearch("dupes").stdout.splitlines()
    assert lines[0].split()[:2] == ["keep", "960x720"]
    assert lines[0].split()[4] == "PNG"
    assert lines[0].endswith(str(indexed / "photos" / BEST))
    assert {line.split()[0] for line in lines[1:]} == {"extra"}


def test_filters_leave_some(mcsearch: Mcsearch, indexed: Path) -> None:
    assert _groups(mcsearch("dupes", "--in", indexed / "photos" / "copies", "--json").stdout) == []
    [group] = _groups(mcsearch("dupes", "--format", "jpeg", "--json").stdout)
    assert BEST not in group
    assert group[0] == "large.jpg"
    assert mcsearch("dupes", "--exact", "--not-in", indexed / "photos" / "copies").stdout == ""
    assert mcsearch("dupes", "--near", "38.7,-9.1", "--json").stdout == ""
    assert "leaves none of 21" in mcsearch("dupes", "--near", "-38.7,-9.1").stderr


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


MODES = [["--exact"], [], ["--similar", "0.95"]]


@pytest.mark.parametrize("mode", MODES)
def test_the_only_copy_is_never_listed(mcsearch: Mcsearch, tmp_path: Path, mode: list[str]) -> None:
    folder, library = tmp_path / "photos", ["--library", tmp_path / "only.db"]
    folder.mkdir()
    for number, scene in enumerate(scenes(4, 54)):
        paint(scene, (480, 360)).save(folder / f"{number}-a.jpg", quality=90)
        shutil.copy(folder / f"{number}-a.jpg", folder / f"{number}-b.jpg")
    mcsearch("index", folder, "--model", "demo", *library)
    (folder / "0-a.jpg").unlink()
    (folder / "1-b.jpg").write_bytes((folder / "2-a.jpg").read_bytes() + b"more")
    (folder / "2-a.jpg").unlink()
    (folder / "2-a.jpg").symlink_to(folder / "2-b.jpg")
    done = mcsearch("dupes", *mode, "--print0", *library)
    assert [Path(path).name for path in done.stdout.split("\0")[:-1]] == ["3-b.jpg"]
    assert f"Left out {folder / '0-a.jpg'}: it is missing" in done.stderr
    assert f"Left out {folder / '1-b.jpg'}: it has changed" in done.stderr


@pytest.mark.parametrize("mode", MODES)
def test_a_file_is_no_duplicate_of_itself(mcsearch: Mcsearch, tmp_path: Path, mode: list[str]) -> None:
    folder, library = tmp_path / "photos", ["--library", tmp_path / "links.db"]
    (folder / "real").mkdir(parents=True)
    for number, scene in enumerate(scenes(2, 55)):
        paint(scene, (480, 360)).save(folder / "real" / f"zoo{number}.jpg", quality=90)
    (folder / "album.jpg").symlink_to(folder / "real" / "zoo0.jpg")
    (folder / "hard.jpg").hardlink_to(folder / "real" / "zoo1.jpg")
    (folder / "linked").symlink_to(folder / "real")
    mcsearch("index", folder, "--model", "demo", *library)
    assert mcsearch("dupes", *mode, "--print0", *library).stdout == ""
    shutil.copy(folder / "real" / "zoo0.jpg", folder / "zz copy.jpg")
    mcsearch("index", folder, *library)
    assert len(mcsearch("dupes", *mode, "--paths", *library).stdout.splitlines()) == 1


def test_what_is_to_stay(mcsearch: Mcsearch, indexed: Path) -> None:
    copies = indexed / "photos" / "copies"
    [group] = [
        json.loads(line)["photos"] for line in mcsearch("dupes", "--keep-in", copies, "--json").stdout.splitlines()
    ]
    assert Path(group[0]["path"]).name == "again2.jpg"
    assert [photo["keep"] for photo in group] == [True] + [False] * 6
    both = mcsearch("dupes", "--exact", "--keep-in", indexed / "photos", "--json")
    assert both.stdout == ""


def test_a_folder_to_keep_may_be_a_link(mcsearch: Mcsearch, tmp_path: Path) -> None:
    folder, elsewhere, library = tmp_path / "photos", tmp_path / "elsewhere", ["--library", tmp_path / "links.db"]
    folder.mkdir()
    elsewhere.mkdir()
    paint(scenes(1, 55)[0], (480, 360)).save(folder / "a.jpg")
    shutil.copy(folder / "a.jpg", elsewhere / "b.jpg")
    (folder / "linked").symlink_to(elsewhere)
    mcsearch("index", folder, "--model", "demo", *library)
    for kept in (folder / "linked", elsewhere):
        assert mcsearch("dupes", "--keep-in", kept, "--paths", *library).stdout == f"{folder / 'a.jpg'}\n"


def test_a_folder_to_keep_has_to_be_there(mcsearch: Mcsearch, indexed: Path) -> None:
    away = indexed / "photos" / "copie"
    refused = mcsearch("dupes", "--keep-in", away, "--paths", exit_code=2)
    assert refused.stdout == ""
    assert refused.stderr == f"mcsearch: There is no folder {away} in which to keep photos.\n"
    assert "The path is empty." in mcsearch("dupes", "--keep-in", "", exit_code=2).stderr


def test_the_original_is_the_best_copy(mcsearch: Mcsearch, tmp_path: Path) -> None:
    folder, library = tmp_path / "photos", ["--library", tmp_path / "best.db"]
    folder.mkdir()
    picture = paint(scenes(20, 52)[13], (800, 600))
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = "Pixel 7"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2023:06:12 10:11:12"
    picture.save(folder / "original.jpg", quality=90, exif=exif)
    picture.save(folder / "converted.png")
    picture.resize((1600, 1200)).save(folder / "upscaled.jpg", quality=95)
    picture.save(folder / "stripped.jpg", quality=90)
    os.utime(folder / "stripped.jpg", (0, 0))
    mcsearch("index", folder, "--model", "demo", *library)
    [group] = _groups(mcsearch("dupes", "--json", *library).stdout)
    assert (group[0], len(group)) == ("original.jpg", 4)
    [group] = _groups(mcsearch("dupes", "--prefer", "largest", "--json", *library).stdout)
    assert group[0] == "upscaled.jpg"
    [group] = _groups(mcsearch("dupes", "--prefer", "oldest", "--json", *library).stdout)
    assert group[0] == "original.jpg"


def test_an_intact_copy_is_kept_beside_a_damaged_original(mcsearch: Mcsearch, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    (folder / "keep").mkdir(parents=True)
    picture = Image.open(photographs()[0]).resize((1200, 800))
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "EOS R5"
    picture.save(folder / "keep" / "original.jpg", quality=95, exif=exif)
    original = (folder / "keep" / "original.jpg").read_bytes()
    (folder / "keep" / "original.jpg").write_bytes(original[: len(original) * 96 // 100])
    picture.save(folder / "copy.jpg", quality=70, exif=exif)
    mcsearch("index", folder, "--model", "demo")

    def marks(*options: object) -> dict[str, bool]:
        groups = [
            json.loads(line) for line in mcsearch("dupes", "--in", folder, "--json", *options).stdout.splitlines()
        ]
        return {Path(photo["path"]).name: photo["keep"] for group in groups for photo in group["photos"]}

    for options in ([], ["--prefer", "largest"], ["--prefer", "oldest"]):
        assert marks(*options) == {"copy.jpg": True, "original.jpg": False}
    assert marks("--keep-in", folder / "keep") == {}, "both are to stay"
    picture.resize((600, 400)).save(folder / "copy.jpg", quality=70, exif=exif)
    picture.save(folder / "copy2.jpg", quality=70)
    mcsearch("index", folder)
    assert marks() == {"copy.jpg": True, "copy2.jpg": False, "original.jpg": True}, "it shows more"
    (folder / "copy.jpg").unlink()
    mcsearch("index", folder)
    assert marks() == {}, "it has a camera"


def test_copies_that_the_model_does_not_take_for_alike(mcsearch: Mcsearch, tmp_path: Path) -> None:
    folder, library = tmp_path / "photos", ["--library", tmp_path / "recoloured.db"]
    folder.mkdir()
    with Image.open(photographs()[0]) as opened:
        picture = opened.convert("RGB")
    picture.save(folder / "a.jpg", quality=90)
    picture.convert("L").save(folder / "grey.jpg", quality=80)
    picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "mirrored.jpg", quality=80)
    picture.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", quality=80)
    picture.resize((128, 128)).save(folder / "quarter.jpg", quality=80)
    for path in photographs()[1:6]:
        shutil.copy(path, folder)
    mcsearch("index", folder, "--model", "demo", *library)
    [group] = _groups(mcsearch("dupes", "--json", *library).stdout)
    assert set(group) == {"a.jpg", "grey.jpg", "mirrored.jpg", "turned.jpg", "quarter.jpg"}


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["--exact", "--similar", "0.9"], 2, "Choose one of --exact, --near and --similar"),
        (["--near", "--exact"], 2, "Choose one of --exact, --near and --similar"),
        (["--similar", "2"], 2, "not between 0.5 and 1"),
        (["--similar", "0.1"], 2, "not between 0.5 and 1"),
        (["--paths", "--json"], 2, "Choose one of --json, --paths and --print0"),
        (["--library", "none.db"], 1, "mcsearch index"),
    ],
)
def test_bad_input_is_one_sentence(mcsearch: Mcsearch, arguments: list[str], exit_code: int, sentence: str) -> None:
    done = mcsearch("dupes", *arguments, exit_code=exit_code)
    assert sentence in done.stderr
    assert done.stdout == ""
