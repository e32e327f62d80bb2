"""Merge the metadata in a file and its sidecars, its name and its modification time into one Facts."""

import functools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, TypeVar

from PIL import Image

from mcsearch.photos.facts.containers.blocks import Blocks, blocks_of, video_blocks
from mcsearch.photos.facts.exif import exif_block, exif_facts, is_camera_default
from mcsearch.photos.facts.iptc import iptc_facts
from mcsearch.photos.facts.picture import Picture, read_picture
from mcsearch.photos.facts.png_dates import png_dates
from mcsearch.photos.facts.raw_facts import raw_exif, raw_size
from mcsearch.photos.facts.taken import taken
from mcsearch.photos.facts.video_dates import sequence_date
from mcsearch.photos.facts.video_facts import video_facts
from mcsearch.photos.facts.xmp import xmp_facts
from mcsearch.photos.formats import RAW, VIDEO
from mcsearch.photos.pixels.bare import without_metadata
from mcsearch.photos.pixels.opening import is_raw
from mcsearch.photos.takeout.facts import is_takeout, takeout_facts
from mcsearch.photos.turning import SWAPS_SIDES, turn_between
from mcsearch.records.photos import Facts

T = TypeVar("T")
# What each source states, as fields of Facts, one mapping for each block of metadata.
Stated = Mapping[str, Sequence[Mapping[str, Any]]]

# Limits on the size of a worker's answer (characters, number of keywords, characters per keyword).
_MAX_TEXT_LENGTH, _MAX_KEYWORDS, _MAX_KEYWORD_LENGTH = 4096, 256, 256
# The order in which sources are searched for a fact. Sidecars come first because they contain corrections.
# What Google knows about a photo comes last: it applies where the photo itself says nothing.
_ORDER = ("sidecar", "exif", "xmp", "iptc", "container", "takeout")
# XMP precedes EXIF because cameras write an EXIF rating of 0, which programs that write ratings to XMP leave unchanged.
_RATING_ORDER = ("sidecar", "xmp", "exif", "iptc", "container")
_CAPTION_ORDER = ("sidecar", "xmp", "iptc", "exif", "container", "takeout")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata blocks in a file of any format, before they are interpreted.

    `width` and `height` are those of the upright picture. `container` holds the fields of Facts that the container
    itself states, and the dates that `taken` expects.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    exif: tuple[Image.Exif, ...] = ()
    xmp: tuple[bytes, ...] = ()
    iptc: tuple[bytes, ...] = ()
    container: Mapping[str, Any] = field(default_factory=dict)


def read_facts(
    content: bytes,
    path: str,
    mtime_ns: int,
    sidecars: Sequence[bytes] = (),
    turning: Sequence[bytes] = (),
) -> Facts:
    """Return the facts about a photo from its bytes, as `photo_facts` does from its metadata."""
    return photo_facts(read_metadata(content, path), path, mtime_ns, sidecars, turning)


def read_metadata(content: bytes, path: str) -> Metadata:
    """Return the metadata in the bytes of a photo. No pixels are decoded, malformed metadata is ignored."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _raw_metadata(content) if is_raw(content, path) else _picture_metadata(content, path)


def photo_facts(
    metadata: Metadata,
    path: str,
    mtime_ns: int,
    sidecars: Sequence[bytes] = (),
    turning: Sequence[bytes] = (),
) -> Facts:
    """Return the facts about a photo from its metadata, path, modification time and sidecars (in order of precedence).

    `turning` are the sidecars whose orientation is that of this file. Nothing is raised.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        facts = facts_of(metadata, path, mtime_ns, sidecars)
        return _turned(facts, _turn(metadata, turning)) if turning else facts


