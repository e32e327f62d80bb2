"""Which files of a folder belong to a photo beside them."""

import pytest

from mcsearch.photos.companions import companions


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.ARW", "a.JPG"], {"a.ARW": "a.JPG"}),
        (["a.dng", "a.HEIC", "a.nef"], {"a.dng": "a.HEIC", "a.nef": "a.HEIC"}),
        (["IMG_1.HEIC", "IMG_1.MOV"], {"IMG_1.MOV": "IMG_1.HEIC"}),
        (["IMG_1.HEIC", "IMG_1.JPG", "IMG_1.dng"], {"IMG_1.dng": "IMG_1.HEIC"}),
        (["a.arw", "b.jpg", "a.b.jpg"], {}),
        (["a.arw", "a.png", "a.tif", "a.dng"], {}),
        (["a.mp4", "a.jpg", "b.mov"], {}),
    ],
)
def test_raw_files_and_films_belong_to_the_still_of_their_name(names: list[str], expected: dict[str, str]) -> None:
    assert companions(names) == expected
    assert companions(reversed(names)).keys() == expected.keys()
