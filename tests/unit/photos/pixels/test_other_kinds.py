"""RAW files whose development is wrong or whose name is another's, Photoshop files, and old kinds of AVIF."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from mcsearch.photos.pixels.decode import DecodeError, decode
from mcsearch.records.embeddings import Framing
from tests.support.raw_files import dng
from tests.support.samples import Array, corners, encoded, quarters, turned

FRAMING = Framing(48)
QUARTERS = corners(np.asarray(quarters()))


@pytest.mark.parametrize("developed", ["white", "black", "gray"])
def test_preview_counts_when_the_development_shows_nothing(developed: str) -> None:
    content = dng(Image.new("RGB", (64, 48), developed), preview=quarters())
    assert corners(decode(content, FRAMING, "scan.dng")) == QUARTERS


def test_development_counts_when_it_shows_what_the_small_preview_shows() -> None:
    darker = quarters().point(lambda value: value // 2)
    pixels = decode(dng(quarters(), preview=darker), FRAMING, "photo.dng")
    assert np.abs(np.array(corners(pixels)) - corners(np.asarray(darker))).max() > 60


@pytest.mark.parametrize("name", ["photo.jpg", "photo.tif", ""])
def test_dng_is_raw_whatever_its_name(name: str) -> None:
    assert np.array_equal(decode(dng(quarters()), FRAMING, name), decode(dng(quarters()), FRAMING, "photo.dng"))


def photoshop(
    planes: Array, mode: int, *, palette: bytes = b"", resources: bytes = b"", layers: bytes = b"", packed: bool = False
) -> bytes:
    """A Photoshop file of channels of any depth, shape (channels, height, width)."""
    channels, height, width = planes.shape
    stored = planes.astype(planes.dtype.newbyteorder(">"))
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, channels, height, width, planes.dtype.itemsize * 8, mode)
    parts = [struct.pack(">I", len(part)) + part for part in (palette, resources, layers)]
    if not packed:
        return header + b"".join(parts) + struct.pack(">H", 0) + stored.tobytes()
    rows = [_packed(row.tobytes()) for row in stored.reshape(-1, width)]
    lengths = b"".join(struct.pack(">H", len(row)) for row in rows)
    return header + b"".join(parts) + struct.pack(">H", 1) + lengths + b"".join(rows)


def _packed(row: bytes) -> bytes:
    """A row as literal runs, with a byte of padding that decoders have to skip."""
    runs = [row[at : at + 128] for at in range(0, len(row), 128)]
    return b"".join(bytes([len(run) - 1]) + run for run in runs) + b"\x80"


def planes_of(picture: Image.Image) -> Array:
    return np.stack([np.asarray(channel) for channel in picture.split()])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_photoshop_colours(kind: str, packed: bool) -> None:
    planes = planes_of(quarters()).astype(kind) * (257 if kind == "u2" else 1)
    assert corners(decode(photoshop(planes.astype(kind), 3, packed=packed), FRAMING)) == QUARTERS


def test_spare_channel_of_photoshop_is_no_transparency() -> None:
    planes = np.concatenate([planes_of(quarters()), np.zeros((1, 48, 64), np.uint8)])
    assert corners(decode(photoshop(planes, 3), FRAMING)) == QUARTERS


def test_transparency_of_the_merged_photoshop_picture() -> None:
    planes = np.concatenate([planes_of(quarters()), np.full((1, 48, 64), 9, np.uint8)])
    planes[3, :24] = 0
    found = corners(decode(photoshop(planes, 3, layers=b"\0\0\0\2\xff\xff"), FRAMING))
    assert found == [[255] * 3, [255] * 3, *QUARTERS[2:]]


def test_photoshop_inks_grey_palette_and_lab() -> None:
    inks = planes_of(quarters().convert("CMYK"))
    assert np.allclose(corners(decode(photoshop(~inks, 4), FRAMING)), QUARTERS, atol=2)
    grey = quarters().convert("L")
    assert corners(decode(photoshop(planes_of(grey), 1), FRAMING)) == corners(np.asarray(grey.convert("RGB")))
    indexed = quarters().quantize(8)
    palette = bytes(indexed.getpalette() or ()).ljust(768, b"\0")
    by_channel = np.frombuffer(palette, np.uint8).reshape(256, 3).T.tobytes()
    assert corners(decode(photoshop(planes_of(indexed), 2, palette=by_channel), FRAMING)) == QUARTERS
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(quarters(), srgb, lab, outputMode="LAB")
    assert picture is not None
    assert np.allclose(corners(decode(photoshop(planes_of(picture), 9), FRAMING)), QUARTERS, atol=9)


def test_photoshop_file_with_an_orientation_and_without_the_spare_channel_it_announces() -> None:
    stored, exif = turned(quarters(), 6)
    resource = exif.tobytes().removeprefix(b"Exif\0\0")
    resources = struct.pack(">4sHHI", b"8BIM", 1058, 0, len(resource)) + resource
    content = bytearray(photoshop(planes_of(stored), 3, resources=resources))
    content[12:14] = struct.pack(">H", 4)  # channels
    assert corners(decode(bytes(content), FRAMING)) == QUARTERS


def test_photoshop_inks_without_a_kind() -> None:
    inks = np.stack([np.full((8, 8), value, np.uint8) for value in (255, 0, 255, 255)])  # inverted: magenta only
    assert decode(photoshop(inks, 7), Framing(8))[4, 4].tolist() == [255, 0, 255]
    assert decode(photoshop(inks[:3], 7), Framing(8))[4, 4].tolist() == [255, 0, 255]
    assert decode(photoshop(inks[:1] // 2, 7), Framing(8))[4, 4].tolist() == [127] * 3


def test_photoshop_file_without_its_merged_picture_is_a_failure() -> None:
    version = struct.pack(">4sH2xI", b"8BIM", 1057, 5) + b"\0\0\0\1\0\0"
    with pytest.raises(DecodeError, match="without its merged picture"):
        decode(photoshop(planes_of(quarters()), 3, resources=version), FRAMING)


def test_photoshop_file_cut_short_or_damaged_is_a_failure() -> None:
    content = photoshop(planes_of(quarters()), 3, packed=True)
    for length in (6, 20, 30, 100, len(content) // 2):
        with pytest.raises(DecodeError):
            decode(content[:length], FRAMING)


@pytest.mark.parametrize("offset", [(-16, -12), (16, 12), (0, 0)], ids=["left and top", "right and bottom", "middle"])
def test_avif_is_cropped_to_its_clean_aperture(offset: tuple[int, int]) -> None:
    content = _with_clean_aperture(encoded(quarters(), "AVIF", quality=95, subsampling="4:4:4"), (32, 24), offset)
    left, top = 16 + offset[0], 12 + offset[1]
    wanted = corners(np.asarray(quarters().crop((left, top, left + 32, top + 24))))
    assert np.allclose(corners(decode(content, Framing(24))), wanted, atol=12)


def _with_clean_aperture(content: bytes, size: tuple[int, int], offset: tuple[int, int]) -> bytes:
    """The file with a property that crops the picture to a size, off the middle by an offset."""
    box = b"".join(number.to_bytes(4, signed=True) + b"\0\0\0\1" for number in (*size, *offset))
    box = (8 + len(box)).to_bytes(4) + b"clap" + box
    at = content.index(b"ipco") - 4
    end = at + int.from_bytes(content[at : at + 4])
    number, position = 1, at + 8
    while position < end:
        number, position = number + 1, position + int.from_bytes(content[position : position + 4])
    changed = bytearray(content[:end] + box + content[end:])
    start = changed.index(b"ipma") - 4
    changed[start + 18] += 1  # properties of the first item
    added = start + 19 + changed[start + 18] - 1
    changed[added:added] = bytes([0x80 | number])
    for name, grown in ((b"ipco", len(box)), (b"ipma", 1), (b"iprp", len(box) + 1), (b"meta", len(box) + 1)):
        at = changed.index(name) - 4
        changed[at : at + 4] = (int.from_bytes(changed[at : at + 4]) + grown).to_bytes(4)
    return _with_moved_items(changed, len(box) + 1)


def test_avif_with_two_boxes_of_associations() -> None:
    picture = quarters().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    content = encoded(picture, "AVIF", quality=95, subsampling="4:4:4")
    split = _with_split_associations(content)
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(split), formats=["AVIF"])
    assert np.array_equal(decode(split, FRAMING), decode(content, FRAMING))


def _with_split_associations(content: bytes) -> bytes:
    """The file with a second `ipma` box, as the first encoders wrote it; both grow into a free box behind them."""
    start = content.index(b"ipma") - 4
    length = int.from_bytes(content[start : start + 4])
    entries, position = [], start + 16
    while position < start + length:
        end = position + 3 + content[position + 2]
        entries.append(content[position:end])
        position = end
    assert len(entries) == 2
    boxes = b"".join((16 + len(entry)).to_bytes(4) + b"ipma" + bytes(4) + (1).to_bytes(4) + entry for entry in entries)
    grown = len(boxes) - length
    changed = bytearray(content[:start] + boxes + content[start + length :])
    for name in (b"meta", b"iprp"):
        at = changed.index(name) - 4
        changed[at : at + 4] = (int.from_bytes(changed[at : at + 4]) + grown).to_bytes(4)
    return _with_moved_items(changed, grown)


def _with_moved_items(content: bytearray, by: int) -> bytes:
    at = content.index(b"iloc") + 4
    assert content[at] == 0  # version
    assert content[at + 4 : at + 6] == b"\x44\x00"  # offsets and lengths of four bytes, no base
    for number in range(int.from_bytes(content[at + 6 : at + 8])):
        offset = at + 8 + 14 * number + 6
        content[offset : offset + 4] = (int.from_bytes(content[offset : offset + 4]) + by).to_bytes(4)
    return bytes(content)


BIT_FIELDS = {
    "565": (16, (0xF800, 0x07E0, 0x001F, 0)),
    "4444": (16, (0x0F00, 0x00F0, 0x000F, 0xF000)),
    "1924": (16, (0x8000, 0x7FC0, 0x0030, 0x000F)),
    "8888": (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    "1010102": (32, (0x3FF00000, 0x000FFC00, 0x000003FF, 0xC0000000)),
    "7187": (32, (0xFE000000, 0x01FFFF80, 0x0000007F, 0)),
}


def bit_fields(masks: tuple[int, ...], bits: int, alpha: int = 255, *, top_down: bool = False) -> bytes:
    """A BMP file of the quarters with a header of version 3 and these masks."""
    channels = [*np.moveaxis(np.asarray(quarters(), np.float64), -1, 0), np.full(quarters().size[::-1], alpha)]
    values = np.zeros(channels[0].shape, np.uint64)
    for mask, channel in zip(masks, channels, strict=True):
        lowest = mask & -mask or 1
        values |= np.round(channel / 255 * (mask // lowest)).astype(np.uint64) * np.uint64(lowest)
    (height, width), sample = values.shape, np.dtype(f"<u{bits // 8}")
    pixels = (values if top_down else values[::-1]).astype(sample).tobytes()
    header = struct.pack("<IiiHHIIiiII", 56, width, -height if top_down else height, 1, bits, 3, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 70 + len(pixels), 0, 0, 70) + header + struct.pack("<4I", *masks) + pixels


@pytest.mark.parametrize("kind", BIT_FIELDS)
@pytest.mark.parametrize("top_down", [False, True])
def test_bitmaps_of_any_bit_fields(kind: str, top_down: bool) -> None:
    bits, masks = BIT_FIELDS[kind]
    content = bit_fields(masks, bits, top_down=top_down)
    assert np.abs(np.array(corners(decode(content, FRAMING))) - np.array(QUARTERS)).max() <= (
        70 if kind == "1924" else 8
    )


def test_alpha_of_bitmaps_counts_unless_it_is_empty_everywhere() -> None:
    bits, masks = BIT_FIELDS["8888"]
    assert corners(decode(bit_fields(masks, bits, alpha=0), FRAMING)) == QUARTERS
    pale = np.array(corners(decode(bit_fields(masks, bits, alpha=128), FRAMING)))
    assert np.abs(pale - (np.array(QUARTERS) + 255) / 2).max() <= 2


def test_a_truncated_bitmap_shows_what_is_left() -> None:
    bits, masks = BIT_FIELDS["565"]
    content = bit_fields(masks, bits)
    left = np.array(corners(decode(content[: len(content) * 3 // 4], FRAMING)))
    assert np.abs(left - np.array([[128] * 3, [128] * 3, *QUARTERS[2:]])).max() <= 8
