"""Small files that would take gigabytes: refused by their headers, before the memory is spent."""

import io
import struct
import subprocess
import sys
import textwrap

import pytest
from PIL import Image

from mcsearch.photos.facts.exif import exif_block
from mcsearch.photos.pixels.decode import DecodeError, decode
from mcsearch.photos.pixels.limits.headers import _JXL_IN_BOX, _jpeg_xl_size, check_header, check_tables
from mcsearch.photos.pixels.limits.sizes import BombError
from mcsearch.records.embeddings import Framing
from tests.support.samples import encoded, quarters
from tests.support.writers import jxl


def jpeg2000(
    width: int, height: int, *, tile: tuple[int, int] | None = None, components: int = 3, precinct: int | None = None
) -> bytes:
    """A codestream with one tile, all packets of which are empty."""
    tile_width, tile_height = tile or (width, height)
    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, tile_width, tile_height, 0, 0, components)
    size += bytes((7, 1, 1)) * components
    style = bytes((0 if precinct is None else 1, 0, 0, 1, 0, 5, 4, 4, 0, 1))
    style += b"" if precinct is None else bytes((precinct | precinct << 4,)) * 6
    quantisation = bytes((0x40,)) + bytes((72,)) * 16
    segments = ((0x51, size), (0x52, style), (0x5C, quantisation))
    marked = (b"\xff" + bytes((marker,)) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    empty_tile = b"\xff\x90\0\x0a" + bytes(7) + b"\x01" + b"\xff\x93" + bytes(60)
    return b"\xff\x4f" + b"".join(marked) + empty_tile + b"\xff\xd9"


def tiff(entries: list[tuple[int, int, int, int]], size_bytes: int) -> bytes:
    """A TIFF file of this size whose first table has these entries: tag, type, count, value."""
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return (b"II*\0" + struct.pack("<I", 8) + table).ljust(size_bytes, b"\0")


BOMBS = {
    "an empty JPEG 2000": jpeg2000(10_000, 10_000),
    "tiles": jpeg2000(4_000, 4_000, tile=(16, 16)),
    "components": jpeg2000(64, 64, components=16_000),
    "precincts": jpeg2000(4_000, 4_000, precinct=0),
    "an empty JPEG XL": b"\xff\x0a" + (0b10 << 1 | 14_999 << 3 | 1 << 21).to_bytes(8, "little"),
    "a TIFF of the same value many times": tiff([(60_000 + n, 7, 1_000_000, 8) for n in range(500)], 1 << 20),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_memory_is_spent(content: bytes) -> None:
    with pytest.raises(DecodeError, match=r"damaged picture|not a picture"):
        decode(content, Framing(32))


def test_what_bombs_take_is_never_asked_for() -> None:
    code = f"""
        import resource
        from mcsearch.photos.pixels.decode import DecodeError, decode
        from mcsearch.records.embeddings import Framing
        import pillow_jxl
        at_start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for content in {list(BOMBS.values())!r}:
            try:
                decode(content, Framing(32))
            except DecodeError:
                pass
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - at_start) // 1024)
    """
    if sys.platform != "linux":
        pytest.skip("memory is counted in other units")
    said = subprocess.run(
        [sys.executable, "-"], input=textwrap.dedent(code), capture_output=True, text=True, check=True
    )
    assert int(said.stdout) < 100


@pytest.mark.parametrize("size", [(640, 480), (641, 333), (80, 80), (123, 4567)])
def test_the_size_in_a_jpeg_xl_header_is_read_as_the_decoder_does(size: tuple[int, int]) -> None:
    bare = encoded(Image.new("RGB", size), "JXL")
    assert _jpeg_xl_size(bare[2:12]) == size
    boxed = jxl(Image.new("RGB", size))
    found = _JXL_IN_BOX.search(boxed)
    assert found is not None
    assert _jpeg_xl_size(boxed[found.end() : found.end() + 10]) == size


@pytest.mark.parametrize("form", ["JPEG2000", "TIFF"])
def test_real_pictures_pass(form: str) -> None:
    check_header(encoded(quarters(), form))
    tiled = io.BytesIO()
    Image.effect_noise((2000, 1500), 60).save(tiled, "JPEG2000", tile_size=(128, 128))
    check_header(tiled.getvalue())


def test_tables_that_lead_in_circles_end() -> None:
    check_tables(tiff([(330, 4, 1, 8), (34665, 4, 1, 8), (34853, 4, 1, 8)], 200))


def test_exif_of_absurd_size_is_ignored() -> None:
    with pytest.raises(BombError):
        exif_block(BOMBS["a TIFF of the same value many times"])


def test_a_colour_profile_of_absurd_size_is_ignored() -> None:
    profile = b"\0" * (9 << 20)
    content = encoded(quarters(), "TIFF", icc_profile=profile)
    assert (decode(content, Framing(32)) == decode(encoded(quarters(), "TIFF"), Framing(32))).all()
