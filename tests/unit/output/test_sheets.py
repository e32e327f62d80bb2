"""Contact sheets: what they hold, how they are laid out, and what they never overwrite."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from mcsearch.errors import UsageError
from mcsearch.output.own_files import MARK
from mcsearch.output.sheets.page import page
from mcsearch.output.sheets.picture import _columns, picture
from mcsearch.output.sheets.sheet import Section, Sheet, SheetPhoto, shortened
from mcsearch.output.sheets.writing import check_sheet, write_sheet
from tests.support.samples import encoded, quarters

HOSTILE = "/photos/<script>alert('x')</script> \"&\udcff.jpg"


def sheet(*paths: str, thumbnail: bytes | str | None = None) -> Sheet:
    small = encoded(quarters(), "WEBP") if thumbnail is None else thumbnail
    return Sheet("<b>dog", "2 photos", (Section("", tuple(SheetPhoto(path, small, "2023 · 0.3") for path in paths)),))


def test_a_page_stands_alone_and_runs_nothing() -> None:
    written = page(sheet("/photos/a b.jpg", HOSTILE))
    assert "<script" not in written
    assert "<b>" not in written
    assert written.count('src="data:image/webp;base64,') == 2
    assert 'href="file:///photos/a%20b.jpg"' in written
    assert "%FF.jpg" in written
    assert re.search(r"default-src 'none'; img-src data:; style-src 'sha256-[\w+/=]+'", written)
    assert not re.findall(r'(?:href|src)="(?!file:///|data:image)', written)
    assert len(written.encode()) > 1000, "it can be encoded"


def test_a_photo_without_a_thumbnail_says_why() -> None:
    assert "Not shown: damaged &lt;picture&gt;" in page(sheet("/a.jpg", thumbnail="damaged <picture>"))
    assert Image.open(io.BytesIO(picture(sheet("/a.jpg", thumbnail="damaged"), "PNG"))).size[0] >= 720


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".html"])
def test_only_an_earlier_sheet_is_overwritten(tmp_path: Path, suffix: str) -> None:
    file, photo = tmp_path / f"sheet{suffix}", tmp_path / f"photo{suffix}"
    write_sheet(sheet("/a.jpg"), file)
    first = file.read_bytes()
    write_sheet(sheet("/a.jpg", HOSTILE, "/名前.jpg"), file)
    assert file.read_bytes() != first
    assert MARK.encode() in file.read_bytes()[:4096]
    photo.write_bytes(encoded(quarters(), "JPEG"))
    with pytest.raises(UsageError, match="was not made by mcsearch"):
        write_sheet(sheet("/a.jpg"), photo)
    assert photo.read_bytes() == encoded(quarters(), "JPEG")
    assert sorted(tmp_path.iterdir()) == sorted([file, photo]), "nothing else is left behind"


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.html, \.jpg, \.jpeg or \.png"):
        check_sheet(tmp_path / "sheet.pdf")


def test_a_picture_shows_every_photo_in_its_place_and_proportions() -> None:
    colours = ["red", "lime", "blue", "yellow", "cyan"]
    photos = [SheetPhoto(f"/{c}.jpg", encoded(Image.new("RGB", (60, 40), c), "PNG"), "") for c in colours]
    drawn = Image.open(io.BytesIO(picture(Sheet("", "", (Section("", tuple(photos)),)), "PNG"))).convert("RGB")
    counts = {colour: count for count, colour in drawn.getcolors(1 << 24) or ()}
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)):
        assert counts[colour] == 60 * 40


def test_a_faint_photo_is_pale() -> None:
    red = encoded(Image.new("RGB", (60, 40), "red"), "PNG")
    drawn = Image.open(io.BytesIO(picture(Sheet("", "", (Section("", (SheetPhoto("/a", red, "", True),)),)), "PNG")))
    colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24) or ()}
    assert (255, 0, 0) not in colours
    assert (250, 85, 84) in colours


@pytest.mark.parametrize(("count", "columns"), [(0, 1), (1, 1), (3, 3), (4, 2), (10, 5), (11, 4), (36, 6), (500, 10)])
def test_columns_leave_few_places_empty(count: int, columns: int) -> None:
    assert _columns(count) == columns


@pytest.mark.parametrize(("text", "short"), [("photo.jpg", "photo.jpg"), ("a-long-name.jpeg", "a-lon….jpeg")])
def test_long_names_lose_their_middle(text: str, short: str) -> None:
    assert shortened(text, 11) == short
