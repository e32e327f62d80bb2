"""Every row of FORMATS: a file of each suffix is found, decoded, and stands the right way up."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mcsearch.photos.decode import decode
from mcsearch.photos.formats import FORMATS, Format
from mcsearch.photos.scan import ScanNotes, ScanRules, scan
from tests.unit.photos.samples import ORIENTATIONS, corners, quarters, turned

SIZE = 48
# How Pillow writes a row's files: a format, options, and how far a colour may be off.
WRITERS: dict[str, tuple[str, dict[str, Any], int]] = {
    "JPEG": ("JPEG", {"quality": 95, "subsampling": 0}, 6),
    "PNG": ("PNG", {}, 0),
    "WebP": ("WEBP", {"lossless": True}, 0),
    "TIFF": ("TIFF", {}, 0),
    "GIF": ("GIF", {}, 0),
    "BMP": ("BMP", {}, 0),
    "PNM": ("PPM", {}, 1),
    "JPEG 2000": ("JPEG2000", {}, 0),
    "AVIF": ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 6),
}
# Suffixes that stand for something else than the row's plain picture: another format, or more than one frame.
OTHER_FORMATS = {".mpo": "MPO", ".dib": "DIB"}
SECOND_FRAME = {".mpo", ".apng", ".avifs"}
MODES = {".pbm": "1", ".pgm": "L", ".pfm": "F"}
CARRYING_EXIF = [row for row in FORMATS if row.name in ("JPEG", "PNG", "WebP", "TIFF", "AVIF")]
SUFFIXES = [(row, suffix) for row in FORMATS for suffix in row.suffixes]


@pytest.mark.parametrize(("row", "suffix"), SUFFIXES, ids=[suffix for _, suffix in SUFFIXES])
@pytest.mark.parametrize("upper_case", [False, True], ids=["lower", "upper"])
def test_file_of_each_suffix_is_found_and_decoded(row: Format, suffix: str, upper_case: bool, tmp_path: Path) -> None:
    form, options, tolerance = WRITERS[row.name]
    picture = quarters()
    if suffix in MODES:
        picture = picture.convert(MODES[suffix], dither=Image.Dither.NONE)
    if suffix in SECOND_FRAME:
        options = {**options, "save_all": True, "append_images": [Image.new("RGB", picture.size)]}
    file = tmp_path / f"picture{suffix.upper() if upper_case else suffix}"
    picture.save(file, OTHER_FORMATS.get(suffix, form), **options)

    assert [found.path for found in scan(str(tmp_path), ScanRules(), ScanNotes())] == [str(file)]
    pixels = decode(file.read_bytes(), SIZE, "bilinear")
    assert pixels.shape == (SIZE, SIZE, 3)
    assert pixels.dtype == np.uint8
    assert np.allclose(corners(pixels), corners(np.asarray(picture.convert("RGB"))), atol=tolerance)


@pytest.mark.parametrize("row", CARRYING_EXIF, ids=lambda row: row.name)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_is_applied_once(row: Format, orientation: int, tmp_path: Path) -> None:
    form, options, tolerance = WRITERS[row.name]
    stored, exif = turned(quarters(), orientation)
    file = tmp_path / "turned"
    stored.save(file, form, exif=exif, **options)
    pixels = decode(file.read_bytes(), SIZE, "bilinear")
    assert np.allclose(corners(pixels), corners(np.asarray(quarters())), atol=tolerance)


def test_orientation_of_a_compressed_tiff_is_applied_once(tmp_path: Path) -> None:
    stored, exif = turned(quarters(), 6)
    stored.save(tmp_path / "turned.tif", exif=exif, compression="tiff_lzw")
    pixels = decode((tmp_path / "turned.tif").read_bytes(), SIZE, "bilinear")
    assert corners(pixels) == corners(np.asarray(quarters()))


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)
def test_row_is_complete(row: Format) -> None:
    assert row.suffixes
    assert row.plugins
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in row.suffixes)
    assert row.name in WRITERS


def test_no_suffix_and_no_plugin_stands_in_two_rows() -> None:
    for listed in ([row.suffixes for row in FORMATS], [row.plugins for row in FORMATS]):
        counts = Counter(entry for entries in listed for entry in entries)
        assert [entry for entry, count in counts.items() if count > 1] == []
