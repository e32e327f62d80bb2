"""Pictures of which a block was lost, which decoders show as if they were whole."""

import io

import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import DecodeError, decode_views
from mcsearch.records.embeddings import Framing
from tests.support.samples import encoded, photograph

FRAMING = Framing(64, resize_mode="squash")
LOST = "a block of the file is zeros"


def with_hole(content: bytes, part: float = 0.5) -> bytes:
    start = int(len(content) * part)
    return content[:start] + bytes(4096) + content[start + 4096 :]


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "JPEG2000", "TIFF"])
def test_lost_block(form: str) -> None:
    options = {"TIFF": {"compression": "tiff_lzw"}, "JPEG": {"quality": 90}}.get(form, {})
    content = encoded(photograph("coffee.png"), form, **options)
    assert decode_views(content, FRAMING).damage is None
    try:
        assert decode_views(with_hole(content), FRAMING).damage == LOST
    except DecodeError:
        assert form in ("AVIF", "TIFF")  # whose decoders may notice


def test_zeros_that_are_pixels() -> None:
    black = Image.new("RGB", (640, 480))
    flat = Image.new("L", (4000, 4000), 255)
    for picture, form, options in (
        (black, "TIFF", {}), (flat, "JPEG", {"optimize": True}), (flat, "JPEG", {"progressive": True}),
        (flat, "TIFF", {"compression": "tiff_lzw"}), (flat, "JPEG2000", {}), (black, "WEBP", {"lossless": True}),
    ):  # fmt: skip
        assert decode_views(encoded(picture, form, **options), FRAMING).damage is None


def test_zeros_after_the_picture_and_in_metadata() -> None:
    exif = Image.Exif()
    exif[0x927C] = bytes(9000)
    file = io.BytesIO()
    photograph("coffee.png").save(file, "JPEG", exif=exif)
    assert decode_views(file.getvalue() + bytes(9000) + b"end", FRAMING).damage is None
