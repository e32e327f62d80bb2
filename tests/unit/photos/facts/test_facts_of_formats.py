"""Facts of the formats that Pillow does not read by itself: HEIC, JPEG XL, RAW files and videos."""

import io
import struct
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, TiffImagePlugin

from mcsearch.photos.facts.metadata import read_facts, read_video_facts
from mcsearch.photos.facts.video_dates import user_date
from mcsearch.records.photos import Facts
from tests.support.metadata import MTIME_NS, XMP, exif
from tests.support.raw_files import dng
from tests.support.samples import ORIENTATIONS, encoded, quarters, turned
from tests.support.videos import video
from tests.support.writers import heif, jxl


def _facts(content: bytes, name: str) -> Facts:
    return read_facts(content, f"/folder/{name}", MTIME_NS)


def video_facts_of(path: Path) -> Facts:
    return read_video_facts(io.BytesIO(path.read_bytes()), str(path), MTIME_NS)


def _is_that_of_exif(found: Facts) -> bool:
    return (found.taken_at, found.taken_from, found.camera, found.lens, found.altitude_m) == (
        "2023-06-12T10:11:12.34+02:00", "exif", "NIKON D750", "50mm f/1.8", 12.3,
    ) and (found.latitude, found.longitude) == pytest.approx((38.7250333, -9.14), abs=1e-6)  # fmt: skip


def test_heic() -> None:
    found = _facts(heif(quarters(), exif=exif(), xmp=XMP), "IMG_0001.HEIC")
    assert _is_that_of_exif(found)
    assert (found.format, found.caption, found.keywords) == ("HEIF", "By the sea", ("beach", "süß"))


def test_jpeg_xl_made_of_a_jpeg_and_not() -> None:
    other = encoded(quarters(), "JXL", exif=exif().tobytes(), lossless=True)
    for content in (jxl(quarters(), exif=exif()), other):
        found = _facts(content, "a.jxl")
        assert _is_that_of_exif(found)
        assert found.format == "JPEG XL"


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["HEIF", "RAW", "JPEG XL"])
def test_width_and_height_are_those_of_the_upright_picture(kind: str, orientation: int) -> None:
    stored, block = turned(quarters(), orientation)
    content = dng(stored, orientation) if kind == "RAW" else (heif if kind == "HEIF" else jxl)(stored, exif=block)
    found = _facts(content, "a.dng" if kind == "RAW" else "a.heic")
    assert (found.format, found.width, found.height) == (kind, 64, 48)


def _tiff(ifd: dict[int, Any], extra: bytes = b"") -> bytes:
    """A TIFF file of one directory without a picture."""
    directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in ifd.items():
        directory[tag] = value
    return b"II*\0\x08\0\0\0" + directory.tobytes(8) + extra


def test_raw_files_say_what_their_exif_says() -> None:
    block = exif().tobytes().removeprefix(b"Exif\0\0")
    order = "<" if block.startswith(b"II") else ">"
    for version in (b"*\0", b"RO", b"U\0") if order == "<" else (b"\0*", b"OR"):
        found = _facts(block[:2] + version + block[4:], "DSC_0001.orf")
        assert _is_that_of_exif(found)
        assert found.format == "RAW"


def test_a_dng_says_what_its_xmp_says() -> None:
    found = _facts(_tiff({700: XMP}), "a.dng")
    assert (found.camera, found.keywords) == ("Google Pixel 7", ("beach", "süß"))


def test_the_boxes_of_a_cr3_file() -> None:
    block = exif()
    parts = {
        b"CMT1": dict(block),
        b"CMT2": dict(block.get_ifd(0x8769)),
        b"CMT4": dict(block.get_ifd(0x8825)),
    }
    content = b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"
    for name, ifd in parts.items():
        inside = _tiff(ifd)
        content += struct.pack(">I", len(inside) + 8) + name + inside
    found = _facts(content, "IMG_0001.CR3")
    assert _is_that_of_exif(found)
    assert found.format == "RAW"


