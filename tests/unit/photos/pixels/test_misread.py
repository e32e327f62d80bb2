"""Bitmaps of OS/2, packed bitmaps, GIF frames and PFM pictures that Pillow refuses or shows otherwise than browsers."""

import struct

import numpy as np
import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import DecodeError, decode, decode_views
from mcsearch.records.embeddings import Framing
from tests.support.samples import corners, encoded, quarters

FRAMING = Framing(48)
PICTURE = np.asarray(quarters())
QUARTERS = corners(PICTURE)


@pytest.mark.parametrize("header_bytes", [16, 24])
def test_bitmap_with_a_short_header_of_os2(header_bytes: int) -> None:
    content = encoded(quarters().quantize(4), "BMP")
    (start,) = struct.unpack_from("<I", content, 10)
    sizes = struct.pack("<II", start - (40 - header_bytes), header_bytes)
    short = content[:10] + sizes + content[18 : 14 + header_bytes] + content[54:]
    assert corners(decode(short, FRAMING)) == QUARTERS


def test_array_of_bitmaps_of_os2() -> None:
    first = encoded(quarters(), "BMP")
    (start,) = struct.unpack_from("<I", first, 10)
    array = struct.pack("<2sIIHH", b"BA", 40, 14 + len(first), 0, 0)
    content = array + first[:10] + struct.pack("<I", start + len(array)) + first[14:] + first
    assert corners(decode(content, FRAMING)) == QUARTERS


def test_jpeg_with_bytes_between_its_first_markers() -> None:
    whole = encoded(quarters(), "JPEG", quality=95)
    views = decode_views(whole[:2] + bytes([0, 1, 2, 255, 0, 3]) + whole[2:], FRAMING)
    assert views.damage is None
    assert np.array_equal(views.pixels, decode(whole, FRAMING))


def test_bit_fields_of_which_one_is_empty() -> None:
    pixels = np.full((8, 8), 0x00FF, "<u2")
    header = struct.pack("<2sIII", b"BM", 66 + pixels.nbytes, 0, 66)
    header += struct.pack("<IiiHHIIIIII", 40, 8, 8, 1, 16, 3, pixels.nbytes, 0, 0, 0, 0)
    content = header + struct.pack("<III", 0x00FF, 0xFF00, 0) + pixels.tobytes()
    assert decode(content, Framing(8))[4, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize(("rows", "is_shown"), [(36, True), (8, False)])
def test_packed_bitmap_that_ends_early(rows: int, is_shown: bool) -> None:
    row = bytes([64, 1, 0, 0])  # 64 pixels of colour 1, end of line
    header = struct.pack("<2sIII", b"BM", 0, 0, 62)
    header += struct.pack("<IiiHHIIIIII", 40, 64, 48, 1, 8, 1, len(row) * rows, 0, 0, 2, 0)
    content = header + bytes([0, 0, 0, 0, 0, 0, 255, 0]) + row * rows + bytes([0, 1])
    if is_shown:
        views = decode_views(content, FRAMING)
        assert views.damage == "only 75% of the picture can be decoded"
        assert views.pixels[40, 24].tolist() == [255, 0, 0]
    else:
        with pytest.raises(DecodeError):
            decode(content, FRAMING)


def test_what_the_first_frame_of_a_gif_leaves_free_is_transparent() -> None:
    frame = Image.new("P", (32, 24))
    frame.putpalette([10, 20, 200])
    content = bytearray(encoded(frame, "GIF"))
    content[6:10] = struct.pack("<HH", 64, 48)  # the whole is larger than its only frame
    assert corners(decode(bytes(content), FRAMING)) == [[10, 20, 200], [255] * 3, [255] * 3, [255] * 3]


@pytest.mark.parametrize("header", [b"PF\n64 48\n-1.0\n", b"PF\n64 48\n1.0\n", b"PF\n64\n48\n-1.0\n"])
def test_colours_in_pfm(header: bytes) -> None:
    part = PICTURE / 255.0
    light = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    rows = light if header.count(b"\n") == 4 else light[::-1]  # Photoshop starts at the top
    content = header + rows.astype("<f4" if b"-" in header else ">f4").tobytes()
    assert np.abs(np.array(corners(decode(content, FRAMING, "a.pfm"))) - QUARTERS).max() <= 1
    with pytest.raises(DecodeError):
        decode(content[: len(content) // 2], FRAMING, "a.pfm")
