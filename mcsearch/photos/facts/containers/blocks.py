"""Find the metadata blocks in a file by parsing its container, without decoding the picture."""

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mcsearch.photos.facts.containers.block import Block
from mcsearch.photos.facts.containers.boxes import box_blocks
from mcsearch.photos.facts.containers.gif import gif_blocks
from mcsearch.photos.facts.containers.jpeg import jpeg_blocks
from mcsearch.photos.facts.containers.photoshop import psd_blocks
from mcsearch.photos.facts.containers.png import png_blocks
from mcsearch.photos.facts.containers.raw import crw_blocks, mrw_blocks, raf_blocks
from mcsearch.photos.facts.containers.riff import riff_blocks
from mcsearch.photos.facts.containers.tiff import tiff_blocks

_BLOCKS_AT_MOST = 64  # only malicious files contain more blocks of one kind


@dataclass(frozen=True, slots=True)
class Blocks:
    """The metadata blocks in a file by kind, in file order.

    `exif` holds TIFF structures, `xmp` XMP packets, `iptc` IPTC IIM data sets, and `captions` texts in UTF-8.
    """

    exif: tuple[bytes, ...] = ()
    xmp: tuple[bytes, ...] = ()
    iptc: tuple[bytes, ...] = ()
    captions: tuple[bytes, ...] = ()


# The signature of each container and the function that finds the blocks in it.
_CONTAINERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Iterator[Block]]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), jpeg_blocks),
    (re.compile(rb"\x89PNG\r\n"), png_blocks),
    (re.compile(rb"GIF8"), gif_blocks),
    (re.compile(rb"8BPS"), psd_blocks),
    (re.compile(rb"FUJIFILMCCD-RAW"), raf_blocks),
    (re.compile(rb"\0MRM"), mrw_blocks),
    (re.compile(rb".{6}HEAPCCDR", re.DOTALL), crw_blocks),
    (re.compile(rb"RIFF"), lambda content: riff_blocks(io.BytesIO(content))),
    (re.compile(rb"\0\0\0.(?:ftyp|jP  |JXL )", re.DOTALL), lambda content: box_blocks(io.BytesIO(content))),
    (re.compile(rb"II|MM"), tiff_blocks),
)


def blocks_of(content: bytes) -> Blocks:
    """Return the metadata blocks in the bytes of a file. Never raises, whatever the bytes are."""
    for start, container in _CONTAINERS:
        if start.match(content):
            return _collected(container(content))
    return Blocks()


def video_blocks(file: BinaryIO) -> Blocks:
    """Return the metadata blocks in a video file, reading only the parts that hold them. Raises OSError."""
    file.seek(0)
    container = riff_blocks if file.read(4) == b"RIFF" else box_blocks
    return _collected(container(file))


def _collected(blocks: Iterator[Block]) -> Blocks:
    """Collect blocks by kind. Never raises: of a damaged container, the blocks before the damage are kept."""
    found: dict[str, list[bytes]] = {"exif": [], "xmp": [], "iptc": [], "captions": []}
    with contextlib.suppress(Exception):
        for kind, block in blocks:
            if block and len(found[kind]) < _BLOCKS_AT_MOST:
                found[kind].append(block)
    return Blocks(**{kind: tuple(listed) for kind, listed in found.items()})