def test_a_raw_file_that_is_no_tiff_says_what_its_preview_says() -> None:
    assert _facts(b"FUJIFILMCCD-RAW" + bytes(200), "a.raf").taken_from == "mtime"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_size_of_a_video_is_that_of_what_is_shown(tmp_path: Path, turn: int) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(video([quarters()], turned=turn))
    found = video_facts_of(path)
    assert (found.format, found.taken_from) == ("video", "mtime")
    assert (found.width, found.height) == ((48, 64) if turn in (90, 270) else (64, 48))


def _with_metadata(path: Path, said: dict[str, str], **options: str) -> Facts:
    with (
        av.open(io.BytesIO(video([quarters()]))) as source,
        av.open(str(path), "w", options=options) as made,
    ):
        stream = made.add_stream_from_template(source.streams.video[0])
        made.metadata.update(said)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    return video_facts_of(path)


def test_a_video_says_when_and_where_it_was_taken(tmp_path: Path) -> None:
    said = {"creation_time": "2023-06-12T08:11:12.000000Z", "location": "+38.7223-009.1393+012.300/"}
    found = _with_metadata(tmp_path / "a.mp4", said)
    assert (found.taken_at, found.taken_from) == ("2023-06-12T08:11:12+00:00", "container")
    assert (found.latitude, found.longitude) == (38.7223, -9.1393)
    apple = said | {
        "com.apple.quicktime.creationdate": "2023-06-12T10:11:12+0200",
        "com.apple.quicktime.location.ISO6709": "+38.7223-009.1393+012.300/",
        "com.apple.quicktime.make": "Apple",
        "com.apple.quicktime.model": "iPhone 14",
    }
    found = _with_metadata(tmp_path / "a.mov", apple, movflags="use_metadata_tags")
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:12+02:00", "container")
    assert (found.camera, found.altitude_m) == ("Apple iPhone 14", 12.3)
    greenwich = _with_metadata(tmp_path / "b.mp4", said | {"location": "+51.4779+000.0000/"})
    assert (greenwich.latitude, greenwich.longitude) == (51.4779, 0.0)


@pytest.mark.parametrize(
    ("name", "more", "wanted"),
    [
        ("VID_20230612_101110.mp4", {}, ("2023-06-12T10:11:10+02:00", "name")),
        ("20230612_134110.mp4", {}, ("2023-06-12T13:41:10+05:30", "name")),
        ("DJI_20230612081112_0001_D.mp4", {}, ("2023-06-12T08:11:12", "name")),  # local time, said to be UTC
        ("VID_20200101_101110.mp4", {}, ("2023-06-12T08:11:12+00:00", "container")),  # they disagree
        ("PXL_20230612_081112345.mp4", {}, ("2023-06-12T08:11:12+00:00", "container")),
        ("clip.mp4", {}, ("2023-06-12T08:11:12+00:00", "container")),
        ("clip.mp4", {"com.samsung.android.utc_offset": "-0530"}, ("2023-06-12T02:41:12-05:30", "container")),
        ("clip.mp4", {"date": "2023-06-12T10:11:12+0200"}, ("2023-06-12T10:11:12+02:00", "container")),
        ("clip.mp4", {"date": "2023"}, ("2023-06-12T08:11:12+00:00", "container")),
        (
            "clip.mp4",
            {"com.apple.quicktime.creationdate": "2023-06-12T08:11:12+0000"},
            ("2023-06-12T08:11:12", "container"),
        ),
    ],
)
def test_the_local_time_of_a_video_that_states_utc(
    tmp_path: Path, name: str, more: dict[str, str], wanted: tuple[str, str]
) -> None:
    said = {"creation_time": "2023-06-12T08:11:12.000000Z"} | more
    found = _with_metadata(tmp_path / name, said, movflags="use_metadata_tags")
    assert (found.taken_at, found.taken_from) == wanted


