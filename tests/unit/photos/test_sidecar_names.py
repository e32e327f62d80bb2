"""Which sidecar belongs to which photo."""

import pytest

from mcsearch.photos.sidecar_names import Neighbours


@pytest.mark.parametrize(
    ("photo", "names", "expected"),
    [
        ("x.jpg", ["x.jpg"], []),
        ("x.jpg", ["x.jpg", "x.jpg.xmp"], ["x.jpg.xmp"]),
        ("x.jpg", ["x.jpg", "x.xmp"], ["x.xmp"]),
        ("x.jpg", ["x.jpg", "x.XMP", "x.aae", "x.jpg.json"], ["x.XMP"]),
        ("x.jpg", ["x.jpg", "x.jpg.xmp", "x.xmp"], ["x.jpg.xmp", "x.xmp"]),
        ("x.JPG", ["x.JPG", "x.NEF", "x.xmp"], []),
        ("x.NEF", ["x.JPG", "x.NEF", "x.xmp"], ["x.xmp"]),
        ("x.jpg", ["x.jpg", "x.png", "x.xmp"], []),
        ("x.jpg", ["x.jpg", "x.heic", "x.xmp"], []),
        ("x.nef", ["x.nef", "x.dng", "x.xmp"], ["x.xmp"]),
        ("x.dng", ["x.nef", "x.dng", "x.xmp"], []),
        ("x.y.jpg", ["x.y.jpg", "x.xmp", "x.jpg.xmp"], []),
    ],
)
def test_a_sidecar_belongs_to_one_photo(photo: str, names: list[str], expected: list[str]) -> None:
    assert Neighbours(names).sidecars(photo) == expected
