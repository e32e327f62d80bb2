"""Every entry in FORMATS: a file of each suffix is found, decoded, and stands the right way up."""

import io
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mcsearch.photos.formats import FORMATS, RAW, VIDEO, Format
from mcsearch.photos.pixels.decode import DecodeError, Pixels, decode, decode_video
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.records.embeddings import Framing
from mcsearch.records.roots import RootRules
from tests.support.profiles import DISPLAY_P3, matrix_profile
from tests.support.raw_files import dng
from tests.support.samples import ORIENTATIONS, corners, encoded, quarters, turned
from tests.support.videos import video
from tests.support.writers import heif, jxl, psd, without_the_way_back

SIZE = 48
Writer = Callable[..., bytes]


def _by_pillow(form: str, **always: Any) -> Writer:
    return lambda picture, **options: encoded(picture, form, **{**always, **options})


# How files of a format are written, and how far a colour may be off.
WRITERS: dict[str, tuple[Writer, int]] = {
    "JPEG": (_by_pillow("JPEG", quality=95, subsampling=0), 6),
    "PNG": (_by_pillow("PNG"), 0),
    "WebP": (_by_pillow("WEBP", lossless=True), 0),
    "TIFF": (_by_pillow("TIFF"), 0),
    "GIF": (_by_pillow("GIF"), 0),
    "BMP": (_by_pillow("BMP"), 0),
    "PNM": (_by_pillow("PPM"), 1),
    "JPEG 2000": (_by_pillow("JPEG2000"), 0),
    "Photoshop": (psd, 0),
    "AVIF": (_by_pillow("AVIF", quality=95, subsampling="4:4:4"), 6),
    "HEIF": (heif, 2),
    "JPEG XL": (jxl, 6),
    "RAW": (dng, 40),  # developed, with the brightness that suits it
    "video": (lambda picture, suffix=".mp4": video([picture], suffix), 16),
}
# Suffixes that stand for something else than a plain picture in this format: another format, or more than one frame.
OTHER_FORMATS = {".mpo": "MPO", ".dib": "DIB"}
SECOND_FRAME = {".mpo", ".apng", ".avifs"}
MODES = {".pbm": "1", ".pgm": "L", ".pfm": "F"}
CARRYING_EXIF = [
    format_ for format_ in FORMATS if format_.name in ("JPEG", "PNG", "WebP", "TIFF", "AVIF", "HEIF", "JPEG XL")
]
CARRYING_PROFILES = CARRYING_EXIF
SUFFIXES = [(format_, suffix) for format_ in FORMATS for suffix in format_.suffixes]
formats = pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
pictures = pytest.mark.parametrize(
    "format_", [format_ for format_ in FORMATS if format_ is not VIDEO], ids=lambda format_: format_.name
)


def written(format_: Format, picture: Image.Image, **options: Any) -> bytes:
    return WRITERS[format_.name][0](picture, **options)


def pixels_of(format_: Format, file: Path) -> Pixels:
    if format_ is VIDEO:
        return decode_video(io.BytesIO(file.read_bytes()), Framing(SIZE)).pixels[0]
    return decode(file.read_bytes(), Framing(SIZE), name=str(file))


def shows_quarters(content: bytes, format_: Format, name: str = "") -> bool:
    pixels = decode(content, Framing(SIZE), name=name)
    return np.allclose(corners(pixels), corners(np.asarray(quarters())), atol=WRITERS[format_.name][1])


@pytest.mark.parametrize(("format_", "suffix"), SUFFIXES, ids=[suffix for _, suffix in SUFFIXES])
@pytest.mark.parametrize("upper_case", [False, True], ids=["lower", "upper"])
def test_file_of_each_suffix_is_found_and_decoded(
    format_: Format, suffix: str, upper_case: bool, tmp_path: Path
) -> None:
    writer, tolerance = WRITERS[format_.name]
    options: dict[str, Any] = {}
    picture = quarters()
    if suffix in MODES:
        picture = picture.convert(MODES[suffix], dither=Image.Dither.NONE)
    if suffix in OTHER_FORMATS:
        writer = _by_pillow(OTHER_FORMATS[suffix], quality=95, subsampling=0)
    if suffix in SECOND_FRAME:
        options = {"save_all": True, "append_images": [Image.new("RGB", picture.size)]}
    if format_ is VIDEO:
        options = {"suffix": suffix}
    file = tmp_path / f"picture{suffix.upper() if upper_case else suffix}"
    file.write_bytes(writer(picture, **options))

    [found] = scan(str(tmp_path), RootRules(videos=True), ScanNotes())
    assert (found.path, found.role) == (str(file), "photo")
    pixels = pixels_of(format_, file)
    assert pixels.shape == (SIZE, SIZE, 3)
    assert pixels.dtype == np.uint8
    assert np.allclose(corners(pixels), corners(np.asarray(picture.convert("RGB"))), atol=tolerance)


@pytest.mark.parametrize("format_", CARRYING_EXIF, ids=lambda format_: format_.name)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_is_applied_once(format_: Format, orientation: int) -> None:
    stored, exif = turned(quarters(), orientation)
    assert shows_quarters(written(format_, stored, exif=exif), format_)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_of_jpeg_xl_that_was_no_jpeg(orientation: int) -> None:
    stored, exif = turned(quarters(), orientation)
    format_ = next(format_ for format_ in FORMATS if format_.name == "JPEG XL")
    assert shows_quarters(without_the_way_back(written(format_, stored, exif=exif)), format_)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("with_preview", [False, True], ids=["developed", "preview"])
