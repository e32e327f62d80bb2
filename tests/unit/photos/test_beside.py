"""Which files of a folder belong to a photo beside them."""

from pathlib import Path

import pytest

from mcsearch.photos.beside import Neighbours, is_meant_for, related


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.ARW", "a.JPG"], {"a.ARW": "a.JPG"}),
        (["a.dng", "a.HEIC", "a.nef"], {"a.dng": "a.HEIC", "a.nef": "a.HEIC"}),
        (["IMG_1.HEIC", "IMG_1.MOV"], {"IMG_1.MOV": "IMG_1.HEIC"}),
        (["IMG_1.HEIC", "IMG_1.JPG", "IMG_1.dng"], {"IMG_1.dng": "IMG_1.HEIC"}),
        (["img_1.heic", "IMG_1.MOV", "IMG_1.DNG"], {"IMG_1.MOV": "img_1.heic", "IMG_1.DNG": "img_1.heic"}),
        (["IMG_1.JPG", "img_1.jpg", "img_1.mov"], {"img_1.mov": "img_1.jpg"}),
        (["IMG_1.HEIC", "IMG_1.MP4"], {"IMG_1.MP4": "IMG_1.HEIC"}),
        (["IMG_1.HEIC", "IMG_1_HEVC.MOV", "IMG_2.JPG", "IMG_2_heic.mov"],
         {"IMG_1_HEVC.MOV": "IMG_1.HEIC", "IMG_2_heic.mov": "IMG_2.JPG"}),
        (["a.arw", "b.jpg", "a.b.jpg"], {}),
        (["a.arw", "a.png", "a.tif", "a.dng"], {}),
        (["IMG_1.HEIC", "IMG_E1.HEIC", "IMG_1.AAE", "IMG_1.MOV", "IMG_E1.MOV"],
         {"IMG_1.HEIC": "IMG_E1.HEIC", "IMG_1.MOV": "IMG_1.HEIC", "IMG_E1.MOV": "IMG_E1.HEIC"}),
        (["IMG_1.HEIC", "IMG_E1.jpg", "IMG_1.aae"], {"IMG_1.HEIC": "IMG_E1.jpg"}),
        (["IMG_1.HEIC", "IMG_E1.HEIC", "IMG_2.HEIC", "IMG_2.AAE"], {}),
        (["a.mkv", "a.jpg", "b.mov", "a_HEVC.nef"], {}),
    ],
)  # fmt: skip
def test_raw_files_and_films_belong_to_the_still_of_their_name(names: list[str], expected: dict[str, str]) -> None:
    assert Neighbours(names).companions == expected
    assert Neighbours(reversed(names)).companions == expected


@pytest.mark.parametrize(
    ("photo", "names", "expected"),
    [
        ("x.jpg", ["x.jpg"], []),
        ("x.jpg", ["x.jpg", "x.jpg.xmp"], ["x.jpg.xmp"]),
        ("x.jpg", ["x.jpg", "x.xmp"], ["x.xmp"]),
        ("x.jpg", ["x.jpg", "x.XMP", "x.aae", "x.jpg.json"], ["x.XMP"]),
        ("x.jpg", ["x.jpg", "X.Xmp", "X.JPG.xmp"], ["X.JPG.xmp", "X.Xmp"]),
        ("x.jpg", ["x.jpg", "x.jpg.xmp", "x.xmp"], ["x.jpg.xmp", "x.xmp"]),
        ("x.jpg", ["x.jpg", "X.xmp", "x.xmp", "x.XMP"], ["x.XMP", "x.xmp", "X.xmp"]),
        ("x.jpg", ["x.jpg", "X.jpg", "X.xmp", "x.xmp"], ["x.xmp"]),
        ("x.jpg", ["x.jpg", "x.nef", "x.nef.xmp", "x.xmp", "x.jpg.xmp"], ["x.jpg.xmp", "x.nef.xmp", "x.xmp"]),
        ("x.nef", ["x.jpg", "x.nef", "x.nef.xmp", "x.xmp", "x.jpg.xmp"], ["x.nef.xmp", "x.xmp"]),
        ("x.png", ["x.png", "x.nef", "x.nef.xmp", "x.xmp"], []),
        ("x.jpg", ["x.jpg", "x.png", "x.xmp"], ["x.xmp"]),
        ("x.png", ["x.jpg", "x.png", "x.xmp", "x.jpg.xmp"], ["x.xmp"]),
        ("x.heic", ["x.heic", "x.mov", "x.xmp"], ["x.xmp"]),
        ("x.mov", ["x.heic", "x.mov", "x.xmp"], []),
        ("x.mov", ["x.mov", "x.xmp"], ["x.xmp"]),
        ("x.dng", ["x.nef", "x.dng", "x.xmp"], []),
        ("x.y.jpg", ["x.y.jpg", "x.xmp", "x.jpg.xmp", "x.y.xmp"], ["x.y.xmp"]),
    ],
)
def test_all_sidecars_of_a_photo_in_order_of_precedence(photo: str, names: list[str], expected: list[str]) -> None:
    assert Neighbours(names).sidecars(photo) == expected


