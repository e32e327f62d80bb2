"""Photos to measure with, drawn from seeds: with the structure of photographs, so that files are as large as theirs.

A picture is noise whose amplitude falls with its frequency (as in photographs), the edges of a few large
shapes, a gradient of light, and the noise of a sensor. A few pictures are drawn for each set; every file is another
crop, mirrored or not, of one of them, with its own light and its own noise.
"""

import io
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.work import Work

Pixels = npt.NDArray[np.uint8]
_CAMERAS = (("Canon", "EOS R6"), ("Apple", "iPhone 15"), ("SONY", "ILCE-7M4"), ("Google", "Pixel 8"))
_BASES = 4
_HEIC_PICTURES = 8
_TINY_PICTURES = 64
# How fast the amplitude of an octave falls with its frequency, and where it starts: with the grain this makes
# files of about 5 MB at 12 megapixels and quality 90.
_FALL = 0.1
_AMPLITUDE = 40
_GRAIN = (4.5, 2.0)
# Photos of a set lie in folders of this many.
_IN_A_FOLDER = 250


@dataclass(frozen=True)
class PhotoSet:
    """How many photos of which size: a camera's have its noise and EXIF, a phone's HEIC a thumbnail, this many wide."""

    count: int
    width: int
    height: int
    suffix: str = ".jpg"
    camera: bool = True
    thumbnail: int = 0


SETS = {
    "small": PhotoSet(1000, 512, 384, camera=False),
    "12mp": PhotoSet(200, 4032, 3024),
    "48mp": PhotoSet(40, 8064, 6048),
    "heic": PhotoSet(100, 4032, 3024, suffix=".heic"),
    "phone": PhotoSet(24, 4032, 3024, suffix=".heic", thumbnail=512),
}


def photos(work: Work, name: str) -> Path:
    """The folder with a set of SETS, made when it is first asked for. Raises ImportError without an encoder."""
    folder = work.place("photos", name)
    if not folder.exists():
        wanted = SETS[name]
        print(f"bench: drawing {wanted.count} photos of {wanted.width} × {wanted.height}", file=sys.stderr)
        encode = _heic_encoder(wanted.thumbnail) if wanted.suffix == ".heic" else _encode_jpeg
        part = folder.with_name(f"{name}.part")
        for number, pixels in enumerate(_pictures(wanted)):
            file = part / f"{number // _IN_A_FOLDER:03}" / f"IMG_{number:05}{wanted.suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            exif = _exif(number, (wanted.width, wanted.height)) if wanted.camera else b""
            file.write_bytes(encode(Image.fromarray(pixels), exif))
        part.rename(folder)
    return folder


def tiny_photos(work: Work, name: str, count: int, *, first: int = 0) -> Path:
    """A folder with as many JPEGs of 64 × 64 pixels, for measuring what a photo costs besides its pixels."""
    folder = work.place("photos", name)
    if not folder.exists():
        print(f"bench: drawing {count} tiny photos", file=sys.stderr)
        part, rng = folder.with_name(f"{name}.part"), np.random.default_rng(0)
        encoded = [_encode_jpeg(Image.fromarray(_scene(rng, 64, 64)), b"") for _ in range(_TINY_PICTURES)]
        for number in range(first, first + count):
            file = part / f"{number // _IN_A_FOLDER:04}" / f"IMG_{number:07}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            comment = json.dumps({"number": number, "pad": "." * (number * 7919 % 4096)}).encode()
            file.write_bytes(_with_comment(encoded[number % _TINY_PICTURES], comment))
        part.rename(folder)
    return folder


def total_bytes(folder: Path) -> int:
    """The size of all files below a folder. Reads each, so that the next one to do so finds it in memory."""
    return sum(len(file.read_bytes()) for file in folder.rglob("*") if file.is_file())


