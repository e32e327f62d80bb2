"""How the orientation in a sidecar turns the picture that a file shows by itself."""

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcsearch.photos.beside import may_turn
from mcsearch.photos.facts.metadata import read_facts
from mcsearch.photos.pixels.decode import decode_views
from mcsearch.records.embeddings import Framing
from tests.support.blocks import xmp
from tests.support.samples import encoded, quarters
from tests.support.writers import heif

FRAMING = Framing(32, resize_mode="fit")


def oriented(orientation: int, form: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(quarters(), form, exif=exif.tobytes())


def sidecar(orientation: object) -> bytes:
    return xmp("", "", f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"')


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_picture_is_shown_as_the_sidecar_says_whatever_the_file_says(form: str) -> None:
    pairs = itertools.product(range(1, 9), range(1, 9)) if form == "JPEG" else [(6, 1), (1, 7), (8, 3), (5, 5)]
    for shown, corrected in pairs:
        content, packets = oriented(shown, form), [sidecar(corrected)]
        facts = read_facts(content, f"/a.{form}", 0, packets, packets)
        expected = decode_views(oriented(corrected, form), FRAMING).pixels
        assert np.array_equal(decode_views(content, FRAMING, turned=facts.turned).pixels, expected), (shown, corrected)
        assert (facts.width, facts.height) == ((48, 64) if corrected in range(5, 9) else (64, 48))
        assert (facts.turned is None) == (shown == corrected)


def test_a_heic_whose_decoder_turns_it_is_not_turned_twice() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = heif(quarters(), exif=exif)
    for corrected, turned in ((6, None), (3, 6), (1, 8)):
        packets = [sidecar(corrected)]
        assert read_facts(content, "/a.heic", 0, packets, packets).turned == turned


@pytest.mark.parametrize("orientation", ["0", "9", "-1", "6.0", "six", "", "٦", "1" * 5000])
def test_what_is_no_orientation_turns_nothing(orientation: str) -> None:
    packets = [sidecar(orientation)]
    assert read_facts(oriented(6), "/a.jpg", 0, packets, packets).turned is None


def test_the_first_sidecar_with_an_orientation_counts() -> None:
    packets = [xmp(""), sidecar(3), sidecar(6)]
    assert read_facts(oriented(1), "/a.jpg", 0, packets, packets).turned == 3


@pytest.mark.parametrize(
    ("photo", "beside", "suffix", "counts"),
    [
        ("/a/x.jpg", "/a/x.jpg.xmp", None, True),
        ("/a/x.jpg", "/a/X.JPG.XMP", ".nef", True),
        ("/a/x.jpg", "/a/x.xmp", None, True),
        ("/a/x.jpg", "/a/x.xmp", ".jpeg", True),
        ("/a/x.jpg", "/a/x.xmp", ".nef", False),
        ("/a/x.jpg", "/a/x.nef.xmp", None, False),
        ("/a/x.nef", "/a/x.nef.xmp", None, True),
        ("/a/x.nef", "/a/x.xmp", ".nef", True),
    ],
)
def test_the_orientation_of_the_raw_file_beside_a_photo_does_not_turn_it(
    photo: str, beside: str, suffix: str | None, counts: bool
) -> None:
    assert may_turn(photo, beside, suffix) == counts


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_a_sidecar_that_exiftool_wrote(tmp_path: Path) -> None:
    file = tmp_path / "x.jpg.xmp"
    subprocess.run(["exiftool", "-q", "-n", "-XMP-tiff:Orientation=8", str(file)], check=True)
    packets = [file.read_bytes()]
    assert read_facts(oriented(1), "/x.jpg", 0, packets, packets).turned == 8