def read_video_facts(video: BinaryIO, path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """Return the facts about a video from its file, path, modification time and sidecars."""
    empty: dict[str, Any] = {}
    stated = _tried(video_facts, video, empty)
    size, xmp = (stated.pop("width", None), stated.pop("height", None)), _tried(video_blocks, video, Blocks()).xmp
    metadata = Metadata(VIDEO.name, *size, xmp=xmp, container=stated)
    return facts_of(metadata, path, mtime_ns, sidecars)


def facts_of(metadata: Metadata, path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """Return the facts about a file from its metadata, path, modification time and sidecars."""
    stated: Stated = {
        "sidecar": _read_all(xmp_facts, (content for content in sidecars if not is_takeout(content))),
        "exif": _read_all(exif_facts, metadata.exif),
        "xmp": _read_all(xmp_facts, metadata.xmp),
        "iptc": _read_all(iptc_facts, metadata.iptc),
        "container": [metadata.container],
        "takeout": _read_all(takeout_facts, filter(is_takeout, sidecars)),
    }
    taken_at, taken_from = taken(stated, path, mtime_ns)
    latitude, longitude = _place(stated)
    altitude, rating = _first(stated, "altitude_m"), _first(stated, "rating", _RATING_ORDER)
    rating = rating or _first(stated, "rating", ("takeout",)) or rating
    return Facts(
        format=metadata.format,
        taken_at=taken_at,
        taken_from=taken_from,
        width=metadata.width,
        height=metadata.height,
        camera=_short(_first(stated, "camera")),
        lens=_short(_first(stated, "lens")),
        latitude=latitude,
        longitude=longitude,
        altitude_m=round(altitude, 2) if altitude is not None and -12_000 < altitude < 100_000 else None,
        rating=rating if rating is not None and -1 <= rating <= 5 else None,
        caption=_short(_caption(stated)),
        keywords=_words(stated, "keywords"),
        people=_words(stated, "people", _ORDER[:-1]) or _words(stated, "people"),
    )


def _turn(metadata: Metadata, sidecars: Sequence[bytes]) -> int | None:
    """Return how sidecars turn the picture that the file shows."""
    stated = [*_read_all(exif_facts, metadata.exif), *_read_all(xmp_facts, metadata.xmp)]
    shown, corrected = (
        next((found["orientation"] for found in blocks if "orientation" in found), None)
        for blocks in (stated, _read_all(xmp_facts, (content for content in sidecars if not is_takeout(content))))
    )
    return None if corrected is None else turn_between(shown or 1, corrected)


def _turned(facts: Facts, turn: int | None) -> Facts:
    width, height = (facts.height, facts.width) if turn in SWAPS_SIDES else (facts.width, facts.height)
    return replace(facts, turned=turn, width=width, height=height)


def _raw_metadata(content: bytes) -> Metadata:
    """Return the metadata in the bytes of a RAW file."""
    unknown: tuple[int | None, int | None] = (None, None)
    width, height = _tried(raw_size, content, unknown)
    blocks = blocks_of(content)
    exif = _exif(blocks) or tuple(_tried(lambda content: [raw_exif(content)], content, []))
    return Metadata(RAW.name, width, height, exif, blocks.xmp, blocks.iptc)


def _picture_metadata(content: bytes, name: str) -> Metadata:
    """Return the metadata in the bytes of a file that Pillow reads."""
    blocks = blocks_of(content)
    exif, xmp = _exif(blocks), blocks.xmp
    dates, read = dict[str, str](), functools.partial(read_picture, name=name, exif=exif, xmp=xmp)
    seen = _tried(read, content, Picture())
    if seen.format is None and (bare := without_metadata(content)) is not None:
        seen = _tried(read, bare, Picture())  # unreadable metadata must not hide format and size
    return Metadata(
        seen.format,
        seen.width,
        seen.height,
        exif or seen.exif,
        xmp or seen.xmp,
        blocks.iptc,
        _container_caption(blocks) | _tried(png_dates, content, dates) | _tried(sequence_date, content, dates),
    )


def _container_caption(blocks: Blocks) -> dict[str, Any]:
    return {"caption": _short(blocks.captions[0].decode("utf-8", "replace").strip())} if blocks.captions else {}


def _exif(blocks: Blocks) -> tuple[Image.Exif, ...]:
    parsed = (_tried(exif_block, block, None) for block in blocks.exif)
    return tuple(exif for exif in parsed if exif is not None)


def _tried(read: Callable[[Any], T], block: Any, default: T) -> T:
    """Return `read(block)`, or `default` if it raises, since malformed metadata must not fail a file."""
    try:
        return read(block)
    except Exception:  # noqa: BLE001
        return default


def _read_all(read: Callable[[T], dict[str, Any]], blocks: Iterable[T]) -> list[dict[str, Any]]:
    empty: dict[str, Any] = {}
    return [_tried(read, block, empty) for block in blocks]


def _sources(stated: Stated, order: tuple[str, ...] = _ORDER) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (name of the source, what one of its blocks states) in this order."""
    return ((source, found) for source in order for found in stated[source])


def _first(stated: Stated, name: str, order: tuple[str, ...] = _ORDER) -> Any:
    return next((found[name] for _, found in _sources(stated, order) if name in found), None)


def _caption(stated: Stated) -> str | None:
    captions = (found["caption"] for _, found in _sources(stated, _CAPTION_ORDER) if found.get("caption"))
    return next((caption for caption in captions if not is_camera_default(caption)), None)


def _words(stated: Stated, name: str, order: tuple[str, ...] = _ORDER) -> tuple[str, ...]:
    words = (word for _, found in _sources(stated, order) for word in found.get(name, ()))
    short = dict.fromkeys(_short(word, _MAX_KEYWORD_LENGTH) for word in words)
    return tuple(word for word in short if word)[:_MAX_KEYWORDS]


def _place(stated: Stated) -> tuple[float | None, float | None]:
    for _, found in _sources(stated):
        latitude, longitude = found.get("latitude"), found.get("longitude")
        if latitude is None or longitude is None:
            continue
        # Cameras without a GPS fix write 0, 0. A NaN is in no range.
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0):
            return round(latitude, 7), round(longitude, 7)
    return None, None


def _short(text: str | None, characters: int = _MAX_TEXT_LENGTH) -> str | None:
    return text[:characters] if text else None