def test_the_user_data_of_android_say_the_local_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    said = {"creation_time": "2023-06-12T08:11:12.000000Z"}
    assert _with_metadata(path, said).taken_at == "2023-06-12T08:11:12+00:00"
    content = path.read_bytes()
    start = content.index(b"moov") - 4  # which ends the file
    date = b"2023-06-12T10:11:10+0200"
    box = struct.pack(">I", len(date) + 8) + b"date" + date
    box = struct.pack(">I", len(box) + 8 + 9) + b"udta" + struct.pack(">I", 9) + b"free\0" + box
    path.write_bytes(content[:start] + struct.pack(">I", len(content) - start + len(box)) + content[start + 4 :] + box)
    found = video_facts_of(path)
    assert (found.taken_at, found.taken_from) == ("2023-06-12T10:11:10+02:00", "container")


@pytest.mark.parametrize(
    ("zone", "wanted"),
    [
        (0x04, "2023-06-12T10:11:12+02:00"),
        (0x2B, "2023-06-12T10:11:12-05:30"),
        (0x44, "2023-06-12T10:11:12"),  # whether the offset includes summer time is not known
        (0xFF, "2023-06-12T10:11:12"),
        (0x00, "2023-06-12T10:11:12"),
    ],
)
def test_the_date_that_a_camcorder_records_with_its_pictures(tmp_path: Path, zone: int, wanted: str) -> None:
    path = tmp_path / "00001.mts"
    path.write_bytes(video([Image.new("RGB", (64, 48))], ".mts"))
    assert video_facts_of(path).taken_from == "mtime"
    date = bytes([0x18, zone, 0x20, 0x23, 0x06, 0x19, 0x12, 0x10, 0x11, 0x12])
    broken, whole = b"MDPM\x02" + date[:7] + b"G\1\0", b"MDPM\x03\x13\0\0\3\0\1" + date
    path.write_bytes(path.read_bytes() + broken + bytes(200) + whole)
    found = video_facts_of(path)
    assert (found.taken_at, found.taken_from) == (wanted, "container")


def test_the_creation_time_of_a_wmv_is_in_utc(tmp_path: Path) -> None:
    path = tmp_path / "a.wmv"
    content = bytearray(video([Image.new("RGB", (64, 48))], ".wmv"))
    at = content.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 48
    content[at : at + 8] = (13_331_031_072 * 10_000_000 + 5).to_bytes(8, "little")
    path.write_bytes(content)
    found = video_facts_of(path)
    assert (found.taken_at, found.taken_from) == ("2023-06-12T08:11:12+00:00", "container")
    content[at : at + 8] = bytes(8)
    path.write_bytes(content)
    assert video_facts_of(path).taken_from == "mtime"


def test_the_creation_time_of_a_sequence_of_pictures_is_in_utc() -> None:
    content = encoded(quarters(), "AVIF", save_all=True, append_images=[quarters().rotate(90)])
    at = content.index(b"mvhd") + 8
    wide = content[at - 4] == 1
    for seconds, wanted in ((2_082_844_800 + 1_686_557_472, "2023-06-12T08:11:12+00:00"), (2_082_844_800, None)):
        changed = content[:at] + seconds.to_bytes(8 if wide else 4) + content[at + (8 if wide else 4) :]
        found = read_facts(changed, "/a.avif", MTIME_NS)
        assert (found.taken_at if found.taken_from == "container" else None) == wanted


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\1moov", b"\0\0\0\2moov", b"\0\0\0\0moov" + bytes(9), b"no boxes here"]
)
def test_boxes_that_are_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert user_date(io.BytesIO(path.read_bytes())) == ""


def test_a_video_whose_date_was_never_set_has_none(tmp_path: Path) -> None:
    found = _with_metadata(tmp_path / "a.mp4", {"creation_time": "1970-01-01T00:00:00.000000Z"})
    assert found.taken_from == "mtime"
    (tmp_path / "b.mp4").write_bytes(b"no video")
    assert video_facts_of(tmp_path / "b.mp4").format == "video"