@pytest.mark.parametrize(
    ("sidecar", "names", "expected"),
    [
        ("x.jpg.xmp", ["x.jpg", "x.png", "x.nef"], ["x.jpg"]),
        ("x.xmp", ["x.jpg", "x.png"], ["x.jpg", "x.png"]),
        ("x.xmp", ["x.jpg", "x.psd"], ["x.jpg", "x.psd"]),
        ("x.xmp", ["x.jpg", "x.nef", "x.cr2"], ["x.cr2", "x.nef"]),
        ("x.xmp", ["x.jpg", "x.dng"], ["x.dng", "x.jpg"]),
        ("x.xmp", ["y.jpg"], []),
    ],
)
def test_who_owns_a_sidecar(sidecar: str, names: list[str], expected: list[str]) -> None:
    assert Neighbours([*names, sidecar]).owners(sidecar) == expected


def test_a_sidecar_that_says_which_file_it_is_for_is_believed(tmp_path: Path) -> None:
    photo, raw = tmp_path / "x.jpg", tmp_path / "x.NEF"
    by_stem, by_name = str(tmp_path / "x.xmp"), str(tmp_path / "x.jpg.xmp")
    assert is_meant_for(str(photo), by_stem, None)
    assert is_meant_for(str(photo), by_stem, ".jpg")
    assert is_meant_for(str(photo), by_stem, ".jpeg")
    assert not is_meant_for(str(photo), by_stem, ".png")
    assert not is_meant_for(str(tmp_path / "x.cr2"), by_stem, ".nef")
    assert is_meant_for(str(photo), by_name, ".nef")
    assert not is_meant_for(str(photo), by_stem, ".nef")
    raw.touch()
    assert is_meant_for(str(photo), by_stem, ".nef"), "the RAW file of the pair"
    assert not is_meant_for(str(tmp_path / "x.png"), by_stem, ".nef")
    assert not is_meant_for(str(raw), by_stem, ".jpg")


@pytest.mark.parametrize("name", ["x.JPG", "X.nef", "x.xmp", "X.jpg.XMP", "x.nef.xmp", "x_HEVC.MOV", "x.mp4"])
def test_what_may_change_with_a_file(name: str) -> None:
    assert related(name, ["x.jpg", "x.CR2", "x.txt", "y.jpg", "x.xmp", "x.y.jpg"]) == ["x.jpg", "x.CR2"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jpg.supplemental-metadata.json", ["a.jpg", "a-edited.jpg"]),
        ("a.jpg(1).json", ["a(1).jpg"]),
        ("metadata.json", []),
        ("IMG_1.AAE", ["IMG_1.HEIC", "IMG_E1.HEIC"]),
        ("IMG_E1.HEIC", ["IMG_1.HEIC", "IMG_E1.HEIC"]),
    ],
)
def test_what_may_change_with_a_json_and_with_an_edit(name: str, expected: list[str]) -> None:
    assert related(name, ["a.jpg", "a-edited.jpg", "a(1).jpg", "IMG_1.HEIC", "IMG_E1.HEIC", "a.txt"]) == expected