def test_orientation_of_raw(orientation: int, with_preview: bool) -> None:
    stored, _ = turned(quarters(256, 192), orientation)
    black = Image.new("RGB", stored.size)
    content = dng(black, orientation, preview=stored) if with_preview else dng(stored, orientation)
    assert shows_quarters(content, RAW, "turned.dng")


def test_orientation_of_a_compressed_tiff_is_applied_once() -> None:
    stored, exif = turned(quarters(), 6)
    content = encoded(stored, "TIFF", exif=exif, compression="tiff_lzw")
    assert corners(decode(content, Framing(SIZE))) == corners(np.asarray(quarters()))


@pytest.mark.parametrize("name", ["PNG", "WebP", "TIFF", "GIF", "AVIF"])
def test_the_first_frame_counts(name: str) -> None:
    format_ = next(format_ for format_ in FORMATS if format_.name == name)
    options = {"save_all": True, "append_images": [Image.new("RGB", quarters().size)] * 2}
    assert shows_quarters(written(format_, quarters(), **options), format_)


def test_the_still_of_a_jpeg_with_more_behind_it_counts() -> None:
    format_ = next(format_ for format_ in FORMATS if format_.name == "JPEG")
    still, black = written(format_, quarters()), Image.new("RGB", quarters().size)
    for behind in (video([black]), written(format_, black)):  # a Motion Photo; the gain map of an Ultra HDR photo
        assert shows_quarters(still + behind, format_)


@pictures
@pytest.mark.parametrize(
    "suffix", sorted({format_.suffixes[0] for format_ in FORMATS if format_ is not VIDEO} | {".dng"})
)
def test_the_suffix_is_a_hint(format_: Format, suffix: str) -> None:
    assert shows_quarters(written(format_, quarters()), format_, f"misnamed{suffix}")


@formats
def test_a_truncated_file_is_one_sentence_unless_a_good_part_is_there(format_: Format, tmp_path: Path) -> None:
    content = written(format_, Image.effect_noise((200, 150), 60).convert("RGB"))
    file = tmp_path / f"cut short{format_.suffixes[0]}"
    for part in (0.05, 0.5, 0.9):
        file.write_bytes(content[: int(len(content) * part)])
        said, retry = "", False
        try:
            assert pixels_of(format_, file).shape == (SIZE, SIZE, 3)
        except DecodeError as error:
            said, retry = str(error), error.retry
        assert said.startswith(("not a picture in a supported format", "damaged picture (")) or (
            part >= 0.5 and not said
        )
        assert not retry


@pytest.mark.parametrize("format_", CARRYING_PROFILES, ids=lambda format_: format_.name)
def test_wide_gamut_becomes_srgb(format_: Format) -> None:
    content = written(format_, Image.new("RGB", (64, 48), (40, 180, 90)), icc_profile=matrix_profile(DISPLAY_P3, 2.2))
    # What the profile means in sRGB is worked out in tests/unit/photos/test_colours.py.
    assert np.allclose(decode(content, Framing(SIZE))[24, 24], (0, 185, 77), atol=4)


@pytest.mark.parametrize(
    "format_",
    [format_ for format_ in FORMATS if "." not in format_.module and format_.module != "PIL"],
    ids=lambda format_: format_.name,
)
def test_without_its_package_a_format_says_what_to_install(format_: Format, tmp_path: Path) -> None:
    (tmp_path / f"photo{format_.suffixes[0]}").write_bytes(written(format_, quarters()))
    code = f"""
        import sys
        sys.modules[{format_.module!r}] = None  # what makes an import fail
        from mcsearch.photos.pixels.decode import DecodeError, decode, decode_video
        from mcsearch.photos.formats import VIDEO, format_of
        from mcsearch.photos.scan import ScanNotes, scan
        from mcsearch.records.embeddings import Framing
        from mcsearch.records.roots import RootRules
        notes = ScanNotes()
        [found] = scan(sys.argv[1], RootRules(videos=True), notes)
        print(found.role, [(left_out.name, count) for left_out, count in notes.left_out.items()])
        try:
            if format_of(found.path) is VIDEO:
                decode_video(open(found.path, "rb"), Framing(48))
            decode(open(found.path, "rb").read(), Framing(48), name=found.path)
        except DecodeError as error:
            print(error.retry, error)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == [
        f"left out [('{format_.name}', 1)]",
        f"True {format_.name} requires {format_.needs}; install it with `{format_.install}`",
    ]


@formats
def test_format_is_complete(format_: Format) -> None:
    assert format_.suffixes
    assert format_.works, "the test group installs everything"
    assert format_.install.startswith("pip install ")
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in format_.suffixes)
    assert format_.name in WRITERS


def test_no_suffix_and_no_plugin_belongs_to_two_formats() -> None:
    for listed in ([format_.suffixes for format_ in FORMATS], [format_.plugins for format_ in FORMATS]):
        counts = Counter(entry for entries in listed for entry in entries)
        assert [entry for entry, count in counts.items() if count > 1] == []
