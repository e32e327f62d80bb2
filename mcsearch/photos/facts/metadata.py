"""When, where and with what: what a file, its sidecar, its name and the file system say, as one Facts."""

import functools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PIL import Image

from mcsearch.photos.facts.containers.blocks import Blocks, blocks_of, video_blocks
from mcsearch.photos.facts.exif import exif_block, exif_facts, is_of_camera
from mcsearch.photos.facts.iptc import iptc_facts
from mcsearch.photos.facts.picture import Picture, read_picture
from mcsearch.photos.facts.png_dates import png_dates
from mcsearch.photos.facts.raw_facts import raw_exif, raw_size
from mcsearch.photos.facts.taken import taken
from mcsearch.photos.facts.video_facts import video_facts
from mcsearch.photos.facts.xmp import xmp_facts
from mcsearch.photos.formats import RAW, VIDEO
from mcsearch.photos.pixels.bare import without_metadata
from mcsearch.photos.pixels.opening import is_raw
from mcsearch.records import Facts

T = TypeVar("T")
# What each source says, as fields of Facts; a photo may have several blocks of a kind.
Said = Mapping[str, Sequence[Mapping[str, Any]]]

# What bounds an answer of a worker, whatever a file says.
_TEXT_AT_MOST, _KEYWORDS_AT_MOST, _KEYWORD_AT_MOST = 4096, 256, 256
# Where each fact is looked for, first to last. Sidecars come first: programs write corrections into them.
_ORDER = ("sidecar", "exif", "xmp", "iptc", "container")
# Cameras write a rating of 0 into EXIF, which programs that rate in XMP leave there.
_RATING_ORDER = ("sidecar", "xmp", "exif", "iptc", "container")
_CAPTION_ORDER = ("sidecar", "xmp", "iptc", "exif", "container")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a file carries of metadata, not yet understood, whatever its format.

    `width` and `height` are of the picture as it is seen, upright. `container` holds fields of Facts that the
    container itself states, as videos do, and its dates by the names of taken.py.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    exif: tuple[Image.Exif, ...] = ()
    xmp: tuple[bytes, ...] = ()
    iptc: tuple[bytes, ...] = ()
    container: Mapping[str, Any] = field(default_factory=dict)


def read_facts(content: bytes, path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """All that is known of a photo from its bytes, its name, its time of change and its XMP sidecars, the first first.

    No pixel is decoded. Whatever is malformed is passed over: nothing is raised.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        carried = _carried_by_raw(content) if is_raw(content, path) else _carried_by_picture(content, path)
        return facts_of(carried, path, mtime_ns, sidecars)


def read_video_facts(path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """All that is known of a video, whose container says when and where it was taken."""
    nothing: dict[str, Any] = {}
    said = _tried(video_facts, path, nothing)
    size, xmp = (said.pop("width", None), said.pop("height", None)), _tried(video_blocks, path, Blocks()).xmp
    carried = Carried(VIDEO.name, *size, xmp=xmp, container=said)
    return facts_of(carried, path, mtime_ns, sidecars)


def facts_of(carried: Carried, path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """All that is known of a file whose metadata has been taken out of it already."""
    said: Said = {
        "sidecar": _said(xmp_facts, sidecars),
        "exif": _said(exif_facts, carried.exif),
        "xmp": _said(xmp_facts, carried.xmp),
        "iptc": _said(iptc_facts, carried.iptc),
        "container": [carried.container],
    }
    taken_at, taken_from = taken(said, path, mtime_ns)
    latitude, longitude = _place(said)
    altitude, rating = _first(said, "altitude_m"), _first(said, "rating", _RATING_ORDER)
    return Facts(
        format=carried.format,
        taken_at=taken_at,
        taken_from=taken_from,
        width=carried.width,
        height=carried.height,
        camera=_short(_first(said, "camera")),
        lens=_short(_first(said, "lens")),
        latitude=latitude,
        longitude=longitude,
        altitude_m=round(altitude, 2) if altitude is not None and -12_000 < altitude < 100_000 else None,
        rating=rating if rating is not None and -1 <= rating <= 5 else None,
        caption=_short(_caption(said)),
        keywords=_words(said, "keywords"),
        people=_words(said, "people"),
    )


def _carried_by_raw(content: bytes) -> Carried:
    """The metadata in the bytes of a RAW file."""
    unknown: tuple[int | None, int | None] = (None, None)
    width, height = _tried(raw_size, content, unknown)
    blocks = blocks_of(content)
    exif = _exif(blocks) or tuple(_tried(lambda content: [raw_exif(content)], content, []))
    return Carried(RAW.name, width, height, exif, blocks.xmp, blocks.iptc)


def _carried_by_picture(content: bytes, name: str) -> Carried:
    """The metadata in the bytes of a file that Pillow reads."""
    blocks = blocks_of(content)
    exif, xmp = _exif(blocks), blocks.xmp
    seen, dates = Picture(), dict[str, str]()
    for readable in (content, without_metadata(content)):  # what cannot be read may be the metadata alone
        if readable is not None and seen.format is None:
            seen = _tried(functools.partial(read_picture, name=name, exif=exif, xmp=xmp), readable, Picture())
    return Carried(
        seen.format,
        seen.width,
        seen.height,
        exif or seen.exif,
        xmp or seen.xmp,
        blocks.iptc,
        _container_caption(blocks) | _tried(png_dates, content, dates),
    )


def _container_caption(blocks: Blocks) -> dict[str, Any]:
    return {"caption": _short(blocks.captions[0].decode("utf-8", "replace").strip())} if blocks.captions else {}


def _exif(blocks: Blocks) -> tuple[Image.Exif, ...]:
    parsed = (_tried(exif_block, block, None) for block in blocks.exif)
    return tuple(exif for exif in parsed if exif is not None)


def _tried(read: Callable[[Any], T], block: Any, otherwise: T) -> T:
    """What `read` makes of a block of metadata. Malformed metadata never fails a photo, and may raise anything."""
    try:
        return read(block)
    except Exception:  # noqa: BLE001
        return otherwise


def _said(read: Callable[[T], dict[str, Any]], blocks: Iterable[T]) -> list[dict[str, Any]]:
    nothing: dict[str, Any] = {}
    return [_tried(read, block, nothing) for block in blocks]


def _sources(said: Said, order: tuple[str, ...] = _ORDER) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name of each source and what it says, in this order."""
    return ((source, found) for source in order for found in said[source])


def _first(said: Said, name: str, order: tuple[str, ...] = _ORDER) -> Any:
    return next((found[name] for _, found in _sources(said, order) if name in found), None)


def _caption(said: Said) -> str | None:
    captions = (found["caption"] for _, found in _sources(said, _CAPTION_ORDER) if found.get("caption"))
    return next((caption for caption in captions if not is_of_camera(caption)), None)


def _words(said: Said, name: str) -> tuple[str, ...]:
    words = (word for _, found in _sources(said) for word in found.get(name, ()))
    short = dict.fromkeys(_short(word, _KEYWORD_AT_MOST) for word in words)
    return tuple(word for word in short if word)[:_KEYWORDS_AT_MOST]


def _place(said: Said) -> tuple[float | None, float | None]:
    for _, found in _sources(said):
        latitude, longitude = found.get("latitude"), found.get("longitude")
        if latitude is None or longitude is None or not math.isfinite(latitude) or not math.isfinite(longitude):
            continue
        # Cameras without a fix write 0, 0.
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0):
            return round(latitude, 7), round(longitude, 7)
    return None, None


def _short(text: str | None, characters: int = _TEXT_AT_MOST) -> str | None:
    return text[:characters] if text else None
