"""TIFF and JPEG 2000 of more than eight bits, and kinds of TIFF that Pillow does not know."""

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from mcsearch.photos.pixels.decode import DecodeError, Pixels, decode, from_image
from mcsearch.photos.pixels.opening import open_picture
from mcsearch.records.embeddings import Framing
from tests.support.samples import Array, corners, encoded, photograph, psnr, quarters

PICTURE = np.asarray(quarters())
QUARTERS = corners(PICTURE)


def tiff(values: Array, photometric: str = "rgb", **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric=photometric, metadata=None, **options)
    return file.getvalue()


def decoded(content: bytes, name: str = "") -> Pixels:
    return decode(content, Framing(48), name)


def light(stored: Array) -> Array:
    part = stored / 255.0
    linear: Array = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear


def separate(values: Array) -> Array:
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))


@pytest.mark.parametrize("factor", [257, 16843009], ids=["16 bits", "32 bits"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_many_bits(factor: int, planes: str, order: str) -> None:
    values = PICTURE.astype("u2" if factor == 257 else "u4") * np.array(factor, "u4").astype("u4")
    values = values.astype(f"{order}u{2 if factor == 257 else 4}")
    stored = values if planes == "contig" else separate(values)
    assert corners(decoded(tiff(stored, planarconfig=planes, byteorder=order))) == QUARTERS


def test_cmyk_of_16_bits_in_planes() -> None:
    inks = np.asarray(quarters().convert("CMYK"))
    content = tiff(separate(inks.astype("u2") * 257), "separated", planarconfig="separate")
    assert np.allclose(corners(decoded(content)), QUARTERS, atol=2)


def test_grey_of_32_bits() -> None:
    grey = np.asarray(quarters().convert("L"))
    content = tiff(grey.astype("u4") * np.uint32(16843009), "minisblack")
    assert corners(decoded(content)) == corners(np.asarray(quarters().convert("L").convert("RGB")))


def test_floating_point_in_colour_is_light() -> None:
    assert np.allclose(corners(decoded(tiff(light(PICTURE).astype("f4")))), QUARTERS, atol=1)


@pytest.mark.parametrize("bits", [8, 16])
def test_lab_with_transparency(bits: int) -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(quarters(), srgb, lab, outputMode="LAB")
    assert picture is not None
    signed = np.frombuffer(picture.tobytes(), np.uint8).reshape(PICTURE.shape)
    values = np.dstack([signed, np.full(signed.shape[:2], 255, np.uint8)])
    if bits == 16:
        values = values.astype("u2") << 8
    content = tiff(values, "cielab", extrasamples=["unassalpha"])
    assert np.allclose(corners(decoded(content)), QUARTERS, atol=9)


def test_tiff_of_many_bits_is_turned() -> None:
    stored = quarters().transpose(Image.Transpose.ROTATE_90)  # as a camera held that way stores it
    content = tiff(np.asarray(stored).astype("u4") * np.uint32(16843009), extratags=[(274, 3, 1, 6, True)])
    assert corners(decoded(content)) == QUARTERS


def test_palette_of_8_bits_in_a_field_of_16() -> None:
    palette = quarters().quantize(8)
    colours = np.array(palette.getpalette() + [0] * (768 - len(palette.getpalette()))).reshape(256, 3)  # type: ignore[operator,arg-type]
    content = tiff(np.asarray(palette), "palette", colormap=colours.T.astype("u2"))
    assert corners(decoded(content)) == QUARTERS


def test_grey_and_alpha_in_planes() -> None:
    planes = np.stack([np.full((16, 16), 60, np.uint8), np.full((16, 16), 120, np.uint8)])
    straight, multiplied = (
        decoded(tiff(planes, "minisblack", planarconfig="separate", extrasamples=[kind]))
        for kind in ("unassalpha", "assocalpha")
    )
    assert abs(int(straight[8, 8, 0]) - (60 * 120 + 255 * 135) // 255) <= 2
    assert abs(int(multiplied[8, 8, 0]) - (60 + 135)) <= 2


def test_tiles_that_are_called_strips() -> None:
    picture = np.kron(np.arange(4, dtype=np.uint8).reshape(2, 2) * 80, np.ones((32, 32), np.uint8))
    content = tiff(picture, "minisblack", tile=(32, 32))
    renamed = content.replace(b"\x44\1\4\0", b"\x11\1\4\0").replace(b"\x45\1\4\0", b"\x17\1\4\0")
    renamed = renamed.replace(b"\x45\1\3\0", b"\x17\1\3\0")
    assert renamed != content
    assert np.array_equal(decoded(renamed), decoded(content))


def test_value_that_is_transparent_in_grey_of_16_bits() -> None:
    values = np.full((16, 16), 30000, np.uint16)
    values[:, 8:] = 255
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG", transparency=255)
    pixels = decoded(file.getvalue())
    assert (pixels[8, 2, 0], pixels[8, 45, 0]) == (117, 255)


def test_white_in_jpeg_2000_of_16_bits_stays_white() -> None:
    # Written by OpenJPEG with the irreversible transform, which no library for Python at hand does at 16 bits.
    content = (Path(__file__).parent / "coffee_16_bits.jp2").read_bytes()
    photo = photograph("coffee.png").resize((96, 64)).point(lambda value: int((value - 60) * 1.8))
    framing = Framing(64)
    assert psnr(decode(content, framing), from_image(photo, framing)) > 25


def test_white_in_lossless_jpeg_2000_of_16_bits_stays_white() -> None:
    # From black to white in red and green, all of blue; written by OpenJPEG with the reversible transform.
    content = (Path(__file__).parent / "ramps_16_bits_lossless.jp2").read_bytes()
    pixels = decode(content, Framing(32)).astype(int)
    ramp = np.linspace(0, 255, 32)
    assert np.abs(pixels[..., 0] - ramp).max() <= 2
    assert np.abs(pixels[..., 1] - ramp[:, np.newaxis]).max() <= 2
    assert (pixels[..., 2] == 255).all()


def with_reordered_channels(content: bytes) -> bytes:
    """A JPEG 2000 file that says that its channels are blue, green and red."""
    definitions = struct.pack(">H9H", 3, 0, 0, 3, 1, 0, 2, 2, 0, 1)
    box = struct.pack(">I4s", 8 + len(definitions), b"cdef") + definitions
    at = content.index(b"jp2h") - 4
    length = int.from_bytes(content[at : at + 4])
    changed = (length + len(box)).to_bytes(4) + content[at + 4 : at + length] + box
    return content[:at] + changed + content[at + length :]


def test_reordered_channels_of_jpeg_2000() -> None:
    content = with_reordered_channels(encoded(Image.merge("RGB", quarters().split()[::-1]), "JPEG2000"))
    assert np.abs(np.array(corners(decoded(content))) - QUARTERS).max() <= 2


def test_subsampled_chroma_of_jpeg_2000() -> None:
    encoder = av.CodecContext.create("jpeg2000", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 48, "yuv420p", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(PICTURE, "rgb24").reformat(format="yuv420p", dst_color_range="JPEG")
    content = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    assert np.abs(np.array(corners(decoded(content))) - QUARTERS).max() <= 12  # its encoder loses something
    cut_at = content.index(b"jp2c")
    with pytest.raises(DecodeError, match="unknown colours"):
        decoded(content[cut_at + 4 :])  # without the header that says what the channels are


def plain_tiff(order: str, tags: dict[int, tuple[int, ...]], pixels: bytes) -> bytes:
    """A TIFF file of one strip without compression, whose tags hold numbers of 16 bits, three in one at most."""
    table, start = b"", 8 + 2 + 12 * (len(tags) + 2) + 4
    for tag, values in sorted({**tags, 273: (start + 6,), 279: (len(pixels),)}.items()):
        stored = struct.pack(f"{order}{len(values)}H", *values) if tag not in (273, 279) else b""
        long = struct.pack(f"{order}I", start) if len(values) > 2 else stored.ljust(4, b"\0")
        table += struct.pack(f"{order}HHI", tag, 3 if stored else 4, len(values))
        table += long if stored else struct.pack(f"{order}I", *values)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(tags) + 2)
    return head + table + bytes(4) + struct.pack(f"{order}3H", *tags[258] * (3 // len(tags[258]))) + pixels


def test_chroma_with_fewer_samples_than_brightness() -> None:
    stored = np.asarray(quarters().convert("YCbCr"))
    pairs = np.concatenate([stored[:, ::2, :1], stored[:, 1::2, :1], stored[:, ::2, 1:]], axis=-1)
    tags = {256: (64,), 257: (48,), 258: (8, 8, 8), 259: (1,), 262: (6,), 277: (3,), 278: (48,), 530: (2, 1)}
    pixels = decoded(plain_tiff("<", tags, pairs.tobytes()))
    assert np.abs(np.array(corners(pixels)) - QUARTERS).max() <= 3


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("white", [0, 1], ids=["white is zero", "black is zero"])
def test_grey_of_12_bits(order: str, white: int) -> None:
    values = np.array([[0, 4095], [2048, 1024]]).repeat(24, axis=0).repeat(32, axis=1)
    first, second = (values if white else 4095 - values)[:, ::2], (values if white else 4095 - values)[:, 1::2]
    packed = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=-1).astype(np.uint8)
    tags = {256: (64,), 257: (48,), 258: (12,), 259: (1,), 262: (white,), 277: (1,), 278: (48,)}
    shown = [corner[0] for corner in corners(decoded(plain_tiff(order, tags, packed.tobytes())))]
    assert np.abs(np.array(shown) - [0, 255, 128, 64]).max() <= 1


def test_cmyk_with_an_alpha_channel() -> None:
    inks = np.asarray(quarters().convert("CMYK"))
    content = tiff(np.concatenate([inks, np.full_like(inks[..., :1], 255)], -1), "separated", extrasamples=[2])
    with open_picture(content, "", 0) as picture:
        assert (picture.mode, picture.format) == ("CMYK", "TIFF")  # opened by Pillow, which knows LZW
    assert corners(decoded(content)) == QUARTERS


def test_compression_that_needs_another_package_says_so() -> None:
    content = tiff(np.zeros((48, 64, 3), "f4"), compression="zlib")
    needing_it = content.replace(*(struct.pack("<HHII", 259, 3, 1, kind) for kind in (8, 5)))  # deflate, LZW
    assert needing_it != content
    with pytest.raises(
        DecodeError, match=r"^this kind of TIFF requires imagecodecs; install it with `pip install "
    ) as raised:
        decoded(needing_it)
    assert raised.value.retry


def test_size_of_a_deep_tiff_needs_no_decoding() -> None:
    content = tiff(PICTURE.astype("u4"), extratags=[(274, 3, 1, 6, True)])
    image = open_picture(content, "", 0)
    assert (image.format, image.size, image.mode) == ("TIFF", (48, 64), "")


def _logluv(photometric: int, compression: int, pixels: list[bytes]) -> bytes:
    """A TIFF file of one row of two pixels, given by their bytes, which is repeated 64 times."""
    if compression == 34676:
        pairs = zip(*pixels, strict=True)
        row = b"".join(bytes([2, one, other]) if one != other else bytes([128, one]) for one, other in pairs)
    else:
        row = b"".join(pixels)
    rows = 64
    start = 8 + 2 + 9 * 12 + 4
    tags = [
        (256, 3, 1, 2), (257, 3, 1, rows), (258, 3, 1, 16), (259, 3, 1, compression), (262, 3, 1, photometric),
        (273, 4, 1, start), (277, 3, 1, 3 if photometric == 32845 else 1), (278, 3, 1, rows),
        (279, 4, 1, len(row) * rows),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + row * rows


@pytest.mark.parametrize(
    ("photometric", "compression", "pixels", "wanted"),
    [
        # White at L = 1 and u', v' of equal energy.
        (32845, 34676, [bytes([0x3F, 0xFF, 86, 194]), bytes([0x40, 0x00, 86, 194])], (118, 118, 118)),
        (32844, 34676, [bytes([0x3F, 0xFF]), bytes([0x40, 0x00])], (118, 118, 118)),
        (32845, 34677, [bytes([0xC0, 0x00, 0x00]), bytes([0xC0, 0x00, 0x01])], (118, 118, 118)),
        (32845, 34676, [bytes([0x40, 0x00, 184, 214]), bytes([0x40, 0x00, 184, 214])], (118, 0, 0)),
    ],
)
def test_logluv(photometric: int, compression: int, pixels: list[bytes], wanted: tuple[int, int, int]) -> None:
    shown = decode(_logluv(photometric, compression, pixels), Framing(8))
    assert np.abs(shown.astype(int) - wanted).max() < 30
