"""What a file is by its first bytes, and the rule that makes a scan look at them."""

import os
from pathlib import Path

import pytest

from mcsearch.photos.first_bytes import format_at, format_of_bytes
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.records.roots import RootRules
from tests.support.samples import encoded, quarters
from tests.support.videos import video
from tests.support.writers import heif, jxl

FORMS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "TIFF": "TIFF", "GIF": "GIF", "BMP": "BMP", "PPM": "PNM",
         "JPEG2000": "JPEG 2000", "AVIF": "AVIF"}  # fmt: skip


@pytest.mark.parametrize(("form", "name"), FORMS.items())
def test_formats_that_pillow_writes(form: str, name: str) -> None:
    row = format_of_bytes(encoded(quarters(), form))
    assert row is not None
    assert row.name == name


def test_other_formats() -> None:
    for content, name in (
        (heif(quarters()), "HEIF"), (jxl(quarters()), "JPEG XL"), (video([quarters()]), "video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "RAW"), (b"II*\0\x10\0\0\0CR\x02\0", "RAW"),
    ):  # fmt: skip
        row = format_of_bytes(content)
        assert row is not None
        assert row.name == name


@pytest.mark.parametrize(
    "content",
    [b"", b"BM, a note about cars", b"PDF", b"P4ssword", b"RIFF\0\0\0\0WAVEfmt ", b"\0\0\0\x20ftypM4A \0\0\0\0", b"x"],
)
def test_no_photos(content: bytes) -> None:
    assert format_of_bytes(content) is None


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert format_at(str(tmp_path / "nothing")) is None
    assert format_at(str(tmp_path)) is None
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert format_at(str(tmp_path / "pipe")) is None


def test_a_scan_looks_at_first_bytes_only_by_the_rule(tmp_path: Path) -> None:
    picture = encoded(quarters(), "JPEG")
    for name in ("a", "b.jpg_original", "c.jpg.part", "d.jpg", "sub/e.unknown"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(picture)
    (tmp_path / "f.xmp").write_bytes(picture)
    (tmp_path / "notes").write_text("no picture")
    (tmp_path / "film").write_bytes(video([quarters()]))

    def names(**rules: bool) -> list[str]:
        return [os.path.basename(file.path) for file in scan(str(tmp_path), RootRules(**rules), ScanNotes())]

    assert "a" not in names()
    assert names(any_suffix=True) == ["a", "b.jpg_original", "c.jpg.part", "d.jpg", "e.unknown"]
    assert "film" in names(any_suffix=True, videos=True)
    [one] = scan(str(tmp_path / "a"), RootRules(any_suffix=True), ScanNotes())
    assert one.path == str(tmp_path / "a")