def _pictures(wanted: PhotoSet) -> Iterator[Pixels]:
    """The pictures of a set, uint8 (height, width, 3), no two alike."""
    rng = np.random.default_rng([wanted.width, wanted.height])
    margin = wanted.width // 16
    width, height = wanted.width + margin, wanted.height + margin
    # A camera's finest octave is its noise; what is below is drawn at half the size.
    bases = [
        _enlarged(_scene(rng, width // 2, height // 2), width, height) if wanted.camera else _scene(rng, width, height)
        for _ in range(_BASES)
    ]
    grain = _grain(rng, width, height) if wanted.camera else None
    for number in range(wanted.count):
        left, top = rng.integers(0, margin, 2)
        view = np.s_[top : top + wanted.height, left : left + wanted.width]
        light = np.clip(np.arange(256) * rng.uniform(0.8, 1.15) + rng.uniform(-12, 12), 0, 255).astype(np.uint8)
        pixels = light[bases[number % _BASES][view]]
        if grain is not None:
            left, top = rng.integers(0, margin, 2)
            noisy = pixels.astype(np.int16)
            noisy += grain[top : top + wanted.height, left : left + wanted.width]
            pixels = np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)
        yield np.ascontiguousarray(pixels[:, :: rng.choice((-1, 1))])


def _scene(rng: np.random.Generator, width: int, height: int) -> Pixels:
    texture = np.zeros((height, width, 3), np.float32)
    side = 4
    while side < 2 * max(width, height):
        cells = rng.standard_normal((-(-height * side // max(width, height)) + 1, side + 1, 3), dtype=np.float32)
        for channel in range(3):
            layer = Image.fromarray(cells[:, :, channel]).resize((width, height), Image.Resampling.BILINEAR)
            texture[:, :, channel] += np.asarray(layer) * np.float32(_AMPLITUDE / side**_FALL)
        side *= 2
    grey = texture.mean(axis=2, keepdims=True)
    scene = 0.35 * texture + 0.9 * grey + np.linspace(150, 95, height, dtype=np.float32)[:, None, None]
    for _ in range(24):
        y, x, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(0.02, 0.2) * width
        top, left = max(0, int(y - radius)), max(0, int(x - radius))
        part = scene[top : int(y + radius), left : int(x + radius)]
        rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
        part[(rows + top - y) ** 2 + (columns + left - x) ** 2 < radius**2] += rng.uniform(-50, 50, 3)
    return np.asarray(np.clip(scene, 0, 255), dtype=np.uint8)


def _enlarged(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC), dtype=np.uint8)


def _grain(rng: np.random.Generator, width: int, height: int) -> npt.NDArray[np.int16]:
    """The noise of a sensor, int16 (height, width, 3): mostly of brightness, as demosaicing leaves it."""
    brightness = rng.standard_normal((height, width, 1), dtype=np.float32)
    colour = rng.standard_normal((height, width, 3), dtype=np.float32)
    return np.rint(_GRAIN[0] * brightness + _GRAIN[1] * colour).astype(np.int16)


def _encode_jpeg(picture: Image.Image, exif: bytes) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=90, exif=exif)
    return encoded.getvalue()


def _heic_encoder(thumbnail: int) -> Callable[[Image.Image, bytes], bytes]:
    """Encodes the first few pictures; the others get one of these with a box behind it that readers skip.

    The encoder takes seconds for a picture, and what is measured is reading them. Phones write tiles of this size.
    """
    import pillow_heif

    pillow_heif.register_heif_opener()
    encoded: list[bytes] = []

    def encode(picture: Image.Image, exif: bytes) -> bytes:
        if len(encoded) < _HEIC_PICTURES:
            file = io.BytesIO()
            picture.save(
                file, "HEIF", quality=40, exif=exif, tile_size=512, enc_params={"preset": "ultrafast"},
                thumbnails=[thumbnail] if thumbnail else [],
            )  # fmt: skip
            encoded.append(file.getvalue())
        number = next(numbers)
        return encoded[number % _HEIC_PICTURES] + b"\0\0\0\x10free" + number.to_bytes(8, "big")

    numbers = itertools.count()
    return encode


def _exif(number: int, size: tuple[int, int]) -> bytes:
    """A camera, a date, a place, a size and an orientation, as cameras write them."""
    make, model = _CAMERAS[number % len(_CAMERAS)]
    date = f"{2015 + number % 10}:{1 + number % 12:02}:{1 + number % 28:02} {number % 24:02}:{number % 60:02}:00"
    exif: Any = Image.Exif()
    exif.update({0x010F: make, 0x0110: model, 0x0112: (1, 1, 1, 6)[number % 4], 0x0132: date})
    details = {0x9003: date, 0x9004: date, 0x829A: 0.004, 0x8827: 400, 0x920A: 26.0, 0xA002: size[0], 0xA003: size[1]}
    exif.get_ifd(0x8769).update(details)
    degrees = (48.0 + number % 10, number % 60, number % 60), (11.0 + number % 20, number % 60, number % 60)
    exif.get_ifd(0x8825).update({1: "N", 2: degrees[0], 3: "E", 4: degrees[1]})
    encoded: bytes = exif.tobytes()
    return encoded


def _with_comment(jpeg: bytes, comment: bytes) -> bytes:
    """A JPEG with a comment behind its first marker, which makes its content another one."""
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]
